using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Benchmarks;

/// <summary>Overhead of the layers for a call that takes no time itself, compared with MEAI's own layers.</summary>
[MemoryDiagnoser]
public class PipelineBenchmarks
{
    private const string Traced = "benchmark.traced";
    private static readonly ChatMessage[] Messages = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "How are you today?")];
    private static readonly ChatOptions Options = new() { MaxOutputTokens = 100 };

    private IChatClient _bare = null!;
    private IChatClient _meai = null!;
    private IChatClient _traced = null!;
    private ActivityListener? _listener;
    private IChatClient _layers = null!;

    [GlobalSetup]
    public void Setup()
    {
        _bare = new NullChatClient();
        _meai = new ChatClientBuilder(new NullChatClient()).UseFunctionInvocation().UseOpenTelemetry().Build();
        _traced = new ChatClientBuilder(new NullChatClient()).UseFunctionInvocation().UseOpenTelemetry(sourceName: Traced).Build();
        _layers = FiveLayers(new NullChatClient());
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Traced,
            Sample = (ref _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [GlobalCleanup]
    public void Cleanup() => _listener?.Dispose();

    [Benchmark(Baseline = true)]
    public Task<ChatResponse> FunctionInvocationAndOpenTelemetry() => _meai.GetResponseAsync(Messages, Options);

    /// <summary>The same with an activity listener, so that the telemetry layer records traces.</summary>
    [Benchmark]
    public Task<ChatResponse> FunctionInvocationAndOpenTelemetryTraced() => _traced.GetResponseAsync(Messages, Options);

    [Benchmark]
    public Task<ChatResponse> Bare() => _bare.GetResponseAsync(Messages, Options);

    [Benchmark]
    public Task<ChatResponse> FiveLayersThreeBudgets() => _layers.GetResponseAsync(Messages, Options);

    internal static IChatClient FiveLayers(IChatClient inner)
    {
        var tracker = new CostTracker(
            [Budget.Daily("day", 1_000_000_000m), Budget.Monthly("month", 1_000_000_000m), Budget.Hourly("hour", 1_000_000_000m)],
            PriceCatalog.Empty.With("null-model", ModelPrice.PerMillionTokens(1m, 2m)));
        return new ChatClientBuilder(inner)
            .UseRedactedLogging().UseTokenEstimation().UseBudget(tracker).UseRetry().UseFallback().Build();
    }
}
