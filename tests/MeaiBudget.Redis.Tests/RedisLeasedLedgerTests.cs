using System.Globalization;
using CsCheck;
using MeaiBudget.Simulation;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class RedisLeasedLedgerTests
{
    private static readonly int Steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "5000", CultureInfo.InvariantCulture);

    public static MatrixTheoryData<RedisServerKind, string> Cases => new([RedisServerKind.Redis, RedisServerKind.Garnet], SpendLedgerSuite.Cases);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Behaves(RedisServerKind server, string name) => SpendLedgerSuite.RunAsync(name, () => new LeasedLedgerStore(RedisLedgerStore.On(server), isEager: false));

    [Theory]
    [InlineData(RedisServerKind.Redis)]
    [InlineData(RedisServerKind.Garnet)]
    public async Task AnyHistoryInSlicesKeepsTheInvariantAndLosesNothing(RedisServerKind server)
    {
        _ = RedisServer.Get(server);
        long inSlices = 0;
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                await using var store = RedisLedgerStore.On(server, TimeSpan.FromDays(365));
                await using var ledger = new EagerlyLeasedLedger(await store.OpenAsync());
                await SpendLedgerModel.RunAsync(ledger, store.Advance, history);
                Interlocked.Add(ref inSlices, ledger.HeldInSlices);
            },
            iter: Math.Max(1, Steps / SpendLedgerHistories.StepsPerHistory));
        Assert.NotEqual(0, inSlices);
    }

    [Theory]
    [InlineData(RedisServerKind.Redis)]
    [InlineData(RedisServerKind.Garnet)]
    public async Task AnyExchangesAnswerAsInMemory(RedisServerKind server)
    {
        _ = RedisServer.Get(server);
        await SliceHistories.Any.SampleAsync(
            async history =>
            {
                await using var store = RedisLedgerStore.On(server, TimeSpan.FromDays(365));
                await using var ledger = (RedisSpendLedger)await store.OpenAsync();
                await SliceHistories.CompareAsync(ledger, store.Clock, store.Advance, history);
            },
            iter: Math.Max(1, Steps / 50));
    }

    [Theory]
    [InlineData(RedisServerKind.Redis)]
    [InlineData(RedisServerKind.Garnet)]
    public async Task TwentyNodesSpendABudgetToTheEndAndNotMore(RedisServerKind server)
    {
        string name = $"test-{Guid.NewGuid():N}";
        string configuration = RedisServer.Get(server).Configuration;
        await LeasedNodes.SpendAsync(20, async () => await RedisSpendLedger.ConnectAsync(configuration, new RedisSpendLedgerOptions { Name = name }));
    }

    [Fact]
    public async Task FourLeasingProcessesSpendNoMoreThanTheLimitThoughOneIsKilledAgainAndAgain()
    {
        string configuration = RedisServer.Get(RedisServerKind.Redis).Configuration;
        string name = $"test-{Guid.NewGuid():N}";
        await LedgerHammer.RunAsync(
            processes: 4,
            kills: 3,
            ["redis-leased", configuration, name, "4"],
            async clock => await RedisSpendLedger.ConnectAsync(configuration, new RedisSpendLedgerOptions { Name = name, Clock = clock, SettledRetention = TimeSpan.FromDays(2) }));
    }
}
