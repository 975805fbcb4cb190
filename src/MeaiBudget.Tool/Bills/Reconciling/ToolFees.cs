namespace MeaiBudget.Tool;

/// <summary>Finds the part of an attempt's cost that is fees of tools, for bills that have them on lines of their own.</summary>
internal static class ToolFees
{
    public static IEnumerable<(string Item, decimal Fee, long Uses)> Of(PriceCatalog catalog, SpendRecord record, string provider)
    {
        ModelPrice? price = catalog.ResolveResponse(record.Call!.ModelId ?? "", record.ResponseModelId, provider, record.Call.At).Price;
        BillableUsage usage = record.Usage;
        foreach ((string item, PriceComponent component, long uses) in ((string, PriceComponent, long)[])
        [
            ("web search", PriceComponent.WebSearch, usage.WebSearches), ("file search", PriceComponent.FileSearch, usage.FileSearches),
            ("code execution", PriceComponent.CodeExecutionSession, usage.CodeExecutionSessions),
        ])
        {
            if (uses > 0 && price?.PriceOf(component) is { } fee)
            {
                yield return (item, fee * uses, uses);
            }
        }
    }
}
