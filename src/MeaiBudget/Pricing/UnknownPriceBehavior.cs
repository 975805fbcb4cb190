namespace MeaiBudget;

/// <summary>What a budget does if the price of a model is unknown: refuse the attempt, assume a price, or allow the attempt without a price.</summary>
/// <remarks>Immutable and thread-safe. An unknown price is never treated as zero: an unpriced attempt lowers the budget's coverage.</remarks>
public sealed class UnknownPriceBehavior : IEquatable<UnknownPriceBehavior>
{
    private readonly string _name;

    private UnknownPriceBehavior(string name, ModelPrice? assumed = null)
    {
        _name = name;
        AssumedPrice = assumed;
    }

    /// <summary>Gets the behavior that refuses the attempt. It is the default of enforcing budgets.</summary>
    public static UnknownPriceBehavior Deny { get; } = new(nameof(Deny));

    /// <summary>Gets the behavior that allows the attempt, records it as unpriced and includes it in the budget's coverage.</summary>
    public static UnknownPriceBehavior AllowUnpriced { get; } = new(nameof(AllowUnpriced));

    /// <summary>Gets the assumed price; <see langword="null"/> unless created by <see cref="AssumePrice"/>.</summary>
    public ModelPrice? AssumedPrice { get; }

    /// <summary>Creates the behavior that uses the given price, ideally the highest that could apply.</summary>
    /// <param name="price">The price of all models with an unknown price.</param>
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
