namespace MeaiBudget.Tool;

/// <summary>What attempts are added up by for FOCUS: a day, a model, a tier and a kind of token.</summary>
internal readonly record struct ExportedKey(DateOnly Day, string Provider, string Model, string Tier, string Meter, string Route, string Tags, string CostKind, string PriceMatch, bool IsCorrection);

/// <summary>The sum of a row.</summary>
internal sealed class ExportedRow
{
    /// <summary>Gets the tokens or uses.</summary>
    public long Quantity { get; private set; }

    /// <summary>Gets what the ledger charged, in US dollars.</summary>
    public decimal Cost { get; private set; }

    /// <summary>Gets what the catalog's prices make of the quantity, in US dollars.</summary>
    public decimal ListCost { get; private set; }

    public long Requests { get; private set; }

    public void Add(long quantity, decimal cost, decimal listCost)
    {
        Quantity += quantity;
        Cost += cost;
        ListCost += listCost;
        Requests++;
    }
}
