namespace MeaiBudget.Testing;

/// <summary>A request that a scenario sent, its receipt and what its answer said. Immutable.</summary>
/// <param name="Receipt">The receipt of the attempt.</param>
/// <param name="Contents">The request's input; null for a request of a client that is not measured.</param>
/// <param name="Answer">What was answered; null for a request of a client that is not measured.</param>
/// <param name="Tags">The tags of the request.</param>
internal sealed record MeasuredRequest(AttemptReceipt Receipt, PromptContents? Contents, MeasuredAnswer? Answer, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>The model, as the provider names it.</summary>
    public string Model { get; init; } = Receipt.ModelId ?? "unknown";

    /// <summary>The provider's name; null if it is unknown.</summary>
    public string? Provider { get; init; } = Receipt.Provider;

    /// <summary>The provider's address; null if it is unknown.</summary>
    public Uri? ProviderUri { get; init; }

    /// <summary>The name by which the caller asked for the model; null for the client's default.</summary>
    public string? RequestedModel { get; init; }

    /// <summary>The reasoning effort that the request asks for; null for the model's default.</summary>
    public string? ReasoningEffort { get; init; }

    /// <summary>True to price our token counts instead of the reported usage.</summary>
    public bool IsCounted { get; init; }

    /// <summary>The model that answered; null if the answer names none.</summary>
    public string? AnsweredBy { get; init; } = Receipt.ResponseModelId;

    /// <summary>The usage that is priced.</summary>
    public BillableUsage Usage { get; init; } = Receipt.Usage;

    /// <summary>The estimate of the input.</summary>
    public TokenEstimate Estimate { get; init; } = Receipt.Estimate ?? new TokenEstimate(Receipt.Usage.InputTokens, Receipt.Usage.InputTokens, TokenEstimateSource.Heuristic);

    /// <summary>The most output tokens.</summary>
    public long OutputLimit { get; init; } = Receipt.ReservedOutputTokens ?? Receipt.Usage.OutputTokens;

    /// <summary>What was reserved in US dollars; null if only the prices of this request decide.</summary>
    public decimal? Reserved { get; init; }
}

/// <summary>What an answer said.</summary>
/// <param name="Text">The text, and the arguments of tool calls.</param>
/// <param name="ToolCalls">The names of the tools that it called.</param>
/// <param name="HasMadeUpUsage">True if a test double counted words because the test set no usage.</param>
internal sealed record MeasuredAnswer(string Text, IReadOnlyList<string> ToolCalls, bool HasMadeUpUsage);
