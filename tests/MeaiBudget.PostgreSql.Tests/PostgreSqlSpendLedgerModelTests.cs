using System.Globalization;
using CsCheck;
using MeaiBudget.Testing;
using Npgsql;

namespace MeaiBudget.Tests;

public class PostgreSqlSpendLedgerModelTests
{
    private static readonly int Steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_LEDGER_STEPS") ?? Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "2500", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A3_AnyHistoryKeepsTheInvariantAndLosesNothing()
    {
        // The histories share sessions, which keep the plans of the functions, and more of them run than there are processors: each waits for
        // the server half of the time.
        await using var sessions = NpgsqlDataSource.Create(PostgreSqlServer.Get().ConnectionString + ";No Reset On Close=true");
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                await using var store = new PostgreSqlLedgerStore("");
                await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(sessions, store.Options);
                await SpendLedgerModel.RunAsync(ledger, store.Advance, history);
            },
            iter: Math.Max(1, Steps / SpendLedgerHistories.StepsPerHistory),
            threads: 2 * Environment.ProcessorCount);
    }
}
