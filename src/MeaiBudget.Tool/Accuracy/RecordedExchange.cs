using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>One recorded exchange: what was asked and what the provider billed for it.</summary>
/// <param name="Line">The line of the file, from one.</param>
/// <param name="Id">The exchange's own id, or its line.</param>
/// <param name="Api">The API as the recording names it.</param>
/// <param name="Host">The host that answered; empty if not recorded.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Request">The request.</param>
/// <param name="ReportedInput">The input tokens that the provider reported.</param>
/// <param name="ReportedOutput">The output tokens that the provider reported; zero if none.</param>
internal sealed record RecordedExchange(
    int Line, string Id, string Api, string Host, string ModelId, RawRequest Request, long ReportedInput, long ReportedOutput)
{
    /// <summary>Reads one line.</summary>
    /// <param name="json">The line.</param>
    /// <param name="line">Its number.</param>
    /// <returns>The exchange, or <see langword="null"/> if it is not comparable or reports no input.</returns>
    /// <exception cref="RawRequestException">The line cannot be read.</exception>
    public static RecordedExchange? Read(string json, int line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
            {
                throw new RawRequestException($"the row is a JSON {row.ValueKind}, not an object");
            }

            return row.IsTrue("comparable") ? ReadComparable(row, line) : null;
        }
        catch (JsonException exception)
        {
            throw new RawRequestException("the row is not JSON: " + exception.Message, exception);
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

        // A deployment's name says nothing about its model; an application maps it, the recording reports it.
        if (row.Text("model_reported") is { Length: > 0 } answered && TokenCounters.ForModel(model).Name == TokenCounters.ForModel("?").Name)
        {
            model = answered;
        }

        return new RecordedExchange(line, row.Text("id") ?? $"line {line}", api, row.Text("host") ?? string.Empty, model, request, reported.Value, ReadOutput(row));
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
