using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>What answers say beside their usage: ends, errors, costs, tools, text.</summary>
public class WireAnswerTests
{
    private const string Usage = """{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}""";
    private const string ResponsesUsage = """{"input_tokens":10000,"input_tokens_details":{"cached_tokens":4000},"output_tokens":1024,"output_tokens_details":{"reasoning_tokens":900},"total_tokens":11024}""";

    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("\"eos\"", "eos")]
    [InlineData("\"error\"", "error")]
    [InlineData("\"insufficient_system_resource\"", "insufficient_system_resource")]
    [InlineData("\"STOP\"", "STOP")]
    [InlineData("null", null)]
    public void L1_UsageIsReadWhateverTheFinishReason(string finish, string? expected)
    {
        WireAnswer whole = Chat(Completion(Usage, finish));
        Assert.Equal((expected, "1000/0/0/0/200/0"), (whole.FinishReason, whole.Tokens()));
        WireAnswer stream = ChatStream(Chunk(Hello, finish), Chunk(There, finish), Chunk("{}", finish), UsageChunk(Usage), Done);
        Assert.Equal((expected, "1000/0/0/0/200/0", true), (stream.FinishReason, stream.Tokens(), stream.IsComplete));
    }

    [Fact]
    public void L1_AnEmptyFinishReasonDoesNotHideTheRealOne() =>
        Assert.Equal("stop", ChatStream(Chunk(Hello, "\"\""), Chunk(There, "\"\""), Chunk("{}", "\"stop\""), UsageChunk(Usage), Done).FinishReason);

    [Theory]
    [InlineData("""{"role":"","content":"Good morning."}""")]
    [InlineData("""{"role":"model","content":"Good morning.","tool_calls":null}""")]
    [InlineData("""{"role":null,"content":[{"type":"thinking","thinking":[{"type":"text","text":"Good"}]},{"type":"text","text":" morning."}]}""")]
    [InlineData("""{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"t1","type":"","function":{"name":"greet","arguments":"{\"a\":1}"}}],"refusal":"x"}""")]
    [InlineData("""{"role":"assistant","content":"","reasoning":"Good morning."}""")]
    [InlineData("""{"role":"assistant","content":"","reasoning":"Good morning.","reasoning_details":[{"type":"reasoning.text","text":"Good morning."}]}""")]
    [InlineData("""{"role":"assistant","content":null,"reasoning_content":"Good morning."}""")]
    [InlineData("""{"role":"assistant","refusal":"Good morning."}""")]
    public void L12_TextIsMeasuredInEverySpelling(string message)
    {
        WireAnswer whole = Chat(Completion(Usage, message: message));
        Assert.Equal((13L, "1000/0/0/0/200/0"), (whole.TextBytes, whole.Tokens()));
        WireAnswer stream = ChatStream(Chunk(message), Chunk(message), Chunk("{}", "\"stop\""), UsageChunk(Usage), Done);
        Assert.Equal((26L, "1000/0/0/0/200/0"), (stream.TextBytes, stream.Tokens()));
    }

    [Fact]
    public void L1_BrokenCharactersDoNotHideTheUsage()
    {
        byte[] body = [.. System.Text.Encoding.Latin1.GetBytes(Chunk("{\"role\":\"assistant\",\"content\":\"\u00f0\u009f\"}") + Chunk("{\"content\":\"\u0098\u0080 caf\u00e9\"}") + Chunk("""{"content":"a\ud83d"}""") + UsageChunk(Usage) + Done)];
        Assert.Equal("1000/0/0/0/200/0", Read(WireProtocol.ChatCompletions, body, "text/event-stream", true).Tokens());
        Assert.Equal("1000/0/0/0/200/0", Read(WireProtocol.ChatCompletions, body, "text/event-stream", true, piece: 1).Tokens());
    }

    [Fact]
    public void L1_AnAnswerWithoutChoicesHasItsUsage()
    {
        WireAnswer answer = Chat("{\"id\":\"c1\",\"model\":\"m\",\"choices\":[],\"usage\":" + Usage + "}");
        Assert.Equal(("1000/0/0/0/200/0", true), (answer.Tokens(), answer.IsComplete));
        Assert.False(ChatStream("data: {\"choices\":[],\"usage\":" + Usage + "}\n\n").IsComplete);
        Assert.False(Chat("").IsComplete);
        Assert.False(Chat(Completion(Usage)[..^1]).IsComplete);
    }

    [Theory]
    [InlineData("max_output_tokens")]
    [InlineData("content_filter")]
    public void L2_AnIncompleteResponseHasItsUsage(string reason)
    {
        string body = Response("incomplete", ResponsesUsage, "priority", "{\"reason\":\"" + reason + "\"}");
        foreach (WireAnswer answer in (WireAnswer[])[ReadAll(WireProtocol.Responses, body), ReadAll(WireProtocol.Responses, ResponseStream("response.incomplete", body), "text/event-stream", true)])
        {
            Assert.Equal((reason, "10000/4000/0/0/1024/900", "priority", true), (answer.FinishReason, answer.Tokens(), answer.ServiceTier, answer.IsComplete));
            Assert.Equal(("resp_1", "gpt-5-mini", 13L), (answer.ResponseId, answer.ModelId, answer.TextBytes));
            Assert.Null(answer.Error);
        }
    }

    [Fact]
    public void L3_AFailedResponseHasItsUsageAndItsError()
    {
        string body = Response("failed", ResponsesUsage, error: """{"code":"server_error","message":"The model failed."}""");
        foreach (WireAnswer answer in (WireAnswer[])[ReadAll(WireProtocol.Responses, body), ReadAll(WireProtocol.Responses, ResponseStream("response.failed", body), "text/event-stream", true)])
        {
            Assert.Equal(("failed", "10000/4000/0/0/1024/900", true), (answer.FinishReason, answer.Tokens(), answer.IsComplete));
            Assert.Equal("""{"error":{"code":"server_error","message":"The model failed."}}""", answer.Error!.Json);
        }
    }

    [Fact]
    public void ACompletedResponseEndsItsStream()
    {
        string stream = ResponseStream("response.completed", Response("completed", ResponsesUsage.Replace("\"cached_tokens\":4000", "\"cached_tokens\":4000,\"cache_write_tokens\":5000", StringComparison.Ordinal)));
        WireAnswer answer = ReadAll(WireProtocol.Responses, stream, "text/event-stream", true);
        Assert.Equal(("completed", "10000/4000/5000/0/1024/900", true), (answer.FinishReason, answer.Tokens(), answer.IsComplete));
        Assert.False(ReadAll(WireProtocol.Responses, stream[..stream.IndexOf("event: response.completed", StringComparison.Ordinal)], "text/event-stream", true).IsComplete);
    }

    [Fact]
    public void ErrorsInsideASuccessAreSeen()
    {
        Assert.Contains("engine overloaded", Chat("""{"id":"g","choices":[{"index":0,"finish_reason":"error","error":{"code":502,"message":"engine overloaded"},"message":{"content":""}}],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}""").Error!.Json, StringComparison.Ordinal);
        WireAnswer after = ChatStream(Chunk(Hello), """data: {"id":"g","error":{"code":502,"message":"disconnected"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}""" + "\n\n", Done);
        Assert.Equal(("""{"error":{"code":502,"message":"disconnected"}}""", true), (after.Error!.Json, after.Error.IsAfterContent));
        Assert.False(ChatStream("data: {\"error\":\"busy\"}\n\n").Error!.IsAfterContent);
        Assert.Equal("""{"error":"model \u0022x\u0022 not found"}""", ReadAll(WireProtocol.OllamaChat, """{"error":"model \"x\" not found"}""").Error!.Json);
        Assert.Contains("no room", ReadAll(WireProtocol.OllamaChat, """{"error":{"message":"no room"}}""").Error!.Json, StringComparison.Ordinal);
        Assert.Contains("overloaded_error", ReadAll(WireProtocol.AnthropicMessages, Event("error", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""), "text/event-stream", true).Error!.Json, StringComparison.Ordinal);
        Assert.Contains("RESOURCE_EXHAUSTED", ReadAll(WireProtocol.GeminiContent, """[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]""").Error!.Json, StringComparison.Ordinal);
        Assert.Contains("rate_limit_exceeded", ReadAll(WireProtocol.Responses, Event("error", """{"type":"error","code":"rate_limit_exceeded","message":"Slow down","sequence_number":1}"""), "text/event-stream", true).Error!.Json, StringComparison.Ordinal);
        Assert.Null(Chat(Completion(Usage, more: ",\"error\":null")).Error);
        Assert.Null(Chat(Completion(Usage, message: """{"role":"assistant","content":"{\"error\":{\"code\":1}}"}""")).Error);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":9171,"completion_tokens":113,"total_tokens":9284,"cost":0.001803975,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0360795}}""", "0.037883475")]
    [InlineData("""{"prompt_tokens":9171,"completion_tokens":113,"total_tokens":9284,"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0360795}}""", "0.0360795")]
    [InlineData("""{"prompt_tokens":343,"completion_tokens":25,"total_tokens":368,"cost":6.62285e-05,"is_byok":false,"cost_details":{"upstream_inference_cost":0.00010189}}""", "0.0000662285")]
    [InlineData("""{"prompt_tokens":343,"completion_tokens":25,"total_tokens":368,"cost":0.0123456789}""", "0.0123456789")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":140,"total_tokens":150,"cost":{"input_tokens_cost":0.00001,"output_tokens_cost":0.00014,"request_cost":0.005,"total_cost":0.00515}}""", "0.00515")]
    [InlineData("""{"prompt_tokens":654,"completion_tokens":171,"total_tokens":825,"cost_in_usd_ticks":12856000}""", "0.0012856")]
    [InlineData("""{"prompt_tokens":14,"completion_tokens":10,"pydantic_ai_gateway":{"cost_estimate":0.000192}}""", "0.000192")]
    public void L9_StatedCostsAreReadFromUsage(string usage, string cost)
    {
        decimal expected = decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, Chat(Completion(usage)).StatedCost);
        WireAnswer stream = ChatStream(Chunk(Hello), Chunk(There, "\"stop\"", usage), Done);
        Assert.Equal((expected, expected), (stream.StatedCost, stream.Usage!.Value.ProviderStatedCost));
    }

    [Fact]
    public void L19_StatedCostsAreReadFromOtherPlaces()
    {
        Assert.Equal(0.25m, Chat(Completion(Usage, more: ",\"cost\":{\"usd\":0.25}")).StatedCost);
        Assert.Equal(0.0123m, Chat(Completion(Usage, more: ",\"copilot_usage\":{\"total_nano_aiu\":1230000000}")).StatedCost);
        Assert.Equal(0.5m, ReadAll(WireProtocol.AnthropicMessages, Message("""{"input_tokens":10,"output_tokens":5,"cost":0.5,"is_byok":false}""")).StatedCost);
        Assert.Equal(0.5m, ReadAll(WireProtocol.Responses, ResponseStream("response.completed", Response("completed", """{"input_tokens":10,"output_tokens":5,"cost":0.5}""")), "text/event-stream", true).StatedCost);
    }

    [Theory]
    [InlineData("0.00515", "0.00515")]
    [InlineData("7.4e-06", "0.0000074")]
    [InlineData("None", null)]
    [InlineData("-5", null)]
    [InlineData("NaN", null)]
    [InlineData("1e30", null)]
    public void L9_ACostHeaderIsRead(string header, string? cost)
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "application/json", false, WireLimits.Default);
        reader.SetCostHeader(header);
        reader.Feed(System.Text.Encoding.UTF8.GetBytes(Completion(Usage)));
        Assert.Equal(cost is null ? (decimal?)null : decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture), reader.ToAnswer().StatedCost);
    }

    [Fact]
    public void L6_WebSearchesOfAResponseAreCounted()
    {
        static string Call(int number, string action = "search") => "{\"type\":\"web_search_call\",\"id\":\"ws_" + number + "\",\"status\":\"completed\",\"action\":{\"type\":\"" + action + "\",\"query\":\"q\"}}";
        string calls = Call(1) + "," + Call(2) + "," + Call(3, "open_page") + "," + Call(4) + ",";
        string events = string.Concat(Enumerable.Range(1, 4).Select(number => Event("response.output_item.added", "{\"type\":\"response.output_item.added\",\"item\":" + Call(number) + "}")
            + Event("response.output_item.done", "{\"type\":\"response.output_item.done\",\"item\":" + Call(number, number == 3 ? "open_page" : "search") + "}")));
        string body = Response("completed", ResponsesUsage, items: calls);
        Assert.Equal(3, ReadAll(WireProtocol.Responses, body).WebSearches);
        Assert.Equal(3, ReadAll(WireProtocol.Responses, ResponseStream("response.completed", body, events), "text/event-stream", true).Usage!.Value.WebSearches);
        Assert.Equal(3, ReadAll(WireProtocol.Responses, ResponseStream("response.failed", Response("failed", ResponsesUsage), events), "text/event-stream", true).WebSearches);
    }

    [Fact]
    public void L6_OtherToolsOfAResponseAreCounted()
    {
        const string Items = """{"type":"file_search_call"},{"type":"code_interpreter_call","container_id":"a"},{"type":"code_interpreter_call","container_id":"a"},{"type":"code_interpreter_call","container_id":"b"},{"type":"image_generation_call"},""";
        WireAnswer answer = ReadAll(WireProtocol.Responses, Response("completed", ResponsesUsage, items: Items));
        Assert.Equal((1L, 2L, 1L), (answer.FileSearches, answer.CodeSessions, answer.GeneratedImages));
        Assert.Equal((1L, 2L), (answer.Usage!.Value.FileSearches, answer.Usage.Value.CodeExecutionSessions));
    }

    [Fact]
    public void L6_SearchesOfOtherProtocolsAreCounted()
    {
        Assert.Equal(3, ReadAll(WireProtocol.AnthropicMessages, Messages("""{"input_tokens":25,"output_tokens":1,"server_tool_use":{"web_search_requests":0}}""", """{"output_tokens":10,"server_tool_use":{"web_search_requests":3,"web_fetch_requests":1}}"""), "text/event-stream", true).Usage!.Value.WebSearches);
        Assert.Equal(1, Chat(Completion(Usage, message: """{"role":"assistant","content":"x","annotations":[{"type":"url_citation","url_citation":{"url":"https://a"}},{"type":"url_citation"}]}""")).WebSearches);
        WireAnswer gemini = ReadAll(WireProtocol.GeminiContent, """{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["a","b"],"groundingChunks":[{}]}}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}""");
        Assert.Equal((2L, true), (gemini.WebSearches, gemini.IsGrounded));
        Assert.Equal(4, Chat(Completion("""{"prompt_tokens":1,"completion_tokens":1,"num_search_queries":4}""")).WebSearches);
        Assert.Equal(2, Chat(Completion("""{"prompt_tokens":1,"completion_tokens":1,"server_tool_use":{"web_search_requests":2}}""")).WebSearches);
    }

    [Theory]
    [InlineData("""{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","url":"https://a"}]}""", 1)]
    [InlineData("""{"type":"web_search_tool_result","tool_use_id":"s","content":{"type":"web_search_tool_result_error","error_code":"unavailable"}}""", 0)]
    public void L6_ASearchThatFailedIsNotBilled(string block, long searches)
    {
        string message = """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[BLOCK],"stop_reason":"end_turn","usage":{"input_tokens":25,"output_tokens":1}}""".Replace("BLOCK", block, StringComparison.Ordinal);
        string streamed = Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":BLOCK}""".Replace("BLOCK", block, StringComparison.Ordinal));

        Assert.Equal(searches, ReadAll(WireProtocol.AnthropicMessages, message).WebSearches);
        Assert.Equal(searches, ReadAll(WireProtocol.AnthropicMessages, streamed, "text/event-stream", true).WebSearches);
    }

    [Theory]
    [InlineData(""","output":[{"type":"x_search_call","id":"x","status":"completed"}]""", 1, false)]
    [InlineData(""","tool_usage":{"image_gen":{"input_tokens":10,"output_tokens":4160,"total_tokens":4170},"web_search":{"num_requests":2}}""", 2, true)]
    [InlineData(""","tool_usage":{"image_gen":{"input_tokens":0,"output_tokens":0,"total_tokens":0},"web_search":{"num_requests":0}}""", 0, false)]
    public void L6_ToolsThatAResponseTellsAreBilled(string more, long searches, bool hasOtherFee)
    {
        string response = """{"id":"resp_1","object":"response","status":"completed","model":"m","usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}""" + more + "}";
        foreach (WireAnswer answer in (WireAnswer[])
        [
            ReadAll(WireProtocol.Responses, response),
            ReadAll(WireProtocol.Responses, Event("response.completed", """{"type":"response.completed","response":""" + response + "}"), "text/event-stream", true),
        ])
        {
            Assert.Equal((searches, hasOtherFee), (answer.WebSearches, (answer.Flags & WireFlags.OtherFee) != 0));
        }
    }

    [Fact]
    public void L13_CacheWritesOfBedrockAreToldByLifetime()
    {
        const string Usage = """{"inputTokens":100,"outputTokens":50,"totalTokens":750,"cacheReadInputTokens":100,"cacheWriteInputTokens":500,"cacheDetails":[{"ttl":"5m","inputTokens":300},{"ttl":"1h","inputTokens":150},{"inputTokens":50,"ttl":"1h"}]}""";
        WireAnswer answer = ReadAll(WireProtocol.AnthropicMessages, """{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":""" + Usage + "}");

        Assert.Equal("700/100/300/200/50/0", answer.Tokens());
    }

    [Fact]
    public void AudioOfAResponseIsNoText()
    {
        string audio = Event("response.output_audio.delta", """{"type":"response.output_audio.delta","delta":"UklGRgAAAAAAAAAAAAAAAAAAAAA="}""");
        Assert.Equal(13, ReadAll(WireProtocol.Responses, ResponseStream("response.completed", Response("completed", ResponsesUsage), audio + audio + audio), "text/event-stream", true).TextBytes);
    }

    [Fact]
    public void NamesCountAtTheirPlacesOnly()
    {
        const string Text = """{"role":"assistant","content":"{\"usage\":{\"prompt_tokens\":9999}} \"usage\":{\"completion_tokens\":9}","tool_calls":[{"function":{"name":"f","arguments":{"usage":{"prompt_tokens":7777},"finish_reason":"no"}}}],"usage":{"prompt_tokens":8888}}""";
        WireAnswer answer = Chat(Completion(Usage, message: Text, more: ",\"metadata\":{\"usage\":{\"prompt_tokens\":6666},\"model\":\"other\"}"));
        Assert.Equal(("1000/0/0/0/200/0", "stop", "gpt-4.1-mini"), (answer.Tokens(), answer.FinishReason, answer.ModelId));
    }

    [Fact]
    public void LongIdsAreCut()
    {
        WireAnswer answer = Chat(Completion(Usage).Replace("\"c1\"", "\"" + new string('i', 60_000) + "\"", StringComparison.Ordinal));
        Assert.Equal(256, answer.ResponseId!.Length);
    }

    [Fact]
    public void SamplingsOfAnAnswerAreBilledTogether()
    {
        const string Usage = """{"input_tokens":23000,"output_tokens":1000,"iterations":[{"type":"compaction","input_tokens":180000,"output_tokens":3500},{"type":"message","input_tokens":23000,"output_tokens":1000,"cache_read_input_tokens":7}]}""";
        Assert.Equal("203007/7/0/0/4500/0", ReadAll(WireProtocol.AnthropicMessages, Message(Usage)).Tokens());
        Assert.Equal("203007/7/0/0/4500/0", ReadAll(WireProtocol.AnthropicMessages, Messages("""{"input_tokens":9,"output_tokens":1}""", """{"output_tokens":400}""", Usage), "text/event-stream", isStreamed: true).Tokens());
    }

    [Theory]
    [InlineData("""{"type":"shell_call","id":"s1","action":{"commands":["ls"]},"environment":{"type":"container_reference","container_id":"c1"}},""", 1)]
    [InlineData("""{"type":"shell_call","id":"s1","action":{"commands":["ls"]},"environment":{"type":"local"}},""", 0)]
    public void L6_AShellInAContainerIsASession(string item, int sessions)
    {
        const string Usage = """{"input_tokens":10,"output_tokens":5,"total_tokens":15}""";
        Assert.Equal(sessions, ReadAll(WireProtocol.Responses, Response("completed", Usage, items: item)).CodeSessions);
        string done = Event("response.output_item.done", "{\"type\":\"response.output_item.done\",\"item\":" + item.TrimEnd(',') + "}");
        Assert.Equal(sessions, ReadAll(WireProtocol.Responses, ResponseStream("response.completed", Response("completed", Usage, items: item), done), "text/event-stream", isStreamed: true).CodeSessions);
    }

    [Fact]
    public void AToolUsageCountsSearches()
    {
        const string Usage = """{"input_tokens":10,"output_tokens":5,"total_tokens":15},"tool_usage":{"web_search":{"num_requests":3},"image_gen":{"input_tokens":0,"output_tokens":0}}""";
        Assert.Equal(("10/0/0/0/5/0", 3L), (ReadAll(WireProtocol.Responses, Response("completed", Usage)) is var answer ? answer.Tokens() : "", answer.WebSearches));
    }
}
