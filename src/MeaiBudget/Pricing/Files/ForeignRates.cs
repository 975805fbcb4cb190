namespace MeaiBudget;

/// <summary>Completes the rates of other projects' files, where missing and zero values often mean "unknown", so that no tokens become free by mistake.</summary>
internal static class ForeignRates
{
    /// <summary>Completes rates in US dollars per million tokens. Returns null if they do not contain a price of tokens.</summary>
    internal static TokenRates? Complete(decimal?[] rates)
    {
        decimal? input = rates[(int)PriceComponent.Input];
        decimal? output = rates[(int)PriceComponent.Output];
        if (input is null || input + (output ?? 0m) == 0m)
        {
            // In these files zero for everything means "unknown" as well as "free".
            return null;
        }

        for (int i = 0; i < TokenRates.Count; i++)
        {
            // If text has a price, a zero price for cache, audio or images is a gap in the file.
            if (rates[i] == 0m && (PriceComponent)i is not (PriceComponent.Input or PriceComponent.Output))
            {
                rates[i] = null;
            }
        }

        // Embedding models bill no output. If one reports output, it is billed like input.
        rates[(int)PriceComponent.Output] = output ?? input;
        return TokenRates.FromDollarsPerMillion(rates);
    }
}
