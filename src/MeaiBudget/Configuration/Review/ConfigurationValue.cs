using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Says what is wrong with one value of a configuration, by its schema.</summary>
internal static partial class ConfigurationValue
{
    /// <summary>What is wrong, to follow the value in a sentence; null if nothing is.</summary>
    public static string? Problem(string value, string type, JsonElement schema) => type switch
    {
        "number" => NumberProblem(value, schema),
        "integer" => IntegerProblem(value, schema),
        "boolean" => bool.TryParse(value, out _) ? null : "is neither true nor false.",
        "duration" => DurationProblem(value, schema),
        "name" => NameProblem(value, schema),

        // Patterns are for editors: what a text must look like is checked where it is understood.
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
            ? $"is not a number. Write {Plain(part.Value)}: digits, a point for decimals, no currency and no separators."
            : "is not a number. Write digits, with a point for decimals.";
    }

    private static string? IntegerProblem(string value, JsonElement schema)
    {
        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return "is not a whole number. Write digits only.";
        }

        return !schema.TryGetProperty("maximum", out _) && number > int.MaxValue
            ? $"is more than {int.MaxValue}."
            : RangeProblem(number, schema);
    }

    private static string? DurationProblem(string value, JsonElement schema)
    {
        // A bare number would be read as days, which nobody means.
        if (!value.Contains(':', StringComparison.Ordinal) || !TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out TimeSpan duration))
        {
            return decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal seconds) && seconds is >= 0 and < 1_000_000
                ? $"is not a duration. Write hours:minutes:seconds, for seconds \"{TimeSpan.FromSeconds((double)seconds):c}\"."
                : "is not a duration. Write hours:minutes:seconds, for example \"00:00:30\", or days.hours:minutes:seconds.";
        }

        return RangeProblem((decimal)duration.TotalSeconds, schema, " seconds");
    }

    private static string? NameProblem(string value, JsonElement schema)
    {
        string[] names = [.. schema.GetProperty("enum").EnumerateArray().Select(name => name.GetString()!)];
        return names.Contains(value, StringComparer.OrdinalIgnoreCase)
            ? null
            : $"is none of {string.Join(", ", names)}.{(NearestName.Of(value, names) is { } nearest ? $" Did you mean '{nearest}'?" : "")}";
    }

    private static string? RangeProblem(decimal number, JsonElement schema, string unit = "")
    {
        if (schema.TryGetProperty("minimum", out JsonElement minimum) && number < minimum.GetDecimal())
        {
            return number < 0m && minimum.GetDecimal() == 0m ? "is negative." : $"is less than {minimum.GetRawText()}{unit}.";
        }

        if (schema.TryGetProperty("exclusiveMinimum", out JsonElement above) && number <= above.GetDecimal())
        {
            return $"is not more than {above.GetRawText()}{unit}.";
        }

        return schema.TryGetProperty("maximum", out JsonElement maximum) && number > maximum.GetDecimal() ? $"is more than {maximum.GetRawText()}{unit}." : null;
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
