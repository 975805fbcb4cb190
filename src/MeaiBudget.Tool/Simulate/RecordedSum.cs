namespace MeaiBudget.Tool;

/// <summary>The number and the charge, in nano-dollars, of the attempts that a simulation replays.</summary>
internal sealed class RecordedSum
{
    public long Attempts { get; private set; }

    public long Spent { get; private set; }

    public void Add(SqliteSpendRecord record)
    {
        Attempts++;
        if (record.State is not (SqliteReservationState.Open or SqliteReservationState.Released))
        {
            Spent += SpentOf(record);
        }
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
