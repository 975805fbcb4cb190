using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Usage, tiers, fees and costs are read wherever a provider or gateway writes them, and what cannot be right is not believed.</summary>
public sealed class ReportedUsageTests
{
    public static TheoryData<bool> Both => StreamModes.Both;

    public static TheoryData<string, decimal, bool> StatedCosts
    {
        get
        {
            var data = new TheoryData<string, decimal, bool>();
            foreach ((string usage, decimal cost) in new[]
            {
                ("\"cost\":0.00055,\"is_byok\":true,\"cost_details\":{\"upstream_inference_cost\":0.011}", 0.01155m),
                ("\"cost\":0.00055,\"cost_details\":{\"upstream_inference_cost\":0.011}", 0.01155m),
                ("\"cost\":0.011,\"is_byok\":false,\"cost_details\":{\"upstream_inference_cost\":null}", 0.011m),
                ("\"cost\":{\"input_tokens_cost\":0.001,\"output_tokens_cost\":0.01,\"total_cost\":0.011}", 0.011m),
                ("\"cost\":\"0.011\"", 0.011m),
                ("\"cost_in_usd_ticks\":110000000", 0.011m),
                ("\"estimated_cost\":0.011", 0.011m),
            })
            {
                data.Add(usage, cost, false);
                data.Add(usage, cost, true);
            }

            return data;
        }
    }

    public static TheoryData<string, bool> SmallCosts
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string cost in new[] { "1e-10", "0.0000000001", "1e-9", "0.000001", "0", "-5", "1e30", "1000000", "\"NaN\"" })
            {
                data.Add(cost, false);
                data.Add(cost, true);
            }

            return data;
        }
    }

    public static TheoryData<string, bool> AbsurdCounts
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string usage in new[]
            {
                """{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807}""",
                """{"prompt_tokens":1e15,"completion_tokens":10}""",
                """{"prompt_tokens":8,"completion_tokens":1000000000}""",
                """{"prompt_tokens":8,"completion_tokens":10,"total_tokens":9223372036854775807}""",
                """{"prompt_tokens":8,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":9223372036854775807} }""",
                """{"prompt_tokens":8,"completion_tokens":10,"completion_tokens_details":{"reasoning_tokens":9223372036854775807} }""",
            })
            {
                data.Add(usage, false);
                data.Add(usage, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(StatedCosts))]
    public async Task L9_L19_ACostIsReadWhereverItStands(string usage, decimal cost, bool streaming)
    {
        AttemptReceipt attempt = await ChatAsync(streaming, "{\"prompt_tokens\":1000,\"completion_tokens\":500,\"total_tokens\":1500," + usage + "}");

        Assert.Equal((CostKind.ProviderStated, cost), (attempt.Cost.Kind, attempt.Cost.Amount));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L19_ACostBesideTheUsageIsRead(bool streaming)
    {
        const string Plain = """{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}""";
        AttemptReceipt atRoot = await ChatAsync(streaming, Plain + ",\"cost\":{\"usd\":0.011}");
        AttemptReceipt inUnits = await ChatAsync(streaming, Plain + ",\"copilot_usage\":{\"total_nano_aiu\":1100000000}");

        Assert.Equal((0.011m, 0.011m), (atRoot.Cost.Amount, inUnits.Cost.Amount));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L19_ACostInAnthropicsUsageIsRead(bool streaming)
    {
        AttemptReceipt attempt = await AnthropicAsync(streaming, """{"input_tokens":1000,"output_tokens":500,"cost":0.011,"cost_details":{"upstream_inference_cost":0}}""");

        Assert.Equal((CostKind.ProviderStated, 0.011m), (attempt.Cost.Kind, attempt.Cost.Amount));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L9_AnAnswerFromAProxysCacheCostsNothing(bool streaming)
    {
        var wire = new CannedHandler(_ =>
        {
            HttpResponseMessage answer = WireAnswerTexts.Chat(streaming);
            answer.Headers.Add("x-litellm-response-cost", "0.0");
            answer.Headers.Add("x-litellm-cache-key", "abc");
            return answer;
        });
        AttemptReceipt attempt = await AskAsync(
            LiteLLMChatClientFactory.Create(new() { ApiKey = "k", BaseUrl = "http://proxy.example.com", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire }), streaming);

        Assert.Equal((CostKind.ProviderStated, 0m, false), (attempt.Cost.Kind, attempt.Cost.Amount, attempt.IsUnconfirmed));
    }

    [Theory, MemberData(nameof(SmallCosts))]
    public async Task L14_AStatedCostThatCannotBeRightIsNotBelieved(string cost, bool streaming)
    {
        AttemptReceipt attempt = await ChatAsync(streaming, "{\"prompt_tokens\":1000,\"completion_tokens\":500,\"total_tokens\":1500,\"cost\":" + cost + "}");

        Assert.Equal((CostKind.Computed, 0.0012m), (attempt.Cost.Kind, attempt.Cost.Amount));
        Assert.NotEqual(CostFlags.None, attempt.Cost.Flags);
    }

    [Theory, MemberData(nameof(AbsurdCounts))]
    public async Task L14_AbsurdCountsChargeNoMoreThanRequestAndModelAllow(string usage, bool streaming)
    {
        var tracker = new CostTracker(Budget.Daily("day", 10m));
        AttemptReceipt attempt = await ChatAsync(streaming, usage, tracker: tracker);

        Assert.True(attempt.Cost.Amount <= attempt.Reserved, $"Charged {attempt.Cost.Amount} of {attempt.Reserved} reserved.");
        Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage), $"The flags are {attempt.Cost.Flags}.");
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((attempt.Cost.Amount, 0m, 0m), (status.Spent, status.Held, status.Overrun));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L14_NegativeCountsAreFlaggedAndEstimated(bool streaming)
    {
        AttemptReceipt output = await ChatAsync(streaming, """{"prompt_tokens":1000,"completion_tokens":-500}""");
        AttemptReceipt input = await ChatAsync(streaming, """{"prompt_tokens":-1000,"completion_tokens":500}""");

        Assert.Equal(1000, output.Usage.InputTokens);
        Assert.InRange(output.Usage.OutputTokens, 1, 10);
        Assert.Equal(500, input.Usage.OutputTokens);
        Assert.InRange(input.Usage.InputTokens, 1, 100);
        AttemptReceipt both = await ChatAsync(streaming, """{"prompt_tokens":-1000,"completion_tokens":-9223372036854775808,"total_tokens":-1}""");
        Assert.True(both.Usage is { InputTokens: > 0, OutputTokens: > 0 });
        Assert.All([output, input, both], attempt => Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage)));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L14_MuchTextWithFewTokensIsNotBelieved(bool streaming)
    {
        AttemptReceipt attempt = await ChatAsync(
            streaming, """{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25}""", text: string.Concat(Enumerable.Repeat("word ", 4_000)), maxOutputTokens: 10_000);

        Assert.InRange(attempt.Usage.OutputTokens, 3_900, 4_200);
        Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L12_ReasoningAndRefusalsThatTheSdkDoesNotPassOnAreCounted(bool streaming)
    {
        string thought = string.Concat(Enumerable.Repeat("so it is ", 400));
        AttemptReceipt reasoning = await ChatAsync(streaming, "null", extra: $",\"reasoning\":\"{thought}\"");
        AttemptReceipt refusal = await ChatAsync(streaming, "null", text: "", extra: $",\"refusal\":\"{thought}\"");

        Assert.InRange(reasoning.Usage.OutputTokens, 700, 1_300);
        Assert.InRange(refusal.Usage.OutputTokens, 700, 1_300);
        Assert.All([reasoning, refusal], attempt => Assert.True(attempt.Usage.IsEstimated));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L13_ACacheOfAnHourIsPricedAsSuch(bool streaming)
    {
        AttemptReceipt attempt = await AnthropicAsync(
            streaming,
            """{"input_tokens":20,"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":1000},"output_tokens":10}""");

        Assert.Equal((1020L, 0L, 1000L), (attempt.Usage.InputTokens, attempt.Usage.CacheWriteTokens, attempt.Usage.CacheWriteOneHourTokens));
        Assert.Equal((20 * 0.000001m) + (1000 * 0.000002m) + (10 * 0.000005m), attempt.Cost.Amount);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L20_SpellingsOfCacheCountsAreRead(bool streaming)
    {
        AttemptReceipt day = await AnthropicAsync(
            streaming, """{"input_tokens":20,"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_24h_input_tokens":1000},"output_tokens":10}""");
        AttemptReceipt inDetails = await ChatAsync(
            streaming, """{"prompt_tokens":1020,"completion_tokens":10,"prompt_tokens_details":{"cache_read_input_tokens":600,"cache_creation_input_tokens":400} }""");
        AttemptReceipt besides = await ChatAsync(
            streaming, """{"prompt_tokens":1020,"completion_tokens":10,"cacheReadInputTokens":600,"cacheWriteInputTokens":400}""");
        AttemptReceipt billed = await ChatAsync(
            streaming, """{"billed_units":{"input_tokens":20,"output_tokens":10},"tokens":{"input_tokens":1000,"output_tokens":12} }""");

        Assert.Equal(1000, day.Usage.CacheWriteOneHourTokens);
        Assert.Equal((600L, 400L), (inDetails.Usage.CachedInputTokens, inDetails.Usage.CacheWriteTokens));
        Assert.Equal((600L, 400L), (besides.Usage.CachedInputTokens, besides.Usage.CacheWriteTokens));
        Assert.Equal((20L, 10L), (billed.Usage.InputTokens, billed.Usage.OutputTokens));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L20_AProvisionedTierIsFlaggedAndPricedAsStandard(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, tier: "provisioned"));
        AttemptReceipt attempt = await AskAsync(OpenAi(wire), streaming);

        Assert.Equal(("provisioned", (20 * 0.0000004m) + (10 * 0.0000016m)), (attempt.Usage.ServiceTier, attempt.Cost.Amount));
        Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.AssumedServiceTierPrice));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L6_SearchesOfTheProviderReachThePrice(bool streaming)
    {
        const string Calls = """{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"a"} },{"type":"web_search_call","id":"ws_2","status":"completed","action":{"type":"search","query":"b"} },""";
        var wire = new CannedHandler(_ => WireAnswerTexts.Responses(streaming, before: Calls));
        PriceCatalog priced = PriceCatalog.Default.With("gpt-5-mini", ModelPrice.PerMillionTokens(0.25m, 2m).WithFees(perWebSearch: 0.01m));

        AttemptReceipt withPrice = await AskAsync(Responses(wire), streaming, new CostTracker([Budget.Daily("day", 10m)], priced));
        AttemptReceipt without = await AskAsync(Responses(wire), streaming, new CostTracker([Budget.Daily("day", 10m)], PriceCatalog.Default.With("gpt-5-mini", ModelPrice.PerMillionTokens(0.25m, 2m))));

        Assert.Equal((2L, 0.020025m), (withPrice.Usage.WebSearches, withPrice.Cost.Amount));
        Assert.True(without.Cost.Flags.HasFlag(CostFlags.MissingFee));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L6_OtherToolsOfTheProviderAreCountedOrFlagged(bool streaming)
    {
        AttemptReceipt files = await ToolAsync("""{"type":"file_search_call","id":"fs_1","status":"completed","queries":["a"],"results":null},""");
        AttemptReceipt code = await ToolAsync("""{"type":"code_interpreter_call","id":"ci_1","status":"completed","container_id":"c1","code":"1","outputs":[]},""");
        AttemptReceipt image = await ToolAsync("""{"type":"image_generation_call","id":"ig_1","status":"completed","result":"aGVsbG8="},""");

        Assert.Equal((1L, 1L), (files.Usage.FileSearches, code.Usage.CodeExecutionSessions));
        Assert.All([files, code, image], attempt => Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.MissingFee), $"The flags are {attempt.Cost.Flags}."));

        Task<AttemptReceipt> ToolAsync(string call) => AskAsync(
            Responses(new CannedHandler(_ => WireAnswerTexts.Responses(streaming, before: call))),
            streaming,
            new CostTracker([Budget.Daily("day", 10m)], PriceCatalog.Default.With("gpt-5-mini", ModelPrice.PerMillionTokens(0.25m, 2m))));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L6_AModelThatSearchesAtEachRequestIsFlagged(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, model: "gpt-4o-mini-search-preview-2025-03-11"));
        AttemptReceipt attempt = await AskAsync(
            OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4o-mini-search-preview", HttpMessageHandler = wire }), streaming);

        Assert.Equal(1, attempt.Usage.WebSearches);
        Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.MissingFee));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task P10_TheModelThatAnsweredIsChargedAndShown(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, model: "gpt-4.1"));
        using ReceiptCapture capture = CallReceipts.Capture();
        AttemptReceipt attempt = await AskAsync(OpenAi(wire), streaming);

        Assert.Equal(("gpt-4.1-mini", "gpt-4.1"), (attempt.ModelId, attempt.ResponseModelId));
        Assert.Equal((20 * 0.000002m) + (10 * 0.000008m), attempt.Cost.Amount);
        Assert.Contains("answered by gpt-4.1", capture.Receipts.Single().Explain(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L5_TheReceiptShowsWhatTheClientReportsWhereItDiffers(bool streaming)
    {
        AttemptReceipt differs = await ChatAsync(streaming, """{"prompt_tokens":20,"completion_tokens":198,"total_tokens":623}""");
        AttemptReceipt same = await ChatAsync(streaming, """{"prompt_tokens":20,"completion_tokens":198,"total_tokens":218}""");

        Assert.Equal((603L, 198L), (differs.Usage.OutputTokens, differs.ClientUsage?.OutputTokens));
        Assert.Null(same.ClientUsage);
    }

    [Theory]
    [InlineData("1000/100 1000/200 1000/500", 500)]
    [InlineData("1000/100 0/300 0/100", 500)]
    [InlineData("1000/100 1000/300 1000/100", 500)]
    [InlineData("1000/1 1000/1 1000/500", 500)]
    public async Task L8_UsageInSumsAndInDifferencesComesOutRight(string reports, long output)
    {
        string events = await WireAnswerTexts.Chat(streaming: true).Content.ReadAsStringAsync(Token);
        int usageChunk = events.IndexOf("data: {\"id\":\"c1\",\"created\":1790000000,\"model\":\"gpt-4.1-mini\",\"object\":\"chat.completion.chunk\",\"choices\":[]", StringComparison.Ordinal);
        string chunks = string.Concat(reports.Split(' ').Select(report => report.Split('/')).Select(counts =>
            $"data: {{\"id\":\"c1\",\"created\":1790000000,\"model\":\"gpt-4.1-mini\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{{\"prompt_tokens\":{counts[0]},\"completion_tokens\":{counts[1]},\"total_tokens\":{long.Parse(counts[0], System.Globalization.CultureInfo.InvariantCulture) + long.Parse(counts[1], System.Globalization.CultureInfo.InvariantCulture)}}}}}\n\n"));
        AttemptReceipt attempt = await AskAsync(OpenAi(CannedHandler.Events(events[..usageChunk] + chunks + "data: [DONE]\n\n")), streaming: true);

        Assert.Equal((1000L, output), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Fact]
    public async Task L7_ReportsAfterTheEndOfAStreamAreNotRead()
    {
        var wire = CannedHandler.Events(await WireAnswerTexts.Chat(streaming: true).Content.ReadAsStringAsync(Token)
            + """
            data: {"id":"c1","created":1790000000,"model":"gpt-4.1-mini","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":9000,"completion_tokens":9000,"total_tokens":18000}}


            """);
        AttemptReceipt attempt = await AskAsync(OpenAi(wire), streaming: true);

        Assert.Equal((20L, 10L), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Fact]
    public async Task L7_AnAnthropicStreamWhoseDeltaHasNoUsageIsCountedByItsText()
    {
        string text = string.Concat(Enumerable.Repeat("word ", 600));
        string events = (await WireAnswerTexts.Anthropic(streaming: true).Content.ReadAsStringAsync(Token))
            .Replace("\"Hello.\"", $"\"{text}\"", StringComparison.Ordinal)
            .Replace(",\"usage\":{\"output_tokens\":10 }", "", StringComparison.Ordinal);
        AttemptReceipt attempt = await AskAsync(Anthropic(CannedHandler.Events(events)), streaming: true);

        Assert.Equal(20, attempt.Usage.InputTokens);
        Assert.InRange(attempt.Usage.OutputTokens, 590, 760);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IChatClient OpenAi(HttpMessageHandler wire) =>
        OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire });

    private static IChatClient Responses(HttpMessageHandler wire) =>
        OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, HttpMessageHandler = wire });

    private static IChatClient Anthropic(HttpMessageHandler wire) =>
        AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = wire });

    private static Task<AttemptReceipt> ChatAsync(
        bool streaming, string usage, string text = "Hello.", string extra = "", int maxOutputTokens = 1_000, CostTracker? tracker = null) =>
        AskAsync(OpenAi(new CannedHandler(_ => WireAnswerTexts.Chat(streaming, text: text, usage: usage, extra: extra))), streaming, tracker, maxOutputTokens);

    private static Task<AttemptReceipt> AnthropicAsync(bool streaming, string usage) =>
        AskAsync(Anthropic(new CannedHandler(_ => WireAnswerTexts.Anthropic(streaming, usage: usage))), streaming);

    /// <summary>Asks, and gives the receipt of the one attempt, whether the SDK could read the answer or not.</summary>
    private static async Task<AttemptReceipt> AskAsync(IChatClient inner, bool streaming, CostTracker? tracker = null, int maxOutputTokens = 1_000)
    {
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(tracker ?? new CostTracker(Budget.Daily("day", 10m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        try
        {
            await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = maxOutputTokens });
        }
        catch (Exception exception) when (exception is not (Xunit.Sdk.XunitException or BudgetExceededException))
        {
            // Some answers cannot be read by the SDK; the charge is what counts.
        }

        return capture.Receipts.Single().Attempts.Single();
    }
}
