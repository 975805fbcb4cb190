namespace MeaiBudget.Tool;

/// <summary>The price of one id that sources agree on, or that was decided.</summary>
internal sealed record ConsensusPrice(ModelPrice Price, IReadOnlyList<string> Sources, DateOnly CheckedOn, PriceConfidence Confidence, IReadOnlyDictionary<string, string> Alternatives, string Taken)
{
    private static readonly PriceComponent[] Optional =
    [
        PriceComponent.CachedInput, PriceComponent.CacheWrite, PriceComponent.CacheWriteOneHour, PriceComponent.InputAudio, PriceComponent.CachedInputAudio,
        PriceComponent.InputImage, PriceComponent.OutputAudio, PriceComponent.OutputImage,
    ];

    // The tiers that sources state; others are modes of a model, not of its price.
    private static readonly string[] Tiers = ["batch", "flex", "priority", "fast", "ultrafast"];

    internal static bool SamePair(ModelPrice one, ModelPrice other) => one.InputPerMillion == other.InputPerMillion && one.OutputPerMillion == other.OutputPerMillion;

    /// <summary>Finds the price: the only one, or the newest if two independent sources state it, or the decided one, or else the newest.</summary>
    internal static ConsensusPrice? Of(IReadOnlyList<PriceStatement> stated, PriceDecision? decision)
    {
        if (stated.Count == 0)
        {
            return null;
        }

        PriceStatement[] ordered = [.. stated.OrderByDescending(statement => statement.Source.Date)];
        PriceStatement taken = ordered.FirstOrDefault(statement => statement.Source.Code == decision?.Take) ?? Newest(ordered);
        PriceStatement[] agreeing = [.. ordered.Where(statement => SamePair(statement.Price, taken.Price))];
        int families = agreeing.Select(statement => statement.Source.Family).Distinct().Count();
        bool isDisputed = agreeing.Length < ordered.Length;
        PriceConfidence confidence = decision?.Take is not null ? PriceConfidence.Decided
            : families > 1 ? PriceConfidence.Verified
            : isDisputed ? PriceConfidence.Decided
            : PriceConfidence.SingleSource;
        ModelPrice price = Completed(agreeing, decision);
        price = WithBrackets(price, agreeing, decision);
        price = WithTiers(price, ordered, decision);
        return new ConsensusPrice(
            WithFees(price, agreeing),
            [.. agreeing.Select(statement => statement.Source.Code).Distinct()],
            agreeing[0].Source.Date,
            confidence,
            ordered.GroupBy(statement => PriceBuild.Text(statement.Price)).ToDictionary(group => string.Join(",", group.Select(statement => statement.Source.Code).Distinct()), group => group.Key),
            taken.Source.Code);
    }

    // A source that only gives opinions is the newest only if no other source says anything.
    private static PriceStatement Newest(PriceStatement[] ordered) => ordered.FirstOrDefault(statement => !statement.Source.IsOpinion) ?? ordered[0];

    /// <summary>Adds the prices of caches and media that two independent sources state, or at least half of those that agree.</summary>
    private static ModelPrice Completed(PriceStatement[] agreeing, PriceDecision? decision)
    {
        decimal?[] prices = new decimal?[TokenRates.Count];
        prices[(int)PriceComponent.Input] = agreeing[0].Price.InputPerMillion;
        prices[(int)PriceComponent.Output] = agreeing[0].Price.OutputPerMillion;
        foreach (PriceComponent component in Optional)
        {
            prices[(int)component] = Agreed(agreeing, statement => statement.PriceOf(component), isCommon: component == PriceComponent.CachedInput || component == PriceComponent.CacheWrite);
        }

        if (decision?.CachedInput is { } cached)
        {
            prices[(int)PriceComponent.CachedInput] = cached < 0m ? null : cached;
        }

        if (prices[(int)PriceComponent.CacheWrite] is { } write && write < prices[(int)PriceComponent.Input] && MustWriteCostMore(agreeing))
        {
            prices[(int)PriceComponent.CacheWrite] = null;
        }

        return ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(prices));
    }

    private static bool MustWriteCostMore(PriceStatement[] agreeing) => agreeing[0].Provider is "anthropic" or "openai";

    private static decimal? Agreed(PriceStatement[] agreeing, Func<ModelPrice, decimal?> of, bool isCommon)
    {
        (decimal Price, int Families, DateOnly Date)[] stated = [.. agreeing.Select(statement => (Statement: statement, Price: of(statement.Price))).Where(pair => pair.Price is not null)
            .GroupBy(pair => pair.Price!.Value).Select(group => (group.Key, group.Select(pair => pair.Statement.Source.Family).Distinct().Count(), group.Max(pair => pair.Statement.Source.Date)))];
        if (stated.Length == 0)
        {
            return null;
        }

        int families = agreeing.Select(statement => statement.Source.Family).Distinct().Count();
        int stating = agreeing.Where(statement => of(statement.Price) is not null).Select(statement => statement.Source.Family).Distinct().Count();
        if (isCommon && stating < 2 && stating * 2 < families)
        {
            return null;
        }

        return stated.OrderByDescending(value => value.Families).ThenByDescending(value => value.Date).First().Price;
    }

    /// <summary>Takes the brackets that most families state, if any states one: leaving one out that exists would cost too little.</summary>
    private static ModelPrice WithBrackets(ModelPrice price, PriceStatement[] agreeing, PriceDecision? decision)
    {
        if (decision?.Brackets == "none")
        {
            return price;
        }

        PriceStatement? source = decision?.Brackets is { } code ? agreeing.FirstOrDefault(statement => statement.Source.Code == code)
            : agreeing.Where(statement => !statement.Source.IsOpinion).GroupBy(statement => Signature(statement.Price))
                .OrderByDescending(group => group.Key.Length > 0)
                .ThenByDescending(group => group.Select(statement => statement.Source.Family).Distinct().Count())
                .ThenByDescending(group => group.Max(statement => statement.Source.Date)).Select(group => group.First()).FirstOrDefault();
        if (source is null || source.Price.StandardCard.Brackets.Length == 0)
        {
            return price;
        }

        foreach (PriceBracket bracket in source.Price.StandardCard.Brackets)
        {
            decimal?[] rates = new decimal?[TokenRates.Count];
            long threshold = Threshold(bracket);
            PriceBracket[] all = [.. agreeing.SelectMany(statement => statement.Price.StandardCard.Brackets).Where(other => Threshold(other) == threshold)];
            for (int i = 0; i < TokenRates.Count; i++)
            {
                var component = (PriceComponent)i;

                // A bracket that leaves a price out raises it as much as the price of input.
                rates[i] = bracket.Rates.IsStated(component) ? bracket.Rates.PerMillion(component)
                    : all.FirstOrDefault(other => other.Rates.IsStated(component)) is { } other ? other.Rates.PerMillion(component)
                    : price.PriceOf(component) is { } normal && price.InputPerMillion > 0m ? normal * bracket.Rates.PerMillion(PriceComponent.Input) / price.InputPerMillion
                    : null;
                rates[i] = price.PriceOf(component) is null && i != (int)PriceComponent.Output ? null : rates[i];
            }

            // LiteLLM has one price of an hour's cache writes for all lengths, but a longer lifetime never costs less than a shorter one.
            const int Hour = (int)PriceComponent.CacheWriteOneHour;
            if (rates[Hour] < rates[(int)PriceComponent.CacheWrite])
            {
                rates[Hour] = price.PriceOf(PriceComponent.CacheWriteOneHour) * bracket.Rates.PerMillion(PriceComponent.Input) / price.InputPerMillion;
            }

            price = price.WithBracket(threshold, ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(rates)));
        }

        return price;
    }

    // genai-prices begins one token earlier than the others, xAI's pages too.
    private static long Threshold(PriceBracket bracket) => bracket.AboveInputTokens % 1000 == 999 ? bracket.AboveInputTokens + 1 : bracket.AboveInputTokens;

    private static string Signature(ModelPrice price) => string.Join(";", price.StandardCard.Brackets.Select(bracket =>
        $"{Threshold(bracket)}:{bracket.Rates.PerMillion(PriceComponent.Input):0.####}/{bracket.Rates.PerMillion(PriceComponent.Output):0.####}"));

    /// <summary>Adds tiers in the proportion to the standard price that most families state.</summary>
    private static ModelPrice WithTiers(ModelPrice price, PriceStatement[] stated, PriceDecision? decision)
    {
        foreach (string tier in Tiers)
        {
            if (decision?.Tiers.TryGetValue(tier, out decimal decided) == true)
            {
                price = price.WithServiceTier(tier, decided);
                continue;
            }

            (decimal Input, decimal Output, int Families, DateOnly Date)[] ratios = [.. stated.Where(statement => statement.Price.ServiceTierNames.Contains(tier) && statement.Price.InputPerMillion > 0m)
                .Select(statement => (Statement: statement,
                    Input: Math.Round(statement.Price.PriceOf(PriceComponent.Input, tier)!.Value / statement.Price.InputPerMillion, 4),
                    Output: statement.Price.OutputPerMillion == 0m ? 0m : Math.Round(statement.Price.PriceOf(PriceComponent.Output, tier)!.Value / statement.Price.OutputPerMillion, 4)))
                .Where(ratio => ratio is not ({ Input: 1m, Output: 1m } or { Input: 1m, Output: 0m }) && ratio.Input is > 0.09m and < 11m)
                .GroupBy(ratio => (ratio.Input, ratio.Output))
                .Select(group => (group.Key.Input, group.Key.Output, group.Select(ratio => ratio.Statement.Source.Family).Distinct().Count(), group.Max(ratio => ratio.Statement.Source.Date)))];
            if (ratios.Length == 0)
            {
                continue;
            }

            (decimal input, decimal output, _, _) = ratios.OrderByDescending(ratio => ratio.Families).ThenByDescending(ratio => ratio.Date).First();
            if (input == output || price.OutputPerMillion == 0m)
            {
                price = price.WithServiceTier(tier, decimal.Round(input, 2) == input ? Scaled(price, input, input) : Scaled(price, input, output));
            }
            else
            {
                price = price.WithServiceTier(tier, Scaled(price, input, output));
            }
        }

        return price;
    }

    // The proportion was rounded to four digits; a price is a whole hundredth of a cent, or ten times the standard one's digits.
    private static ModelPrice Scaled(ModelPrice price, decimal input, decimal output)
    {
        if (input == output && decimal.Round(input, 2) == input)
        {
            return ModelPrice.FromRates(price.StandardCard.Times(input).Rates).WithBracketsOf(price.StandardCard.Times(input));
        }

        decimal?[] rates = new decimal?[TokenRates.Count];
        for (int i = 0; i < TokenRates.Count; i++)
        {
            var component = (PriceComponent)i;
            decimal ratio = component < PriceComponent.Output ? input : output;
            rates[i] = price.PriceOf(component) is { } standard ? Rounded(standard * ratio) : null;
        }

        return ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(rates));
    }

    private static decimal Rounded(decimal price)
    {
        decimal rounded = Math.Round(price, 3);
        return price == 0m || Math.Abs(rounded - price) / price < 0.0005m ? rounded : Math.Round(price, 6);
    }

    private static ModelPrice WithFees(ModelPrice price, PriceStatement[] agreeing)
    {
        foreach (PriceComponent component in (PriceComponent[])[PriceComponent.Request, PriceComponent.WebSearch, PriceComponent.FileSearch])
        {
            if (agreeing.Where(statement => statement.Source.Format == "genai-prices").Select(statement => statement.Price.PriceOf(component)).FirstOrDefault(fee => fee > 0m) is { } fee)
            {
                price = price.WithFee(component, fee);
            }
        }

        return price;
    }
}
