using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget.Benchmarks;

/// <summary>Overhead of the logging layer with logging disabled: a call of the next layer, without and with the logging layer above it.</summary>
/// <remarks>The next layer answers immediately, so that nanoseconds are visible. A real call takes a thousand times as long.</remarks>
[MemoryDiagnoser]
public class RedactedLoggingBenchmark
{
    private static readonly ChatMessage[] Messages = [new(ChatRole.User, "x")];
    private CallLayerChatClient _without = null!;
    private CallLayerChatClient _with = null!;
    private CallFrame _frame;

    [GlobalSetup]
    public void Setup()
    {
        _without = new AnsweringLayer();
        _with = new RedactedLoggingChatClient(new AnsweringLayer(), NullLogger.Instance);
        _frame = CallFrame.Open(new CallRecord(null, CallLayerSetup.Default, null, isStreaming: false, null), null);
    }

    [Benchmark(Baseline = true)]
    public ValueTask<ChatResponse> WithoutTheLayer() => _without.InvokeAsync(_frame, Messages, null, CancellationToken.None);

    [Benchmark]
    public ValueTask<ChatResponse> WithTheLayerOff() => _with.InvokeAsync(_frame, Messages, null, CancellationToken.None);

    [Benchmark]
    public IAsyncEnumerable<ChatResponseUpdate> StreamWithoutTheLayer() => _without.InvokeStreamingAsync(_frame, Messages, null, CancellationToken.None);

    [Benchmark]
    public IAsyncEnumerable<ChatResponseUpdate> StreamWithTheLayerOff() => _with.InvokeStreamingAsync(_frame, Messages, null, CancellationToken.None);

    private sealed class AnsweringLayer() : CallLayerChatClient(new NullChatClient(), null)
    {
        private readonly ChatResponse _answer = new(new ChatMessage(ChatRole.Assistant, "y"));
        private readonly IAsyncEnumerable<ChatResponseUpdate> _stream = AsyncEnumerable.Empty<ChatResponseUpdate>();

        internal override ValueTask<ChatResponse> InvokeAsync(
            CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) => new(_answer);

        internal override IAsyncEnumerable<ChatResponseUpdate> InvokeStreamingAsync(
            CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) => _stream;

        private protected override CallPath Contribute(CallPath path, ISpendGate? run) => path;
    }
}
