using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What real servers write is charged as they bill it, through the real SDKs.</summary>
public sealed class ServerAnswerTests
{
    public static TheoryData<bool> Both => StreamModes.Both;

    public static TheoryData<string, bool> UnconfirmedParts
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string usage in new[]
            {
                """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":1000000} }""",
                """{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":500000}""",
                """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cache_creation_input_tokens":900000}""",
                """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":1000000} }""",
                """{"prompt_tokens":10,"completion_tokens":5,"reasoning_tokens":70000}""",
            })
            {
                data.Add(usage, false);
                data.Add(usage, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ServerAnswers.Chats), MemberType = typeof(ServerAnswers))]
    public async Task AnAnswerOfAnOpenAISpeakingServerIsChargedAsItBills(string server, string body, string expected)
    {
        AttemptReceipt attempt = await AskAsync(OpenAi(body), IsStream(body));

        Assert.True(expected == Tokens(attempt.Usage), $"{server}: {Tokens(attempt.Usage)}");
        Assert.Equal((AttemptOutcome.Answered, false, false), (attempt.Outcome, attempt.IsUnconfirmed, attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage)));
    }

    [Theory]
    [MemberData(nameof(ServerAnswers.Messages), MemberType = typeof(ServerAnswers))]
    public async Task AnAnswerOfAnthropicIsChargedAsItBills(string kind, string body, string expected)
    {
        AttemptReceipt attempt = await AskAsync(Anthropic(body), IsStream(body));

        Assert.True(expected == Tokens(attempt.Usage), $"{kind}: {Tokens(attempt.Usage)}");
        Assert.False(attempt.IsUnconfirmed);
    }

    [Theory, MemberData(nameof(UnconfirmedParts))]
    public async Task L14_PartsBeyondTheirWholeChargeNoMoreThanTheRequestAllows(string usage, bool streaming)
    {
        string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(usage, "stop") + "data: [DONE]\n\n" : ServerAnswers.Whole(usage);
        AttemptReceipt attempt = await AskAsync(OpenAi(body), streaming);

        Assert.True(attempt.Cost.Amount <= attempt.Reserved, $"Charged {attempt.Cost.Amount} of {attempt.Reserved} reserved: {Tokens(attempt.Usage)}");
        Assert.True(attempt.Usage is { InputTokens: >= 10, OutputTokens: >= 5 });
        Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage), $"The flags are {attempt.Cost.Flags}.");
    }

    [Fact]
    public async Task L14_TheReceiptShowsWhatWasReportedBesideWhatIsCharged()
    {
        AttemptReceipt attempt = await AskAsync(OpenAi(ServerAnswers.Whole("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":1000000} }""")), streaming: false);

        Assert.Equal(1_000_010, attempt.ClientUsage?.InputTokens);
        Assert.InRange(attempt.Usage.InputTokens, 10, 300);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L14_ATotalBelowItsPartsIsFlaggedAndThePartsAreCharged(bool streaming)
    {
        const string Usage = """{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":750}""";
        string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(Usage, "stop") + "data: [DONE]\n\n" : ServerAnswers.Whole(Usage);
        AttemptReceipt attempt = await AskAsync(OpenAi(body), streaming);

        Assert.Equal("1000/0/0/0/500/0", Tokens(attempt.Usage));
        Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task ATotalAloneIsInputAndOutput(bool streaming)
    {
        const string Usage = """{"total_tokens":200}""";
        string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(Usage, "stop") + "data: [DONE]\n\n" : ServerAnswers.Whole(Usage);
        AttemptReceipt attempt = await AskAsync(OpenAi(body), streaming);

        Assert.Equal(200, attempt.Usage.InputTokens + attempt.Usage.OutputTokens);
        Assert.InRange(attempt.Usage.InputTokens, 1, 50);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L4_AnthropicsFastModeIsBilledWhereverItStands(bool streaming)
    {
        foreach (string usage in (string[])["""{"input_tokens":100,"output_tokens":50,"speed":"fast","service_tier":"standard"}""", """{"input_tokens":100,"output_tokens":50,"service_tier":"standard","speed":"fast"}"""])
        {
            AttemptReceipt attempt = await AskAsync(Anthropic(streaming ? ServerAnswers.MessageStream(usage, """{"output_tokens":50}""") : ServerAnswers.Message(usage)), streaming);
            Assert.Equal("fast", attempt.Usage.ServiceTier);
        }
    }

    [Theory, MemberData(nameof(Both))]
    public async Task InferenceInOneCountryCostsATenthMore(bool streaming)
    {
        const string Usage = """{"input_tokens":1000,"output_tokens":500,"service_tier":"standard","inference_geo":"us"}""";
        AttemptReceipt attempt = await AskAsync(Anthropic(streaming ? ServerAnswers.MessageStream(Usage, """{"output_tokens":500}""") : ServerAnswers.Message(Usage)), streaming);

        Assert.Equal(1.1m * ((1000 * 0.000001m) + (500 * 0.000005m)), attempt.Cost.Amount);
        Assert.Equal(CostFlags.None, attempt.Cost.Flags);
    }

    [Fact]
    public async Task AnAdvisorOfAnotherModelIsFlagged()
    {
        AttemptReceipt attempt = await AskAsync(
            Anthropic(ServerAnswers.Message("""{"input_tokens":100,"output_tokens":50,"iterations":[{"type":"message","input_tokens":100,"output_tokens":50},{"type":"advisor_message","model":"claude-opus-4-6","input_tokens":800,"output_tokens":200}]}""")), streaming: false);

        Assert.Equal("900/0/0/0/250/0", Tokens(attempt.Usage));
        Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.MissingFee));
    }

    [Theory]
    [InlineData("""{"object":"error","message":"The engine is dead.","type":"InternalServerError","code":500}""")]
    [InlineData("""{"error":{"message":"Provider disconnected","code":502}}""")]
    [InlineData("""{"id":"c1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4.1-mini","error":{"code":"server_error","message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}""")]
    [InlineData("""{"error":"The model crashed."}""")]
    public async Task AnErrorWithinAStreamIsNoAnswer(string error)
    {
        AttemptReceipt attempt = await AskAsync(OpenAi(ServerAnswers.Text("Hi") + "data: " + error + "\n\ndata: [DONE]\n\n"), streaming: true);

        Assert.Equal((AttemptOutcome.Failed, true), (attempt.Outcome, attempt.IsUnconfirmed));
        Assert.True(attempt.Cost.Amount > 0);
    }

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("gzip", true)]
    [InlineData("br", true)]
    [InlineData("deflate", false)]
    public async Task ACompressedAnswerIsReadWhereTheHandlerThatSendsDecompresses(string encoding, bool streaming)
    {
        string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(ServerAnswers.Usage(100, 50), "stop") + "data: [DONE]\n\n" : ServerAnswers.Whole(ServerAnswers.Usage(100, 50));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, Compressed(encoding, body), encoding, streaming ? "text/event-stream" : "application/json");
        using IChatClient client = OpenAIChatClientFactory.Create(new()
        {
            ApiKey = "k",
            ModelId = "gpt-4.1-mini",
            BaseUrl = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1",
            HttpMessageHandler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All },
        });

        AttemptReceipt attempt = await AskAsync(client, streaming);

        await serving;
        Assert.Equal("100/0/0/0/50/0", Tokens(attempt.Usage));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Tokens(in BillableUsage usage) => FormattableString.Invariant(
        $"{usage.InputTokens}/{usage.CachedInputTokens}/{usage.CacheWriteTokens}/{usage.CacheWriteOneHourTokens}/{usage.OutputTokens}/{usage.ReasoningTokens}");

    private static bool IsStream(string body) => !body.TrimStart().StartsWith('{');

    private static IChatClient OpenAi(string body) => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = Wire(body) });

    private static IChatClient Anthropic(string body) => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = Wire(body) });

    private static CannedHandler Wire(string body) => new(_ => CannedHandler.Response(200, body, IsStream(body) ? "text/event-stream" : "application/json"));

    private static async Task<AttemptReceipt> AskAsync(IChatClient inner, bool streaming)
    {
        using IChatClient client = new ChatClientBuilder(inner).UseTokenEstimation(new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false })).UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        try
        {
            await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 5_000 });
        }
        catch (Exception exception) when (exception is not (Xunit.Sdk.XunitException or BudgetExceededException))
        {
            // Some answers cannot be read by the SDK; the charge is what counts.
        }

        return capture.Receipts.Single().Attempts.Single();
    }

    private static byte[] Compressed(string encoding, string body)
    {
        var bytes = new MemoryStream();
        using (Stream into = encoding switch
        {
            "gzip" => new GZipStream(bytes, CompressionLevel.Fastest),
            "br" => new BrotliStream(bytes, CompressionLevel.Fastest),
            _ => new ZLibStream(bytes, CompressionLevel.Fastest),
        })
        {
            into.Write(Encoding.UTF8.GetBytes(body));
        }

        return bytes.ToArray();
    }

    private static async Task ServeAsync(TcpListener listener, byte[] body, string encoding, string type)
    {
        using TcpClient connection = await listener.AcceptTcpClientAsync(Token);
        NetworkStream stream = connection.GetStream();
        var received = new StringBuilder();
        byte[] buffer = new byte[8192];
        while (!received.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) || !received.ToString().EndsWith('}'))
        {
            received.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, Token)));
        }

        string head = FormattableString.Invariant($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Encoding: {encoding}\r\nContent-Length: {body.Length}\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), Token);
        await stream.WriteAsync(body, Token);
    }
}
