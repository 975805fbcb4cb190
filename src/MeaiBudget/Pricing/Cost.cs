namespace MeaiBudget;

/// <summary>An exact amount, and how it was determined. Immutable.</summary>
public readonly record struct Cost
{
    // Stored as bytes, because every attempt's receipt contains a cost.
    private readonly byte _kind;
    private readonly byte _match;
    private readonly ushort _flags;
    private readonly PriceEntry? _entry;

    internal Cost(long nanoDollars, CostKind kind, PriceMatch match, CostFlags flags = CostFlags.None)
        : this(nanoDollars, kind, match, flags, null)
    {
    }

    private Cost(long nanoDollars, CostKind kind, PriceMatch match, CostFlags flags, PriceEntry? entry)
    {
        // A negative cost would raise a budget's remaining amount, so it is always a bug in this library.
        ArgumentOutOfRangeException.ThrowIfNegative(nanoDollars);
        NanoDollars = nanoDollars;
        _kind = (byte)kind;
        _match = (byte)match;
        _flags = (ushort)flags;
        _entry = entry;
    }

    /// <summary>Returns the same cost with the catalog's entry from which it was computed, and further flags.</summary>
    internal Cost From(PriceEntry? entry, CostFlags flags = CostFlags.None) => new(NanoDollars, Kind, Match, Flags | flags, entry ?? _entry);

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
        return new Cost(SaturatingMath.Add(NanoDollars, other.NanoDollars), kind, Match, Flags | other.Flags, _entry ?? other._entry);
    }

    /// <summary>Gets the amount in US dollars; never negative.</summary>
    public decimal Amount => Money.FromNanoDollars(NanoDollars);

    /// <summary>Gets the amount in nano-dollars (billionths of a US dollar), the unit of every ledger.</summary>
    public long NanoDollars { get; }

    /// <summary>Gets how the amount was determined.</summary>
    public CostKind Kind => (CostKind)_kind;

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch Match => (PriceMatch)_match;

    /// <summary>
    /// Gets the entry of the price catalog from which the amount was computed, to compare services with different catalogs: a digest of the
    /// catalog, the provider and model, and the start and region of the price if it has them. <see langword="null"/> if no catalog had a price.
    /// </summary>
    /// <value>For example <c>3f1c08a2b5d96e47:openai/gpt-4o</c>. Not part of equality.</value>
    public string? PriceId => _entry?.ToString();

    /// <inheritdoc/>
    public bool Equals(Cost other) => (NanoDollars, _kind, _match, _flags) == (other.NanoDollars, other._kind, other._match, other._flags);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(NanoDollars, _kind, _match, _flags);

    /// <summary>Gets which assumptions and corrections were necessary.</summary>
    public CostFlags Flags => (CostFlags)_flags;
}
