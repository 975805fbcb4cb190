using System.Globalization;
using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public sealed class SpendLedgerModelTests
{
    [Fact]
    public async Task A3_AnyHistoryKeepsTheInvariantAndLosesNothing()
    {
        int steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_LEDGER_STEPS") ?? "100000", CultureInfo.InvariantCulture);
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                var clock = new ManualClock(new DateTimeOffset(2026, 3, 28, 22, 0, 0, TimeSpan.Zero));
                await SpendLedgerModel.RunAsync(new InMemorySpendLedger(clock), clock.Advance, history);
            },
            iter: Math.Max(1, steps / SpendLedgerHistories.StepsPerHistory));
    }
}
