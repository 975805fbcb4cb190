using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <content>How answers are read: to their end, in time, and with the errors in them.</content>
public partial class ChatWireHandlerTests
{
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
}
