using System.Text;

namespace MeaiBudget;

/// <content>Computes costs.</content>
public sealed partial record ModelPrice
{
    // A stated cost below a hundredth of the computed one, or above a thousand times of it and above ten dollars, is a mistake.
    private const long LeastStatedPart = 100;
    private const long MostStatedTimes = 1000;
    private const long LargestUncheckedCost = 10_000_000_000;

    /// <summary>Computes what a usage costs; settling rounds half to even, once.</summary>
    /// <remarks>
    /// A cost that the provider stated wins, unless it cannot be right: zero or less than a hundredth of the computed amount, since
    /// proxies say so of models that they do not know, or more than a thousand times of it and more than ten US dollars.
    /// </remarks>
    /// <param name="usage">The usage.</param>
    /// <param name="match">How the price was found; stored in the cost.</param>
    /// <returns>The cost, never negative.</returns>
    public Cost CostOf(in BillableUsage usage, PriceMatch match = PriceMatch.Override) => Reckon(usage, match, null);

    /// <summary>Computes the cost of a usage, line by line.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="match">How the price was found; stored in the cost.</param>
    /// <returns>The same cost as <see cref="CostOf"/>, and the lines that add up to it.</returns>
    internal CostBreakdown Explain(in BillableUsage usage, PriceMatch match = PriceMatch.Override)
    {
        List<(PriceComponent Component, long Quantity, Int128 Attodollars)> parts = [];
        Cost cost = Reckon(usage, match, parts);
        var lines = new List<CostLine>(parts.Count);
        if (cost.Kind == CostKind.ProviderStated)
        {
            lines.Add(new CostLine(PriceComponent.Stated, 1, usage.ProviderStatedCost!.Value, cost.Amount));
            return new CostBreakdown(cost, lines);
        }

        // Each line is the increase of the rounded running sum, so that the lines add up to the total, which is rounded once.
        Int128 sum = 0;
        long rounded = 0;
        foreach ((PriceComponent component, long quantity, Int128 attodollars) in parts)
        {
            sum += attodollars;
            long next = Money.RoundHalfEven(sum);
            lines.Add(new CostLine(component, quantity, Money.FromAttodollars(attodollars / quantity), Money.FromNanoDollars(next - rounded)));
            rounded = next;
        }

        return new CostBreakdown(cost, lines);
    }

    /// <summary>
    /// Returns the maximum cost of so many tokens in nano-dollars, rounded up, for the most expensive way to bill the input (bracket, cache
    /// write, media).
    /// </summary>
    internal long WorstCaseNanoDollars(long inputTokens, long outputTokens, string? serviceTier = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(outputTokens);
        CostFlags flags = CostFlags.None;
        RateCard card = CardOf(serviceTier, ref flags);
        long worst = Money.RoundUp(WorstInput(card, inputTokens) + ((Int128)outputTokens * card.WorstOutput(inputTokens)));
        foreach (ModelPrice alternative in _alternatives)
        {
            worst = Math.Max(worst, alternative.WorstCaseNanoDollars(inputTokens, outputTokens, serviceTier));
        }

        return worst;
    }

    /// <summary>Returns the maximum number of output tokens whose cost fits into an amount, after the input; -1 if the input alone does not fit.</summary>
    internal long PayableOutputTokens(long nanoDollars, long inputTokens, string? serviceTier = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputTokens);
        CostFlags flags = CostFlags.None;
        RateCard card = CardOf(serviceTier, ref flags);
        Int128 left = ((Int128)nanoDollars * Money.AttodollarsPerNanoDollar) - WorstInput(card, inputTokens);
        if (left < 0)
        {
            return -1;
        }

        long worst = card.WorstOutput(inputTokens);
        Int128 tokens = worst == 0 ? long.MaxValue : left / worst;
        long payable = tokens > long.MaxValue ? long.MaxValue : (long)tokens;
        foreach (ModelPrice alternative in _alternatives)
        {
            payable = Math.Min(payable, alternative.PayableOutputTokens(nanoDollars, inputTokens, serviceTier));
        }

        return payable;
    }

    private Int128 RequestFee => new(_requestFeeUpper, _requestFeeLower);

    private static void Split(decimal fee, out ulong upper, out ulong lower)
    {
        Int128 attodollars = Money.ToAttodollars(fee);
        upper = (ulong)(attodollars >> 64);
        lower = (ulong)attodollars;
    }

    private Int128 WorstInput(RateCard card, long inputTokens) => card.WorstInput(inputTokens) + RequestFee;

    private Cost Reckon(in BillableUsage usage, PriceMatch match, List<(PriceComponent, long, Int128)>? lines)
    {
        CostFlags flags = (usage.IsCacheWriteDurationAssumed && usage.CacheWriteTokens > 0 ? CostFlags.AssumedCacheWriteDuration : CostFlags.None)
            | (usage.IsInconsistent ? CostFlags.InconsistentUsage : CostFlags.None)
            | (usage.HasUnknownFee ? CostFlags.MissingFee : CostFlags.None);

        RateCard card = CardOf(usage.ServiceTier, ref flags);
        var quantities = BilledQuantities.Split(usage, ref flags);
        Int128 total = card.Total(quantities, ref flags, lines);
        if ((_requestFeeUpper | _requestFeeLower) != 0 || usage.HasUses)
        {
            total += Fees(usage, ref flags, lines);
        }

        if (usage.InputTokens <= 0 && usage.OutputTokens <= 0 && total == 0 && !IsFree)
        {
            flags |= CostFlags.NoUsage;
        }

        if (total == 0 && IsPricedByUseOnly)
        {
            // The price is for images, minutes, characters or pages, and the usage does not say how many there were.
            flags |= CostFlags.MissingFee;
        }

        if (usage.ProviderStatedCost is { } stated)
        {
            if (stated >= 0m && IsPlausible(Money.ToNanoDollars(stated), Money.RoundHalfEven(total)))
            {
                return Stated(stated, match, usage.IsInconsistent ? CostFlags.InconsistentUsage : CostFlags.None);
            }

            flags |= CostFlags.StatedCostIgnored;
        }

        return Of(Money.RoundHalfEven(total), usage.IsEstimated ? CostKind.Estimated : CostKind.Computed, match, flags);
    }

    internal static Cost Stated(decimal dollars, PriceMatch match, CostFlags flags = CostFlags.None) =>
        Of(Money.ToNanoDollars(dollars), CostKind.ProviderStated, match, flags);

    /// <summary>No discount takes 99 percent, and no fee makes a cheap request cost a thousand times as much.</summary>
    private static bool IsPlausible(long stated, long computed) => computed == 0
        || (stated >= computed / LeastStatedPart && stated > 0 && (stated <= LargestUncheckedCost || stated / MostStatedTimes <= computed));

    private static Cost Of(long nanoDollars, CostKind kind, PriceMatch match, CostFlags flags) =>
        new(nanoDollars, kind, match, nanoDollars == long.MaxValue ? flags | CostFlags.Saturated : flags);

    private Int128 Fees(in BillableUsage usage, ref CostFlags flags, List<(PriceComponent, long, Int128)>? lines)
    {
        Int128 total = Fee(PriceComponent.Request, 1, ref flags, lines)
            + Fee(PriceComponent.FileSearch, usage.FileSearches, ref flags, lines)
            + Fee(PriceComponent.CodeExecutionSession, usage.CodeExecutionSessions, ref flags, lines)
            + Fee(PriceComponent.Image, usage.Images, ref flags, lines)
            + Fee(PriceComponent.Page, usage.Pages, ref flags, lines)
            + Part(PriceComponent.AudioMinute, usage.AudioMilliseconds, 60_000, ref flags, lines)
            + Part(PriceComponent.MillionCharacters, usage.Characters, 1_000_000, ref flags, lines);
        if (_fees[PriceComponent.WebSearchRequest] is null || usage.WebSearches <= 0)
        {
            return total + Fee(PriceComponent.WebSearch, usage.WebSearches, ref flags, lines);
        }

        total += Fee(PriceComponent.WebSearchRequest, 1, ref flags, lines);
        return _fees[PriceComponent.WebSearch] is null ? total : total + Fee(PriceComponent.WebSearch, usage.WebSearches, ref flags, lines);
    }

    /// <summary>Bills a quantity that has a price for many of it, such as milliseconds of a minute.</summary>
    private Int128 Part(PriceComponent component, long quantity, long unit, ref CostFlags flags, List<(PriceComponent, long, Int128)>? lines)
    {
        if (quantity <= 0)
        {
            flags |= quantity == 0 ? CostFlags.None : CostFlags.InconsistentUsage;
            return 0;
        }

        if (_fees[component] is not { } price)
        {
            // Most models bill audio and text by tokens, which their usage has beside the length.
            return 0;
        }

        Int128 amount = Money.ToAttodollars(price) * quantity / unit;
        lines?.Add((component, quantity, amount));
        return amount;
    }

    private Int128 Fee(PriceComponent component, long uses, ref CostFlags flags, List<(PriceComponent, long, Int128)>? lines)
    {
        if (uses is <= 0 or > int.MaxValue)
        {
            flags |= uses == 0 ? CostFlags.None : CostFlags.InconsistentUsage;
            uses = uses <= 0 ? 0 : int.MaxValue;
        }

        if (uses == 0)
        {
            return 0;
        }

        if (_fees[component] is not { } fee)
        {
            flags |= component is PriceComponent.Request or PriceComponent.Image or PriceComponent.Page ? CostFlags.None : CostFlags.MissingFee;
            return 0;
        }

        Int128 amount = Money.ToAttodollars(fee) * uses;
        if (amount > 0)
        {
            lines?.Add((component, uses, amount));
        }

        return amount;
    }

    private RateCard CardOf(string? serviceTier, ref CostFlags flags)
    {
        string? name = ServiceTiers.Canonical(serviceTier);
        if (name is null)
        {
            return _standard;
        }

        foreach (KeyValuePair<string, RateCard> tier in _tiers)
        {
            if (tier.Key == name)
            {
                return tier.Value;
            }
        }

        // OpenAI renamed priority to fast; its answers may have either name.
        if (name == ServiceTiers.Fast && Array.Find(_tiers, tier => tier.Key == ServiceTiers.Priority).Value is { } priority)
        {
            return priority;
        }

        if (IsFree)
        {
            return _standard;
        }

        if (name.EndsWith(ServiceTiers.UsOnly, StringComparison.Ordinal))
        {
            // Anthropic: all token prices times 1.1, on top of fast mode.
            RateCard elsewhere = CardOf(name[..^ServiceTiers.UsOnly.Length].TrimEnd('+'), ref flags);
            return ReferenceEquals(elsewhere, _standard) ? _usOnly ??= _standard.Times(UsOnlyMultiple) : elsewhere.Times(UsOnlyMultiple);
        }

        // This tier has no price. Flex and batch never cost more than standard. For priority, fast and ultrafast the highest known ratio
        // to standard is used. For other tiers no ratio is known, so the standard price is used.
        flags |= CostFlags.AssumedServiceTierPrice;
        return name switch
        {
            ServiceTiers.Priority => _assumedPriority ??= _standard.Scaled(AssumedPriority.Numerator, AssumedPriority.Denominator),
            ServiceTiers.Fast or ServiceTiers.Ultrafast => _assumedFast ??= _standard.Scaled(AssumedFast.Numerator, AssumedFast.Denominator),
            _ => _standard,
        };
    }

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(System.Globalization.CultureInfo.InvariantCulture, $"input {InputPerMillion:0.############} and output {OutputPerMillion:0.############} US dollars per million tokens");
        return true;
    }
}
