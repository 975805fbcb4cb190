using System.Globalization;
using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class PostgreSqlSpendLedgerModelTests
{
    private static readonly int Steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_LEDGER_STEPS") ?? Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "2500", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A3_AnyHistoryKeepsTheInvariantAndLosesNothing()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                await using var store = new PostgreSqlLedgerStore(connectionString);
                await using var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
                await SpendLedgerModel.RunAsync(ledger, store.Advance, history);
            },
            iter: Math.Max(1, Steps / SpendLedgerHistories.StepsPerHistory));
    }
}
