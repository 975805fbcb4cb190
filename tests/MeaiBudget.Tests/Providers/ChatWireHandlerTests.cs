using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>The handler: what it reads, asks, refuses and leaves alone.</summary>
public class ChatWireHandlerTests
{
    private const string Usage = """{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARequestIsCoveredBeforeItIsSent(bool isAsync)
    {
        var server = new Server(_ => Json(Completion(Usage)));
        var cover = new Cover(exchange => Assert.Equal(0, server.Requests));
        using var attempt = new WireAttempt(cover);
        using HttpResponseMessage response = await SendAsync(server, attempt, Chat(), isAsync);
        Assert.Equal(Completion(Usage), await response.Content.ReadAsStringAsync());
        WireExchange exchange = Assert.Single(attempt.Exchanges);
        Assert.Equal((1, 200, WireBilling.Answered, 50L), (exchange.Number, exchange.StatusCode, exchange.Billing, exchange.Request.OutputLimit));
        Assert.Equal(("1000/0/0/0/200/0", true), (exchange.Answer!.Tokens(), exchange.Answer!.IsComplete));
        Assert.Equal(Body, server.LastBody);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(Completion(Usage).Length, response.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARefusalPassesAsItIsAndNothingIsSent(bool isAsync)
    {
        var server = new Server(_ => Json(Completion(Usage)));
        var refusal = new InvalidOperationException("No money.");
        using var attempt = new WireAttempt(new Cover(_ => throw refusal));
        Assert.Same(refusal, await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync(server, attempt, Chat(), isAsync)));
        Assert.Same(refusal, attempt.Refusal);
        Assert.Equal((0, WireBilling.NotSent), (server.Requests, attempt.Exchanges[0].Billing));
    }

    [Fact]
    public async Task AProbeReadsAndStops()
    {
        var server = new Server(_ => Json(Completion(Usage)));
        using var attempt = new WireAttempt(WireProbe.Instance);
        WireProbeException probe = await Assert.ThrowsAsync<WireProbeException>(() => SendAsync(server, attempt, Chat()));
        Assert.Equal((50L, "gpt-4.1-mini", 0), (probe.Request.OutputLimit, probe.Request.ModelId, server.Requests));
    }

    [Fact]
    public async Task K7_EverySendIsAnExchangeOfItsOwn()
    {
        var server = new Server(number => number < 3 ? new HttpResponseMessage((HttpStatusCode)(number == 1 ? 429 : 500)) { Content = new StringContent("{\"error\":{\"message\":\"busy\"}}") } : Json(Completion(Usage)));
        var cover = new Cover(_ => { });
        using var attempt = new WireAttempt(cover);
        using var client = new HttpMessageInvoker(new Retrying(new ChatWireHandler(server)));
        WireAttempt.Current = attempt;
        using HttpResponseMessage response = await client.SendAsync(Chat(), CancellationToken.None);
        await response.Content.ReadAsStringAsync();
        Assert.Equal([WireBilling.NotBilled, WireBilling.Unclear, WireBilling.Answered], attempt.Exchanges.Select(exchange => exchange.Billing));
        Assert.Equal([1, 2, 3], attempt.Exchanges.Select(exchange => exchange.Number));
        Assert.Equal(3, cover.Asked);
        Assert.Equal("{\"error\":{\"message\":\"busy\"}}", attempt.Exchanges[0].ErrorBody);
    }

    [Fact]
    public async Task K7_SendsInParallelAreExchangesOfTheirOwn()
    {
        var server = new Server(_ => Json(Completion(Usage)));
        using var attempt = new WireAttempt(new Cover(_ => { }));
        using var client = new HttpMessageInvoker(new ChatWireHandler(server));
        WireAttempt.Current = attempt;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () => await (await client.SendAsync(Chat(), CancellationToken.None)).Content.ReadAsStringAsync())));
        Assert.Equal(Enumerable.Range(1, 64), attempt.Exchanges.Select(exchange => exchange.Number));
        Assert.All(attempt.Exchanges, exchange => Assert.Equal("1000/0/0/0/200/0", exchange.Answer!.Tokens()));
    }

    [Fact]
    public async Task K7_AnAnswerFromAnotherAddressIsDiscarded()
    {
        var server = new Server(_ => Json(Completion(Usage))) { Redirects = new Uri("https://elsewhere.example/v1/chat/completions") };
        using var attempt = new WireAttempt(new Cover(_ => { }));
        WireSendException failure = await Assert.ThrowsAsync<WireSendException>(() => SendAsync(server, attempt, Chat()));
        Assert.True(failure.IsAfterSending);
        Assert.Contains("elsewhere.example", failure.Message, StringComparison.Ordinal);
        Assert.Same(failure, attempt.Exchanges[0].Failure);
    }

    [Fact]
    public async Task AnEndedAttemptSendsNoMore()
    {
        var server = new Server(_ => Json(Completion(Usage)));
        var attempt = new WireAttempt(new Cover(_ => { }));
        attempt.Dispose();
        WireSendException failure = await Assert.ThrowsAsync<WireSendException>(() => SendAsync(server, attempt, Chat()));
        Assert.Equal((false, 0), (failure.IsAfterSending, server.Requests));
    }

    [Fact]
    public async Task WithoutAnAttemptRequestsPassAndAreCounted()
    {
        var server = new Server(_ => Json(Completion(Usage)));
        long before = ChatWireHandler.UnbudgetedRequests;
        using HttpResponseMessage response = await SendAsync(server, null, Chat());
        Assert.Equal(Completion(Usage), await response.Content.ReadAsStringAsync());
        Assert.True(ChatWireHandler.UnbudgetedRequests > before);
    }

    [Theory]
    [InlineData("https://api.openai.com/v1/models")]
    [InlineData("https://api.anthropic.com/v1/messages/count_tokens")]
    [InlineData("https://login.example/oauth2/token")]
    [InlineData("https://gateway.example/search")]
    public async Task WhatAsksNoModelPasses(string address)
    {
        var server = new Server(_ => Json("{}"));
        using var attempt = new WireAttempt(new Cover(_ => throw new InvalidOperationException("Asked.")));
        using HttpResponseMessage response = await SendAsync(server, attempt, new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent("{\"query\":1}", Encoding.UTF8, "application/json") });
        Assert.Empty(attempt.Exchanges);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task ABodyThatCanBeReadOnceIsStillSent()
    {
        var server = new Server(_ => Json(Completion(Usage)));
        using var attempt = new WireAttempt(new Cover(_ => { }));
        HttpRequestMessage request = Chat();
        request.Content = new StreamContent(new OneWay(Encoding.UTF8.GetBytes(Body)));
        request.Content.Headers.ContentType = new("application/json");
        using HttpResponseMessage response = await SendAsync(server, attempt, request);
        Assert.Equal(Body, server.LastBody);
        Assert.Equal(50, attempt.Exchanges[0].Request.OutputLimit);
    }

    [Fact]
    public async Task CompressedAnswersPassUnread()
    {
        var server = new Server(_ =>
        {
            HttpResponseMessage response = Json("compressed");
            response.Content.Headers.ContentEncoding.Add("gzip");
            return response;
        });
        using var attempt = new WireAttempt(new Cover(_ => { }));
        using HttpResponseMessage response = await SendAsync(server, attempt, Chat());
        Assert.Equal("compressed", await response.Content.ReadAsStringAsync());
        Assert.Equal((WireFlags.Unreadable, false), (attempt.Exchanges[0].Answer!.Flags, attempt.Exchanges[0].Answer!.Usage.HasValue));
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, (int)WireBilling.NotSent)]
    [InlineData(HttpRequestError.NameResolutionError, (int)WireBilling.NotSent)]
    [InlineData(HttpRequestError.ResponseEnded, (int)WireBilling.Unclear)]
    public async Task AFailedSendSaysWhetherItWasSent(HttpRequestError error, int expected)
    {
        var server = new Server(_ => throw new HttpRequestException(error, "no"));
        using var attempt = new WireAttempt(new Cover(_ => { }));
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(server, attempt, Chat()));
        Assert.Equal((WireBilling)expected, attempt.Exchanges[0].Billing);
    }

    [Theory]
    [InlineData(400, (int)WireBilling.NotBilled)]
    [InlineData(408, (int)WireBilling.Unclear)]
    [InlineData(429, (int)WireBilling.NotBilled)]
    [InlineData(500, (int)WireBilling.Unclear)]
    [InlineData(503, (int)WireBilling.NotBilled)]
    [InlineData(529, (int)WireBilling.NotBilled)]
    [InlineData(307, (int)WireBilling.NotBilled)]
    [InlineData(424, (int)WireBilling.Unclear)]
    [InlineData(460, (int)WireBilling.Unclear)]
    [InlineData(499, (int)WireBilling.Unclear)]
    [InlineData(502, (int)WireBilling.Unclear)]
    [InlineData(504, (int)WireBilling.Unclear)]
    [InlineData(520, (int)WireBilling.Unclear)]
    [InlineData(521, (int)WireBilling.NotBilled)]
    [InlineData(522, (int)WireBilling.Unclear)]
    [InlineData(523, (int)WireBilling.NotBilled)]
    [InlineData(524, (int)WireBilling.Unclear)]
    [InlineData(525, (int)WireBilling.NotBilled)]
    [InlineData(526, (int)WireBilling.NotBilled)]
    [InlineData(527, (int)WireBilling.Unclear)]
    [InlineData(530, (int)WireBilling.NotBilled)]
    [InlineData(598, (int)WireBilling.Unclear)]
    public async Task L16_TheStatusSaysWhetherIsBilled(int status, int expected)
    {
        var server = new Server(_ => new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent("{\"error\":{\"message\":\"x\"}}", Encoding.UTF8, "application/json") });
        using var attempt = new WireAttempt(new Cover(_ => { }));
        using HttpResponseMessage response = await SendAsync(server, attempt, Chat());
        await response.Content.ReadAsStringAsync();
        Assert.Equal((WireBilling)expected, attempt.Exchanges[0].Billing);
    }

    [Fact]
    public async Task L15_AStreamThatWasLeftIsDrainedToItsUsage()
    {
        var body = new PacedBody(Chunk(Hello), Chunk("{}", "\"eos\""), UsageChunk(Usage) + Done, null);
        using var attempt = new WireAttempt(new Cover(_ => { }));
        WireExchange exchange = await LeaveAfterTwoReadsAsync(body, attempt);
        Assert.True(exchange.IsLeft);
        Assert.Null(exchange.Answer!.Usage);
        Assert.True(await exchange.DrainAsync());
        Assert.Equal("1000/0/0/0/200/0", exchange.Answer.Tokens());
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task L15_DrainingEndsInTime()
    {
        var body = new PacedBody(Chunk(Hello), Chunk(There), null);
        var time = new FakeTimeProvider();
        using var attempt = new WireAttempt(new Cover(_ => { }), timeProvider: time);
        WireExchange exchange = await LeaveAfterTwoReadsAsync(body, attempt);
        ValueTask<bool> drained = exchange.DrainAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(await drained);
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task L15_DrainingTakesNoMoreThanItsBytes()
    {
        var body = new PacedBody(Chunk(Hello), Chunk(There)) { Repeats = Chunk(There) };
        using var attempt = new WireAttempt(new Cover(_ => { }));
        WireExchange exchange = await LeaveAfterTwoReadsAsync(body, attempt);
        Assert.False(await exchange.DrainAsync());
        Assert.InRange(exchange.Answer!.BodyBytes, 60 * 1024, 70 * 1024);
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task L15_TheEndOfTheAttemptClosesWhatWasLeft()
    {
        var body = new PacedBody(Chunk(Hello), Chunk(There), null);
        var attempt = new WireAttempt(new Cover(_ => { }));
        await LeaveAfterTwoReadsAsync(body, attempt);
        Assert.False(body.IsDisposed);
        attempt.Dispose();
        Assert.True(body.IsDisposed);
        Assert.True(body.WasAborted);
    }

    [Fact]
    public async Task Q3_SilenceEndsTheAnswerThoughPingsCome()
    {
        var body = new PacedBody(Chunk(Hello), null, null) { Repeats = ": ping\n\n" };
        var time = new FakeTimeProvider();
        using var attempt = new WireAttempt(new Cover(_ => { }), new WireLimits { LongestSilence = TimeSpan.FromSeconds(30) }, time);
        using HttpResponseMessage response = await SendAsync(new Server(_ => Events(body)), attempt, Chat());
        Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[1000];
        Assert.True(await stream.ReadAsync(buffer) > 0);
        Task<int> silent = stream.ReadAsync(buffer).AsTask();
        time.Advance(TimeSpan.FromSeconds(20));
        body.Ping();
        Assert.Equal(": ping\n\n".Length, await silent);
        silent = stream.ReadAsync(buffer).AsTask();
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(silent.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(WireLimit.Silence, (await Assert.ThrowsAsync<WireLimitException>(() => silent)).Limit);
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task AReadTimeoutCountsFromTheLastByteThoughItIsNothingOfTheAnswer()
    {
        var body = new PacedBody(Chunk(Hello), null, null) { Repeats = ": ping\n\n" };
        var time = new FakeTimeProvider();
        using var attempt = new WireAttempt(new Cover(_ => { }), timeProvider: time);
        using HttpResponseMessage response = await SendAsync(new Server(_ => Events(body)), attempt, Chat());
        Stream stream = await response.Content.ReadAsStreamAsync();
        Assert.True(stream.CanTimeout);
        stream.ReadTimeout = 30_000;
        Assert.Equal(30_000, stream.ReadTimeout);
        byte[] buffer = new byte[1000];
        Assert.True(await stream.ReadAsync(buffer) > 0);
        Task<int> waiting = stream.ReadAsync(buffer).AsTask();
        time.Advance(TimeSpan.FromSeconds(29));
        body.Ping();
        Assert.Equal(": ping\n\n".Length, await waiting);
        time.Advance(TimeSpan.FromSeconds(29));
        waiting = stream.ReadAsync(buffer).AsTask();
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        TaskCanceledException timeout = await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
        Assert.IsType<TimeoutException>(timeout.InnerException);
        Assert.True(body.IsDisposed);
        Assert.Null(Assert.Single(attempt.Exchanges).BodyFailure);
    }

    [Fact]
    public async Task ReadsEndWithTheAttempt()
    {
        using var cancelled = new CancellationTokenSource();
        using var attempt = new WireAttempt(new Cover(_ => { }), cancellationToken: cancelled.Token);
        using HttpResponseMessage response = await SendAsync(new Server(_ => Events(new PacedBody([null]))), attempt, Chat());
        Task<int> read = (await response.Content.ReadAsStreamAsync()).ReadAsync(new byte[10]).AsTask();
        cancelled.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task AnUpdateAllocatesNothing()
    {
        byte[] chunk = Encoding.UTF8.GetBytes(Chunk(There));
        using var attempt = new WireAttempt(new Cover(_ => { }));
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        var inner = new Endless(chunk);
        using WireSilence silence = WireSilence.Of(inner, WireLimits.Default.LongestSilence, attempt)!;
        using var stream = new WireAnswerStream(inner, reader, attempt, WireLimits.Default, silence);
        byte[] buffer = new byte[chunk.Length];
        int read = 0;
        for (int count = 0; count < 10; count++)
        {
            read += await stream.ReadAsync(buffer);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int count = 0; count < 1000; count++)
        {
            read += await stream.ReadAsync(buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1010 * chunk.Length, read);
        Assert.Equal(1010 * 9, reader.ToAnswer().TextBytes);
    }

    private const string Body = """{"messages":[{"role":"user","content":"hi"}],"model":"gpt-4.1-mini","max_tokens":50,"stream":true}""";

    private static HttpRequestMessage Chat() => new(HttpMethod.Post, WireRequests.OpenAI) { Content = new StringContent(Body, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Json(string body) => new(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Events(Stream body)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) };
        response.Content.Headers.ContentType = new("text/event-stream");
        return response;
    }

    [Fact]
    public async Task ALongJsonAnswerArrivesWholeAndKeepsItsHeaders()
    {
        string text = "{\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":200},\"x\":\"" + new string('x', 300_000) + "\"}";
        using var attempt = new WireAttempt(new Cover(_ => { }));
        var server = new Server(_ =>
        {
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(text))) };
            answer.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json; charset=utf-8");
            answer.Content.Headers.TryAddWithoutValidation("X-Own", ["one", "two"]);
            answer.Headers.TryAddWithoutValidation("request-id", "second");
            answer.Headers.TryAddWithoutValidation("X-Request-Id", "first");
            return answer;
        });

        using HttpResponseMessage response = await SendAsync(server, attempt, Chat());

        Assert.Equal(text, await response.Content.ReadAsStringAsync());
        Assert.Equal(("application/json", "utf-8"), (response.Content.Headers.ContentType!.MediaType, response.Content.Headers.ContentType.CharSet));
        Assert.Equal(["one", "two"], response.Content.Headers.GetValues("X-Own"));
        Assert.Equal(("first", "1000/0/0/0/200/0"), (attempt.Exchanges[0].RequestId, attempt.Exchanges[0].Answer!.Tokens()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AGatewaysOwnHeadersAreRead(bool isAsync)
    {
        using var attempt = new WireAttempt(new Cover(_ => { }));
        var server = new Server(_ =>
        {
            HttpResponseMessage answer = Json("{}");
            answer.Headers.TryAddWithoutValidation("x-gateway-id", "own");
            return answer;
        });
        var handler = new ChatWireHandler(server) { ResponseHeaders = new Dictionary<string, string> { ["request-id"] = "x-gateway-id" } };

        using HttpResponseMessage response = await SendAsync(handler, attempt, Chat(), isAsync);

        Assert.Equal("own", attempt.Exchanges[0].RequestId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnErrorInAStreamIsThrownHoweverItIsSent(bool isAsync)
    {
        using var attempt = new WireAttempt(new Cover(_ => { }));
        var server = new Server(_ => Events(new MemoryStream("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"overloaded_error\"}}\n\n"u8.ToArray())));

        using HttpResponseMessage response = await SendAsync(server, attempt, Chat(), isAsync);

        using Stream body = response.Content.ReadAsStream(TestContext.Current.CancellationToken);
        Assert.Throws<ProviderErrorInResponseException>(() => body.CopyTo(Stream.Null));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task AnErrorInAShortAnswerIsDetected(bool isAsync)
    {
        foreach (string body in (string[])["{\"error\":{\"message\":\"x\",\"code\":429}}", "\uFEFF{\"error\":{\"message\":\"x\",\"code\":429}}"])
        {
            using var attempt = new WireAttempt(new Cover(_ => { }));
            var server = new Server(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") });

            ProviderErrorInResponseException error = await Assert.ThrowsAsync<ProviderErrorInResponseException>(() => SendAsync(server, attempt, Chat(), isAsync));

            Assert.Equal((ChatFailureKind.RateLimited, ChatFailurePhase.Rejected), (error.Failure.Kind, error.Failure.Phase));
            Assert.NotNull(attempt.Exchanges.Single().Answer!.Error);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task AShortAnswerIsHandedOnAsItIs(bool isAsync)
    {
        const string Body = "{\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50}}";
        using var attempt = new WireAttempt(new Cover(_ => { }));
        var server = new Server(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Body, Encoding.UTF8, "application/json") });

        using HttpResponseMessage response = await SendAsync(server, attempt, Chat(), isAsync);

        Assert.Equal(Body, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(50, attempt.Exchanges.Single().Answer!.Usage!.Value.OutputTokens);
    }

    [Fact]
    public async Task ASecretIsTakenOutOfARequestIdBeforeItIsCut()
    {
        string id = new string('a', 240) + " sk-proj-" + new string('x', 60);
        using var attempt = new WireAttempt(new Cover(_ => { }));
        var server = new Server(_ =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
            response.Headers.TryAddWithoutValidation("x-request-id", id);
            return response;
        });

        using HttpResponseMessage response = await SendAsync(server, attempt, Chat());

        string kept = attempt.Exchanges.Single().RequestId!;
        Assert.InRange(kept.Length, 240, 256);
        Assert.DoesNotContain("sk-", kept, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> SendAsync(Server server, WireAttempt? attempt, HttpRequestMessage request, bool isAsync = true) =>
        SendAsync(new ChatWireHandler(server), attempt, request, isAsync);

    private static async Task<HttpResponseMessage> SendAsync(ChatWireHandler handler, WireAttempt? attempt, HttpRequestMessage request, bool isAsync)
    {
        using var client = new HttpMessageInvoker(handler, disposeHandler: false);
        WireAttempt.Current = attempt;
        return isAsync ? await client.SendAsync(request, CancellationToken.None) : client.Send(request, CancellationToken.None);
    }

    private static async Task<WireExchange> LeaveAfterTwoReadsAsync(Stream body, WireAttempt attempt)
    {
        using HttpResponseMessage response = await SendAsync(new Server(_ => Events(body)), attempt, Chat());
        Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[10_000];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 1));
        Assert.True(await stream.ReadAsync(buffer) > 0);
        await stream.DisposeAsync();
        return attempt.Exchanges[0];
    }

    private sealed class Cover(Action<WireExchange> ask) : IWireCover
    {
        private int _asked;

        public int Asked => _asked;

        public async ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            await Task.Yield();
            ask(exchange);
        }
    }

    private sealed class Server(Func<int, HttpResponseMessage> answer) : HttpMessageHandler
    {
        private int _requests;

        public int Requests => _requests;

        public string? LastBody { get; private set; }

        public Uri? Redirects { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            LastBody = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
            return Answer(request);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var reader = new StreamReader(request.Content!.ReadAsStream(cancellationToken));
            LastBody = reader.ReadToEnd();
            return Answer(request);
        }

        private HttpResponseMessage Answer(HttpRequestMessage request)
        {
            HttpResponseMessage response = answer(Interlocked.Increment(ref _requests));
            request.RequestUri = Redirects ?? request.RequestUri;
            response.RequestMessage = request;
            return response;
        }
    }

    private sealed class Retrying(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            while (true)
            {
                HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                await response.Content.ReadAsStringAsync(cancellationToken);
            }
        }
    }

    private sealed class OneWay(byte[] body) : MemoryStream(body)
    {
        public override bool CanSeek => false;
    }

    private sealed class Endless(byte[] chunk) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            chunk.CopyTo(buffer);
            return new ValueTask<int>(chunk.Length);
        }
    }
}
