using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Real recorded exchanges: what the wire says is what the recording says.</summary>
public class RecordedWireTests
{
    [Fact]
    public void EveryRecordedAnswerIsReadAsItsUsageSays()
    {
        string? shared = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(string.IsNullOrEmpty(shared), "Set MEAIBUDGET_SHARED to the folder of the shared material to read its recorded exchanges.");
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        List<string> wrong = [];
        foreach (JsonElement row in Directory.EnumerateFiles(Path.Combine(shared, "exchanges"), "exchanges*.jsonl.gz").Order(StringComparer.Ordinal).SelectMany(Rows))
        {
            string api = Text(row, "api") ?? "";
            WireProtocol protocol = ProtocolOf(api);
            if (protocol == WireProtocol.None || Text(row, "response_text") is not { Length: > 0 } text || Child(row, "usage_norm").ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            Count(counts, "answers");
            string? type = Child(row, "response_headers").ValueKind == JsonValueKind.Object ? Child(row, "response_headers").EnumerateObject().Where(header => header.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase)).Select(header => header.Value.ToString()).FirstOrDefault() : null;
            WireAnswer answer = WireAnswers.Read(protocol, Encoding.UTF8.GetBytes(text), type!, isStreamed: true);
            WireAnswer split = WireAnswers.Read(protocol, Encoding.UTF8.GetBytes(text), type!, isStreamed: true, piece: 17);
            if (answer != split)
            {
                wrong.Add($"{Text(row, "id")}: split gives other facts");
            }

            string difference = Difference(Child(row, "usage_norm"), Child(row, "usage"), protocol, answer);
            if (difference.Length > 0)
            {
                wrong.Add($"{Text(row, "id")} {api} {Text(row, "host")}: {difference} {Child(row, "usage")}");
            }

            if (answer.Flags.HasFlag(WireFlags.Malformed) || answer.Flags.HasFlag(WireFlags.OutputBelowText))
            {
                Count(counts, answer.Flags.ToString());
                TestContext.Current.TestOutputHelper?.WriteLine($"{Text(row, "id")} {api} {Text(row, "host")}: {answer.Flags}, {answer.TextBytes} bytes, {answer.Usage?.OutputTokens} tokens");
            }

            Count(counts, answer.IsComplete ? "complete" : "incomplete");
            Count(counts, answer.FinishReason is null ? "no finish reason" : "finish reason");
            CheckRequest(row, protocol, wrong, counts);
        }

        foreach ((string name, int count) in counts)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{count,6} {name}");
        }

        foreach (string line in wrong.Take(80))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
        }

        Assert.True(counts["answers"] > 3_000, "The recorded exchanges were not read.");
        Assert.True(wrong.Count == 0, $"{wrong.Count} wrong, of them: " + string.Join(Environment.NewLine, wrong.Take(10)));
    }

    /// <summary>Says how the answer's usage differs from the recording's; empty if it does not.</summary>
    private static string Difference(JsonElement recorded, JsonElement usage, WireProtocol protocol, WireAnswer answer)
    {
        long input = Number(recorded, "input_total") ?? 0;
        long output = Number(recorded, "output") ?? 0;
        long cached = Number(recorded, "cache_read") ?? 0;
        long written = Number(recorded, "cache_write") ?? 0;
        long total = Number(usage, "total_tokens") ?? Number(usage, "totalTokenCount") ?? 0;
        if (protocol == WireProtocol.GeminiContent)
        {
            input += Number(usage, "toolUsePromptTokenCount") ?? 0;
            output += Number(recorded, "reasoning") ?? 0;
        }

        if (protocol == WireProtocol.AnthropicMessages && Child(usage, "iterations") is { ValueKind: JsonValueKind.Array } samplings)
        {
            // The recorder took the figures beside the samplings, which leave out an advisor and a compaction.
            input = Math.Max(input, samplings.EnumerateArray().Sum(one => (Number(one, "input_tokens") ?? 0) + (Number(one, "cache_read_input_tokens") ?? 0) + (Number(one, "cache_creation_input_tokens") ?? 0)));
            output = Math.Max(output, samplings.EnumerateArray().Sum(one => Number(one, "output_tokens") ?? 0));
        }

        if (answer.Usage is not { } read)
        {
            return input + output == 0 ? "" : $"nothing was read, {input}/{output} is right";
        }

        if (protocol is not (WireProtocol.AnthropicMessages or WireProtocol.GeminiContent))
        {
            // The recorder took the figures as they stood: cached tokens beside the input, thinking beside the output, cache writes not at all.
            long reasoning = Number(recorded, "reasoning") ?? 0;
            written = Math.Max(written, Number(Child(usage, "input_tokens_details"), "cache_write_tokens") ?? 0);
            input += cached > input ? cached : 0;
            output = Math.Max(output, total - input);
            output += reasoning > output ? reasoning : 0;
        }
        else if (protocol == WireProtocol.GeminiContent && !Child(usage, "candidatesTokenCount").ValueKind.Equals(JsonValueKind.Number))
        {
            // The last report left the candidates out that an earlier one had.
            output = Math.Max(output, read.OutputTokens);
        }

        List<string> differences = [];
        Compare("input", input, read.InputTokens);
        Compare("output", output, read.OutputTokens);
        Compare("cached", cached, read.CachedInputTokens);
        Compare("written", written, read.CacheWriteTokens + read.CacheWriteOneHourTokens);
        return string.Join(", ", differences);

        void Compare(string name, long right, long got)
        {
            if (right != got)
            {
                differences.Add($"{name} {got} instead of {right}");
            }
        }
    }

    private static void CheckRequest(JsonElement row, WireProtocol protocol, List<string> wrong, SortedDictionary<string, int> counts)
    {
        JsonElement body = Child(row, "request");
        if (body.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        string path = protocol switch
        {
            WireProtocol.Responses => WireRequests.Responses,
            WireProtocol.Completions => "https://h/v1/completions",
            WireProtocol.AnthropicMessages => WireRequests.Anthropic,
            WireProtocol.OllamaChat => Text(row, "api") == "ollama.generate" ? "http://h/api/generate" : WireRequests.Ollama,
            WireProtocol.GeminiContent => WireRequests.Gemini,
            _ => WireRequests.OpenAI,
        };
        WireRequest request = WireRequests.ReadOnce(path, Encoding.UTF8.GetBytes(body.GetRawText()))!;
        if (!request.IsReadable)
        {
            wrong.Add($"{Text(row, "id")}: request {request.Problems}");
        }

        long? limit = new[] { "max_tokens", "max_completion_tokens", "max_output_tokens" }.Select(name => Number(body, name)).Append(Number(Child(body, "generationConfig"), "maxOutputTokens")).Append(Number(Child(body, "options"), "num_predict")).Max();
        if (limit != request.OutputLimit && limit >= 0)
        {
            wrong.Add($"{Text(row, "id")}: limit {request.OutputLimit} instead of {limit}");
        }

        // A byte of text is at least as much as a token, framing aside.
        long read = request.TextBytes + request.FramingBytes + request.MediaBytes;
        if (Child(row, "comparable").ValueKind == JsonValueKind.True && request.MediaParts == 0 && (Number(Child(row, "usage_norm"), "input_total") ?? 0) > read + 300)
        {
            Count(counts, "input above its bytes");
            TestContext.Current.TestOutputHelper?.WriteLine($"{Text(row, "id")} {Text(row, "api")} {Text(row, "host")}: {Number(Child(row, "usage_norm"), "input_total")} tokens, {read} bytes");
        }
    }

    private static WireProtocol ProtocolOf(string api) => api switch
    {
        _ when api.EndsWith("count_tokens", StringComparison.Ordinal) || api.EndsWith("input_tokens", StringComparison.Ordinal) => WireProtocol.None,
        "openai.chat" or "azure-openai.chat" or "other-openai-compatible" => WireProtocol.ChatCompletions,
        "openai.responses" or "azure-openai.responses" or "other-openai-responses" => WireProtocol.Responses,
        "openai.completions" or "other-completions" => WireProtocol.Completions,
        "anthropic.messages" or "other-anthropic-compatible" => WireProtocol.AnthropicMessages,
        "ollama.chat" or "ollama.generate" => WireProtocol.OllamaChat,
        "gemini.generate" => WireProtocol.GeminiContent,
        _ => WireProtocol.None,
    };

    private static IEnumerable<JsonElement> Rows(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement;
        }
    }

    private static void Count(SortedDictionary<string, int> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;

    private static JsonElement Child(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement child) ? child : default;

    private static string? Text(JsonElement value, string name) => Child(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long? Number(JsonElement value, string name) => Child(value, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long count) ? count : null;
}
