using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget.Benchmarks;

/// <summary>What the logging layer adds to a call when logging is off: a budget alone, and the layer above it.</summary>
[MemoryDiagnoser]
public class RedactedLoggingBenchmark
{
    private static readonly ChatMessage[] Messages = [new(ChatRole.User, "x")];
    private IChatClient _without = null!;
    private IChatClient _with = null!;

    [GlobalSetup]
    public void Setup()
    {
        _without = new ChatClientBuilder(new NullClient()).UseRetry().Build();
        _with = new ChatClientBuilder(new NullClient()).Use(inner => new RedactedLoggingChatClient(inner, NullLogger.Instance)).UseRetry().Build();
    }

    [Benchmark(Baseline = true)]
    public Task<ChatResponse> WithoutTheLayer() => _without.GetResponseAsync(Messages);

    [Benchmark]
    public Task<ChatResponse> WithTheLayerOff() => _with.GetResponseAsync(Messages);

    private sealed class NullClient : IChatClient
    {
        private static readonly Task<ChatResponse> Response = Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "y")));

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Response;

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            AsyncEnumerable.Empty<ChatResponseUpdate>();

        public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

        public void Dispose()
        {
        }
    }
}
