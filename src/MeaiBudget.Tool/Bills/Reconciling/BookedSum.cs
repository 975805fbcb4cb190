namespace MeaiBudget.Tool;

/// <summary>What a ledger has of one day, model and tier.</summary>
internal sealed class BookedSum
{
    private readonly long[] _tokens = new long[(int)BilledKind.Other + 1];

    /// <summary>Gets the attempts that were charged.</summary>
    public long Attempts { get; private set; }

    /// <summary>Gets the attempts that failed or were abandoned, and cost nothing in the ledger.</summary>
    public long Failed { get; private set; }

    /// <summary>Gets the attempts that are not settled yet.</summary>
    public long Open { get; private set; }

    /// <summary>Gets the attempts whose charge no provider confirmed.</summary>
    public long UnconfirmedAttempts { get; private set; }

    /// <summary>Gets the attempts whose tokens were estimated.</summary>
    public long Estimated { get; private set; }

    /// <summary>Gets the attempts without a known price.</summary>
    public long Unpriced { get; private set; }

    /// <summary>Gets what was charged, in US dollars.</summary>
    public decimal Spent { get; private set; }

    /// <summary>Gets the part that no provider confirmed, in US dollars.</summary>
    public decimal Unconfirmed { get; private set; }

    public long this[BilledKind kind] => _tokens[(int)kind];

    public void Add(BookedAttempt attempt, decimal withoutFees)
    {
        SpendRecord record = attempt.Record;
        if (record.State is "released" or "refused")
        {
            Failed += record.State == "released" ? 1 : 0;
            return;
        }

        if (record.State == "open")
        {
            Open++;
            return;
        }

        Attempts++;
        Spent += withoutFees;
        Estimated += record.CostKind == CostKind.Estimated ? 1 : 0;
        Unpriced += record.Unpriced;
        if (attempt.IsUnconfirmed)
        {
            UnconfirmedAttempts++;
            Unconfirmed += withoutFees;
        }

        BillableUsage usage = record.Usage;
        long written = usage.CacheWriteTokens + usage.CacheWriteOneHourTokens + usage.CacheWriteTwelveHoursTokens;
        _tokens[(int)BilledKind.Input] += Math.Max(0, usage.InputTokens - usage.CachedInputTokens - written);
        _tokens[(int)BilledKind.CachedInput] += usage.CachedInputTokens;
        _tokens[(int)BilledKind.CacheWrite] += written;
        _tokens[(int)BilledKind.Output] += usage.OutputTokens;
    }

    /// <summary>Adds the fee of a tool, which the bill has on a line of its own.</summary>
    public void AddFee(decimal fee, long uses)
    {
        Spent += fee;
        Attempts += uses;
    }
}
