using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Answers without an end are given up with a typed failure and charged as unconfirmed, after a bounded number of bytes.</summary>
public sealed class AnswerLimitTests
{
    private const long Megabyte = 1024 * 1024;

    public static TheoryData<string> Providers => ["openai", "responses", "anthropic", "ollama"];

    [Theory, MemberData(nameof(Providers))]
    public async Task Q3_AnEndlessLineIsGivenUp(string provider)
    {
        string line = provider == "ollama" ? "{\"model\":\"llama3.2\",\"x\":\"" : "data: {\"x\":\"";
        var body = new EndlessStream(Encoding.ASCII.GetBytes(line), "xxxxxxxxxxxxxxxx"u8.ToArray());

        (Exception exception, AttemptReceipt attempt, BudgetStatus status) = await GiveUpAsync(provider, streaming: true, body);

        Assert.Equal((ChatFailureKind.UnreadableAnswer, ChatFailurePhase.Ambiguous), (attempt.Failure!.Kind, attempt.Failure.Phase));
        Assert.Contains("longer than", exception.Message, StringComparison.Ordinal);
        Assert.True(attempt.IsUnconfirmed && attempt.Cost.Amount > 0, $"{attempt.Cost.Amount} was charged.");
        Assert.Equal((attempt.Cost.Amount, 0m), (status.Spent, status.Held));
        Assert.True(body.Given < 17 * Megabyte, $"{body.Given / Megabyte} MB were read.");
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Q3_AnEndlessBodyIsGivenUp(string provider)
    {
        var body = new EndlessStream("{\"x\":\""u8.ToArray(), "xxxxxxxxxxxxxxxx"u8.ToArray());

        (_, AttemptReceipt attempt, BudgetStatus status) = await GiveUpAsync(provider, streaming: false, body);

        Assert.Equal((ChatFailureKind.UnreadableAnswer, ChatFailurePhase.Ambiguous), (attempt.Failure!.Kind, attempt.Failure.Phase));
        Assert.True(attempt.IsUnconfirmed && attempt.Cost.Amount > 0, $"{attempt.Cost.Amount} was charged.");
        Assert.Equal((attempt.Cost.Amount, 0m), (status.Spent, status.Held));
        Assert.True(body.Given < 18 * Megabyte, $"{body.Given / Megabyte} MB were read.");
    }

    [Theory]
    [InlineData("openai", ": ping\n\n")]
    [InlineData("anthropic", "event: ping\ndata: {\"type\": \"ping\"}\n\n")]
    public async Task Q3_EndlessPingsAreGivenUp(string provider, string ping)
    {
        var clock = new FakeTimeProvider();
        var body = new EndlessStream([], Encoding.ASCII.GetBytes(ping), () => clock.Advance(TimeSpan.FromSeconds(1)));

        (_, AttemptReceipt attempt, BudgetStatus status) = await GiveUpAsync(provider, streaming: true, body, clock);

        Assert.Equal((ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous), (attempt.Failure!.Kind, attempt.Failure.Phase));
        Assert.Equal((attempt.Cost.Amount, 0m), (status.Spent, status.Held));
        Assert.True(attempt.Duration < TimeSpan.FromMinutes(6), $"It took {attempt.Duration}.");
    }

    /// <summary>The status says what an error means; its endless body does not change that.</summary>
    [Theory]
    [InlineData("openai", 500, ChatFailureKind.ServerError, ChatFailurePhase.Rejected)]
    [InlineData("openai", 400, ChatFailureKind.InvalidRequest, ChatFailurePhase.Rejected)]
    [InlineData("responses", 429, ChatFailureKind.RateLimited, ChatFailurePhase.Rejected)]
    [InlineData("anthropic", 500, ChatFailureKind.ServerError, ChatFailurePhase.Rejected)]
    [InlineData("anthropic", 401, ChatFailureKind.Authentication, ChatFailurePhase.Rejected)]
    [InlineData("ollama", 503, ChatFailureKind.Overloaded, ChatFailurePhase.Rejected)]
    public async Task Q3_AnEndlessErrorIsClassifiedByItsStatus(string provider, int status, ChatFailureKind kind, ChatFailurePhase phase)
    {
        foreach (bool streaming in new[] { false, true })
        {
            var body = new EndlessStream("{\"error\":{\"message\":\""u8.ToArray(), "xxxxxxxxxxxxxxxx"u8.ToArray());

            (_, AttemptReceipt attempt, _) = await GiveUpAsync(provider, streaming, body, status: status);

            Assert.Equal((kind, phase), (attempt.Failure!.Kind, attempt.Failure.Phase));
            Assert.True(body.Given < 2 * Megabyte, $"{body.Given / 1024} KB were read.");
        }
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(32 * Megabyte, true)]
    [InlineData(1000L, false)]
    public async Task Q3_TheLongestAnswerIsAnOption(long? most, bool isRead)
    {
        string text = new('x', 20 * (int)Megabyte);
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming: false, text: text));
        OpenAIChatClientOptions options = new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire };
        options.MaxAnswerBytes = most ?? options.MaxAnswerBytes;
        using IChatClient client = new ChatClientBuilder(OpenAIChatClientFactory.Create(options)).UseBudget(Tracker()).Build();

        Exception? exception = await Record.ExceptionAsync(() => client.AskAsync(streaming: false));

        Assert.Equal(isRead, exception is null);
        Assert.True(isRead || exception!.Message.Contains("MaxAnswerBytes", StringComparison.Ordinal));
    }

    /// <summary>The answer is not requested again, though the SDKs repeat requests whose connection broke.</summary>
    [Theory, MemberData(nameof(Providers))]
    public async Task Q3_AnAnswerThatWasGivenUpIsNotAskedForAgain(string provider)
    {
        int sent = 0;
        var wire = new CannedHandler(_ =>
        {
            sent++;
            return Respond(provider, new EndlessStream("{\"x\":\""u8.ToArray(), "xxxxxxxxxxxxxxxx"u8.ToArray()), streaming: false);
        });
        using IChatClient client = new ChatClientBuilder(Create(provider, wire)).UseBudget(Tracker()).UseRetry().Build();

        await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming: false, options: new() { MaxOutputTokens = 100 }));

        Assert.Equal(1, sent);
    }

    [Fact]
    public async Task L15_AStreamThatIsLeftEndsAtOnceAtTheProvider()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var gone = new TaskCompletionSource<(int Chunks, TimeSpan After)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = ServeAsync(listener, left.Task, gone);
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(OpenAIChatClientFactory.Create(new()
        {
            ApiKey = "k",
            ModelId = "gpt-4.1-mini",
            BaseUrl = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1",
        })).UseBudget(tracker).Build();

        int updates = 0;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Count.", new() { MaxOutputTokens = 5_000 }, Token))
        {
            if (update.Text.Length > 0 && ++updates == 10)
            {
                break;
            }
        }

        left.SetResult(TimeProvider.System.GetTimestamp());
        (int chunks, TimeSpan after) = await gone.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token);
        Assert.True(after < TimeSpan.FromSeconds(1), $"The provider went on for {after} and wrote {chunks} pieces.");
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.True(status is { Held: 0m, Spent: > 0m });
        await serving;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static CostTracker Tracker() => new(
        [Budget.Daily("day", 10m)],
        PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));

    private static async Task ServeAsync(TcpListener listener, Task<long> left, TaskCompletionSource<(int, TimeSpan)> gone)
    {
        using TcpClient connection = await listener.AcceptTcpClientAsync(Token);
        NetworkStream stream = connection.GetStream();
        _ = await stream.ReadAtLeastAsync(new byte[64 * 1024], 1, cancellationToken: Token);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), Token);
        int chunks = 0;
        try
        {
            for (; chunks < 5_000; chunks++)
            {
                const string Event = """data: {"id":"c1","created":1790000000,"model":"gpt-4.1-mini","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}""" + "\n\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Event.Length:x}\r\n{Event}\r\n"), Token);
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
            }
        }
        catch (IOException)
        {
            // The client is gone.
        }

        gone.SetResult((chunks, TimeProvider.System.GetElapsedTime(await left)));
    }

    private static async Task<(Exception Exception, AttemptReceipt Attempt, BudgetStatus Status)> GiveUpAsync(
        string provider, bool streaming, Stream body, TimeProvider? clock = null, int status = 200)
    {
        CostTracker tracker = Tracker();
        var wire = new CannedHandler(_ =>
        {
            HttpResponseMessage response = Respond(provider, body, streaming);
            response.StatusCode = (HttpStatusCode)status;
            return response;
        });
        using IChatClient client = new ChatClientBuilder(Create(provider, wire))
            .UseTokenEstimation().UseBudget(tracker).UseRetry(new RetryOptions { MaxRetries = 0, AttemptTimeout = TimeSpan.FromMinutes(30) })
            .Build(new ServiceCollection().AddSingleton(clock ?? TimeProvider.System).BuildServiceProvider());
        using ReceiptCapture capture = CallReceipts.Capture();

        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        return (exception, capture.Receipts.Single().Attempts.Single(), (await tracker.GetStatusAsync(cancellationToken: Token)).Single());
    }

    private static HttpResponseMessage Respond(string provider, Stream body, bool streaming)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) };
        response.Content.Headers.ContentType = new(!streaming ? "application/json" : provider == "ollama" ? "application/x-ndjson" : "text/event-stream");
        return response;
    }

    private static IChatClient Create(string provider, HttpMessageHandler wire) => provider switch
    {
        "openai" => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire }),
        "responses" => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, HttpMessageHandler = wire }),
        "anthropic" => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = wire }),
        _ => OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", BaseUrl = "http://models.example.com:11434", HttpMessageHandler = wire }),
    };

    /// <summary>A body that repeats a piece for ever.</summary>
    private sealed class EndlessStream(byte[] head, byte[] piece, Action? onPiece = null) : Stream
    {
        private int _at;

        public long Given { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            return Fill(buffer.Span);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => Fill(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Fill(Span<byte> buffer)
        {
            if (_at < head.Length)
            {
                int first = Math.Min(buffer.Length, head.Length - _at);
                head.AsSpan(_at, first).CopyTo(buffer);
                _at += first;
                Given += first;
                return first;
            }

            int count = 0;
            onPiece?.Invoke();
            do
            {
                int next = Math.Min(piece.Length, buffer.Length - count);
                piece.AsSpan(0, next).CopyTo(buffer[count..]);
                count += next;
            }
            while (onPiece is null && buffer.Length - count >= piece.Length);
            Given += count;
            return count;
        }
    }
}
