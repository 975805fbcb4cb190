using System.Globalization;
using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class SqliteSpendLedgerModelTests
{
    [Fact]
    public async Task A3_AnyHistoryKeepsTheInvariantAndLosesNothing()
    {
        int steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "10000", CultureInfo.InvariantCulture);
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                using var folder = new SqliteLedgerFolder();

                // These tests do not simulate a power loss, and a flush for each step would take most of the time.
                await using SqliteSpendLedger ledger = folder.Open(options => options.Durability = SqliteDurability.ProcessCrash);
                await SpendLedgerModel.RunAsync(ledger, folder.Advance, history);
            },
            iter: Math.Max(1, steps / SpendLedgerHistories.StepsPerHistory));
    }
}
