using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>Random histories for <see cref="SpendLedgerModel"/>, the same for every ledger.</summary>
internal static class SpendLedgerHistories
{
    /// <summary>The length of a history on average.</summary>
    public const int StepsPerHistory = 250;

    private static readonly Gen<SpendLedgerStep> Step = Gen.Select(
        Gen.Frequency(
            (30, Gen.Const(SpendLedgerStepKind.Reserve)),
            (5, Gen.Const(SpendLedgerStepKind.ReserveAgain)),
            (20, Gen.Const(SpendLedgerStepKind.Settle)),
            (6, Gen.Const(SpendLedgerStepKind.SettleUnconfirmed)),
            (8, Gen.Const(SpendLedgerStepKind.Release)),
            (4, Gen.Const(SpendLedgerStepKind.Renew)),
            (10, Gen.Const(SpendLedgerStepKind.Forward)),
            (1, Gen.Const(SpendLedgerStepKind.FarForward)),
            (3, Gen.Const(SpendLedgerStepKind.Back)),
            (4, Gen.Const(SpendLedgerStepKind.Limit)),
            (3, Gen.Const(SpendLedgerStepKind.Grant)),
            (1, Gen.Const(SpendLedgerStepKind.GrantAgain)),
            (4, Gen.Const(SpendLedgerStepKind.Adjust)),
            (1, Gen.Const(SpendLedgerStepKind.AdjustAgain)),
            (3, Gen.Const(SpendLedgerStepKind.AdjustAccount)),
            (1, Gen.Const(SpendLedgerStepKind.AdjustAccountAgain))),
        Gen.Int[0, 1 << 20],
        Gen.Int[0, 2000],
        (kind, choice, amount) => new SpendLedgerStep(kind, choice, amount));

    public static Gen<SpendLedgerStep[]> Any { get; } = Step.Array[0, 2 * StepsPerHistory];
}
