namespace MeaiBudget.Tests;

/// <summary>Answers as OpenAI-speaking servers and Anthropic write them, byte by byte, and what is billed for them.</summary>
internal static class ServerAnswers
{
    private const string ChunkHead = "\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"gpt-4.1-mini\"";
    private const string Head = "\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1790000000,\"model\":\"gpt-4.1-mini\"";
    private const string Done = "data: [DONE]\n\n";

    /// <summary>Servers that speak OpenAI's chat completions. A body that begins with a brace is whole, any other one a stream.</summary>
    public static TheoryData<string, string, string> Chats => new()
    {
        // Usage within the choice.
        { "Moonshot", Text("Hi") + Chunk("{}", "stop", choice: """,{"u":1}""", usageInChoice: Usage(100, 50)) + Done, "100/0/0/0/50/0" },

        // Usage beside the last piece of text.
        { "Together", Text("Hi") + Chunk("""{"content":"","token_id":0}""", "eos", top: ",\"usage\":" + Usage(100, 50)) + Done, "100/0/0/0/50/0" },

        // Usage before the finish reason.
        { "Fireworks", Text("Hi") + Chunk("{}", null, top: ",\"usage\":" + Usage(100, 50)) + Chunk("{}", "stop") + Done, "100/0/0/0/50/0" },

        // Comments while it waits, its own names of cached tokens.
        {
            "DeepSeek",
            ": keep-alive\n\n: keep-alive\n\n" + Chunk("""{"reasoning_content":"Hm."}""", null) + Text("Hi")
            + Chunk("{}", "stop", top: ",\"usage\":" + Usage(1000, 50, ",\"prompt_cache_hit_tokens\":600,\"prompt_cache_miss_tokens\":400,\"completion_tokens_details\":{\"reasoning_tokens\":20}")) + Done,
            "1000/600/0/0/50/20"
        },
        { "Mistral", (Text("Hi") + Chunk("{}", "stop", top: ",\"usage\":" + Usage(100, 50, ",\"prompt_audio_seconds\":{},\"num_cached_tokens\":64")) + Done).Replace("\n", "\r\n", StringComparison.Ordinal), "100/64/0/0/50/0" },

        // Thinking beside the output, which the total tells.
        { "xAI", Text("Hi") + UsageChunk("{\"prompt_tokens\":100,\"completion_tokens\":50,\"total_tokens\":250,\"num_sources_used\":0,\"completion_tokens_details\":{\"reasoning_tokens\":100}}", "stop") + Done, "100/0/0/0/150/100" },
        { "Groq", Text("Hi") + Chunk("{}", "stop", top: ",\"x_groq\":{\"id\":\"req_1\",\"usage\":" + Usage(100, 50, ",\"queue_time\":0.1,\"total_time\":0.5") + "}") + Done, "100/0/0/0/50/0" },

        // The sum so far in every piece.
        {
            "vLLM",
            Chunk("""{"role":"assistant","content":""}""", null, top: ",\"usage\":" + Usage(100, 0)) + Chunk("""{"content":"Hi"}""", null, top: ",\"usage\":" + Usage(100, 1))
            + Chunk("""{"content":"!"}""", "stop", top: ",\"usage\":" + Usage(100, 2)) + UsageChunk(Usage(100, 2)) + Done,
            "100/0/0/0/2/0"
        },
        { "SGLang", Text("Hi") + Chunk("{}", "stop", top: ",\"usage\":null") + UsageChunk(Usage(100, 50, ",\"reasoning_tokens\":30,\"prompt_tokens_details\":null")) + Done, "100/0/0/0/50/30" },

        // Line ends of an old kind, and its own measurements beside the usage.
        { "llama.cpp", (Text("Hi") + Chunk("{}", "stop") + UsageChunk(Usage(100, 50), more: ",\"timings\":{\"cache_n\":64,\"prompt_n\":36,\"predicted_n\":50}") + Done).Replace("\n", "\r", StringComparison.Ordinal), "100/0/0/0/50/0" },
        { "LM Studio", Whole(Usage(100, 50), more: ",\"stats\":{},\"system_fingerprint\":\"lmstudio\""), "100/0/0/0/50/0" },
        { "llama-server", "\n\n  " + Whole(Usage(100, 50, ",\"prompt_tokens_details\":{\"cached_tokens\":10}")), "100/10/0/0/50/0" },

        // A byte order mark, and one document on several lines.
        { "Zhipu", "\uFEFF" + Text("Hi") + "data: {" + ChunkHead + ",\ndata: \"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\ndata: \"usage\":" + Usage(100, 50) + "}\n\n" + Done, "100/0/0/0/50/0" },
        { "Qwen", Whole(Usage(1000, 50, ",\"prompt_tokens_details\":{\"cached_tokens\":200,\"cache_creation_input_tokens\":300,\"cache_type\":\"ephemeral\"}")), "1000/200/300/0/50/0" },
        { "OpenRouter", ": OPENROUTER PROCESSING\n\n" + Text("Hi") + Chunk("{\"content\":\"\"}", "stop", choice: ",\"native_finish_reason\":\"end_turn\"") + UsageChunk(Usage(100, 50)), "100/0/0/0/50/0" },
        { "Azure", "data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}],\"choices\":[],\"usage\":null}\n\n" + Text("Hi") + Chunk("{}", "stop") + UsageChunk(Usage(100, 50)) + Done, "100/0/0/0/50/0" },

        // A first estimate, then the truth.
        { "two reports", Text("Hi") + Chunk("{}", "stop", top: ",\"usage\":" + Usage(90, 10)) + UsageChunk(Usage(100, 50, ",\"prompt_tokens_details\":{\"cached_tokens\":64}")) + Done, "100/64/0/0/50/0" },
        { "no end mark", Text("Hi") + Chunk("{}", "stop") + UsageChunk(Usage(100, 50)), "100/0/0/0/50/0" },
        { "predicted output", Whole(Usage(100, 80, ",\"completion_tokens_details\":{\"accepted_prediction_tokens\":20,\"rejected_prediction_tokens\":40,\"reasoning_tokens\":0}")), "100/0/0/0/80/0" },
        { "LiteLLM", Whole(Usage(1000, 50, ",\"cache_creation_input_tokens\":300,\"cache_read_input_tokens\":200,\"prompt_tokens_details\":{\"cached_tokens\":200,\"cache_creation_tokens\":300,\"cache_creation_token_details\":{\"ephemeral_5m_input_tokens\":100,\"ephemeral_1h_input_tokens\":200}}")), "1000/200/100/200/50/0" },

        { "usage behind the end mark", Text("Hi") + Chunk("{}", "stop") + Done + UsageChunk(Usage(100, 50)), "100/0/0/0/50/0" },
        { "names of JavaScript", Whole("""{"promptTokens":100,"completionTokens":50,"totalTokens":150}"""), "100/0/0/0/50/0" },
        { "New API", Whole(Usage(1000, 50, ",\"input_tokens\":0,\"prompt_tokens_details\":{\"cached_tokens\":0,\"cached_creation_tokens\":300},\"claude_cache_creation_5_m_tokens\":100,\"claude_cache_creation_1_h_tokens\":200")), "1000/0/100/200/50/0" },
        { "TensorZero", Whole(Usage(1000, 50, ",\"provider_cache_read_input_tokens\":600,\"provider_cache_write_input_tokens\":300")), "1000/600/300/0/50/0" },
        { "names of JavaScript in details", Whole("""{"promptTokens":1000,"completionTokens":50,"totalTokens":1050,"promptTokensDetails":{"cachedTokens":600},"completionTokensDetails":{"reasoningTokens":30} }"""), "1000/600/0/0/50/30" },
        { "usage metadata", Whole("null", ",\"usage_metadata\":{\"prompt_token_count\":100,\"candidates_token_count\":50,\"total_token_count\":150}"), "100/0/0/0/50/0" },
        { "counts of Ollama", Whole("null", ",\"prompt_eval_count\":100,\"eval_count\":50"), "100/0/0/0/50/0" },
        { "an empty error", Whole(Usage(100, 50), more: ",\"error\":{\"code\":null,\"message\":\"\"}"), "100/0/0/0/50/0" },

        // Cached tokens beside the prompt, which the total tells.
        { "Anthropic behind a gateway", Whole("""{"prompt_tokens":100,"completion_tokens":50,"total_tokens":1050,"prompt_tokens_details":{"cached_tokens":900}}"""), "1000/900/0/0/50/0" },
    };

    /// <summary>Anthropic's answers, whole and streamed.</summary>
    public static TheoryData<string, string, string> Messages => new()
    {
        { "compaction", Message(Compaction), "203000/0/0/0/4500/0" },
        { "compaction streamed", MessageStream("""{"input_tokens":23000,"output_tokens":1}""", Compaction), "203000/0/0/0/4500/0" },
        { "one sampling", Message("""{"input_tokens":100,"cache_read_input_tokens":40,"cache_creation_input_tokens":0,"output_tokens":50,"iterations":[{"type":"message","input_tokens":100,"cache_read_input_tokens":40,"cache_creation_input_tokens":0,"output_tokens":50}]}"""), "140/40/0/0/50/0" },
        { "no samplings", Message("""{"input_tokens":100,"output_tokens":50,"iterations":null}"""), "100/0/0/0/50/0" },
        { "sums so far", MessageStream("""{"input_tokens":100,"output_tokens":1}""", """{"output_tokens":20}""", """{"output_tokens":50}"""), "100/0/0/0/50/0" },
        { "an hour's cache", Message("""{"input_tokens":20,"cache_creation_input_tokens":1000,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":300,"ephemeral_1h_input_tokens":700},"output_tokens":50,"service_tier":"standard","inference_geo":"not_available"}"""), "1020/0/300/700/50/0" },
    };

    private const string Compaction =
        """{"input_tokens":23000,"output_tokens":1000,"iterations":[{"type":"compaction","input_tokens":180000,"output_tokens":3500},{"type":"message","input_tokens":23000,"output_tokens":1000}]}""";

    public static string Message(string usage) =>
        """{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Hi!"}],"stop_reason":"end_turn","stop_sequence":null,"usage":""" + usage + "}";

    public static string MessageStream(string start, params string[] deltas) =>
        Event("message_start", """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":""" + start + "}}")
        + Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""")
        + Event("ping", """{"type":"ping"}""")
        + Event("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi!"}}""")
        + Event("content_block_stop", """{"type":"content_block_stop","index":0}""")
        + string.Concat(deltas.Select(usage => Event("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":""" + usage + "}")))
        + Event("message_stop", """{"type":"message_stop"}""");

    public static string Usage(long input, long output, string more = "") =>
        FormattableString.Invariant($"{{\"prompt_tokens\":{input},\"completion_tokens\":{output},\"total_tokens\":{input + output}{more}}}");

    public static string Whole(string usage, string more = "") =>
        "{" + Head + ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi!\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":" + usage + more + "}";

    public static string Text(string text) => Chunk("{\"role\":\"assistant\",\"content\":\"" + text + "\"}", null);

    public static string Chunk(string delta, string? finish, string top = "", string choice = "", string? usageInChoice = null) =>
        "data: {" + ChunkHead + ",\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + (finish is null ? "null" : $"\"{finish}\"")
        + (usageInChoice is null ? choice : ",\"usage\":" + usageInChoice) + "}]" + top + "}\n\n";

    public static string UsageChunk(string usage, string? finish = null, string more = "") =>
        (finish is null ? "" : Chunk("{}", finish)) + "data: {" + ChunkHead + ",\"choices\":[],\"usage\":" + usage + more + "}\n\n";

    private static string Event(string type, string data) => $"event: {type}\ndata: {data}\n\n";
}
