namespace MeaiBudget;

/// <summary>What a budget does with a model whose price is not known: refuse it, assume a price, or let it pass unpriced.</summary>
/// <remarks>Immutable and thread-safe. An unknown price is never taken for zero: what passes unpriced lowers the budget's coverage.</remarks>
public sealed class UnknownPriceBehavior : IEquatable<UnknownPriceBehavior>
{
    private readonly string _name;

    private UnknownPriceBehavior(string name, ModelPrice? assumed = null)
    {
        _name = name;
        AssumedPrice = assumed;
    }

    /// <summary>Gets the behavior that refuses the attempt: the default of a budget that enforces.</summary>
    public static UnknownPriceBehavior Deny { get; } = new(nameof(Deny));

    /// <summary>Gets the behavior that lets the attempt pass, records it as unpriced and shows it in the budget's coverage.</summary>
    public static UnknownPriceBehavior AllowUnpriced { get; } = new(nameof(AllowUnpriced));

    /// <summary>Gets the price that stands in for the unknown one; <see langword="null"/> unless made by <see cref="AssumePrice"/>.</summary>
    public ModelPrice? AssumedPrice { get; }

    /// <summary>Makes the behavior that reckons with a price of your own, best the dearest that could apply.</summary>
    /// <param name="price">The price that stands in for every unknown one.</param>
    /// <returns>The behavior.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="price"/> is <see langword="null"/>.</exception>
    public static UnknownPriceBehavior AssumePrice(ModelPrice price)
    {
        ArgumentNullException.ThrowIfNull(price);
        return new UnknownPriceBehavior(nameof(AssumePrice), price);
    }

    /// <inheritdoc/>
    public bool Equals(UnknownPriceBehavior? other) =>
        other is not null && _name == other._name && Equals(AssumedPrice, other.AssumedPrice);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UnknownPriceBehavior);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_name, AssumedPrice);

    /// <inheritdoc/>
    public override string ToString() => _name;
}
