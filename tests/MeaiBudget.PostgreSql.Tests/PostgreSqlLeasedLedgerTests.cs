using System.Globalization;
using CsCheck;
using MeaiBudget.Simulation;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class PostgreSqlLeasedLedgerTests
{
    private static readonly int Steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "2500", CultureInfo.InvariantCulture);

    public static TheoryData<string> Cases => [.. SpendLedgerSuite.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Behaves(string name) => SpendLedgerSuite.RunAsync(name, () => new LeasedLedgerStore(new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString), isEager: false));

    [Fact]
    public async Task AnyHistoryInSlicesKeepsTheInvariantAndLosesNothing()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        long inSlices = 0;
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                await using var store = new PostgreSqlLedgerStore(connectionString);
                await using var ledger = new EagerlyLeasedLedger(await store.OpenAsync());
                await SpendLedgerModel.RunAsync(ledger, store.Advance, history);
                Interlocked.Add(ref inSlices, ledger.HeldInSlices);
            },
            iter: Math.Max(1, Steps / SpendLedgerHistories.StepsPerHistory));
        Assert.NotEqual(0, inSlices);
    }

    [Fact]
    public async Task AnyExchangesAnswerAsInMemory()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await SliceHistories.Any.SampleAsync(
            async history =>
            {
                await using var store = new PostgreSqlLedgerStore(connectionString);
                await using var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
                await SliceHistories.CompareAsync(ledger, store.Clock, store.Advance, history);
            },
            iter: Math.Max(1, Steps / 50));
    }

    [Fact]
    public async Task NodesSpendABudgetToTheEndAndNotMore()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        string name = $"test-{Guid.NewGuid():N}";
        await LeasedNodes.SpendAsync(8, async () => await PostgreSqlSpendLedger.OpenAsync(connectionString, new PostgreSqlSpendLedgerOptions { Name = name }));
    }
}
