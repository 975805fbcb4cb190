using System.Text;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>What an answer is taken to say, at the values where a rule begins and ends.</summary>
public sealed class WireAnswerFactTests
{
    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":"12","completion_tokens":5}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":12.0}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":1e1}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":1E1}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":2147483648,"completion_tokens":5}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":2147483647}}""", false)]
    [InlineData("""{"usage":{"prompt_tokens":null}}""", true)]
    [InlineData("""{"usage":{"completion_tokens":null}}""", true)]
    [InlineData("""{"usage":{"cached_tokens":null}}""", false)]
    [InlineData("""{"usage":{"prompt_tokens":true}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":[]}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":{}}}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":"many"}}""", true)]
    [InlineData("""{"usage":{"server_tool_use":{"web_search_requests":null}}}""", true)]
    [InlineData("""{"usage":[]}""", true)]
    [InlineData("""{"usage":"none"}""", true)]
    [InlineData("""{"usage":false}""", true)]
    [InlineData("""{"usage":null}""", false)]
    [InlineData("""{"usage":{}}""", false)]
    [InlineData("""{"choices":[]}""", false)]
    public void ANumberThatAnSdkCannotReadIsSaid(string body, bool isUnreadable)
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "application/json", isStreamed: false, WireLimits.Default);
        reader.Feed(Encoding.UTF8.GetBytes(body));

        Assert.Equal(isUnreadable, reader.TakeUnreadableNumber());
        Assert.False(reader.TakeUnreadableNumber());
    }

    [Fact]
    public void ProgressIsEachThingOfTheAnswerThatCame()
    {
        (string Event, int Things)[] events =
        [
            (": ping\n\n", 0),
            ("data: {\"choices\":[]}\n\n", 0),
            (Chunk("""{"content":""}"""), 0),
            (Chunk("""{"content":"word"}"""), 1),
            (Chunk("""{"content":"word"}""", "\"stop\""), 2),
            (Chunk("""{"content":""}""", "\"\""), 0),
            (UsageChunk("""{"prompt_tokens":1}"""), 1),
            (UsageChunk("{}"), 0),
            ("data: {\"error\":{\"code\":1}}\n\n", 1),
        ];
        foreach ((string text, int things) in events)
        {
            var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", isStreamed: true, WireLimits.Default);
            reader.Feed(Encoding.UTF8.GetBytes(Chunk("""{"content":"first"}""")));
            long before = reader.Progress;
            reader.Feed(Encoding.UTF8.GetBytes(text));
            Assert.True(reader.Progress - before == things, $"{text}: {reader.Progress - before}");
        }
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(10_000, 10_000, 0)]
    [InlineData(10_001, 1, (int)(WireFlags.AbsurdCount | WireFlags.OtherFee))]
    public void NoAnswerHasMoreThanTenThousandCallsOfATool(long told, long counted, int flags)
    {
        WireAnswer searches = Chat(Completion("{\"prompt_tokens\":1,\"completion_tokens\":9,\"server_tool_use\":{\"web_search_requests\":" + told + "}}"));
        WireAnswer files = Chat(Completion("{\"prompt_tokens\":1,\"completion_tokens\":9,\"server_side_tool_usage_details\":{\"file_search_calls\":" + told + "}}"));
        WireAnswer code = Chat(Completion("{\"prompt_tokens\":1,\"completion_tokens\":9,\"server_tool_use\":{\"code_execution_requests\":" + told + "}}"));

        Assert.Equal((counted, counted, counted), (searches.WebSearches, files.FileSearches, code.CodeSessions));
        Assert.All([searches, files, code], answer => Assert.Equal((WireFlags)flags, answer.Flags));
        Assert.Equal((counted, counted, counted), (searches.Usage!.Value.WebSearches, files.Usage!.Value.FileSearches, code.Usage!.Value.CodeExecutionSessions));
    }

    [Fact]
    public void PagesThatWereFetchedAreCounted()
    {
        const string Page = """{"type":"web_fetch_tool_result","content":{}}""";
        Assert.Equal(2, Read(WireProtocol.AnthropicMessages, "{\"content\":[" + Page + "," + Page + "],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}").WebFetches);
        Assert.Equal(3, Read(WireProtocol.AnthropicMessages, "{\"content\":[" + Page + "],\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"server_tool_use\":{\"web_fetch_requests\":3}}}").WebFetches);
    }

    [Theory]
    [InlineData(true, "0", "0/0/0/0/0/0")]
    [InlineData(true, "0.5", "10/0/0/0/5/0")]
    [InlineData(false, "0", "10/0/0/0/5/0")]
    public void AnAnswerOfAProxysCacheIsNotBilled(bool isCached, string cost, string tokens)
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "application/json", isStreamed: false, WireLimits.Default);
        reader.SetCostHeader(cost);
        if (isCached)
        {
            reader.SetFromCache();
        }

        reader.Feed(Encoding.UTF8.GetBytes(Completion("""{"prompt_tokens":10,"completion_tokens":5}""")));

        Assert.Equal((tokens, decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture)), (reader.ToAnswer().Tokens(), reader.ToAnswer().Usage!.Value.ProviderStatedCost));
    }

    [Theory]
    [InlineData("\"speed\":\"fast\",\"service_tier\":\"priority\"", "fast")]
    [InlineData("\"speed\":\"standard\",\"service_tier\":\"priority\"", "priority")]
    [InlineData("\"service_tier\":\"batch\",\"inference_geo\":\"us\"", "batch+us_only")]
    [InlineData("\"speed\":\"fast\"", "fast")]
    [InlineData("\"speed\":\"\",\"service_tier\":\"\",\"inference_geo\":\"\"", null)]
    public void TheSpeedIsATierAndThePlaceIsPartOfIt(string facts, string? tier) =>
        Assert.Equal(tier, Read(WireProtocol.AnthropicMessages, "{\"usage\":{\"input_tokens\":1,\"output_tokens\":1," + facts + "}}").Usage!.Value.ServiceTier);

    [Fact]
    public void TextOfADocumentThatIsCutIsMeasured()
    {
        Assert.Equal(4, Read(WireProtocol.ChatCompletions, """{"choices":[{"message":{"content":"word"}}""").TextBytes);
        Assert.Equal(8, Read(WireProtocol.ChatCompletions, """{"choices":[{"message":{"content":"word","refusal":"word"}}""").TextBytes);
        Assert.Equal(4, Read(WireProtocol.ChatCompletions, """{"choices":[{"message":{"content":"word"}}]}""").TextBytes);
    }

    [Theory]
    [InlineData((int)WireProtocol.Responses, """{"status":"completed"}""", true)]
    [InlineData((int)WireProtocol.Responses, """{"status":"in_progress"}""", false)]
    [InlineData((int)WireProtocol.Responses, """{"status":"queued"}""", false)]
    [InlineData((int)WireProtocol.Responses, """{"id":"r"}""", false)]
    [InlineData((int)WireProtocol.Responses, """{"status":"completed" """, false)]
    [InlineData((int)WireProtocol.AnthropicMessages, """{"stop_reason":"end_turn"}""", true)]
    [InlineData((int)WireProtocol.AnthropicMessages, """{"stop_reason":"end_turn" """, false)]
    [InlineData((int)WireProtocol.OllamaChat, """{"done":true}""", true)]
    [InlineData((int)WireProtocol.OllamaChat, """{"done":"true"}""", true)]
    [InlineData((int)WireProtocol.OllamaChat, """{"done":false}""", false)]
    [InlineData((int)WireProtocol.OllamaChat, """{"done":"false"}""", false)]
    [InlineData((int)WireProtocol.OllamaChat, """{"done":true """, false)]
    [InlineData((int)WireProtocol.Embeddings, """{"data":[]}""", true)]
    [InlineData((int)WireProtocol.Embeddings, """{"data":[] """, false)]
    [InlineData((int)WireProtocol.GeminiContent, """{"candidates":[]}""", true)]
    [InlineData((int)WireProtocol.GeminiContent, """{"candidates":[] """, false)]
    public void ADocumentIsCompleteAtItsEnd(int protocol, string body, bool isComplete) =>
        Assert.Equal(isComplete, Read((WireProtocol)protocol, body).IsComplete);

    [Theory]
    [InlineData((int)WireProtocol.Responses, """{"type":"response.in_progress","response":{"status":"completed"}}""", false)]
    [InlineData((int)WireProtocol.Responses, """{"type":"response.completed","response":{}}""", true)]
    [InlineData((int)WireProtocol.Responses, """{"type":"response.failed","response":{}}""", true)]
    [InlineData((int)WireProtocol.AnthropicMessages, """{"type":"message_delta","delta":{"stop_reason":"end_turn"}}""", false)]
    [InlineData((int)WireProtocol.AnthropicMessages, """{"type":"message_stop"}""", true)]
    [InlineData((int)WireProtocol.ChatCompletions, """{"choices":[{"finish_reason":"stop"}]}""", true)]
    [InlineData((int)WireProtocol.ChatCompletions, """{"choices":[{"delta":{"content":"a"}}]}""", false)]
    public void AStreamSaysThatItIsComplete(int protocol, string data, bool isComplete)
    {
        Assert.Equal(isComplete, Read((WireProtocol)protocol, "data: " + data + "\n\n", "text/event-stream", isStreamed: true).IsComplete);
        Assert.Equal(isComplete, Read((WireProtocol)protocol, "data: " + data + "\n\ndata: {\"id\":\"x\"}\n\n", "text/event-stream", isStreamed: true).IsComplete);
    }

    [Fact]
    public void MediaIsToldByItsKindAndAddedUp()
    {
        WireAnswer answer = Read(
            WireProtocol.GeminiContent,
            """
            {"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":100,
              "promptTokensDetails":[{"modality":"TEXT","tokenCount":1},{"modality":"AUDIO","tokenCount":2},{"modality":"image","tokenCount":4},{"tokenCount":8,"modality":"IMAGE"},{"modality":"AUDIO"}],
              "candidatesTokensDetails":[{"modality":"audio","tokenCount":16},{"modality":"IMAGE","tokenCount":32},{"modality":"AUDIO","tokenCount":0},{"tokenCount":64}]}}
            """);

        BillableUsage usage = answer.Usage!.Value;
        Assert.Equal((2, 12, 16, 32), (usage.InputAudioTokens, usage.InputImageTokens, usage.OutputAudioTokens, usage.OutputImageTokens));
        Assert.False(Read(WireProtocol.GeminiContent, """{"usageMetadata":{"promptTokenCount":1,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":0}]}}""").Reported.Has(WireCount.InputAudio));
    }

    [Fact]
    public void TheFirstErrorIsKept()
    {
        static WireAnswer Stream(WireProtocol protocol, string events) => Read(protocol, events, "text/event-stream", isStreamed: true);

        Assert.Equal("""{"error":{"code":"response_failed"}}""", Stream(WireProtocol.Responses, """data: {"type":"response.failed","response":{"status":"failed"}}""" + "\n\n").Error!.Json);
        Assert.Equal("""{"error":{"code":"e","message":null}}""", Stream(WireProtocol.Responses, """data: {"type":"error","code":"e"}""" + "\n\n" + """data: {"type":"response.failed"}""" + "\n\n").Error!.Json);
        Assert.Equal("""{"error":{"code":null,"message":"m"}}""", Stream(WireProtocol.Responses, "event: error\ndata: {\"message\":\"m\"}\n\n").Error!.Json);
        Assert.Null(Stream(WireProtocol.Responses, "event: ping\ndata: {\"message\":\"m\"}\n\n").Error);
        Assert.Equal("""{"error":{"code":1}}""", Stream(WireProtocol.ChatCompletions, "data: {\"error\":{\"code\":1}}\n\ndata: {\"error\":{\"code\":2}}\n\n").Error!.Json);
        Assert.Equal("""{"error":{"code":null,"message":"m"}}""", Read(WireProtocol.ChatCompletions, """{"object":"error","message":"m"}""").Error!.Json);
        Assert.True(Read(WireProtocol.ChatCompletions, """{"choices":[{"message":{"content":"a"}}],"error":{"code":1}}""").Error!.IsAfterContent);
        Assert.False(Read(WireProtocol.ChatCompletions, """{"error":{"code":1},"choices":[{"message":{"content":"a"}}]}""").Error!.IsAfterContent);
        Assert.Equal(4096 + """{"error":""}""".Length, Read(WireProtocol.ChatCompletions, "{\"error\":\"" + new string('e', 5_000) + "\"}").Error!.Json.Length);
    }

    [Fact]
    public void AnotherModelThatWasAskedHasAPriceOfItsOwn()
    {
        const string Advisor = """{"type":"advisor_message","input_tokens":5,"output_tokens":5}""";
        Assert.True(Read(WireProtocol.AnthropicMessages, "{\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"iterations\":[" + Advisor + "," + Advisor + "]}}").Flags.HasFlag(WireFlags.OtherFee));
        Assert.False(Read(WireProtocol.AnthropicMessages, """{"usage":{"input_tokens":1,"output_tokens":1,"iterations":[{"type":"message","input_tokens":5}]}}""").Flags.HasFlag(WireFlags.OtherFee));
    }

    [Theory]
    [InlineData("\"true\"", "0.75")]
    [InlineData("true", "0.75")]
    [InlineData("\"false\"", "0.25")]
    [InlineData("false", "0.25")]
    public void WhoseKeyWasUsedMayBeText(string isOwn, string cost) => Assert.Equal(
        decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture),
        Read(WireProtocol.ChatCompletions, "{\"usage\":{\"cost\":0.25,\"cost_details\":{\"upstream_inference_cost\":0.5},\"is_byok\":" + isOwn + "}}").StatedCost);

    [Fact]
    public void AnOddCountIsFlaggedHoweverOftenItComes()
    {
        Assert.Equal(WireFlags.TextCount, Read(WireProtocol.ChatCompletions, """{"usage":{"prompt_tokens":"1","completion_tokens":"2"}}""").Flags);
        Assert.Equal(WireFlags.MissingCount, Read(WireProtocol.ChatCompletions, """{"usage":{"prompt_tokens":null,"completion_tokens":null}}""").Flags);
        Assert.Equal(WireFlags.FractionCount, Read(WireProtocol.ChatCompletions, """{"usage":{"prompt_tokens":1.5,"completion_tokens":2.5}}""").Flags);
        Assert.Equal(WireFlags.NegativeCount | WireFlags.UsageOfZeros, Read(WireProtocol.ChatCompletions, """{"usage":{"prompt_tokens":-1,"completion_tokens":-2,"total_tokens":0}}""").Flags);
        Assert.Equal(WireFlags.AbsurdCount, Read(WireProtocol.ChatCompletions, """{"usage":{"prompt_tokens":100000001,"completion_tokens":100000001}}""").Flags);
        Assert.Equal(WireFlags.None, Read(WireProtocol.ChatCompletions, """{"usage":{"prompt_tokens":100000000,"completion_tokens":100000000}}""").Flags);
        Assert.Equal(WireFlags.UnreadableCost, Read(WireProtocol.ChatCompletions, """{"cost":-1,"usage":{"prompt_tokens":1,"completion_tokens":2,"cost":-1}}""").Flags);
    }
}
