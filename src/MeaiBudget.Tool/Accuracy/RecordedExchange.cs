using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>One recorded request and the usage that the provider reported for it.</summary>
/// <param name="Line">The line in the file, starting from 1.</param>
/// <param name="Id">The id of the exchange, or its line.</param>
/// <param name="Api">The API as named in the recording.</param>
/// <param name="Host">The host that answered; empty if it was not recorded.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Request">The request.</param>
/// <param name="ReportedInput">The reported input tokens.</param>
/// <param name="ReportedOutput">The reported output tokens; zero if there are none.</param>
/// <param name="Project">The project that recorded the exchange (<c>repo</c>); empty if the row does not name it.</param>
/// <param name="Answer">What the answer shows beside its usage.</param>
internal sealed record RecordedExchange(
    int Line, string Id, string Api, string Host, string ModelId, RawRequest Request, long ReportedInput, long ReportedOutput, string Project, RecordedAnswer Answer)
{
    /// <summary>Reads one line; returns null if the exchange is not comparable or reports no input tokens.</summary>
    /// <exception cref="RawRequestException">The line is invalid.</exception>
    public static RecordedExchange? Read(string json, int line)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
            {
                throw new RawRequestException($"the row is a JSON {row.ValueKind}, not an object");
            }

            return row.IsTrue("comparable") ? ReadComparable(row, line) : null;
        }
        catch (JsonException exception)
        {
            throw new RawRequestException("the row is not JSON: " + JsonFault.Reason(exception), exception);
        }
    }

    private static RecordedExchange? ReadComparable(JsonElement row, int line)
    {
        long? reported = ReadInput(row);
        if (reported is null or <= 0)
        {
            return null;
        }

        string api = row.Text("api") ?? "unknown";
        JsonElement body = row.Member("request") ?? throw new RawRequestException("the row has no request");
        RawRequest request = RawRequestReader.Read(body, FormatOf(api));
        string model = row.Text("model_requested") ?? request.ModelId ?? row.Text("model_reported") ?? string.Empty;

        // A deployment name does not show the model. An application would map it; here the reported model is used.
        if (row.Text("model_reported") is { Length: > 0 } answered && TokenCounters.ForModel(model).Name == TokenCounters.ForModel("?").Name)
        {
            model = answered;
        }

        return new RecordedExchange(line, row.Text("id") ?? $"line {line}", api, row.Text("host") ?? string.Empty, model, request, reported.Value, ReadOutput(row),
            row.Text("repo") ?? string.Empty, RecordedAnswer.Read(row.Text("response_text")));
    }

    private static ChatApi FormatOf(string api) => api switch
    {
        _ when api.Contains("anthropic", StringComparison.Ordinal) => ChatApi.AnthropicMessages,
        _ when api.StartsWith("gemini", StringComparison.Ordinal) || api.Contains("vertex", StringComparison.Ordinal) => ChatApi.Gemini,
        _ when api.StartsWith("ollama", StringComparison.Ordinal) => ChatApi.Ollama,
        _ when api.Contains("responses", StringComparison.Ordinal) => ChatApi.OpenAIResponses,
        _ when api.EndsWith("completions", StringComparison.Ordinal) && !api.Contains("chat", StringComparison.Ordinal) => ChatApi.TextCompletion,
        _ when api.Contains("openai", StringComparison.Ordinal) => ChatApi.OpenAIChat,
        _ => ChatApi.Unknown,
    };

    private static long? ReadInput(JsonElement row)
    {
        if (row.Member("usage_norm")?.Number("input_total") is { } normal)
        {
            return normal;
        }

        JsonElement usage = row.Member("usage") ?? default;
        return usage.Number("input_tokens") is { } anthropic
            ? anthropic + (usage.Number("cache_read_input_tokens") ?? 0) + (usage.Number("cache_creation_input_tokens") ?? 0)
            : usage.Number("prompt_tokens") ?? usage.Number("promptTokenCount") ?? usage.Number("prompt_eval_count") ?? usage.Number("totalTokens");
    }

    private static long ReadOutput(JsonElement row)
    {
        JsonElement usage = row.Member("usage") ?? default;
        return row.Member("usage_norm")?.Number("output")
            ?? usage.Number("output_tokens") ?? usage.Number("completion_tokens") ?? usage.Number("candidatesTokenCount") ?? usage.Number("eval_count") ?? 0;
    }
}
