using BenchmarkDotNet.Attributes;

namespace MeaiBudget.Benchmarks;

/// <summary>All processors reserve and settle on one account. Goal: 300,000 pairs per second, that is 3.3 microseconds per pair.</summary>
[MemoryDiagnoser]
[InProcess]
public class ContendedLedgerBenchmark
{
    private const int Pairs = 200_000;
    private readonly InMemorySpendLedger _ledger = new();
    private LedgerLine[] _lines = [];

    [GlobalSetup]
    public void Setup() => _lines =
    [
        new LedgerLine
        {
            Account = "day/usd/",
            Period = 1,
            FirstPeriod = 1,
            ForgetAfter = _ledger.Clock.GetUtcNow().AddDays(2),
            Amount = 1_000,
            Limit = long.MaxValue / 2,
        },
    ];

    [Benchmark(OperationsPerInvoke = Pairs)]
    public Task ReserveAndSettleOnEveryProcessor()
    {
        int each = Pairs / Environment.ProcessorCount;
        long[] amounts = [500];
        return Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < each; i++)
            {
                await InMemoryLedgerBenchmark.PairAsync(_ledger, _lines, amounts);
            }
        })));
    }
}
