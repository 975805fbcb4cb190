using System.Buffers;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A short answer is read in one piece if it is there, and along with the SDK from where it has to be waited for.</summary>
public class ShortAnswerTests
{
    private const string Answer = "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"Good morning.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20}}";

    [Fact]
    public void AnyPiecesSayTheSameToTheSdkAndTheBudget()
    {
        Gen<(int, bool)[]> pieces = Gen.Select(Gen.Int[1, 200], Gen.Bool).Array[0, 8];
        Gen.Select(pieces, Gen.Bool, Gen.Int[0, 80_000]).Sample(
            (steps, statesLength, filler) =>
            {
                string text = Answer.Replace("Good morning.", new string('x', filler), StringComparison.Ordinal);
                using WireAttempt attempt = new(new FreeCover());
                string read = Read(attempt, new SteppedBody(Encoding.UTF8.GetBytes(text), steps), statesLength ? text.Length : null);
                WireExchange exchange = attempt.Exchanges[0];
                return read == text && exchange.StatusCode == 200 && exchange.BodyFailure is null
                    && exchange.Answer is { IsComplete: true, ModelId: "m" } answer && answer.TextBytes == filler && answer.Tokens() == "100/0/0/0/20/0";
            },
            iter: 100);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task WhatCameBeforeTheConnectionBrokeIsKnown(bool waits, bool statesLength)
    {
        int model = Answer.IndexOf("\"choices\"", StringComparison.Ordinal);
        foreach (int length in (int[])[1, model - 20, model, Answer.Length - 1])
        {
            var cut = new IOException("The connection broke.");
            using WireAttempt attempt = new(new FreeCover());
            var body = new SteppedBody(Encoding.UTF8.GetBytes(Answer), [(length, waits)], cut);
            HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(attempt, body, statesLength ? Answer.Length : null));

            WireExchange exchange = attempt.Exchanges[0];
            Assert.Same(cut, failure.InnerException);
            Assert.Same(cut, exchange.BodyFailure);
            Assert.Equal(WireBilling.Answered, exchange.Billing);
            Assert.Equal((length < model ? null : "m", false), (exchange.Answer!.ModelId, exchange.Answer.IsComplete));
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(50, false)]
    [InlineData(50, true)]
    public async Task TheAttemptStopsAReadThatTheSdkGaveNoTokenFor(int length, bool waits)
    {
        using var source = new CancellationTokenSource();
        using WireAttempt attempt = new(new FreeCover(), cancellationToken: source.Token);
        var body = new SteppedBody(Encoding.UTF8.GetBytes(Answer), length == 0 ? [] : [(length, waits)], isEndless: true);
        Task<HttpResponseMessage> sending = SendAsync(attempt, body, Answer.Length, token: CancellationToken.None);
        source.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(WireBilling.Answered, attempt.Exchanges[0].Billing);
        Assert.Null(attempt.Exchanges[0].BodyFailure);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task TheSdkStopsAReadOfAnAttemptThatGoesOn(int length)
    {
        using var source = new CancellationTokenSource();
        using WireAttempt attempt = new(new FreeCover());
        var body = new SteppedBody(Encoding.UTF8.GetBytes(Answer), length == 0 ? [] : [(length, false)], isEndless: true);
        Task<HttpResponseMessage> sending = SendAsync(attempt, body, Answer.Length, token: source.Token);
        source.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CountsThatAnSdkCannotReadAreRepairedWhereverTheyAreCut(bool waits)
    {
        string text = Answer.Replace("100", "100.0", StringComparison.Ordinal);
        for (int cut = text.Length - 45; cut < text.Length; cut++)
        {
            using WireAttempt attempt = new(new FreeCover());
            using HttpResponseMessage response = await SendAsync(attempt, new SteppedBody(Encoding.UTF8.GetBytes(text), [(cut, waits)]), text.Length);
            Assert.DoesNotContain("100.0", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.Equal("100/0/0/0/20/0", attempt.Exchanges[0].Answer!.Tokens());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnErrorInTheBodyIsThrown(bool waits)
    {
        const string Error = "{\"error\":{\"message\":\"overloaded\",\"type\":\"overloaded_error\"}}";
        using WireAttempt attempt = new(new FreeCover());
        var body = new SteppedBody(Encoding.UTF8.GetBytes(Error), [(10, waits)]);
        await Assert.ThrowsAsync<ProviderErrorInResponseException>(() => SendAsync(attempt, body, Error.Length));
        Assert.Equal(200, attempt.Exchanges[0].StatusCode);
    }

    [Fact]
    public async Task AnAnswerLongerThanItStatesIsReadToItsEnd()
    {
        foreach (int stated in (int[])[0, 1, 60, Answer.Length - 1])
        {
            using WireAttempt attempt = new(new FreeCover());
            using HttpResponseMessage response = await SendAsync(attempt, new SteppedBody(Encoding.UTF8.GetBytes(Answer), []), stated);
            Assert.Equal(Answer, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("100/0/0/0/20/0", attempt.Exchanges[0].Answer!.Tokens());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheBodyIsClosedWhenItWasRead(bool waits)
    {
        using WireAttempt attempt = new(new FreeCover());
        var body = new SteppedBody(Encoding.UTF8.GetBytes(Answer), [(10, waits)]);
        using HttpResponseMessage response = await SendAsync(attempt, body, Answer.Length);
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task ABufferThatIsStillReadIntoIsNotUsedForAnythingElse()
    {
        using WireAttempt attempt = new(new FreeCover());
        using var body = new Endless();
        await Assert.ThrowsAsync<WireLimitException>(() => SendAsync(attempt, body, Answer.Length, maxAnswerBytes: 5));
        byte[] read = MemoryMarshal.TryGetArray(body.Buffer, out ArraySegment<byte> buffer) ? buffer.Array! : [];

        Assert.NotEmpty(read);
        Assert.All(Enumerable.Range(0, 8).Select(_ => ArrayPool<byte>.Shared.Rent(read.Length)).ToArray(), rented => Assert.NotSame(read, rented));
    }

    [Fact]
    public async Task AReadThatWaitsIsStoppedWhenWhatCameBeforeIsTooMuch()
    {
        using WireAttempt attempt = new(new FreeCover());
        using var body = new Endless();
        await Assert.ThrowsAsync<WireLimitException>(() => SendAsync(attempt, body, Answer.Length, maxAnswerBytes: 5));

        Assert.True(body.Token.IsCancellationRequested);
        Assert.IsType<WireLimitException>(attempt.Exchanges[0].BodyFailure);
    }

    [Fact]
    public async Task SilenceStopsAnAnswerThatHasBegun()
    {
        var clock = new FakeTimeProvider();
        using WireAttempt attempt = new(new FreeCover(), timeProvider: clock);
        Task<HttpResponseMessage> sending = SendAsync(attempt, new SteppedBody(Encoding.UTF8.GetBytes(Answer), [(50, false)], isEndless: true), Answer.Length);
        clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal(WireLimit.Silence, (await Assert.ThrowsAsync<WireLimitException>(() => sending)).Limit);
    }

    [Fact]
    public async Task AWholeAnswerIsKnownEvenIfItsBodyCannotBeClosed()
    {
        using WireAttempt attempt = new(new FreeCover());
        await Assert.ThrowsAsync<IOException>(() => SendAsync(attempt, new Unclosable(Encoding.UTF8.GetBytes(Answer)), Answer.Length));

        Assert.Equal((WireBilling.Answered, "100/0/0/0/20/0"), (attempt.Exchanges[0].Billing, attempt.Exchanges[0].Answer?.Tokens()));
    }

    private static string Read(WireAttempt attempt, Stream body, int? length)
    {
        using HttpResponseMessage response = SendAsync(attempt, body, length).GetAwaiter().GetResult();
        return response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
    }

    private static async Task<HttpResponseMessage> SendAsync(WireAttempt attempt, Stream body, int? length, CancellationToken? token = null, long maxAnswerBytes = 1_000_000)
    {
        var content = new StreamContent(body);
        content.Headers.ContentType = new("application/json");
        if (length is { } stated)
        {
            content.Headers.TryAddWithoutValidation("Content-Length", stated.ToString(CultureInfo.InvariantCulture));
        }

        using var client = new HttpMessageInvoker(new ChatWireHandler(new Server(content)) { MaxAnswerBytes = maxAnswerBytes });
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://api.openai.com/v1/chat/completions") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        WireAttempt.Current = attempt;
        return await client.SendAsync(request, token ?? TestContext.Current.CancellationToken);
    }

    private sealed class Server(HttpContent content) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
    }

    /// <summary>A body whose second read never ends.</summary>
    private sealed class Endless : MemoryStream
    {
        public Memory<byte> Buffer { get; private set; }

        public CancellationToken Token { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Buffer.IsEmpty)
            {
                Buffer = buffer;
                Encoding.UTF8.GetBytes("{\"id\":\"c1\"", buffer.Span);
                return new(10);
            }

            Token = cancellationToken;
            return new(new TaskCompletionSource<int>().Task);
        }
    }

    /// <summary>A body that fails when it is closed.</summary>
    private sealed class Unclosable(byte[] bytes) : MemoryStream(bytes)
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            throw new IOException("It cannot be closed.");
        }
    }

    private sealed class FreeCover : IWireCover
    {
        public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken) => default;
    }
}
