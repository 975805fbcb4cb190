namespace MeaiBudget;

/// <summary>What something cost, exactly, and how that is known.</summary>
public readonly record struct Cost
{
    // Packed: every attempt's receipt holds one.
    private readonly byte _kind;
    private readonly byte _match;
    private readonly ushort _flags;

    internal Cost(long nanoDollars, CostKind kind, PriceMatch match, CostFlags flags = CostFlags.None)
    {
        // A cost below zero would fill a budget up: it is a fault of ours, never a value.
        ArgumentOutOfRangeException.ThrowIfNegative(nanoDollars);
        NanoDollars = nanoDollars;
        _kind = (byte)kind;
        _match = (byte)match;
        _flags = (ushort)flags;
    }

    /// <summary>Adds another cost; how it is known and what had to be assumed is the weaker of both.</summary>
    internal Cost Plus(in Cost other) => NanoDollars == 0 && Kind == CostKind.Unknown ? other
        : other is { NanoDollars: 0, Kind: CostKind.Unknown } ? this
        : new Cost(SaturatingMath.Add(NanoDollars, other.NanoDollars), other.Kind == CostKind.Estimated ? other.Kind : Kind, Match, Flags | other.Flags);

    /// <summary>Gets the amount in US dollars; never negative.</summary>
    public decimal Amount => Money.FromNanoDollars(NanoDollars);

    /// <summary>Gets the amount in billionths of a US dollar, the unit of every ledger.</summary>
    public long NanoDollars { get; }

    /// <summary>Gets how the amount is known.</summary>
    public CostKind Kind => (CostKind)_kind;

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch Match => (PriceMatch)_match;

    /// <summary>Gets what had to be assumed or put right.</summary>
    public CostFlags Flags => (CostFlags)_flags;
}
