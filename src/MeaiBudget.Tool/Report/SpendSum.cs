namespace MeaiBudget.Tool;

/// <summary>The cost of a group of attempts. Amounts are nano-dollars.</summary>
internal sealed class SpendSum(string key)
{
    public string Key { get; } = key;

    public long Attempts { get; private set; }

    /// <summary>The attempts for which nothing was billed.</summary>
    public long Released { get; private set; }

    /// <summary>The attempts that are not settled yet.</summary>
    public long Open { get; private set; }

    public long InputTokens { get; private set; }

    public long CachedInputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public long Spent { get; private set; }

    /// <summary>The part of <see cref="Spent"/> that the provider did not confirm.</summary>
    public long Unconfirmed { get; private set; }

    /// <summary>The amount that open attempts have reserved.</summary>
    public long Held { get; private set; }

    /// <summary>The settled attempts without a known price. <see cref="Spent"/> does not include their cost.</summary>
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

    /// <summary>Returns the current charge. It is read from the lines, because adjustments and charges of expired leases are recorded only there.</summary>
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
