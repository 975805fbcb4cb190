using System.Globalization;
using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class SqliteSpendLedgerModelTests
{
    [Fact]
    public async Task A3_AnyHistoryKeepsTheInvariantAndLosesNothing()
    {
        var steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "20000", CultureInfo.InvariantCulture);
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                using var folder = new SqliteLedgerFolder();
                await using var ledger = folder.Open();
                await SpendLedgerModel.RunAsync(ledger, folder.Advance, history);
            },
            iter: Math.Max(1, steps / SpendLedgerHistories.StepsPerHistory));
    }
}
