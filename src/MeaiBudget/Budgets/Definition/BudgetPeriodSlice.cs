namespace MeaiBudget;

/// <summary>One period of a budget with the values for ledger lines.</summary>
/// <param name="FirstIndex">The first period index that counts.</param>
/// <param name="Index">The period index that is charged.</param>
/// <param name="Start">The start of the counted time.</param>
/// <param name="End">The time of the reset; <see langword="null"/> for a rolling period and a run.</param>
/// <param name="ForgetAfter">The time after which a ledger may delete the charges.</param>
internal sealed record BudgetPeriodSlice(long FirstIndex, long Index, DateTimeOffset Start, DateTimeOffset? End, DateTimeOffset ForgetAfter)
{
    /// <summary>True if a time is in the same calendar period, so that this slice can be reused.</summary>
    public bool Covers(DateTimeOffset now) => End is { } end && now >= Start && now < end;
}
