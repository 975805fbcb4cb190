using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>The handler: what it reads, asks, refuses and leaves alone.</summary>
public partial class ChatWireHandlerTests
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
