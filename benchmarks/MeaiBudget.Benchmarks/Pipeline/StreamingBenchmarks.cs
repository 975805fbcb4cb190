using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Benchmarks;

/// <summary>A stream of a thousand updates. Divide the result by a thousand for the cost of each.</summary>
[MemoryDiagnoser]
public class StreamingBenchmarks
{
    private static readonly ChatMessage[] Messages = [new(ChatRole.User, "How are you today?")];
    private static readonly ChatOptions Options = new() { MaxOutputTokens = 100_000 };

    private IChatClient _bare = null!;
    private IChatClient _telemetry = null!;
    private IChatClient _layers = null!;
    private IChatClient _foreign = null!;

    [GlobalSetup]
    public void Setup()
    {
        _bare = new NullChatClient();
        _telemetry = new ChatClientBuilder(new NullChatClient()).UseOpenTelemetry().Build();
        _layers = PipelineBenchmarks.FiveLayers(new NullChatClient());
        _foreign = new ChatClientBuilder(PipelineBenchmarks.FiveLayers(new NullChatClient()))
            .UseBudget(new CostTracker())
            .Use(inner => new Foreign(inner))
            .Build();
    }

    [Benchmark(Baseline = true)]
    public Task<int> Bare() => CountAsync(_bare);

    [Benchmark]
    public Task<int> OpenTelemetry() => CountAsync(_telemetry);

    [Benchmark]
    public Task<int> FiveLayers() => CountAsync(_layers);

    [Benchmark]
    public Task<int> WithAForeignLayerBetween() => CountAsync(_foreign);

    private static async Task<int> CountAsync(IChatClient client)
    {
        int count = 0;
        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(Messages, Options))
        {
            count++;
        }

        return count;
    }

    private sealed class Foreign(IChatClient inner) : DelegatingChatClient(inner);
}
