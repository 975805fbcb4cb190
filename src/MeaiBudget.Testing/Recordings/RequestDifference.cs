using System.Globalization;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>Finds where a request differs from a recorded one.</summary>
internal static class RequestDifference
{
    private const int Excerpt = 30;

    /// <summary>Returns a description of the first difference; null if there is none.</summary>
    /// <param name="recorded">The recorded request.</param>
    /// <param name="actual">The request.</param>
    /// <param name="ignored">Paths of members that may differ, such as <c>metadata.request_id</c>.</param>
    public static string? Find(RecordedExchange recorded, RecordedExchange actual, IReadOnlyCollection<string> ignored)
    {
        if (recorded.Method != actual.Method || recorded.Url != actual.Url)
        {
            return $"it goes to {actual.Method} {actual.Url}, the recorded one to {recorded.Method} {recorded.Url}";
        }

        return Find(recorded.Body, actual.Body, "", ignored);
    }

    private static string? Find(JsonElement recorded, JsonElement actual, string path, IReadOnlyCollection<string> ignored)
    {
        if (ignored.Contains(path))
        {
            return null;
        }

        if (recorded.ValueKind != actual.ValueKind)
        {
            return $"at {Place(path)}: recorded {Shown(recorded)}, now {Shown(actual)}";
        }

        switch (recorded.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in recorded.EnumerateObject())
                {
                    string inner = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
                    if (!actual.TryGetProperty(member.Name, out JsonElement now))
                    {
                        if (!ignored.Contains(inner))
                        {
                            return $"{Place(inner)} is missing; recorded {Shown(member.Value)}";
                        }
                    }
                    else if (Find(member.Value, now, inner, ignored) is { } found)
                    {
                        return found;
                    }
                }

                foreach (JsonProperty member in actual.EnumerateObject())
                {
                    string inner = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
                    if (!recorded.TryGetProperty(member.Name, out _) && !ignored.Contains(inner))
                    {
                        return $"{Place(inner)} is new: {Shown(member.Value)}";
                    }
                }

                return null;
            case JsonValueKind.Array:
                int count = Math.Min(recorded.GetArrayLength(), actual.GetArrayLength());
                for (int index = 0; index < count; index++)
                {
                    if (Find(recorded[index], actual[index], string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), ignored) is { } found)
                    {
                        return found;
                    }
                }

                return recorded.GetArrayLength() == actual.GetArrayLength()
                    ? null
                    : $"at {Place(path)}: recorded {recorded.GetArrayLength()} items, now {actual.GetArrayLength()}";
            case JsonValueKind.String:
                return FindInText(recorded.GetString()!, actual.GetString()!, path);
            case JsonValueKind.Undefined:
                return null;
            default:
                return recorded.GetRawText() == actual.GetRawText() ? null : $"at {Place(path)}: recorded {recorded.GetRawText()}, now {actual.GetRawText()}";
        }
    }

    private static string? FindInText(string recorded, string actual, string path)
    {
        if (recorded == actual)
        {
            return null;
        }

        int character = recorded.AsSpan().CommonPrefixLength(actual);
        return $"at {Place(path)}, character {character}: recorded '{Around(recorded, character)}', now '{Around(actual, character)}'";
    }

    private static string Place(string path) => path.Length == 0 ? "the body" : path;

    private static string Shown(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return "nothing";
        }

        string text = element.GetRawText();
        return text.Length <= Excerpt * 2 ? text : text[..(Excerpt * 2)] + "...";
    }

    private static string Around(string text, int character)
    {
        int start = Math.Max(0, character - Excerpt);
        int end = Math.Min(text.Length, character + Excerpt);
        return $"{(start > 0 ? "..." : "")}{text[start..end].ReplaceLineEndings(" ")}{(end < text.Length ? "..." : "")}";
    }
}
