namespace MeaiBudget;

/// <summary>One period of a budget, as a ledger's lines need it.</summary>
/// <param name="FirstIndex">The first period index that counts.</param>
/// <param name="Index">The index that is charged.</param>
/// <param name="Start">When what counts begins.</param>
/// <param name="End">When it all resets; <see langword="null"/> for a rolling period and a run.</param>
/// <param name="ForgetAfter">When a ledger may forget what is charged now.</param>
internal sealed record BudgetPeriodSlice(long FirstIndex, long Index, DateTimeOffset Start, DateTimeOffset? End, DateTimeOffset ForgetAfter)
{
    /// <summary>Whether a moment lies in the same calendar period, so that nothing need be computed again.</summary>
    public bool Covers(DateTimeOffset now) => End is { } end && now >= Start && now < end;
}
