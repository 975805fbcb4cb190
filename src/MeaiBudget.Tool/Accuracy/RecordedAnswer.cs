using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Facts of a recorded answer that tell whether its usage can be compared with the request.</summary>
/// <param name="Created">When the answer was created; null if it does not say.</param>
/// <param name="FunctionCalls">The number of function calls in an answer of the Responses API.</param>
internal sealed record RecordedAnswer(DateTimeOffset? Created, int FunctionCalls)
{
    private const string Data = "data:";
    private const string Completed = "response.completed";

    private static readonly RecordedAnswer Empty = new(null, 0);

    /// <summary>Reads an answer, whole or as a stream of server-sent events. Returns an empty one for text that is neither.</summary>
    public static RecordedAnswer Read(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Empty;
        }

        string? json = text.AsSpan().TrimStart().StartsWith("{") ? text : FindCompleted(text);
        if (json is null)
        {
            return Empty;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            JsonElement answer = root.Member("response") ?? root;
            return new RecordedAnswer(
                answer.Number("created_at") is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
                answer.Items("output").Count(item => item.Text("type") is "function_call" or "custom_tool_call"));
        }
        catch (JsonException)
        {
            return Empty;
        }
    }

    private static string? FindCompleted(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith(Data, StringComparison.Ordinal) && line.Contains(Completed, StringComparison.Ordinal))
            {
                return line[Data.Length..];
            }
        }

        return null;
    }
}
