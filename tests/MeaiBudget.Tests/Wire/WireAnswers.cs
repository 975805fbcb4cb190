using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Answers as providers write them, and ways to read them.</summary>
internal static class WireAnswers
{
    public const string Done = "data: [DONE]\n\n";
    public const string Hello = """{"role":"assistant","content":"Good"}""";
    public const string There = """{"content":" morning."}""";

    public static string Chunk(string delta, string finish = "null", string usage = "", string model = "gpt-4.1-mini", string more = "") =>
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"" + model + "\",\"choices\":[{\"index\":0,\"delta\":" + delta
        + ",\"finish_reason\":" + finish + "}]" + (usage.Length == 0 ? "" : ",\"usage\":" + usage) + more + "}\n\n";

    public static string UsageChunk(string usage, string more = "") =>
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"gpt-4.1-mini\",\"choices\":[],\"usage\":" + usage + more + "}\n\n";

    public static string Completion(string usage, string finish = "\"stop\"", string message = """{"role":"assistant","content":"Good morning."}""", string more = "") =>
        "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1790000000,\"model\":\"gpt-4.1-mini\",\"choices\":[{\"index\":0,\"message\":" + message
        + ",\"finish_reason\":" + finish + "}]" + (usage.Length == 0 ? "" : ",\"usage\":" + usage) + more + "}";

    public static string Event(string type, string json) => "event: " + type + "\ndata: " + json + "\n\n";

    public static string Messages(string startUsage, params string[] deltas)
    {
        var text = new StringBuilder();
        text.Append(Event("message_start", "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5\",\"content\":[],\"stop_reason\":null,\"usage\":" + startUsage + "}}"));
        text.Append(Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""));
        text.Append(Event("ping", """{"type":"ping"}"""));
        text.Append(Event("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Good morning."}}"""));
        text.Append(Event("content_block_stop", """{"type":"content_block_stop","index":0}"""));
        foreach (string usage in deltas)
        {
            text.Append(Event("message_delta", "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}" + (usage.Length == 0 ? "" : ",\"usage\":" + usage) + "}"));
        }

        return text.Append(Event("message_stop", """{"type":"message_stop"}""")).ToString();
    }

    public static string Message(string usage, string stop = "end_turn") =>
        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5\",\"content\":[{\"type\":\"text\",\"text\":\"Good morning.\"}],\"stop_reason\":\"" + stop + "\",\"usage\":" + usage + "}";

    public static string Response(string status, string usage, string tier = "default", string details = "null", string error = "null", string items = "") =>
        "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"" + status + "\",\"error\":" + error + ",\"incomplete_details\":" + details + ",\"model\":\"gpt-5-mini\",\"output\":[" + items
        + "{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"annotations\":[],\"text\":\"Good morning.\"}]}],\"service_tier\":\"" + tier + "\",\"usage\":" + usage + "}";

    public static string ResponseStream(string last, string response, string before = "") =>
        Event("response.created", "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":" + Response("in_progress", "null", "auto") + "}")
        + Event("response.output_text.delta", """{"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Good"}""")
        + Event("response.output_text.delta", """{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" morning."}""")
        + before
        + Event(last, "{\"type\":\"" + last + "\",\"sequence_number\":4,\"response\":" + response + "}");

    public static WireAnswer Read(WireProtocol protocol, string body, string contentType = "application/json", bool isStreamed = false, int piece = int.MaxValue) =>
        Read(protocol, Encoding.UTF8.GetBytes(body), contentType, isStreamed, piece);

    public static WireAnswer Read(WireProtocol protocol, byte[] body, string contentType = "application/json", bool isStreamed = false, int piece = int.MaxValue)
    {
        var reader = new WireAnswerReader(protocol, contentType, isStreamed, WireLimits.Default);
        for (int at = 0; at < body.Length; at += Math.Min(piece, body.Length - at))
        {
            reader.Feed(body.AsSpan(at, Math.Min(piece, body.Length - at)));
        }

        reader.End();
        return reader.ToAnswer();
    }

    /// <summary>Reads an answer whole, byte by byte and in odd pieces; all give the same.</summary>
    public static WireAnswer ReadAll(WireProtocol protocol, string body, string contentType = "application/json", bool isStreamed = false)
    {
        WireAnswer whole = Read(protocol, body, contentType, isStreamed);
        foreach (int piece in (int[])[1, 2, 3, 7, 64, 1000])
        {
            Assert.Equal(whole, Read(protocol, body, contentType, isStreamed, piece));
        }

        return whole;
    }

    public static WireAnswer Chat(string body) => ReadAll(WireProtocol.ChatCompletions, body);

    public static WireAnswer ChatStream(params string[] chunks) => ReadAll(WireProtocol.ChatCompletions, string.Concat(chunks), "text/event-stream", isStreamed: true);

    /// <summary>The token counts in short: input/cached/written/written for an hour/output/reasoning.</summary>
    public static string Tokens(this WireAnswer answer) => answer.Usage is { } usage
        ? $"{usage.InputTokens}/{usage.CachedInputTokens}/{usage.CacheWriteTokens}/{usage.CacheWriteOneHourTokens}/{usage.OutputTokens}/{usage.ReasoningTokens}"
        : "none";
}
