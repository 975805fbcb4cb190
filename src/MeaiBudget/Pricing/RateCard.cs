namespace MeaiBudget;

/// <summary>The token prices of one service tier: base rates and long-context brackets. Immutable.</summary>
internal sealed class RateCard : IEquatable<RateCard>
{
    // Cheap tokens first. So the tokens above a marginal threshold are never billed too low, and one more cached token never costs more.
    private static readonly PriceComponent[] MarginalOrder =
    [
        PriceComponent.CachedInput, PriceComponent.Input, PriceComponent.InputImage, PriceComponent.CachedInputAudio, PriceComponent.InputAudio,
        PriceComponent.CacheWrite, PriceComponent.CacheWriteOneHour, PriceComponent.CacheWriteTwelveHours,
    ];

    internal RateCard(TokenRates rates, PriceBracket[] brackets, PriceBracketMode mode)
    {
        Rates = rates;
        Brackets = brackets;
        if (brackets.Length > 1)
        {
            Brackets = (PriceBracket[])brackets.Clone();
            Array.Sort(Brackets, static (one, other) => one.AboveInputTokens.CompareTo(other.AboveInputTokens));
        }

        Mode = mode;
    }

    internal TokenRates Rates { get; }

    internal PriceBracket[] Brackets { get; }

    internal PriceBracketMode Mode { get; }

    /// <summary>Computes the cost of quantities in attodollars, and adds a line for each part if there is a list.</summary>
    internal Int128 Total(in BilledQuantities quantities, ref CostFlags flags, List<(PriceComponent, long, Int128)>? lines = null)
    {
        TokenRates rates = Rates;
        Int128 total = 0;
        int outputFrom = 0;
        if (Brackets.Length > 0)
        {
            long inputTokens = quantities.InputTokens;
            if (Mode == PriceBracketMode.Marginal)
            {
                total = MarginalInput(quantities, inputTokens, ref flags, lines);
                outputFrom = (int)PriceComponent.Output;
            }
            else if (BracketOf(inputTokens) is { } bracket)
            {
                rates = bracket.Rates;
                flags |= CostFlags.LongContext | (bracket.IsAssumed ? CostFlags.AssumedServiceTierPrice : 0);
            }
        }

        for (int i = outputFrom; i < TokenRates.Count; i++)
        {
            long quantity = quantities[i];
            if (quantity == 0)
            {
                continue;
            }

            total += Bill((PriceComponent)i, quantity, rates, ref flags, lines);
        }

        return total;
    }

    /// <summary>Returns the maximum cost of so many input tokens in attodollars.</summary>
    internal Int128 WorstInput(long inputTokens)
    {
        if (Mode == PriceBracketMode.Marginal)
        {
            Int128 total = 0;
            long from = 0;
            TokenRates rates = Rates;
            foreach (PriceBracket bracket in Brackets)
            {
                long to = Math.Min(inputTokens, bracket.AboveInputTokens);
                total += (Int128)(to - from) * rates.WorstInput;
                (from, rates) = (to, bracket.Rates);
            }

            return total + ((Int128)(inputTokens - from) * rates.WorstInput);
        }

        // The estimate is an upper bound. The real input may stay below a threshold, so a cheaper bracket must not lower the result.
        long worst = Rates.WorstInput;
        foreach (PriceBracket bracket in Brackets)
        {
            if (inputTokens > bracket.AboveInputTokens)
            {
                worst = Math.Max(worst, bracket.Rates.WorstInput);
            }
        }

        return (Int128)inputTokens * worst;
    }

    /// <summary>Returns the maximum cost of one output token in attodollars, after so much input.</summary>
    internal long WorstOutput(long inputTokens)
    {
        long worst = Rates.WorstOutput;
        foreach (PriceBracket bracket in Brackets)
        {
            if (Mode == PriceBracketMode.WholeRequest && inputTokens > bracket.AboveInputTokens)
            {
                worst = Math.Max(worst, bracket.Rates.WorstOutput);
            }
        }

        return worst;
    }

    internal PriceBracket? BracketOf(long inputTokens)
    {
        PriceBracket? found = null;
        foreach (PriceBracket bracket in Brackets)
        {
            if (inputTokens > bracket.AboveInputTokens)
            {
                found = bracket;
            }
        }

        return found;
    }

    internal RateCard With(PriceBracket bracket, PriceBracketMode mode) =>
        new(Rates, [.. Brackets.Where(other => other.AboveInputTokens != bracket.AboveInputTokens), bracket], mode);

    internal RateCard Scaled(long numerator, long denominator) =>
        new(Rates.Scaled(numerator, denominator), [.. Brackets.Select(bracket => bracket with { Rates = bracket.Rates.Scaled(numerator, denominator) })], Mode);

    /// <summary>Multiplies the rates and brackets by a stated multiple, rounded half to even.</summary>
    internal RateCard Times(decimal multiple)
    {
        var brackets = new PriceBracket[Brackets.Length];
        for (int i = 0; i < brackets.Length; i++)
        {
            brackets[i] = Brackets[i] with { Rates = Brackets[i].Rates.Times(multiple) };
        }

        return new RateCard(Rates.Times(multiple), brackets, Mode);
    }

    /// <summary>Adds the standard tier's brackets if this tier has none, scaled by its ratio to the standard price, and marked as assumed.</summary>
    internal RateCard WithBracketsLike(RateCard standard)
    {
        if (Brackets.Length > 0 || standard.Brackets.Length == 0)
        {
            return this;
        }

        var brackets = new PriceBracket[standard.Brackets.Length];
        for (int i = 0; i < brackets.Length; i++)
        {
            PriceBracket bracket = standard.Brackets[i];
            brackets[i] = new PriceBracket(bracket.AboveInputTokens, bracket.Rates.ScaledLike(standard.Rates, Rates), IsAssumed: true);
        }

        return new RateCard(Rates, brackets, standard.Mode);
    }

    public bool Equals(RateCard? other) =>
        other is not null && Rates.Equals(other.Rates) && (Mode == other.Mode || Brackets.Length == 0) && Brackets.AsSpan().SequenceEqual(other.Brackets);

    public override bool Equals(object? obj) => Equals(obj as RateCard);

    public override int GetHashCode() => HashCode.Combine(Rates, Brackets.Length);

    private static Int128 Bill(PriceComponent component, long quantity, TokenRates rates, ref CostFlags flags, List<(PriceComponent, long, Int128)>? lines)
    {
        if (!rates.IsStated(component))
        {
            flags |= AssumptionOf(component, rates);
        }

        Int128 amount = Math.BigMul(quantity, rates[component]);
        lines?.Add((component, quantity, amount));
        return amount;
    }

    private static CostFlags AssumptionOf(PriceComponent component, TokenRates rates) => component switch
    {
        _ when rates.IsFree => CostFlags.None,
        PriceComponent.CachedInput or PriceComponent.CacheWrite or PriceComponent.CacheWriteOneHour or PriceComponent.CacheWriteTwelveHours => CostFlags.AssumedCachePrice,
        PriceComponent.CachedInputAudio => CostFlags.AssumedCachePrice | CostFlags.AssumedMediaPrice,
        PriceComponent.InputAudio or PriceComponent.InputImage or PriceComponent.OutputAudio or PriceComponent.OutputImage => CostFlags.AssumedMediaPrice,
        _ => CostFlags.None,
    };

    private Int128 MarginalInput(in BilledQuantities quantities, long inputTokens, ref CostFlags flags, List<(PriceComponent, long, Int128)>? lines)
    {
        if (BracketOf(inputTokens) is { } reached)
        {
            flags |= CostFlags.LongContext | (reached.IsAssumed ? CostFlags.AssumedServiceTierPrice : 0);
        }

        Int128 total = 0;
        long position = 0;
        foreach (PriceComponent component in MarginalOrder)
        {
            long end = position + quantities[(int)component];
            TokenRates rates = Rates;
            foreach (PriceBracket bracket in Brackets)
            {
                long part = Math.Min(end, bracket.AboveInputTokens) - position;
                if (part > 0)
                {
                    total += Bill(component, part, rates, ref flags, lines);
                    position += part;
                }

                rates = bracket.Rates;
            }

            if (end > position)
            {
                total += Bill(component, end - position, rates, ref flags, lines);
                position = end;
            }
        }

        return total;
    }
}
