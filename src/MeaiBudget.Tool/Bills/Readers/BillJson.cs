using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads members of a bill's JSON. Numbers are read from their text, never through floating point; unknown members are ignored.</summary>
internal static class BillJson
{
    /// <summary>Returns a member; null if it is missing or null.</summary>
    public static JsonElement? MemberOf(this JsonElement row, string name) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;

    /// <summary>Returns a member that is an object, or the text of one; an undefined element if it is neither.</summary>
    /// <exception cref="JsonException">The text is no JSON.</exception>
    public static JsonElement ObjectOf(this JsonElement row, string name)
    {
        if (row.MemberOf(name) is not { } value)
        {
            return default;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString()!.TrimStart().StartsWith('{'))
        {
            using var document = JsonDocument.Parse(value.GetString()!);
            return document.RootElement.Clone();
        }

        return value.ValueKind == JsonValueKind.Object ? value : default;
    }

    /// <summary>Returns a text; empty if it is missing or null.</summary>
    public static string TextOf(this JsonElement row, string name) => row.MemberOf(name) switch
    {
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } value => value.GetRawText(),
        _ => "",
    };

    /// <summary>Returns a number that may be written as a text; null if it is missing or null.</summary>
    /// <exception cref="InvalidDataException">The member is no number.</exception>
    public static decimal? Number(this JsonElement row, string name, in BillPlace place)
    {
        if (row.MemberOf(name) is not { } value)
        {
            return null;
        }

        string text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => value.GetString()!,
            _ => throw place.Fault($"'{name}' is {value.ValueKind} and no number."),
        };
        return text.Length == 0 ? null : BillNumber.TryParse(text, out decimal number)
            ? number
            : throw place.Fault($"'{name}' is '{text}' and no number.");
    }

    /// <summary>Returns a count; zero if it is missing or null.</summary>
    /// <exception cref="InvalidDataException">The member is no whole number.</exception>
    public static long Count(this JsonElement row, string name, in BillPlace place) => row.CountOrNull(name, place) ?? 0;

    /// <summary>Returns a count; null if it is missing or null.</summary>
    /// <exception cref="InvalidDataException">The member is no whole number.</exception>
    public static long? CountOrNull(this JsonElement row, string name, in BillPlace place) => row.Number(name, place) switch
    {
        null => null,
        { } number when number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue => (long)number,
        { } number => throw place.Fault($"'{name}' is {number} and no whole number."),
    };

    /// <summary>Returns a moment, written as Unix seconds or as a text; null if it is missing or null.</summary>
    /// <exception cref="InvalidDataException">The member is no time.</exception>
    public static DateTimeOffset? Time(this JsonElement row, string name, in BillPlace place)
    {
        if (row.MemberOf(name) is not { } value)
        {
            return null;
        }

        // Unix seconds, or milliseconds, which as seconds would be 30,000 years away.
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long seconds) && seconds is >= 0 and < 100_000_000_000_000
            ? seconds < 100_000_000_000 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.FromUnixTimeMilliseconds(seconds)
            : value.ValueKind == JsonValueKind.String ? BillTime.Parse(value.GetString()!, name, place)
            : throw place.Fault($"'{name}' is {value.GetRawText()} and no time.");
    }

    /// <summary>Returns the items of a list; none if it is missing or null.</summary>
    /// <exception cref="InvalidDataException">The member is not a list.</exception>
    public static IEnumerable<JsonElement> List(this JsonElement row, string name, BillPlace place) => row.MemberOf(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
        _ => throw place.Fault($"'{name}' is no list."),
    };
}
