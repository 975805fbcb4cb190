using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Checks one value of a configuration against its schema.</summary>
internal static partial class ConfigurationValue
{
    /// <summary>The mistake, worded to follow the value in a sentence; null if there is none.</summary>
    public static string? Problem(string value, string type, JsonElement schema) => type switch
    {
        "number" => NumberProblem(value, schema),
        "integer" => IntegerProblem(value, schema),
        "boolean" => bool.TryParse(value, out _) ? null : "is not a boolean. Write true or false.",
        "duration" => DurationProblem(value, schema),
        "name" => NameProblem(value, schema),

        // Patterns are for editors only. The reviews and the constructors check texts.
        _ => null,
    };

    private static string? NumberProblem(string value, JsonElement schema)
    {
        if (decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
        {
            return RangeProblem(number, schema);
        }

        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double large))
        {
            return double.IsNaN(large) ? "is not a number. Write digits, with a point for decimals." : "is too large.";
        }

        // "20 USD", "$20", "1,000", "1 000", "0,5"
        Match part = AnyNumber().Match(value);
        return part.Success
            ? $"is not a number. Write {Plain(part.Value)}, without currency and thousands separators."
            : "is not a number. Write digits, with a point for decimals.";
    }

    private static string? IntegerProblem(string value, JsonElement schema)
    {
        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return "is not a whole number. Write digits only.";
        }

        return !schema.TryGetProperty("maximum", out _) && number > int.MaxValue
            ? $"is too large. The maximum is {int.MaxValue}."
            : RangeProblem(number, schema);
    }

    private static string? DurationProblem(string value, JsonElement schema)
    {
        // The binder would read a bare number as days, which is hardly meant.
        if (!value.Contains(':', StringComparison.Ordinal) || !TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out TimeSpan duration))
        {
            return decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal seconds) && seconds is >= 0 and < 1_000_000
                ? $"is not a duration. Write hours:minutes:seconds, for seconds \"{TimeSpan.FromSeconds((double)seconds):c}\"."
                : "is not a duration. Write hours:minutes:seconds, for example \"00:00:30\", or days.hours:minutes:seconds.";
        }

        return RangeProblem((decimal)duration.TotalSeconds, schema, seconds => TimeSpan.FromSeconds((double)seconds).ToString("c", CultureInfo.InvariantCulture));
    }

    private static string? NameProblem(string value, JsonElement schema)
    {
        string[] names = [.. schema.GetProperty("enum").EnumerateArray().Select(name => name.GetString()!)];
        return names.Contains(value, StringComparer.OrdinalIgnoreCase)
            ? null
            : $"is not one of {string.Join(", ", names)}.{(NearestName.Of(value, names) is { } nearest ? $" Did you mean '{nearest}'?" : "")}";
    }

    private static string? RangeProblem(decimal number, JsonElement schema, Func<decimal, string>? format = null)
    {
        format ??= static limit => limit.ToString(CultureInfo.InvariantCulture);
        if (schema.TryGetProperty("minimum", out JsonElement minimum) && number < minimum.GetDecimal())
        {
            return $"is too small. The minimum is {format(minimum.GetDecimal())}.";
        }

        if (schema.TryGetProperty("exclusiveMinimum", out JsonElement above) && number <= above.GetDecimal())
        {
            return $"is too small. It must be more than {format(above.GetDecimal())}.";
        }

        return schema.TryGetProperty("maximum", out JsonElement maximum) && number > maximum.GetDecimal()
            ? $"is too large. The maximum is {format(maximum.GetDecimal())}."
            : null;
    }

    /// <summary>A comma before one or two last digits is a decimal point; every other, and each blank or apostrophe, separates thousands.</summary>
    private static string Plain(string number)
    {
        number = string.Concat(number.Where(character => character is ',' or '.' || char.IsAsciiDigit(character)));
        int comma = number.LastIndexOf(',');
        return comma >= 0 && number.Length - comma <= 3 && !number.Contains('.', StringComparison.Ordinal)
            ? $"{number[..comma].Replace(",", "", StringComparison.Ordinal)}.{number[(comma + 1)..]}"
            : number.Replace(",", "", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\d([\d.,'\u2019]|\s(?=\d{3}))*\d|\d", RegexOptions.CultureInvariant)]
    private static partial Regex AnyNumber();
}
