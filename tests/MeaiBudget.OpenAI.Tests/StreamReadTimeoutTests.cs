using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public class StreamReadTimeoutTests
{
    private const string First = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-5\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n";

    [Fact]
    public async Task AReadOfACallThatWaitsTooLongEndsByTheHandlersClock()
    {
        var time = new FakeTimeProvider();
        var body = new PacedBody(First, null);
        using var attempt = new WireAttempt(new FreeSends(), timeProvider: time);
        await using IAsyncEnumerator<ChatResponseUpdate> stream = Open(body, attempt);
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal("hi", stream.Current.Text);

        // The caller may take its time over an update.
        time.Advance(TimeSpan.FromHours(2));
        ValueTask<bool> waiting = stream.MoveNextAsync();
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(body.WasAborted);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(body.WasAborted);
        TaskCanceledException timeout = await Assert.ThrowsAsync<TaskCanceledException>(async () => await waiting);
        Assert.IsType<TimeoutException>(timeout.InnerException);
        Assert.Contains("180 seconds", timeout.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHandlerOfTheApplicationStillSeesWhatTheSdkReads()
    {
        var body = new PacedBody(First, "data: [DONE]\n\n");
        using var attempt = new WireAttempt(new FreeSends());
        using var counting = new Counting { InnerHandler = new Answering(body) };
        await using IAsyncEnumerator<ChatResponseUpdate> stream = Open(counting, attempt);
        while (await stream.MoveNextAsync())
        {
        }

        Assert.Equal(First.Length + "data: [DONE]\n\n".Length, counting.Body!.Count);
    }

    private static IAsyncEnumerator<ChatResponseUpdate> Open(PacedBody body, WireAttempt attempt) => Open(new Answering(body), attempt);

    private static IAsyncEnumerator<ChatResponseUpdate> Open(HttpMessageHandler handler, WireAttempt attempt)
    {
        WireAttempt.Current = attempt;
        IChatClient client = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5", HttpMessageHandler = handler, Timeout = TimeSpan.FromMinutes(3) });
        return client.GetStreamingResponseAsync("hello").GetAsyncEnumerator();
    }

    private sealed class Answering(PacedBody body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new StreamContent(body);
            content.Headers.ContentType = new("text/event-stream");
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        }
    }

    private sealed class Counting : DelegatingHandler
    {
        public CountingBody? Body { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            Body = new CountingBody(await response.Content.ReadAsStreamAsync(cancellationToken));
            var content = new StreamContent(Body);
            content.Headers.ContentType = response.Content.Headers.ContentType;
            response.Content = content;
            return response;
        }
    }

    private sealed class CountingBody(Stream inner) : BodyStream(inner)
    {
        public int Count { get; private set; }

        protected override int OnRead(ReadOnlyMemory<byte> piece)
        {
            Count += piece.Length;
            return piece.Length;
        }

        protected override void OnEnd()
        {
        }
    }
}
