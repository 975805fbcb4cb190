using System.Globalization;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Answers with usage in each protocol's own form.</summary>
internal static class ProviderAnswers
{
    /// <summary>Writes an answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="received">What was received.</param>
    /// <param name="fault">What goes wrong.</param>
    /// <param name="output">The output tokens of all answers.</param>
    public static string Write(RandomCall call, ReceivedRequest received, ProviderFault fault, int output)
    {
        // A text that has no more tokens than are billed.
        string[] words = [.. Enumerable.Repeat("word ", Math.Clamp(output / received.Answers, 0, 6))];
        bool hasError = fault == ProviderFault.ErrorWithinStream && received.IsStreaming;
        return call.Sdk switch
        {
            WireSdk.Chat => Chat(received, words, fault == ProviderFault.OddFinish ? "eos" : "stop", hasError, output, call.Share % 2 == 0),
            WireSdk.Responses => Responses(received, words, hasError, output, call.Share % 2 == 0),
            WireSdk.Anthropic => Anthropic(received, words, fault == ProviderFault.OddFinish ? "pause" : "end_turn", hasError, output),
            _ => Ollama(received, words, hasError, output),
        };
    }

    private static string Chat(ReceivedRequest received, string[] words, string finish, bool hasError, int output, bool statesTier)
    {
        string tier = statesTier && received.Tier is { } named ? $",\"service_tier\":\"{named}\"" : "";
        string head = $"\"id\":\"c1\",\"created\":1790000000,\"model\":\"{received.ModelId}\"{tier}";
        string usage = Number($$"""{"prompt_tokens":{{received.InputTokens}},"completion_tokens":{{output}},"total_tokens":{{received.InputTokens + output}} }""");
        IEnumerable<int> answers = Enumerable.Range(0, received.Answers);
        if (!received.IsStreaming)
        {
            string choices = string.Join(',', answers.Select(index =>
                Number($$$"""{"index":{{{index}}},"message":{"role":"assistant","content":"{{{string.Concat(words)}}}"},"finish_reason":"{{{finish}}}"}""")));
            return $$"""{{{head}},"object":"chat.completion","choices":[{{choices}}],"usage":{{usage}}}""";
        }

        var text = new StringBuilder();
        foreach (int index in answers)
        {
            foreach (string word in words)
            {
                Chunk(Number($$$"""{"index":{{{index}}},"delta":{"role":"assistant","content":"{{{word}}}"},"finish_reason":null}"""));
            }
        }

        if (hasError)
        {
            return text.Append("data: {\"error\":{\"message\":\"The server had an error.\",\"type\":\"server_error\"}}\n\n").ToString();
        }

        foreach (int index in answers)
        {
            Chunk(Number($$$"""{"index":{{{index}}},"delta":{},"finish_reason":"{{{finish}}}"}"""));
        }

        text.Append(CultureInfo.InvariantCulture, $"data: {{{head},\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{usage}}}\n\n");
        return text.Append("data: [DONE]\n\n").ToString();

        void Chunk(string choice) => text.Append(CultureInfo.InvariantCulture, $"data: {{{head},\"object\":\"chat.completion.chunk\",\"choices\":[{choice}]}}\n\n");
    }

    private static string Responses(ReceivedRequest received, string[] words, bool hasError, int output, bool statesTier)
    {
        string tier = statesTier && received.Tier is { } named ? $",\"service_tier\":\"{named}\"" : "";
        string head = $"\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1790000000,\"model\":\"{received.ModelId}\"{tier}";
        string response = Number($$"""
            {{{head}},"status":"completed","output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"{{string.Concat(words)}}","annotations":[]}]}],"usage":{"input_tokens":{{received.InputTokens}},"input_tokens_details":{"cached_tokens":0},"output_tokens":{{output}},"output_tokens_details":{"reasoning_tokens":0},"total_tokens":{{received.InputTokens + output}} } }
            """);
        if (!received.IsStreaming)
        {
            return response;
        }

        var text = new StringBuilder();
        int number = 0;
        Event("response.created", $"\"response\":{{{head},\"status\":\"in_progress\",\"output\":[]}}");
        foreach (string word in words)
        {
            Event("response.output_text.delta", $"\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"{word}\"");
        }

        if (hasError)
        {
            Event("error", "\"code\":\"server_error\",\"message\":\"The server had an error.\",\"param\":null");
        }
        else
        {
            Event("response.completed", "\"response\":" + response);
        }

        return text.ToString();

        void Event(string type, string rest) =>
            text.Append(CultureInfo.InvariantCulture, $"event: {type}\ndata: {{\"type\":\"{type}\",\"sequence_number\":{number++},{rest}}}\n\n");
    }

    private static string Anthropic(ReceivedRequest received, string[] words, string finish, bool hasError, int output)
    {
        string head = $"\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"{received.ModelId}\"";
        if (!received.IsStreaming)
        {
            return Number($$"""
                {{{head}},"content":[{"type":"text","text":"{{string.Concat(words)}}"}],"stop_reason":"{{finish}}","stop_sequence":null,"usage":{"input_tokens":{{received.InputTokens}},"output_tokens":{{output}} } }
                """);
        }

        var text = new StringBuilder();
        Event("message_start", Number($$"""{"type":"message_start","message":{{{head}},"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":{{received.InputTokens}},"output_tokens":1} } }"""));
        Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""} }""");
        foreach (string word in words)
        {
            Event("content_block_delta", $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{word}}}"} }""");
        }

        if (hasError)
        {
            Event("error", """{"type":"error","error":{"type":"api_error","message":"The server had an error."} }""");
            return text.ToString();
        }

        Event("content_block_stop", """{"type":"content_block_stop","index":0}""");
        Event("message_delta", Number($$"""{"type":"message_delta","delta":{"stop_reason":"{{finish}}","stop_sequence":null},"usage":{"output_tokens":{{output}} } }"""));
        Event("message_stop", """{"type":"message_stop"}""");
        return text.ToString();

        void Event(string name, string data) => text.Append(CultureInfo.InvariantCulture, $"event: {name}\ndata: {data}\n\n");
    }

    private static string Ollama(ReceivedRequest received, string[] words, bool hasError, int output)
    {
        string head = $"\"model\":\"{received.ModelId}\",\"created_at\":\"2026-11-01T00:00:00Z\"";
        string end = Number($"\"done_reason\":\"stop\",\"done\":true,\"prompt_eval_count\":{received.InputTokens},\"eval_count\":{output}");
        if (!received.IsStreaming)
        {
            return $$"""{{{head}},"message":{"role":"assistant","content":"{{string.Concat(words)}}"},{{end}}}""";
        }

        string lines = string.Concat(words.Select(word => $$"""{{{head}},"message":{"role":"assistant","content":"{{word}}"},"done":false}""" + "\n"));
        return lines + (hasError ? """{"error":"The server had an error."}""" : $$"""{{{head}},"message":{"role":"assistant","content":""},{{end}}}""") + "\n";
    }

    private static string Number(FormattableString text) => FormattableString.Invariant(text);
}
