namespace MeaiBudget;

/// <summary>What something cost, exactly, and how that is known.</summary>
public readonly record struct Cost
{
    internal Cost(long nanoDollars, CostKind kind, PriceMatch match)
    {
        NanoDollars = nanoDollars;
        Kind = kind;
        Match = match;
    }

    /// <summary>Gets the amount in US dollars; never negative.</summary>
    public decimal Amount => NanoDollars / 1_000_000_000m;

    /// <summary>Gets the amount in billionths of a US dollar, the unit of every ledger.</summary>
    public long NanoDollars { get; }

    /// <summary>Gets how the amount is known.</summary>
    public CostKind Kind { get; }

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch Match { get; }
}
