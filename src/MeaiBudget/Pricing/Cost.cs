namespace MeaiBudget;

/// <summary>An exact amount, and how it was determined. Immutable.</summary>
public readonly record struct Cost
{
    // Stored as bytes, because every attempt's receipt contains a cost.
    private readonly byte _kind;
    private readonly byte _match;
    private readonly ushort _flags;

    internal Cost(long nanoDollars, CostKind kind, PriceMatch match, CostFlags flags = CostFlags.None)
    {
        // A negative cost would raise a budget's remaining amount, so it is always a bug in this library.
        ArgumentOutOfRangeException.ThrowIfNegative(nanoDollars);
        NanoDollars = nanoDollars;
        _kind = (byte)kind;
        _match = (byte)match;
        _flags = (ushort)flags;
    }

    /// <summary>Adds another cost. The sum is estimated if one of both is, computed if they are known in different ways, and has the flags of both.</summary>
    internal Cost Plus(in Cost other)
    {
        if (other is { NanoDollars: 0, Kind: CostKind.Unknown })
        {
            return this;
        }

        if (this is { NanoDollars: 0, Kind: CostKind.Unknown })
        {
            return other;
        }

        CostKind kind = Kind == other.Kind ? Kind
            : Kind is CostKind.Estimated or CostKind.Unknown || other.Kind is CostKind.Estimated or CostKind.Unknown ? CostKind.Estimated
            : CostKind.Computed;
        return new Cost(SaturatingMath.Add(NanoDollars, other.NanoDollars), kind, Match, Flags | other.Flags);
    }

    /// <summary>Gets the amount in US dollars; never negative.</summary>
    public decimal Amount => Money.FromNanoDollars(NanoDollars);

    /// <summary>Gets the amount in nano-dollars (billionths of a US dollar), the unit of every ledger.</summary>
    public long NanoDollars { get; }

    /// <summary>Gets how the amount was determined.</summary>
    public CostKind Kind => (CostKind)_kind;

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch Match => (PriceMatch)_match;

    /// <summary>Gets which assumptions and corrections were necessary.</summary>
    public CostFlags Flags => (CostFlags)_flags;
}
