namespace MeaiBudget.Tool;

/// <summary>Divides what an attempt was charged into kinds of tokens and uses.</summary>
internal static class ExportedParts
{
    private const long Nano = 1_000_000_000;

    /// <summary>Returns the parts of a charge, which add up to it: in proportion to the catalog's prices, or one part if there are none.</summary>
    public static IReadOnlyList<(string Meter, long Quantity, decimal Cost, decimal ListCost)> Of(PriceCatalog catalog, BookedAttempt attempt)
    {
        SpendRecord record = attempt.Record;
        ModelPrice? price = catalog.ResolveResponse(record.Call!.ModelId ?? "", record.ResponseModelId, ProviderNames.Canonical(record.Call.Provider), record.Call.At).Price;
        IReadOnlyList<CostLine> lines = price?.Explain(record.Usage with { ProviderStatedCost = null }).Lines ?? [];
        if (lines.Count == 0)
        {
            return attempt.Spent == 0m ? [] : [("Usage", record.Usage.InputTokens + record.Usage.OutputTokens, attempt.Spent, attempt.Spent)];
        }

        long[] costs = CorrectionShares.Divide((long)(attempt.Spent * Nano), [.. lines.Select(line => (long)(line.Amount * Nano))]);
        return [.. lines.Select((line, i) => (MeterOf(line.Component), line.Quantity, costs[i] / (decimal)Nano, line.Amount))];
    }

    /// <summary>Returns whether a meter counts tokens.</summary>
    public static bool IsTokens(string meter) => meter.EndsWith("Tokens", StringComparison.Ordinal) || meter == "Usage";

    private static string MeterOf(PriceComponent component) => component switch
    {
        PriceComponent.Input => "Input Tokens",
        PriceComponent.CachedInput => "Cached Input Tokens",
        PriceComponent.CacheWrite => "Cache Write Tokens",
        PriceComponent.CacheWriteOneHour => "One-Hour Cache Write Tokens",
        PriceComponent.CacheWriteTwelveHours => "Twelve-Hour Cache Write Tokens",
        PriceComponent.InputAudio => "Audio Input Tokens",
        PriceComponent.CachedInputAudio => "Cached Audio Input Tokens",
        PriceComponent.InputImage => "Image Input Tokens",
        PriceComponent.Output => "Output Tokens",
        PriceComponent.Reasoning => "Reasoning Tokens",
        PriceComponent.OutputAudio => "Audio Output Tokens",
        PriceComponent.OutputImage => "Image Output Tokens",
        PriceComponent.Request => "Requests",
        PriceComponent.WebSearch => "Web Searches",
        PriceComponent.WebSearchRequest => "Web Search Requests",
        PriceComponent.FileSearch => "File Searches",
        PriceComponent.CodeExecutionSession => "Code Execution Sessions",
        PriceComponent.Image => "Images",
        PriceComponent.AudioMinute => "Audio Milliseconds",
        PriceComponent.MillionCharacters => "Characters",
        PriceComponent.Page => "Pages",
        _ => "Usage",
    };
}
