namespace MeaiBudget;

/// <summary>Prices in US dollars for one use of something other than a token: requests, searches, images, minutes. Immutable.</summary>
internal sealed class UseFees : IEquatable<UseFees>
{
    private const int First = (int)PriceComponent.Request;

    private readonly decimal?[] _fees;

    private UseFees(decimal?[] fees) => _fees = fees;

    /// <summary>Gets the table without any fee.</summary>
    public static UseFees None { get; } = new(Unstated());

    /// <summary>Returns an array for <see cref="Of"/>, with an element for each fee from <see cref="PriceComponent.Request"/> on, none of them stated.</summary>
    internal static decimal?[] Unstated() => new decimal?[(int)PriceComponent.Stated - First];

    /// <summary>Creates a table from its fees; the array must not be changed afterwards.</summary>
    internal static UseFees Of(decimal?[] fees) => new(fees);

    /// <summary>Gets a value indicating whether no use costs anything.</summary>
    public bool AreFree => Array.TrueForAll(_fees, fee => fee is null or 0m);

    /// <summary>Gets a value indicating whether images, audio, characters or pages have a price.</summary>
    public bool HasMediaPrice
    {
        get
        {
            for (PriceComponent component = PriceComponent.Image; component <= PriceComponent.Page; component++)
            {
                if (this[component] > 0m)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Gets the fee of a component; <see langword="null"/> if it is not stated.</summary>
    public decimal? this[PriceComponent component] => component is >= PriceComponent.Request and < PriceComponent.Stated ? _fees[(int)component - First] : null;

    /// <summary>Returns a table with some fees replaced; those that are <see langword="null"/> stay as they are.</summary>
    public UseFees With(params ReadOnlySpan<(PriceComponent Component, decimal? Fee)> changes)
    {
        decimal?[] fees = [.. _fees];
        foreach ((PriceComponent component, decimal? fee) in changes)
        {
            fees[(int)component - First] = fee ?? fees[(int)component - First];
        }

        return new UseFees(fees);
    }

    public bool Equals(UseFees? other) => other is not null && _fees.AsSpan().SequenceEqual(other._fees);

    public override bool Equals(object? obj) => Equals(obj as UseFees);

    public override int GetHashCode() => HashCode.Combine(this[PriceComponent.Request], this[PriceComponent.WebSearch]);
}
