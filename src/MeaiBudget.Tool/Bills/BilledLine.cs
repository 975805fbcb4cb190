namespace MeaiBudget.Tool;

/// <summary>One line of a bill, in the same form for every provider. Immutable.</summary>
internal sealed record BilledLine
{
    /// <summary>Gets the provider, by this library's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Gets the begin of the time that the line covers.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Gets the end of the time that the line covers, exclusive.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Gets the model as the bill names it; empty if the line has none.</summary>
    public string Model { get; init; } = "";

    /// <summary>Gets what the line is for, where it has no model, for example <c>web search</c>.</summary>
    public string Item { get; init; } = "";

    /// <summary>Gets the service tier in lower case; empty for the standard one, null if the bill does not say.</summary>
    public string? Tier { get; init; }

    /// <summary>Gets the project or workspace; empty for none.</summary>
    public string Project { get; init; } = "";

    /// <summary>Gets the id of the API key; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>Gets what the quantities count.</summary>
    public IReadOnlyList<KeyValuePair<BilledKind, long>> Quantities { get; init; } = [];

    /// <summary>Gets the number of requests; null if the bill does not say.</summary>
    public long? Requests { get; init; }

    /// <summary>Gets the billed amount; null for a line that has tokens only.</summary>
    public decimal? Amount { get; init; }

    /// <summary>Gets the amount at list prices, where the bill states it beside the discounted one.</summary>
    public decimal? ListAmount { get; init; }

    /// <summary>Gets the currency of the amounts.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>Gets a value indicating whether the line is no usage but a credit, a tax, a purchase or the like.</summary>
    public bool IsNoUsage { get; init; }

    /// <summary>Gets a value indicating whether the line is the fee of a tool, such as a web search.</summary>
    public bool IsTool { get; init; }
}
