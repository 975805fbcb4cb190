using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>Usage as providers and gateways tell it, whole and streamed.</summary>
public class WireUsageTests
{
    [Theory]
    [InlineData("""{"prompt_tokens":20,"completion_tokens":198,"total_tokens":623}""", "20/0/0/0/603/0")]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":9,"total_tokens":88}""", "11/0/0/0/77/0")]
    [InlineData("""{"prompt_tokens":21,"total_tokens":81}""", "21/0/0/0/60/0")]
    [InlineData("""{"prompt_tokens":10120,"completion_tokens":1499,"total_tokens":14428,"prompt_tokens_details":{"cached_tokens":128},"completion_tokens_details":{"reasoning_tokens":2809}}""", "10120/128/0/0/4308/2809")]
    [InlineData("""{"prompt_tokens":21,"completion_tokens":0,"total_tokens":81,"completion_tokens_details":{"reasoning_tokens":60}}""", "21/0/0/0/60/60")]
    public void L5_ThinkingThatOnlyTheTotalTellsIsOutput(string usage, string expected)
    {
        WireAnswer whole = Chat(Completion(usage));
        Assert.Equal(expected, whole.Tokens());
        Assert.True(whole.Flags.HasFlag(WireFlags.OutputFromTotal));
        Assert.Equal(expected, ChatStream(Chunk(Hello), Chunk(There, "\"stop\"", usage), Done).Tokens());
    }

    [Theory]
    [InlineData("""{"prompt_tokens":500,"completion_tokens":500,"total_tokens":1000,"completion_tokens_details":{"reasoning_tokens":200}}""", "500/0/0/0/500/200")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5}""", "10/0/0/0/5/0")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":0}""", "10/0/0/0/5/0")]
    [InlineData("""{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":null,"completion_tokens_details":null}""", "100/0/0/0/5/0")]
    public void PartsWithinTheWholeAreNotAdded(string usage, string expected)
    {
        WireAnswer answer = Chat(Completion(usage));
        Assert.Equal(expected, answer.Tokens());
        Assert.Equal(WireFlags.None, answer.Flags);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":36100,"completion_tokens":1200,"total_tokens":37300,"prompt_cache_hit_tokens":21600,"prompt_cache_miss_tokens":14500}""", "36100/21600/0/0/1200/0")]
    [InlineData("""{"prompt_tokens":36100,"completion_tokens":1200,"total_tokens":37300,"cached_tokens":21600}""", "36100/21600/0/0/1200/0")]
    public void L10_CacheHitsOfOtherServersAreCached(string usage, string expected)
    {
        Assert.Equal(expected, Chat(Completion(usage)).Tokens());
        Assert.Equal(expected, ChatStream(Chunk(Hello), Chunk(There, "\"stop\"", usage), Done).Tokens());
    }

    [Fact]
    public void L9_CacheWritesInAChatUsageAreCounted()
    {
        const string Usage = """{"prompt_tokens":100000,"completion_tokens":50,"total_tokens":100050,"prompt_tokens_details":{"cached_tokens":90000,"cache_creation_tokens":6000},"cache_read_input_tokens":90000,"cache_creation_input_tokens":6000}""";
        WireAnswer answer = Chat(Completion(Usage));
        Assert.Equal("100000/90000/6000/0/50/0", answer.Tokens());
        Assert.True(answer.Usage!.Value.IsCacheWriteDurationAssumed);
    }

    [Fact]
    public void CachedTokensBesideTheInputAreAddedToIt()
    {
        WireAnswer answer = Chat(Completion("""{"prompt_tokens":1000,"completion_tokens":5,"total_tokens":1005,"prompt_tokens_details":{"cached_tokens":9000}}"""));
        Assert.Equal("10000/9000/0/0/5/0", answer.Tokens());
        Assert.True(answer.Flags.HasFlag(WireFlags.PartsExceedWhole));
        Assert.Equal("8000/3000/0/0/5/0", Chat(Completion("""{"prompt_tokens":5000,"completion_tokens":5,"total_tokens":8005,"prompt_tokens_details":{"cached_tokens":3000}}""")).Tokens());
    }

    [Fact]
    public void L7_UsageOfTheFirstChunkDoesNotHideTheText()
    {
        string text = string.Concat(Enumerable.Range(0, 100).Select(number => Chunk($$"""{"content":"word {{number}} and more words here "}""")));
        foreach (int placeholder in (int[])[0, 1])
        {
            WireAnswer answer = ChatStream(Chunk("""{"role":"assistant","content":""}""", usage: $$"""{"prompt_tokens":16,"completion_tokens":{{placeholder}},"total_tokens":{{16 + placeholder}}}"""), text, Chunk("{}", "\"stop\""), Done);
            Assert.Equal($"16/0/0/0/{placeholder}/0", answer.Tokens());
            Assert.True(answer.Flags.HasFlag(WireFlags.OutputBelowText));
            Assert.Equal(Enumerable.Range(0, 100).Sum(number => $"word {number} and more words here ".Length), answer.TextBytes);
        }
    }

    [Fact]
    public void L7_ALaterUsageWithoutDetailsErasesNothing()
    {
        const string Full = """{"prompt_tokens":2000,"completion_tokens":4,"total_tokens":2004,"prompt_tokens_details":{"cached_tokens":1900}}""";
        const string Short = """{"prompt_tokens":2000,"completion_tokens":4,"total_tokens":2004}""";
        const string Zeros = """{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}""";
        Assert.Equal("2000/1900/0/0/4/0", ChatStream(Chunk(Hello), Chunk("{}", "\"stop\"", Full), UsageChunk(Short), Done).Tokens());
        Assert.Equal("2000/1900/0/0/4/0", ChatStream(Chunk(Hello), Chunk("{}", "\"stop\"", Short), UsageChunk(Full), Done).Tokens());
        Assert.Equal("2000/1900/0/0/4/0", ChatStream(Chunk(Hello), Chunk("{}", "\"stop\"", Full), UsageChunk(Zeros), Done).Tokens());
        WireAnswer zeros = ChatStream(Chunk(Hello), Chunk("{}", "\"stop\"", Zeros), Done);
        Assert.Null(zeros.Usage);
        Assert.True(zeros.Flags.HasFlag(WireFlags.UsageOfZeros));
    }

    [Fact]
    public void L8_CumulativeUsageIsNotAdded()
    {
        static string Usage(int output) => $$"""{"prompt_tokens":16,"completion_tokens":{{output}},"total_tokens":{{16 + output}}}""";
        WireAnswer answer = ChatStream(Chunk(Hello, usage: Usage(0)), Chunk(Hello, usage: Usage(1)), Chunk(There, usage: Usage(3)), Chunk("{}", "\"stop\"", Usage(4)), UsageChunk(Usage(4)), Done);
        Assert.Equal("16/0/0/0/4/0", answer.Tokens());
        Assert.Equal(WireFlags.None, answer.Flags);
    }

    [Fact]
    public void L8_UsageInDifferencesIsAdded()
    {
        static string Usage(int input, int output) => $$"""{"prompt_tokens":{{input}},"completion_tokens":{{output}},"total_tokens":{{input + output}}}""";
        WireAnswer once = ChatStream(Chunk(Hello, usage: Usage(16, 2)), Chunk(There, usage: Usage(0, 3)), Chunk(There, usage: Usage(0, 5)), Done);
        Assert.Equal("16/0/0/0/10/0", once.Tokens());
        Assert.True(once.Flags.HasFlag(WireFlags.SummedUsage));
        Assert.Equal("16/0/0/0/7/0", ChatStream(Chunk(Hello, usage: Usage(16, 2)), Chunk(There, usage: Usage(16, 4)), Chunk(There, usage: Usage(16, 1)), Done).Tokens());
        Assert.Equal("16/0/0/0/7/0", ChatStream(Chunk(Hello, usage: Usage(16, 4)), Chunk(There, usage: Usage(0, 3)), UsageChunk(Usage(16, 7)), Done).Tokens());
    }

    [Theory]
    [InlineData("""{"prompt_tokens":"10","completion_tokens":"5","total_tokens":"15"}""", "10/0/0/0/5/0", (int)WireFlags.TextCount)]
    [InlineData("""{"prompt_tokens":10.0,"completion_tokens":5.0,"total_tokens":15.0}""", "10/0/0/0/5/0", (int)WireFlags.None)]
    [InlineData("""{"prompt_tokens":10.5,"completion_tokens":5.25,"total_tokens":15.75}""", "11/0/0/0/6/0", (int)WireFlags.FractionCount)]
    [InlineData("""{"prompt_tokens":1e1,"completion_tokens":5}""", "10/0/0/0/5/0", (int)WireFlags.None)]
    [InlineData("""{"prompt_tokens":null,"completion_tokens":null,"total_tokens":null}""", "none", (int)WireFlags.MissingCount)]
    [InlineData("""{"prompt_tokens":"many","completion_tokens":5}""", "0/0/0/0/5/0", (int)(WireFlags.MissingCount | WireFlags.TextCount))]
    [InlineData("[]", "none", (int)WireFlags.None)]
    [InlineData("null", "none", (int)WireFlags.None)]
    [InlineData("{}", "none", (int)WireFlags.None)]
    public void L11_CountsAreReadHoweverTheyAreWritten(string usage, string expected, int flags)
    {
        WireAnswer whole = Chat(Completion(usage));
        Assert.Equal(expected, whole.Tokens());
        Assert.Equal((WireFlags)flags, whole.Flags);
        Assert.Equal(expected, ChatStream(Chunk(Hello), Chunk("{}", "\"stop\""), UsageChunk(usage), Done).Tokens());
    }

    [Theory]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":-5,"total_tokens":5}""", "10/0/0/0/0/0", (int)WireFlags.NegativeCount)]
    [InlineData("""{"prompt_tokens":9223372036854775807,"completion_tokens":5,"total_tokens":9223372036854775807}""", "9223372036854775807/0/0/0/5/0", (int)WireFlags.AbsurdCount)]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":1e400,"total_tokens":15}""", "10/0/0/0/9223372036854775807/0", (int)WireFlags.AbsurdCount)]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":99999999999999}""", "10/0/0/0/5/0", (int)WireFlags.AbsurdCount)]
    public void L14_AbsurdCountsAreFlagged(string usage, string expected, int flags)
    {
        WireAnswer answer = Chat(Completion(usage));
        Assert.Equal(expected, answer.Tokens());
        Assert.Equal((WireFlags)flags, answer.Flags);
    }

    [Fact]
    public void L14_MuchTextWithFewTokensIsFlagged()
    {
        WireAnswer answer = Chat(Completion("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}""", message: "{\"role\":\"assistant\",\"content\":\"" + new string('x', 100_000) + "\"}"));
        Assert.Equal(100_000, answer.TextBytes);
        Assert.True(answer.Flags.HasFlag(WireFlags.OutputBelowText));
    }

    [Fact]
    public void L4_AudioTokensAreTold()
    {
        const string Usage = """{"prompt_tokens":1000,"completion_tokens":592,"total_tokens":1592,"prompt_tokens_details":{"text_tokens":50,"audio_tokens":950},"completion_tokens_details":{"text_tokens":110,"audio_tokens":482,"reasoning_tokens":0}}""";
        foreach (WireAnswer answer in (WireAnswer[])[Chat(Completion(Usage)), ChatStream(Chunk(Hello), Chunk(There, "\"stop\""), UsageChunk(Usage), Done)])
        {
            Assert.Equal((950L, 482L), (answer.Usage!.Value.InputAudioTokens, answer.Usage.Value.OutputAudioTokens));
            Assert.Equal("1000/0/0/0/592/0", answer.Tokens());
        }
    }

    [Theory]
    [InlineData("""{"input_tokens":25,"output_tokens":1}""", """{"output_tokens":15}""", "25/0/0/0/15/0")]
    [InlineData("""{"input_tokens":0,"output_tokens":0}""", """{"input_tokens":4522,"cache_creation_input_tokens":4511,"output_tokens":5}""", "9033/0/4511/0/5/0")]
    [InlineData("""{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":200,"output_tokens":1}""", """{"input_tokens":null,"cache_creation_input_tokens":null,"cache_read_input_tokens":null,"output_tokens":15,"server_tool_use":null}""", "325/200/100/0/15/0")]
    [InlineData("""{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":200,"output_tokens":1}""", """{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":200,"output_tokens":15}""", "325/200/100/0/15/0")]
    [InlineData("""{"input_tokens":25,"output_tokens":1}""", """{"input_tokens":10682,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":510}""", "10682/0/0/0/510/0")]
    public void L13_AnthropicsTwoReportsAreOne(string start, string delta, string expected)
    {
        WireAnswer answer = ReadAll(WireProtocol.AnthropicMessages, Messages(start, delta), "text/event-stream; charset=utf-8", isStreamed: true);
        Assert.Equal(expected, answer.Tokens());
        Assert.Equal(("end_turn", "claude-haiku-4-5", "msg_1", true), (answer.FinishReason, answer.ModelId, answer.ResponseId, answer.IsComplete));
    }

    [Fact]
    public void L13_AnHoursCacheIsToldOnlyInTheDelta()
    {
        const string Usage = """{"input_tokens":10,"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":1000},"output_tokens":5}""";
        WireAnswer answer = ReadAll(WireProtocol.AnthropicMessages, Messages("""{"input_tokens":0,"output_tokens":0}""", Usage), "text/event-stream", isStreamed: true);
        Assert.Equal("1010/0/0/1000/5/0", answer.Tokens());
        Assert.False(answer.Usage!.Value.IsCacheWriteDurationAssumed);
        Assert.Equal("1010/0/0/1000/5/0", ReadAll(WireProtocol.AnthropicMessages, Message(Usage)).Tokens());
    }

    [Fact]
    public void L13_ThreeCumulativeDeltasAreOne() =>
        Assert.Equal("25/0/0/0/15/0", ReadAll(WireProtocol.AnthropicMessages, Messages("""{"input_tokens":25,"output_tokens":1}""", """{"output_tokens":5}""", """{"output_tokens":10}""", """{"output_tokens":15}"""), "text/event-stream", isStreamed: true).Tokens());

    [Theory]
    [InlineData("""{"input_tokens":10,"cache_creation_input_tokens":900,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":300,"ephemeral_24h_input_tokens":500},"output_tokens":5}""", "910/0/100/800/5/0")]
    [InlineData("""{"input_tokens":10,"cacheReadInputTokens":40,"cacheWriteInputTokens":50,"output_tokens":5}""", "100/40/50/0/5/0")]
    [InlineData("""{"inputTokens":10,"cacheReadInputTokenCount":40,"cacheWriteInputTokenCount":50,"outputTokens":5}""", "100/40/50/0/5/0")]
    [InlineData("""{"input_tokens":10,"output_tokens":50,"output_tokens_details":{"thinking_tokens":30}}""", "10/0/0/0/50/30")]
    public void L20_UsageFieldsOfAnthropicsProtocol(string usage, string expected) => Assert.Equal(expected, ReadAll(WireProtocol.AnthropicMessages, Message(usage)).Tokens());

    [Theory]
    [InlineData("""{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cache_read_input_tokens":40,"cache_creation_input_tokens":30}}""", "100/40/30/0/5/0")]
    [InlineData("""{"prompt_tokens":100,"completion_tokens":5,"cache_read_input_tokens":40,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}""", "100/40/10/20/5/0")]
    [InlineData("""{"billed_units":{"input_tokens":7,"output_tokens":3},"tokens":{"input_tokens":507,"output_tokens":4}}""", "7/0/0/0/3/0")]
    [InlineData("""{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":10,"cache_write_tokens":20}}""", "100/10/20/0/5/0")]
    public void L20_UsageFieldsOfChat(string usage, string expected) => Assert.Equal(expected, Chat(Completion(usage)).Tokens());

    [Fact]
    public void L20_BedrocksMetricsAreUsage()
    {
        string body = Messages("""{"input_tokens":10,"output_tokens":1}""", """{"output_tokens":15}""")
            .Replace("""{"type":"message_stop"}""", """{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":10,"outputTokenCount":16,"cacheReadInputTokenCount":3,"cacheWriteInputTokenCount":4}}""", StringComparison.Ordinal);
        Assert.Equal("17/3/4/0/16/0", ReadAll(WireProtocol.AnthropicMessages, body, "text/event-stream", isStreamed: true).Tokens());
    }

    [Fact]
    public void L20_AProvisionedTierIsTold()
    {
        Assert.Equal("provisioned", Chat(Completion("""{"prompt_tokens":1,"completion_tokens":1,"service_tier":"provisioned"}""")).Usage!.Value.ServiceTier);
        Assert.Equal("priority", ChatStream(Chunk(Hello, more: ",\"service_tier\":\"priority\""), Chunk(There, "\"stop\"", """{"prompt_tokens":1,"completion_tokens":1}"""), Done).Usage!.Value.ServiceTier);
        Assert.Null(Chat(Completion("""{"prompt_tokens":1,"completion_tokens":1}""", more: ",\"service_tier\":\"on_demand\"")).Usage!.Value.ServiceTier);
    }

    [Fact]
    public void OllamaCountsAtTheTop()
    {
        const string Body = """
            {"model":"llama3.2","created_at":"2026-01-01T00:00:00.1Z","message":{"role":"assistant","content":"Good"},"done":false}
            {"model":"llama3.2","created_at":"2026-01-01T00:00:00.2Z","message":{"role":"assistant","content":" morning."},"done":false}
            {"model":"llama3.2","created_at":"2026-01-01T00:00:00.3Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":9,"prompt_eval_count":26,"eval_count":298}

            """;
        foreach (string type in (string[])["application/x-ndjson", "application/json", "application/ndjson; charset=utf-8", "text/plain"])
        {
            WireAnswer answer = ReadAll(WireProtocol.OllamaChat, Body, type, isStreamed: true);
            Assert.Equal("26/0/0/0/298/0", answer.Tokens());
            Assert.Equal(("stop", true, 13L), (answer.FinishReason, answer.IsComplete, answer.TextBytes));
        }

        Assert.False(ReadAll(WireProtocol.OllamaChat, Body[..Body.IndexOf("{\"model\":\"llama3.2\",\"created_at\":\"2026-01-01T00:00:00.3Z", StringComparison.Ordinal)], "application/x-ndjson", isStreamed: true).IsComplete);
    }

    [Fact]
    public void GeminiThinksBesideItsCandidates()
    {
        const string First = """{"candidates":[{"content":{"parts":[{"text":"Good"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":65,"totalTokenCount":159,"promptTokensDetails":[{"modality":"TEXT","tokenCount":60},{"tokenCount":5,"modality":"AUDIO"}],"thoughtsTokenCount":94},"modelVersion":"gemini-3-pro","responseId":"r1"}""";
        const string Last = """{"candidates":[{"content":{"parts":[{"text":" morning."},{"functionCall":{"name":"f","args":{"a":"bc"}}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":65,"candidatesTokenCount":16,"cachedContentTokenCount":40,"toolUsePromptTokenCount":7,"totalTokenCount":182,"thoughtsTokenCount":94,"serviceTier":"PRIORITY"},"modelVersion":"gemini-3-pro","responseId":"r1"}""";
        string events = "data: " + First + "\r\n\r\ndata: " + Last + "\r\n\r\n";
        foreach (WireAnswer answer in (WireAnswer[])[ReadAll(WireProtocol.GeminiContent, events, "text/event-stream", true), ReadAll(WireProtocol.GeminiContent, "[" + First + ",\n" + Last + "]", "application/json", true)])
        {
            Assert.Equal("72/40/0/0/110/94", answer.Tokens());
            Assert.Equal(("STOP", "gemini-3-pro", "r1", true), (answer.FinishReason, answer.ModelId, answer.ResponseId, answer.IsComplete));
            Assert.Equal((5L, "priority", 17L), (answer.Usage!.Value.InputAudioTokens, answer.Usage.Value.ServiceTier, answer.TextBytes));
        }
    }

    [Fact]
    public void EmbeddingsHaveNoOutput()
    {
        const string Start = """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-0.2,3e-5]}],"model":"text-embedding-3-small","usage":""";
        Assert.Equal("1001/0/0/0/0/0", ReadAll(WireProtocol.Embeddings, Start + """{"prompt_tokens":1001,"total_tokens":1001}}""").Tokens());
        Assert.Equal("1001/0/0/0/0/0", ReadAll(WireProtocol.Embeddings, Start + """{"total_tokens":1001}}""").Tokens());
        Assert.Equal("none", ReadAll(WireProtocol.Embeddings, Start + "null}").Tokens());
    }
}
