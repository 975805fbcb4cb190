namespace MeaiBudget;

/// <summary>An admitted reservation with the ledger entry that holds its money.</summary>
internal sealed class LedgeredReservation : SpendReservation
{
    /// <summary>The entry in the ledger.</summary>
    public required LedgerReservation Entry { get; init; }

    /// <summary>The budget behind each line of <see cref="Entry"/>.</summary>
    public required IReadOnlyList<BudgetLine> Lines { get; init; }

    /// <summary>True if it was admitted while the ledger failed; the ledger receives it with its settlement.</summary>
    public bool IsDegraded { get; init; }
}
