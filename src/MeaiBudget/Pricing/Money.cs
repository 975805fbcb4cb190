namespace MeaiBudget;

/// <summary>Exact amounts of money: prices in whole attodollars (10^-18 US dollars), ledgers in whole nano-dollars (10^-9), public members in decimals.</summary>
/// <remarks>
/// Prices of up to 9.2 dollars per token fit into a <see cref="long"/> of attodollars. Sums of products are <see cref="Int128"/>, so only
/// the result is rounded.
/// </remarks>
internal static class Money
{
    internal const long AttodollarsPerNanoDollar = 1_000_000_000;

    private const decimal NanoDollarsPerDollar = 1_000_000_000m;
    private const decimal AttodollarsPerDollar = 1_000_000_000_000_000_000m;

    internal static decimal FromNanoDollars(long nanoDollars) => nanoDollars / NanoDollarsPerDollar;

    /// <summary>Converts dollars to nano-dollars, rounded half to even; larger amounts become the largest amount.</summary>
    internal static long ToNanoDollars(decimal dollars)
    {
        decimal limit = long.MaxValue / NanoDollarsPerDollar;
        return dollars >= limit ? long.MaxValue : (long)Math.Round(dollars * NanoDollarsPerDollar, MidpointRounding.ToEven);
    }

    /// <summary>Converts dollars to attodollars; more than 18 decimals are rounded half to even.</summary>
    internal static Int128 ToAttodollars(decimal dollars)
    {
        decimal whole = decimal.Truncate(dollars);
        decimal fraction = Math.Round((dollars - whole) * AttodollarsPerDollar, MidpointRounding.ToEven);
        return ((Int128)whole * 1_000_000_000_000_000_000) + (Int128)fraction;
    }

    internal static decimal FromAttodollars(Int128 attodollars)
    {
        (Int128 whole, Int128 fraction) = Int128.DivRem(attodollars, 1_000_000_000_000_000_000);
        return (decimal)whole + ((decimal)fraction / AttodollarsPerDollar);
    }

    /// <summary>Converts a non-negative sum to nano-dollars, rounded half to even.</summary>
    internal static long RoundHalfEven(Int128 attodollars)
    {
        (Int128 quotient, long rest) = Divide(attodollars);
        const long Half = AttodollarsPerNanoDollar / 2;
        if (rest > Half || (rest == Half && !Int128.IsEvenInteger(quotient)))
        {
            quotient++;
        }

        return Saturate(quotient);
    }

    /// <summary>Converts a non-negative sum to nano-dollars, rounded up.</summary>
    internal static long RoundUp(Int128 attodollars)
    {
        (Int128 quotient, long rest) = Divide(attodollars);
        return Saturate(rest == 0 ? quotient : quotient + 1);
    }

    private static (Int128 Quotient, long Remainder) Divide(Int128 attodollars)
    {
        if (attodollars <= long.MaxValue)
        {
            (long quotient, long rest) = Math.DivRem((long)attodollars, AttodollarsPerNanoDollar);
            return (quotient, rest);
        }

        (Int128 large, Int128 remainder) = Int128.DivRem(attodollars, AttodollarsPerNanoDollar);
        return (large, (long)remainder);
    }

    private static long Saturate(Int128 nanoDollars) => nanoDollars > long.MaxValue ? long.MaxValue : (long)nanoDollars;
}
