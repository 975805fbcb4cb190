namespace MeaiBudget;

/// <summary>What something cost, exactly, and how that is known.</summary>
public readonly record struct Cost
{
    internal Cost(long nanoDollars, CostKind kind, PriceMatch match, CostFlags flags = CostFlags.None)
    {
        // A cost below zero would fill a budget up: it is a fault of ours, never a value.
        ArgumentOutOfRangeException.ThrowIfNegative(nanoDollars);
        NanoDollars = nanoDollars;
        Kind = kind;
        Match = match;
        Flags = flags;
    }

    /// <summary>Gets the amount in US dollars; never negative.</summary>
    public decimal Amount => Money.FromNanoDollars(NanoDollars);

    /// <summary>Gets the amount in billionths of a US dollar, the unit of every ledger.</summary>
    public long NanoDollars { get; }

    /// <summary>Gets how the amount is known.</summary>
    public CostKind Kind { get; }

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch Match { get; }

    /// <summary>Gets what had to be assumed or put right.</summary>
    public CostFlags Flags { get; }
}
