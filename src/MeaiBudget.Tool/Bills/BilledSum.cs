namespace MeaiBudget.Tool;

/// <summary>A sum of lines of bills, or of attempts of a ledger.</summary>
internal sealed class BilledSum
{
    private readonly long[] _counted = new long[(int)BilledKind.Other + 1];
    private readonly long[] _charged = new long[(int)BilledKind.Other + 1];

    /// <summary>Gets the amount in US dollars; null if no line has one.</summary>
    public decimal? Amount { get; private set; }

    /// <summary>Gets what the discounts make of the list price: the list amount less the billed one.</summary>
    public decimal Discount { get; private set; }

    /// <summary>Gets the requests that a bill counts; null if it does not.</summary>
    public long? Requests { get; private set; }

    /// <summary>Gets a value indicating whether a line states tokens.</summary>
    public bool HasTokens { get; private set; }

    /// <summary>Gets the tokens of a kind. Where one file counts tokens and another charges them, those of the count.</summary>
    public long this[BilledKind kind] => (HasCount ? _counted : _charged)[(int)kind];

    private bool HasCount { get; set; }

    public void Add(BilledLine line, decimal? amount, decimal? list)
    {
        foreach ((BilledKind kind, long quantity) in line.Quantities)
        {
            (amount is null ? _counted : _charged)[(int)kind] += quantity;
            HasTokens = true;
            HasCount |= amount is null;
        }

        Amount = amount is null ? Amount : (Amount ?? 0m) + amount;
        Discount += list is { } full && amount is { } net ? full - net : 0m;
        Requests = line.Requests is null ? Requests : (Requests ?? 0) + line.Requests;
    }

    public void Add(BilledSum other)
    {
        for (int i = 0; i < _counted.Length; i++)
        {
            _counted[i] += other._counted[i];
            _charged[i] += other._charged[i];
        }

        HasTokens |= other.HasTokens;
        HasCount |= other.HasCount;
        Amount = other.Amount is null ? Amount : (Amount ?? 0m) + other.Amount;
        Discount += other.Discount;
        Requests = other.Requests is null ? Requests : (Requests ?? 0) + other.Requests;
    }
}
