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

    /// <summary>
    /// Gets the UTC time of day from which the price applies each day; <see langword="null"/> for the whole day. If
    /// <see cref="DailyTo"/> is earlier, the period spans midnight.
    /// </summary>
    public TimeOnly? DailyFrom { get; init; }

    /// <summary>Gets the UTC time of day until which the price applies each day; <see langword="null"/> for the whole day.</summary>
    public TimeOnly? DailyTo { get; init; }

    /// <summary>Gets the source of the price; <see langword="null"/> if the application set it.</summary>
    public PriceSource? Source { get; init; }

    internal bool Holds(DateTimeOffset at)
    {
        if (From > at)
        {
            return false;
        }

        return DailyFrom is not { } from || DailyTo is not { } to || TimeOnly.FromTimeSpan(at.UtcDateTime.TimeOfDay).IsBetween(from, to);
    }
}
