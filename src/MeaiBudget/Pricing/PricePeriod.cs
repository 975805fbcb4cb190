namespace MeaiBudget;

/// <summary>A price of a model, with the time and region in which it applies. Immutable.</summary>
internal sealed record PricePeriod
{
    /// <summary>Creates a period.</summary>
    /// <param name="price">The price.</param>
    public PricePeriod(ModelPrice price)
    {
        ArgumentNullException.ThrowIfNull(price);
        Price = price;
    }

    /// <summary>Gets the price.</summary>
    public ModelPrice Price { get; init; }

    /// <summary>Gets the time from which the price applies, until a later period of the same region begins; <see langword="null"/> for no start.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Gets the region, for example <c>us</c>, <c>eu</c>, <c>global</c>; <see langword="null"/> for every region without its own price.</summary>
    public string? Region { get; init; }

    /// <summary>Gets the time at which the price ends, exclusive; <see langword="null"/> for no end. After it, an earlier period applies again if it has not ended.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Gets the hours of the day in which the price applies; <see langword="null"/> for the whole day.</summary>
    public DailyWindow? Daily { get; init; }

    /// <summary>Gets the source of the price; <see langword="null"/> if the application set it.</summary>
    public PriceSource? Source { get; init; }

    internal bool Holds(DateTimeOffset at) => !(From > at) && !(Until <= at) && Daily?.Holds(at) != false;
}
