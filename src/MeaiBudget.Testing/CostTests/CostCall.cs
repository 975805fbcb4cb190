namespace MeaiBudget.Testing;

/// <summary>One request of a scenario to a model, and its cost. Immutable. It has no message content.</summary>
public sealed record CostCall
{
    /// <summary>Gets the number of the request within the scenario, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Gets the requested model, as the provider names it.</summary>
    public required string Model { get; init; }

    /// <summary>Gets the model that answered, as the provider named it; <see langword="null"/> if it named none.</summary>
    public string? AnsweredBy { get; init; }

    /// <summary>Gets the provider's name; <see langword="null"/> if it is unknown.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets how the request ended.</summary>
    public AttemptOutcome Outcome { get; init; }

    /// <summary>Gets the tags of the request: the texts, numbers and truth values in its additional properties.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the tokens by part.</summary>
    public CostTokens Tokens { get; init; }

    /// <summary>Gets the billed input tokens, including cached ones.</summary>
    public long InputTokens { get; init; }

    /// <summary>Gets the input tokens that the provider reported as read from its cache.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Gets the tokens of the longest prefix that an earlier request to the same model had, too. A provider can read them from its cache.</summary>
    public long SharedTokens { get; init; }

    /// <summary>Gets the most output tokens that the request allowed. They are reserved.</summary>
    public long OutputLimit { get; init; }

    /// <summary>Gets the names of the tools that the answer called, in order.</summary>
    public IReadOnlyList<string> ToolCalls { get; init; } = [];

    /// <summary>Gets the cost in US dollars, as a budget charges it.</summary>
    public decimal Expected { get; init; }

    /// <summary>Gets the cost in US dollars if the provider reads <see cref="SharedTokens"/> from its cache; <see cref="Expected"/> if the provider reported its cache.</summary>
    public decimal WithCache { get; init; }

    /// <summary>Gets the most that the request could cost in US dollars, as a budget reserves it.</summary>
    public decimal Worst { get; init; }

    /// <summary>Gets the catalog's entry that priced the request, for example <c>openai/gpt-4.1-mini</c>; <see langword="null"/> if no price is known.</summary>
    public string? PriceEntry { get; init; }

    /// <summary>Gets a value indicating whether the model's price is known. If it is not, all amounts are zero.</summary>
    public bool IsPriceKnown => PriceEntry is not null;

    /// <summary>The cost if the provider reports the tokens that we count, for doubles that report the same usage whatever they are asked.</summary>
    internal decimal Counted { get; init; }

    /// <summary>The tokens of the answer's text and tool calls, and the reported reasoning; the billed output tokens if the text is unknown.</summary>
    internal long CountedOutput { get; init; }

    /// <summary>The price in US dollars for a million tokens.</summary>
    internal CostRates Rates { get; init; }

    /// <summary>The fees of searches and other tools that the provider runs, in US dollars.</summary>
    internal decimal ServerToolFees { get; init; }

    /// <summary>What writing to the provider's cache costs above the price of input, in US dollars.</summary>
    internal decimal CacheWriteSurcharge { get; init; }

    /// <summary>The request and its answer.</summary>
    internal MeasuredRequest Source { get; init; } = null!;
}
