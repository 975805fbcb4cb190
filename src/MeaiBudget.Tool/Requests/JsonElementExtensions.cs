using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads members of bodies that may hold anything: what is missing or of another kind reads as nothing.</summary>
internal static class JsonElementExtensions
{
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>Reads a member that some clients spell in camel case and others in snake case.</summary>
    public static JsonElement? Member(this JsonElement element, string name, string otherName) => element.Member(name) ?? element.Member(otherName);

    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static int? Number(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) && number is >= 0 and <= int.MaxValue
            ? (int)number
            : null;

    public static bool? Flag(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : null;

    public static bool IsTrue(this JsonElement element, string name) => element.Member(name) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) => element.Member(name).Items();

    /// <summary>Gives the items of an array; an object stands for an array of itself, anything else for an empty one.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement? element) => element switch
    {
        { ValueKind: JsonValueKind.Array } array => array.EnumerateArray(),
        { ValueKind: JsonValueKind.Object } single => [single],
        _ => [],
    };
}
