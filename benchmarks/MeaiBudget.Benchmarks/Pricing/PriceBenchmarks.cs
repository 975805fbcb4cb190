using BenchmarkDotNet.Attributes;

namespace MeaiBudget.Benchmarks;

/// <summary>Look-up of a price by id, and computation of a cost. Goals: 50 ns and 0 B; 100 ns and 0 B.</summary>
[MemoryDiagnoser]
public class PriceBenchmarks
{
    private readonly PriceCatalog _catalog = PriceCatalog.Default;
    private readonly ModelPrice _price = PriceCatalog.Default.Resolve("claude-sonnet-4-5", "anthropic").Price!;
    private readonly BillableUsage _usage = new() { InputTokens = 120_000, CachedInputTokens = 100_000, CacheWriteTokens = 5_000, OutputTokens = 2_000, ReasoningTokens = 500, ServiceTier = "default" };

    [Benchmark(Baseline = true, Description = "look-up, as written")]
    public PriceResolution LookUp() => _catalog.Resolve("gpt-4o-2024-08-06", "openai");

    [Benchmark(Description = "look-up through prefixes, seen before")]
    public PriceResolution LookUpOfPrefixedId() => _catalog.Resolve("litellm_proxy/anthropic/claude-4.5-sonnet");

    [Benchmark(Description = "look-up of a dated price")]
    public PriceResolution LookUpOfDatedPrice() => _catalog.Resolve("gpt-5.6-luna", "openai");

    [Benchmark(Description = "cost of a usage")]
    public Cost CostOf() => _price.CostOf(_usage);

    [Benchmark(Description = "worst case of a request")]
    public long WorstCase() => _price.WorstCaseNanoDollars(120_000, 16_384);

    [Benchmark(Description = "payable output tokens")]
    public long Payable() => _price.PayableOutputTokens(500_000_000, 120_000);
}
