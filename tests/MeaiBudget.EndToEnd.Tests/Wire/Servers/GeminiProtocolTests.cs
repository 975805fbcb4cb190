using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

/// <summary>Gemini's own protocol through an HTTP client of a factory with <c>AddChatWire()</c>: the client reports nothing, the bytes say all.</summary>
public sealed class GeminiProtocolTests
{
    private const string Counts = """{"promptTokenCount":1000,"candidatesTokenCount":50,"totalTokenCount":1150,"thoughtsTokenCount":100}""";

    /// <summary>How an answer comes: whole, as events, as an array.</summary>
    public static TheoryData<string> Forms => ["whole", "events", "array"];

    [Theory, MemberData(nameof(Forms))]
    public async Task ThinkingIsBesideTheCandidates(string form)
    {
        AttemptReceipt attempt = await AskAsync(form, Counts);

        Assert.Equal((1000L, 150L, 100L), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.Usage.ReasoningTokens));
        Assert.Equal((1000 * 0.0000003m) + (150 * 0.0000025m), attempt.Cost.Amount);
        Assert.Equal((false, 1), (attempt.IsUnconfirmed, attempt.RequestCount));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task ToolsCachesAndAudioAreCountedApart(string form)
    {
        AttemptReceipt attempt = await AskAsync(form, """{"promptTokenCount":1000,"cachedContentTokenCount":400,"toolUsePromptTokenCount":200,"candidatesTokenCount":50,"totalTokenCount":1250,"promptTokensDetails":[{"modality":"TEXT","tokenCount":700},{"modality":"AUDIO","tokenCount":300}],"cacheTokensDetails":[{"modality":"TEXT","tokenCount":400}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":50}]}""");

        Assert.Equal((1200L, 400L, 300L, 50L), (attempt.Usage.InputTokens, attempt.Usage.CachedInputTokens, attempt.Usage.InputAudioTokens, attempt.Usage.OutputTokens));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task AGroundedAnswerHasItsFeeAndAnEmptyGroundingHasNone(string form)
    {
        const string Found = ""","groundingMetadata":{"webSearchQueries":["a","b"],"groundingChunks":[{"web":{"uri":"https://example.com","title":"x"}}],"searchEntryPoint":{"renderedContent":"<div/>"}}""";
        AttemptReceipt grounded = await AskAsync(form, Counts, Found);
        AttemptReceipt empty = await AskAsync(form, Counts, ""","groundingMetadata":{}""");
        AttemptReceipt maps = await AskAsync(form, Counts, ""","groundingMetadata":{"groundingChunks":[{"maps":{"uri":"https://example.com"}}]}""");

        Assert.Equal(0.035m, grounded.Cost.Amount - empty.Cost.Amount);
        Assert.Equal((0L, CostFlags.None), (empty.Usage.WebSearches, empty.Cost.Flags));
        Assert.True(maps.Cost.Flags.HasFlag(CostFlags.MissingFee));
    }

    [Theory]
    [InlineData(",\"serviceTier\":\"priority\"", "priority")]
    [InlineData(",\"serviceTier\":\"flex\",\"trafficType\":\"ON_DEMAND_FLEX\"", "flex")]
    [InlineData(",\"trafficType\":\"ON_DEMAND\"", null)]
    [InlineData(",\"trafficType\":\"ON_DEMAND_PRIORITY\"", "priority")]
    public async Task TheTierOfTheAnswerIsRead(string tier, string? expected)
    {
        foreach (string form in (string[])["whole", "events", "array"])
        {
            Assert.Equal(expected, (await AskAsync(form, Counts[..^1] + tier + "}")).Usage.ServiceTier);
        }
    }

    [Theory]
    [InlineData("""{"generationConfig":{"maxOutputTokens":5000}}""", 5000)]
    [InlineData("""{"generationConfig":{"maxOutputTokens":500,"candidateCount":3}}""", 1500)]
    [InlineData("""{"generation_config":{"max_output_tokens":700},"generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}}""", 700)]
    [InlineData("""{"generationConfig":{"temperature":1}}""", 65_536)]
    public async Task WhatTheBodyAsksIsReservedBeforeItIsSent(string extra, long output)
    {
        foreach (string form in (string[])["whole", "events"])
        {
            AttemptReceipt attempt = await AskAsync(form, Counts, extra: extra);
            Assert.True(attempt.Reserved >= output * 0.0000025m, $"{attempt.Reserved} is reserved.");
            await Assert.ThrowsAsync<BudgetExceededException>(() => AskAsync(form, Counts, extra: extra, limit: output * 0.0000025m * 0.99m));
        }
    }

    [Theory]
    [InlineData("""{"tools":[{"googleSearch":{}}]}""")]
    [InlineData("""{"tools":[{"retrieval":{"vertexAiSearch":{"datastore":"d"}}}]}""")]
    [InlineData("""{"cachedContent":"cachedContents/1"}""")]
    public async Task WhatCannotBeBoundedIsNotSent(string extra)
    {
        (IChatClient client, CannedHandler wire) = Client("whole", Counts, "", extra, null);
        using IChatClient budgeted = new ChatClientBuilder(client).UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => budgeted.AskAsync(false, options: new ChatOptions { MaxOutputTokens = 100 }));

        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task ATierInAHeaderIsReservedAndChargedAtItsPrice()
    {
        AttemptReceipt plain = await AskAsync("whole", Counts);
        AttemptReceipt priority = await AskAsync("whole", Counts, tierHeader: "priority");
        AttemptReceipt downgraded = await AskAsync("whole", Counts[..^1] + ",\"serviceTier\":\"standard\"}", tierHeader: "priority");

        Assert.True(priority.Reserved > plain.Reserved && priority.Cost.Amount > plain.Cost.Amount);
        Assert.Equal((priority.Reserved, plain.Cost.Amount), (downgraded.Reserved, downgraded.Cost.Amount));
    }

    private static async Task<AttemptReceipt> AskAsync(string form, string usage, string candidate = "", string? extra = null, string? tierHeader = null, decimal limit = 10m)
    {
        (IChatClient inner, _) = Client(form, usage, candidate, extra, tierHeader);
        using IChatClient client = new ChatClientBuilder(inner)
            .UseTokenEstimation(new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false })).UseBudget(new CostTracker(Budget.Daily("day", limit))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(form != "whole", options: new ChatOptions { MaxOutputTokens = 200 });

        Assert.Equal("Good morning.", answer.Text);
        return capture.Receipts.Single().Attempts.Single();
    }

    private static (IChatClient Client, CannedHandler Wire) Client(string form, string usage, string candidate, string? extra, string? tierHeader)
    {
        const string First = """{"candidates":[{"content":{"parts":[{"text":"Good "}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":1000,"totalTokenCount":1000},"modelVersion":"gemini-2.5-flash","responseId":"r1"}""";
        string last = """{"candidates":[{"content":{"parts":[{"text":"TEXT"}],"role":"model"},"finishReason":"STOP","index":0""" + candidate + "}],\"usageMetadata\":" + usage + ""","modelVersion":"gemini-2.5-flash","responseId":"r1"}""";
        string body = form switch
        {
            "whole" => last.Replace("TEXT", "Good morning.", StringComparison.Ordinal),
            "events" => "data: " + First + "\r\n\r\ndata: " + last.Replace("TEXT", "morning.", StringComparison.Ordinal) + "\r\n\r\n",
            _ => "[" + First + "\n,\n" + last.Replace("TEXT", "morning.", StringComparison.Ordinal) + "]",
        };
        var wire = new CannedHandler(_ => CannedHandler.Response(200, body, form == "events" ? "text/event-stream" : "application/json"));
        ServiceProvider services = new ServiceCollection()
            .AddHttpClient("gemini", http => http.BaseAddress = new Uri("https://generativelanguage.googleapis.com/"))
            .ConfigurePrimaryHttpMessageHandler(() => wire).AddChatWire().Services
            .BuildServiceProvider();
        return (new GeminiClient(services.GetRequiredService<IHttpClientFactory>().CreateClient("gemini"), "gemini-2.5-flash", form != "array", extra, tierHeader), wire);
    }
}
