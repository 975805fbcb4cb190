using System.Net;
using System.Net.Sockets;
using System.Text;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>The handler on real connections.</summary>
public class ChatWireHandlerConnectionTests
{
    private const string Usage = """{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}""";

    [Fact]
    public async Task ABufferedAnswerIsReadAlong()
    {
        string body = Completion(Usage);
        using var server = new Server(async stream => await WriteAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        using var attempt = new WireAttempt(new Free());
        using var client = new HttpClient(new ChatWireHandler(new SocketsHttpHandler()));
        WireAttempt.Current = attempt;
        using HttpResponseMessage response = await client.PostAsync(server.Address, Content());
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.Equal("1000/0/0/0/200/0", attempt.Exchanges[0].Answer!.Tokens());
        Assert.False(attempt.Exchanges[0].IsLeft);
    }

    [Fact]
    public async Task L15_AnAnswerThatWasLeftIsDrainedFromItsConnection()
    {
        var left = new TaskCompletionSource();
        using var server = new Server(async stream =>
        {
            await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            await WriteChunkAsync(stream, Chunk(Hello));
            await left.Task;
            await WriteChunkAsync(stream, Chunk("{}", "\"stop\""));
            await WriteChunkAsync(stream, UsageChunk(Usage) + Done);
        });
        using var attempt = new WireAttempt(new Free());
        WireExchange exchange = await ReadOnceAndLeaveAsync(server, attempt);
        left.SetResult();
        Assert.True(await exchange.DrainAsync());
        Assert.Equal("1000/0/0/0/200/0", exchange.Answer!.Tokens());
    }

    [Fact]
    public async Task L15_TheEndOfTheAttemptClosesTheConnection()
    {
        using var server = new Server(async stream =>
        {
            await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            await WriteChunkAsync(stream, Chunk(Hello));
        })
        { WaitsForTheEnd = true };
        var attempt = new WireAttempt(new Free());
        await ReadOnceAndLeaveAsync(server, attempt);
        attempt.Dispose();
        await server.Ended;
    }

    private static async Task<WireExchange> ReadOnceAndLeaveAsync(Server server, WireAttempt attempt)
    {
        var client = new HttpClient(new ChatWireHandler(new SocketsHttpHandler { ResponseDrainTimeout = Timeout.InfiniteTimeSpan }));
        WireAttempt.Current = attempt;
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address) { Content = Content() };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        Assert.True(await stream.ReadAsync(new byte[10_000]) > 0);
        return attempt.Exchanges[0];
    }

    private static StringContent Content() => new("""{"messages":[{"role":"user","content":"hi"}],"model":"gpt-4.1-mini","stream":true}""", Encoding.UTF8, "application/json");

    private static Task WriteAsync(NetworkStream stream, string text) => stream.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

    private static Task WriteChunkAsync(NetworkStream stream, string text) => WriteAsync(stream, $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    private sealed class Free : IWireCover
    {
        public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken) => default;
    }

    /// <summary>Answers one request.</summary>
    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Server(Func<NetworkStream, Task> answer)
        {
            _listener.Start();
            Ended = RunAsync(answer);
        }

        public Task Ended { get; }

        public bool WaitsForTheEnd { get; init; }

        public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1/chat/completions";

        public void Dispose() => _listener.Dispose();

        private async Task RunAsync(Func<NetworkStream, Task> answer)
        {
            using TcpClient connection = await _listener.AcceptTcpClientAsync();
            NetworkStream stream = connection.GetStream();
            var request = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (!request.ToString().EndsWith('}'))
            {
                request.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer)));
            }

            await answer(stream);
            if (WaitsForTheEnd)
            {
                try
                {
                    while (await stream.ReadAsync(buffer) > 0)
                    {
                    }
                }
                catch (IOException)
                {
                    // A reset is an end too.
                }
            }
        }
    }
}
