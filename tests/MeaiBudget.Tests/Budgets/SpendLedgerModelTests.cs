using System.Globalization;
using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public sealed class SpendLedgerModelTests
{
    private const int StepsPerHistory = 250;

    private static readonly Gen<SpendLedgerStep> Step = Gen.Select(
        Gen.Frequency(
            (30, Gen.Const(SpendLedgerStepKind.Reserve)),
            (5, Gen.Const(SpendLedgerStepKind.ReserveAgain)),
            (20, Gen.Const(SpendLedgerStepKind.Settle)),
            (6, Gen.Const(SpendLedgerStepKind.SettleInDoubt)),
            (8, Gen.Const(SpendLedgerStepKind.Release)),
            (4, Gen.Const(SpendLedgerStepKind.Renew)),
            (10, Gen.Const(SpendLedgerStepKind.Forward)),
            (1, Gen.Const(SpendLedgerStepKind.FarForward)),
            (3, Gen.Const(SpendLedgerStepKind.Back)),
            (4, Gen.Const(SpendLedgerStepKind.Limit)),
            (3, Gen.Const(SpendLedgerStepKind.Grant)),
            (1, Gen.Const(SpendLedgerStepKind.GrantAgain)),
            (4, Gen.Const(SpendLedgerStepKind.Adjust)),
            (1, Gen.Const(SpendLedgerStepKind.AdjustAgain))),
        Gen.Int[0, 1 << 20],
        Gen.Int[0, 2000],
        (kind, choice, amount) => new SpendLedgerStep(kind, choice, amount));

    [Fact]
    public async Task A3_AnyHistoryKeepsTheInvariantAndLosesNothing()
    {
        int steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "50000", CultureInfo.InvariantCulture);
        await Step.Array[0, 2 * StepsPerHistory].SampleAsync(
            async history =>
            {
                var clock = new ManualClock(new DateTimeOffset(2026, 3, 28, 22, 0, 0, TimeSpan.Zero));
                await SpendLedgerModel.RunAsync(new InMemorySpendLedger(clock), clock.Advance, history);
            },
            iter: Math.Max(1, steps / StepsPerHistory));
    }
}
