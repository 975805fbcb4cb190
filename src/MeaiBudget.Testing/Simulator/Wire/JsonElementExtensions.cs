using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>Reads requests, which may be invalid.</summary>
internal static class JsonElementExtensions
{
    // The members with text for the model, in all formats.
    private static readonly HashSet<string> TextMembers = ["messages", "input", "instructions", "system", "content", "text", "output"];

    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : default;

    public static string? String(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } member ? member.GetString() : null;

    public static bool? Flag(this JsonElement element, string name) => element.Member(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static int? Number(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } member && member.TryGetInt32(out int value) ? value : null;

    /// <summary>Returns all text for the model in order, without tool definitions, images and tool call arguments.</summary>
    public static IEnumerable<string> Texts(this JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => element.EnumerateObject().Where(member => TextMembers.Contains(member.Name)).SelectMany(member => member.Value.Texts()),
        _ => [],
    };

    /// <summary>Returns the text of the last user or tool message.</summary>
    public static string LastText(this JsonElement request, string messages)
    {
        JsonElement list = request.Member(messages);
        if (list.ValueKind != JsonValueKind.Array)
        {
            return string.Join(' ', list.Texts());
        }

        JsonElement last = list.EnumerateArray().LastOrDefault(item => item.String("role") is not ("system" or "developer" or "assistant"));
        return string.Join(' ', last.Texts());
    }
}
