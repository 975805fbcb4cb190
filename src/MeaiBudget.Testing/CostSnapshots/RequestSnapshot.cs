namespace MeaiBudget.Testing;

/// <summary>One request in a snapshot.</summary>
internal sealed record RequestSnapshot
{
    /// <summary>The requested model.</summary>
    public required string Model { get; init; }

    /// <summary>The model that answered, if the answer names another one.</summary>
    public string? AnsweredBy { get; init; }

    /// <summary>The catalog's entry that priced the request; null if none did.</summary>
    public string? Price { get; init; }

    /// <summary>The price for a million tokens.</summary>
    public CostRates Rates { get; init; }

    /// <summary>The service tier; null for the standard tier.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>How the request ended, if not with an answer.</summary>
    public string? Outcome { get; init; }

    public decimal Expected { get; init; }

    public decimal WithCache { get; init; }

    public decimal Worst { get; init; }

    /// <summary>The billed input tokens.</summary>
    public long InputTokens { get; init; }

    /// <summary>The input tokens that the provider reported as cached.</summary>
    public long CachedTokens { get; init; }

    /// <summary>The tokens of the prefix that an earlier request had, too.</summary>
    public long SharedTokens { get; init; }

    /// <summary>The most output tokens.</summary>
    public long OutputLimit { get; init; }

    /// <summary>Where and why the request does not begin as an earlier one; null if it does.</summary>
    public string? PrefixBreak { get; init; }

    public CostTokens Tokens { get; init; }

    /// <summary>The tokens of the answer's text; the billed ones if it is unknown.</summary>
    public long CountedOutput { get; init; }

    /// <summary>The reported reasoning tokens, which are part of the output.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>The reasoning effort that the request asks for; null for the model's default.</summary>
    public string? ReasoningEffort { get; init; }

    /// <summary>The fees of searches and other tools that the provider runs, in US dollars.</summary>
    public decimal ServerToolFees { get; init; }

    /// <summary>What writing to the provider's cache costs above the price of input, in US dollars.</summary>
    public decimal CacheWriteSurcharge { get; init; }

    /// <summary>The tokens of each tool's definition.</summary>
    public IReadOnlyDictionary<string, long> Definitions { get; init; } = new SortedDictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The tokens of each tool's results.</summary>
    public IReadOnlyDictionary<string, long> Results { get; init; } = new SortedDictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The tools that the answer called.</summary>
    public IReadOnlyList<string> ToolCalls { get; init; } = [];

    /// <summary>Takes what a snapshot keeps of a request.</summary>
    public static RequestSnapshot Of(CostCall call, PrefixBreak? prefixBreak)
    {
        var tokens = PartTokens.Of(call.Source);
        return new RequestSnapshot
        {
            Model = call.Model,
            AnsweredBy = call.AnsweredBy == call.Model ? null : call.AnsweredBy,
            Price = call.PriceEntry,
            Rates = call.Rates,
            ServiceTier = call.Source.Usage.ServiceTier,
            Outcome = call.Outcome == AttemptOutcome.Answered ? null : call.Outcome.ToString(),
            Expected = call.Expected,
            WithCache = call.WithCache,
            Worst = call.Worst,
            InputTokens = call.InputTokens,
            CachedTokens = call.CachedTokens,
            SharedTokens = call.SharedTokens,
            OutputLimit = call.OutputLimit,
            PrefixBreak = prefixBreak is null ? null : $"{prefixBreak.Place}: {prefixBreak.Reason}",
            Tokens = call.Tokens,
            CountedOutput = call.CountedOutput,
            ReasoningTokens = call.Source.Usage.ReasoningTokens,
            ReasoningEffort = call.Source.ReasoningEffort,
            ServerToolFees = call.ServerToolFees,
            CacheWriteSurcharge = call.CacheWriteSurcharge,
            Definitions = tokens.Definitions,
            Results = tokens.Results,
            ToolCalls = call.ToolCalls,
        };
    }
}
