namespace MeaiBudget.Tool;

/// <summary>What a group of attempts cost. Amounts are nano-dollars.</summary>
internal sealed class SpendSum(string key)
{
    public string Key { get; } = key;

    public long Attempts { get; private set; }

    /// <summary>Gets the attempts for which nothing was billed.</summary>
    public long Released { get; private set; }

    /// <summary>Gets the attempts that are not settled yet.</summary>
    public long Open { get; private set; }

    public long InputTokens { get; private set; }

    public long CachedInputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public long Spent { get; private set; }

    /// <summary>Gets the part of <see cref="Spent"/> that is a rule's word and not the provider's.</summary>
    public long Unconfirmed { get; private set; }

    /// <summary>Gets what open attempts hold.</summary>
    public long Held { get; private set; }

    /// <summary>Gets the settled attempts without a known price: what they cost is not in <see cref="Spent"/>.</summary>
    public long Unpriced { get; private set; }

    public void Add(SqliteSpendRecord record)
    {
        Attempts++;
        InputTokens += record.Usage?.InputTokens ?? 0;
        CachedInputTokens += record.Usage?.CachedInputTokens ?? 0;
        OutputTokens += record.Usage?.OutputTokens ?? 0;
        switch (record.State)
        {
            case SqliteReservationState.Open:
                Open++;
                Held += record.Call.ReservedNanoDollars;
                return;
            case SqliteReservationState.Released:
                Released++;
                return;
        }

        long spent = SpentOf(record);
        Spent += spent;
        Unconfirmed += record.State is SqliteReservationState.Unconfirmed or SqliteReservationState.Expired ? spent : 0;
        Unpriced += record.State != SqliteReservationState.Expired && record.CostKind == CostKind.Unknown && spent == 0 ? 1 : 0;
    }

    /// <summary>What is charged now: an adjustment and the charge of an expired lease stand in the lines alone.</summary>
    private static long SpentOf(SqliteSpendRecord record)
    {
        long? charged = null;
        foreach (SqliteSpendRecordLine line in record.Lines)
        {
            if (line.IsTaken && AccountName.TryParse(line.Account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false })
            {
                charged = Math.Max(charged ?? 0, line.Charged);
            }
        }

        return charged ?? record.CostNanoDollars ?? 0;
    }
}
