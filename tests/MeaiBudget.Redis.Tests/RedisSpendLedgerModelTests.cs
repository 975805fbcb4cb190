using System.Globalization;
using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class RedisSpendLedgerModelTests
{
    private static readonly int Steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "5000", CultureInfo.InvariantCulture);

    /// <summary>A history may be empty or end before its first cut: of this many, some are cut.</summary>
    private const int FewestCutHistories = 8;

    [Theory]
    [InlineData(RedisServerKind.Redis)]
    [InlineData(RedisServerKind.Garnet)]
    public async Task A3_AnyHistoryKeepsTheInvariantAndLosesNothing(RedisServerKind server)
    {
        _ = RedisServer.Get(server);
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                await using var store = RedisLedgerStore.On(server, TimeSpan.FromDays(365));
                await using var ledger = (RedisSpendLedger)await store.OpenAsync();
                await SpendLedgerModel.RunAsync(ledger, store.Advance, history);
            },
            iter: Math.Max(1, Steps / SpendLedgerHistories.StepsPerHistory));
    }

    [Theory]
    [InlineData(RedisServerKind.Redis)]
    [InlineData(RedisServerKind.Garnet)]
    public async Task B4_AnyHistoryIsKeptWithTheConnectionCutAtRandom(RedisServerKind server)
    {
        await using var proxy = new CuttingProxy(RedisServer.Get(server).Port);
        await Gen.Select(SpendLedgerHistories.Any, Gen.Int[0, 49]).SampleAsync(
            async (history, pace) =>
            {
                await using var one = new RedisLedgerStore(proxy.Configuration, TimeSpan.FromDays(365));
                await using var ledger = (RedisSpendLedger)await one.OpenAsync();
                await SpendLedgerModel.RunAsync(ledger, one.Advance, history.Select((step, number) =>
                {
                    if (number % 50 == pace)
                    {
                        proxy.CutAfter(1 + (step.Choice % 3));
                    }

                    return step;
                }));
            },
            iter: Math.Max(FewestCutHistories, Steps / 5 / SpendLedgerHistories.StepsPerHistory),
            threads: 1);
        Assert.NotEqual(0, proxy.Cuts);
    }
}
