using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What gateways and hosts say beside an answer, or instead of one, with a success status.</summary>
public sealed class GatewayAnswerTests
{
    private const decimal Full = (100 * 0.0000004m) + (50 * 0.0000016m);

    public static TheoryData<string, string, bool> CacheStatuses => new()
    {
        { "cf-aig-cache-status", "HIT", true },
        { "cf-aig-cache-status", "MISS", false },
        { "x-portkey-cache-status", "HIT", true },
        { "x-portkey-cache-status", "SEMANTIC HIT", true },
        { "x-portkey-cache-status", "SEMANTIC MISS", false },
        { "x-portkey-cache-status", "REFRESH", false },
        { "Helicone-Cache", "HIT", true },
        { "X-Cache-Status", "Hit", true },
        { "X-Cache-Key", "HIT", false },
    };

    /// <summary>Errors with the status 200, and what they are. None was billed.</summary>
    public static TheoryData<string, ChatFailureKind> Errors => new()
    {
        { """{"base_resp":{"status_code":1002,"status_msg":"rate limit"} }""", ChatFailureKind.RateLimited },
        { """{"id":"1","choices":null,"created":1790000000,"model":"m","object":"chat.completion","usage":{"total_tokens":0},"base_resp":{"status_code":1008,"status_msg":"insufficient balance"} }""", ChatFailureKind.QuotaExhausted },
        { """{"base_resp":{"status_code":1004,"status_msg":"login fail"} }""", ChatFailureKind.Authentication },
        { """{"error_code":336501,"error_msg":"Rate limit reached for RPM","id":"x"}""", ChatFailureKind.RateLimited },
        { """{"result":null,"success":false,"errors":[{"code":7009,"message":"Upstream error"}],"messages":[]}""", ChatFailureKind.ServerError },
        { """[{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"} }]""", ChatFailureKind.RateLimited },
    };

    public static TheoryData<string> StreamTypes => [.. (string[])["text/event-stream", "TEXT/EVENT-STREAM", "application/stream+json", "application/jsonl", "text/plain", "application/octet-stream", ""]];

    [Theory, MemberData(nameof(CacheStatuses))]
    public async Task AnAnswerThatAGatewayHadKeptCostsNothing(string header, string status, bool isFree)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(ServerAnswers.Usage(100, 50), "stop") + "data: [DONE]\n\n" : ServerAnswers.Whole(ServerAnswers.Usage(100, 50));
            AttemptReceipt attempt = await AskAsync(body, streaming, header: (header, status));

            Assert.Equal((AttemptOutcome.Answered, isFree ? 0 : Full), (attempt.Outcome, attempt.Cost.Amount));
        }
    }

    [Fact]
    public async Task ACacheThatStatesACostIsChargedIt()
    {
        AttemptReceipt attempt = await AskAsync(
            ServerAnswers.Whole(ServerAnswers.Usage(100, 50, ",\"cost\":0.0001")), streaming: false, header: ("cf-aig-cache-status", "HIT"));

        Assert.Equal(0.0001m, attempt.Cost.Amount);
    }

    [Fact]
    public async Task ACacheMayBeNamedInTheBody()
    {
        AttemptReceipt attempt = await AskAsync(
            ServerAnswers.Whole(ServerAnswers.Usage(100, 50), ",\"extra_fields\":{\"cache_debug\":{\"cache_hit\":true,\"hit_type\":\"semantic\"}}"), streaming: false);

        Assert.Equal(0m, attempt.Cost.Amount);
    }

    [Theory, MemberData(nameof(Errors))]
    public async Task AnErrorWithTheStatusOfASuccessIsNotBilled(string error, ChatFailureKind kind)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            AttemptReceipt attempt = await AskAsync(streaming ? "data: " + error + "\n\n" : error, streaming);

            Assert.Equal((AttemptOutcome.Failed, kind, ChatFailurePhase.Rejected), (attempt.Outcome, attempt.Failure!.Kind, attempt.Failure.Phase));
            Assert.Equal((0m, false), (attempt.Cost.Amount, attempt.IsUnconfirmed));
        }
    }

    [Theory, MemberData(nameof(StreamTypes))]
    public async Task AnErrorInAStreamIsFoundWhateverTheTypeOfTheStream(string type)
    {
        foreach (string body in (string[])["data: {\"error\":{\"code\":429,\"message\":\"Slow down\"}}\n\n", "\uFEFFdata: {\"error\":{\"code\":429,\"message\":\"Slow down\"}}\n\n"])
        {
            AttemptReceipt attempt = await AskAsync(body, streaming: true, type);

            Assert.Equal((ChatFailureKind.RateLimited, ChatFailurePhase.Rejected, 0m), (attempt.Failure?.Kind, attempt.Failure?.Phase, attempt.Cost.Amount));
        }
    }

    [Theory]
    [InlineData("\"error\":\"\"")]
    [InlineData("\"error\":{}")]
    [InlineData("\"error\":{\"code\":0,\"message\":\"\",\"details\":[null]}")]
    [InlineData("\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}")]
    [InlineData("\"error_code\":0,\"error_msg\":\"ok\"")]
    [InlineData("\"success\":true,\"errors\":[]")]
    public async Task AnErrorThatSaysNothingIsNone(string error)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(ServerAnswers.Usage(100, 50), "stop", "," + error) + "data: [DONE]\n\n" : ServerAnswers.Whole(ServerAnswers.Usage(100, 50), "," + error);
            AttemptReceipt attempt = await AskAsync(body, streaming);

            Assert.Equal((AttemptOutcome.Answered, Full), (attempt.Outcome, attempt.Cost.Amount));
        }
    }

    [Theory]
    [InlineData("rate_limit_exceeded", ChatFailureKind.RateLimited, false)]
    [InlineData("server_error", ChatFailureKind.ServerError, true)]
    public async Task AStreamThatIsRefusedBeforeItsFirstWordIsNotBilled(string code, ChatFailureKind kind, bool isUnconfirmed)
    {
        string body = "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1790000000,\"model\":\"gpt-4.1-mini\",\"status\":\"in_progress\",\"output\":[]}}\n\n"
            + "event: error\ndata: {\"type\":\"error\",\"sequence_number\":1,\"code\":\"" + code + "\",\"message\":\"No.\",\"param\":null}\n\n";
        AttemptReceipt attempt = await AskAsync(body, streaming: true, responses: true);

        Assert.Equal((kind, isUnconfirmed, isUnconfirmed), (attempt.Failure!.Kind, attempt.IsUnconfirmed, attempt.Cost.Amount > 0));
    }

    [Fact]
    public async Task AnErrorBehindAByteOrderMarkIsNotBilled()
    {
        AttemptReceipt attempt = await AskAsync("\uFEFF{\"error\":{\"code\":429,\"message\":\"Slow down\"}}", streaming: false);

        Assert.Equal((ChatFailureKind.RateLimited, ChatFailurePhase.Rejected, 0m), (attempt.Failure?.Kind, attempt.Failure?.Phase, attempt.Cost.Amount));
    }

    [Fact]
    public async Task AnAnswerThatAGatewayWrapsIsChargedThoughTheSdkCannotReadIt()
    {
        AttemptReceipt attempt = await AskAsync("{\"result\":" + ServerAnswers.Whole(ServerAnswers.Usage(100, 50)) + ",\"success\":true,\"errors\":[]}", streaming: false);

        Assert.Equal((ChatFailureKind.UnreadableAnswer, Full), (attempt.Failure?.Kind, attempt.Cost.Amount));
    }

    [Fact]
    public async Task AnAnswerThatSaysNothingIsNone()
    {
        AttemptReceipt attempt = await AskAsync("{}", streaming: true, type: "application/json");

        Assert.Equal(AttemptOutcome.Failed, attempt.Outcome);
    }

    [Theory]
    [InlineData("1h", 0, 800)]
    [InlineData("5m", 800, 0)]
    public async Task CacheWritesThatAreToldAsOneNumberHaveTheLifetimeThatWasAskedFor(string lifetime, long fiveMinutes, long hour)
    {
        var options = new ChatOptions
        {
            MaxOutputTokens = 100,
            RawRepresentationFactory = _ =>
            {
                var raw = new OpenAI.Chat.ChatCompletionOptions();
#pragma warning disable SCME0001 // The SDK's patches are experimental.
                raw.Patch.Set("$.cache_control"u8, BinaryData.FromString("{\"type\":\"ephemeral\",\"ttl\":\"" + lifetime + "\"}"));
#pragma warning restore SCME0001
                return raw;
            },
        };
        AttemptReceipt attempt = await AskAsync(
            ServerAnswers.Whole(ServerAnswers.Usage(1000, 50, ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":800}")), streaming: false, options: options);

        Assert.Equal((fiveMinutes, hour), (attempt.Usage.CacheWriteTokens, attempt.Usage.CacheWriteOneHourTokens));
    }

    [Fact]
    public async Task MinutesOfAudioAreChargedBesideTheTokens()
    {
        ModelPrice price = ModelPrice.PerMillionTokens(0.4m, 1.6m).WithFees(perAudioMinute: 0.06m);
        AttemptReceipt attempt = await AskAsync(
            ServerAnswers.Whole(ServerAnswers.Usage(100, 50, ",\"prompt_audio_seconds\":30")), streaming: false, price: price);

        Assert.Equal(Full + 0.03m, attempt.Cost.Amount);
    }

    [Theory]
    [InlineData("ON_DEMAND", null)]
    [InlineData("ON_DEMAND_PRIORITY", "priority")]
    [InlineData("ON_DEMAND_FLEX", "flex")]
    public async Task VertexTellsTheTierInTheUsage(string traffic, string? tier)
    {
        AttemptReceipt attempt = await AskAsync(
            ServerAnswers.Whole(ServerAnswers.Usage(100, 50, ",\"extra_properties\":{\"google\":{\"traffic_type\":\"" + traffic + "\"}}")), streaming: false);

        Assert.Equal(tier, attempt.Usage.ServiceTier);
    }

    private static async Task<AttemptReceipt> AskAsync(
        string body, bool streaming, string? type = null, (string Name, string Value)? header = null, bool responses = false, ModelPrice? price = null, ChatOptions? options = null)
    {
        var wire = new CannedHandler(_ =>
        {
            HttpResponseMessage response = CannedHandler.Response(200, body, "text/plain");
            response.Content.Headers.Remove("Content-Type");
            string written = type ?? (streaming ? "text/event-stream" : "application/json");
            if (written.Length > 0)
            {
                response.Content.Headers.TryAddWithoutValidation("Content-Type", written);
            }

            if (header is { } added)
            {
                response.Headers.TryAddWithoutValidation(added.Name, added.Value);
            }

            return response;
        });
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", UseResponsesApi = responses, HttpMessageHandler = wire });
        PriceCatalog catalog = price is null ? PriceCatalog.Default : PriceCatalog.Default.With("gpt-4.1-mini", price);
        using IChatClient client = new ChatClientBuilder(inner)
            .UseTokenEstimation(new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false })).UseBudget(new CostTracker([Budget.Daily("day", 10m)], catalog)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        try
        {
            await client.AskAsync(streaming, options: options ?? new ChatOptions { MaxOutputTokens = 5_000 });
        }
        catch (Exception exception) when (exception is not (Xunit.Sdk.XunitException or BudgetExceededException))
        {
            // What the receipt says counts.
        }

        return capture.Receipts.Single().Attempts.Single();
    }
}
