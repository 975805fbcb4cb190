namespace MeaiBudget;

/// <summary>What other projects' files leave out or write as zero, made safe: nothing that has a price elsewhere is free here.</summary>
internal static class ForeignRates
{
    /// <summary>Completes rates in US dollars per million tokens; <see langword="null"/> if they do not tell what tokens cost.</summary>
    internal static TokenRates? Complete(Span<decimal?> rates)
    {
        decimal? input = rates[(int)PriceComponent.Input];
        decimal? output = rates[(int)PriceComponent.Output];
        if (input is null || input + (output ?? 0m) == 0m)
        {
            // Zero for everything is how these files write "we do not know" as well as "free".
            return null;
        }

        for (int i = 0; i < TokenRates.Count; i++)
        {
            // A cache, audio or image price of zero beside a price for text is a gap in the file.
            if (rates[i] == 0m && (PriceComponent)i is not (PriceComponent.Input or PriceComponent.Output))
            {
                rates[i] = null;
            }
        }

        // Embedding models have no output to bill; should one report any, it is not free.
        rates[(int)PriceComponent.Output] = output ?? input;
        return TokenRates.FromDollarsPerMillion(rates);
    }
}
