using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Prices of all kinds of tokens in attodollars per token. Prices that are not stated are filled in, so that no tokens are free by mistake.</summary>
internal sealed class TokenRates : IEquatable<TokenRates>
{
    internal const int Count = (int)PriceComponent.OutputImage + 1;

    /// <summary>A price of more than one dollar per token is most likely in another unit.</summary>
    internal const decimal LargestPerMillion = 1_000_000m;

    // One dollar per million tokens in attodollars per token.
    private const decimal AttodollarsPerRate = 1_000_000_000_000m;

    private readonly long[] _rates;
    private readonly int _stated;

    // The rates that are stated, and a bit for each of them. These are no spans of nullable numbers, whose code is never precompiled.
    private TokenRates(long[] rates, int stated)
    {
        _rates = rates;
        _stated = stated;
        Assume(PriceComponent.CachedInput, this[PriceComponent.Input]);
        Assume(PriceComponent.CacheWrite, this[PriceComponent.Input]);
        Assume(PriceComponent.CacheWriteOneHour, Math.Max(this[PriceComponent.CacheWrite], this[PriceComponent.Input] * 2));
        Assume(
            PriceComponent.CacheWriteTwelveHours,
            Math.Max(this[PriceComponent.CacheWriteOneHour], TwoAndAHalfTimes(this[PriceComponent.Input])));
        Assume(PriceComponent.InputAudio, this[PriceComponent.Input]);
        Assume(PriceComponent.CachedInputAudio, this[PriceComponent.CachedInput]);
        Assume(PriceComponent.InputImage, this[PriceComponent.Input]);
        Assume(PriceComponent.Reasoning, this[PriceComponent.Output]);
        Assume(PriceComponent.OutputAudio, this[PriceComponent.Output]);
        Assume(PriceComponent.OutputImage, this[PriceComponent.Output]);

        // Filled-in prices are for settling reported usage. Reservations only use stated prices.
        WorstInput = WorstStated(PriceComponent.Input, PriceComponent.InputImage);
        WorstOutput = WorstStated(PriceComponent.Output, PriceComponent.OutputImage);
    }

    /// <summary>The highest price of an input token.</summary>
    internal long WorstInput { get; }

    /// <summary>The highest price of an output token.</summary>
    internal long WorstOutput { get; }

    internal bool IsFree => WorstInput == 0 && WorstOutput == 0;

    internal long this[PriceComponent component]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _rates[(int)component];
    }

    /// <summary>Creates rates from US dollars per million tokens, by component. Input and output must be stated.</summary>
    internal static TokenRates FromDollarsPerMillion(decimal?[] prices)
    {
        long[] rates = new long[Count];
        int stated = 0;
        for (int i = 0; i < Count; i++)
        {
            if (prices[i] is { } price)
            {
                rates[i] = ToRate(price, (PriceComponent)i);
                stated |= 1 << i;
            }
        }

        return new TokenRates(rates, stated);
    }

    internal bool IsStated(PriceComponent component) => (_stated & (1 << (int)component)) != 0;

    internal decimal PerMillion(PriceComponent component) => this[component] / AttodollarsPerRate;

    /// <summary>Multiplies the stated rates, rounded half to even.</summary>
    internal TokenRates Times(decimal multiple)
    {
        decimal?[] prices = new decimal?[Count];
        for (int i = 0; i < Count; i++)
        {
            prices[i] = IsStated((PriceComponent)i) ? PerMillion((PriceComponent)i) * multiple : null;
        }

        return FromDollarsPerMillion(prices);
    }

    /// <summary>Multiplies the rates by a fraction, rounded up.</summary>
    internal TokenRates Scaled(long numerator, long denominator)
    {
        long[] rates = new long[Count];
        for (int i = 0; i < Count; i++)
        {
            rates[i] = IsStated((PriceComponent)i) ? ScaleUp(_rates[i], numerator, denominator) : 0;
        }

        return new TokenRates(rates, _stated);
    }

    /// <summary>
    /// Scales the rates by the ratio of a tier to the standard tier. Without a ratio (a standard rate of zero) the higher rate of this
    /// bracket and of the tier is used, so that a dearer tier is not billed at the standard tier's bracket.
    /// </summary>
    internal TokenRates ScaledLike(TokenRates standard, TokenRates tier)
    {
        (long tierWorst, long standardWorst) = WorstRatio(standard, tier);
        long[] rates = new long[Count];
        for (int i = 0; i < Count; i++)
        {
            var component = (PriceComponent)i;
            if (!IsStated(component))
            {
                continue;
            }

            rates[i] = standard[component] == 0
                ? Math.Max(tier[component], ScaleUp(_rates[i], tierWorst, standardWorst))
                : ScaleUp(_rates[i], tier[component], standard[component]);
        }

        return new TokenRates(rates, _stated);
    }

    public bool Equals(TokenRates? other) => other is not null && _stated == other._stated && _rates.AsSpan().SequenceEqual(other._rates);

    public override bool Equals(object? obj) => Equals(obj as TokenRates);

    public override int GetHashCode() => HashCode.Combine(_stated, this[PriceComponent.Input], this[PriceComponent.Output]);

    private static long ToRate(decimal perMillion, PriceComponent component) =>
        perMillion is >= 0m and <= LargestPerMillion ? (long)Math.Round(perMillion * AttodollarsPerRate, MidpointRounding.ToEven) : throw OutOfRange(perMillion, component.ToString());

    private static ArgumentOutOfRangeException OutOfRange(decimal perMillion, string name) => perMillion < 0m
        ? new(name, perMillion, $"{name} ('{perMillion}') must be a non-negative value.")
        : new(
            name,
            perMillion,
            $"The price is {perMillion / LargestPerMillion:0.######} US dollars for one token, more than the maximum of 1 dollar. Check its unit: PerMillionTokens takes US dollars per million tokens, PerThousandTokens US dollars per thousand tokens.");

    // A rate is at most 10^18, so that this does not overflow.
    private static long TwoAndAHalfTimes(long rate) => (rate * 2) + (rate / 2) + (rate & 1);

    private static long ScaleUp(long rate, long numerator, long denominator)
    {
        UInt128 scaled = (((UInt128)rate * (UInt128)numerator) + (UInt128)denominator - 1) / (UInt128)denominator;
        return scaled > long.MaxValue / 4 ? long.MaxValue / 4 : (long)scaled;
    }

    /// <summary>Returns the highest ratio of a tier's rates to the standard ones, at least one.</summary>
    private static (long Tier, long Standard) WorstRatio(TokenRates standard, TokenRates tier)
    {
        (long Tier, long Standard) worst = (1, 1);
        for (int i = 0; i < Count; i++)
        {
            var component = (PriceComponent)i;
            if (standard[component] > 0 && (Int128)tier[component] * worst.Standard > (Int128)standard[component] * worst.Tier)
            {
                worst = (tier[component], standard[component]);
            }
        }

        return worst;
    }

    private void Assume(PriceComponent component, long rate)
    {
        if (!IsStated(component))
        {
            _rates[(int)component] = rate;
        }
    }

    private long WorstStated(PriceComponent first, PriceComponent last)
    {
        long worst = 0;
        for (PriceComponent component = first; component <= last; component++)
        {
            if (IsStated(component))
            {
                worst = Math.Max(worst, this[component]);
            }
        }

        return worst;
    }
}
