using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget;

/// <summary>
/// Reads the value of a tag as text. Values that mean the same have the same text, whether they come from code, from JSON or from an HTTP
/// header.
/// </summary>
internal static class TagValue
{
    /// <summary>Reads a value; <see langword="null"/> if it is not exactly one text, number, Boolean or other formattable value.</summary>
    public static string? Read(object? value) => value switch
    {
        string text => text,
        bool isTrue => isTrue ? "true" : "false",
        char one => one.ToString(),

        // Without trailing zeros, so that 42.0 and 42 are the same tag, as they are for the other number types.
        decimal number => number.ToString("G29", CultureInfo.InvariantCulture),
        JsonElement json => Read(json),
        JsonDocument json => Read(json.RootElement),
        JsonValue json => Read(json),
        JsonEncodedText json => json.Value,
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        Claim claim => claim.Value,
        StringBuilder text => text.ToString(),
        ReadOnlyMemory<char> text => text.ToString(),
        Memory<char> text => text.ToString(),

        // StringValues of an HTTP header, and lists. Several values would be ambiguous: the caller could make a new tag of any two.
        IReadOnlyList<string?> texts => texts.Count == 1 ? texts[0] : null,
        JsonArray texts => texts.Count == 1 ? Read(texts[0]) : null,
        _ => null,
    };

    private static string? Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number when json.TryGetInt64(out long whole) => Read(whole),
        JsonValueKind.Number when json.TryGetDecimal(out decimal number) => Read(number),
        JsonValueKind.Number => json.GetRawText(),
        JsonValueKind.Array when json.GetArrayLength() == 1 && json[0].ValueKind == JsonValueKind.String => json[0].GetString(),
        _ => null,
    };

    private static string? Read(JsonValue json)
    {
        if (json.TryGetValue(out JsonElement element))
        {
            return Read(element);
        }

        return json.TryGetValue(out object? value) && value is not JsonNode ? Read(value) : null;
    }
}
