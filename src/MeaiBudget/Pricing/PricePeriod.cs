namespace MeaiBudget;

/// <summary>A price of a model with the time and the region in which it holds.</summary>
internal sealed record PricePeriod
{
    /// <summary>Makes a period.</summary>
    /// <param name="price">The price.</param>
    public PricePeriod(ModelPrice price)
    {
        ArgumentNullException.ThrowIfNull(price);
        Price = price;
    }

    /// <summary>Gets the price.</summary>
    public ModelPrice Price { get; init; }

    /// <summary>Gets the first moment at which the price holds; <see langword="null"/> for ever before. It holds until a later period of the same region begins.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Gets the region, for example <c>us</c>, <c>eu</c>, <c>global</c>; <see langword="null"/> for every region without a price of its own.</summary>
    public string? Region { get; init; }

    /// <summary>Gets the time of day, UTC, at which the price begins to hold each day; <see langword="null"/> for the whole day. The end may be before the beginning: then the window spans midnight.</summary>
    public TimeOnly? DailyFrom { get; init; }

    /// <summary>Gets the time of day, UTC, at which the price ceases to hold each day.</summary>
    public TimeOnly? DailyTo { get; init; }

    /// <summary>Gets where the price comes from; <see langword="null"/> for the application itself.</summary>
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
