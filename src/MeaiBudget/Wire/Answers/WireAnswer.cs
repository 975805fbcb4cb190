namespace MeaiBudget;

/// <summary>What an answer says about itself and its cost. Immutable; holds no content but an error report.</summary>
internal sealed record WireAnswer
{
    /// <summary>Gets what is billed, tokens, tools, tier and stated cost; <see langword="null"/> if neither tokens nor a cost were told.</summary>
    public BillableUsage? Usage { get; init; }

    /// <summary>Gets the counts as they were reported.</summary>
    public WireFigures Reported { get; init; }

    /// <summary>Gets what was odd.</summary>
    public WireFlags Flags { get; init; }

    /// <summary>Gets the reason for the end as the provider wrote it; <see langword="null"/> if it wrote none.</summary>
    public string? FinishReason { get; init; }

    /// <summary>Gets the service tier that answered, as written.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Gets the speed that stands beside the tier, as written.</summary>
    public string? Speed { get; init; }

    /// <summary>Gets where the model ran, as written.</summary>
    public string? InferenceGeo { get; init; }

    /// <summary>Gets the model that answered.</summary>
    public string? ModelId { get; init; }

    /// <summary>Gets the response's id.</summary>
    public string? ResponseId { get; init; }

    /// <summary>Gets the cost that was stated, in US dollars: a host's fee and what it paid with the caller's own key together.</summary>
    public decimal? StatedCost { get; init; }

    /// <summary>Gets the number of web searches: those that are told, else those that are seen.</summary>
    public long WebSearches { get; init; }

    /// <summary>Gets the number of file searches.</summary>
    public long FileSearches { get; init; }

    /// <summary>Gets the number of sessions in which code ran.</summary>
    public long CodeSessions { get; init; }

    /// <summary>Gets the number of pages that were fetched.</summary>
    public long WebFetches { get; init; }

    /// <summary>Gets the number of images that were made by a tool.</summary>
    public long GeneratedImages { get; init; }

    /// <summary>Gets a value indicating whether the answer is grounded in a search: some providers ask a fee for each such request, not for each search.</summary>
    public bool IsGrounded { get; init; }

    /// <summary>Gets the error that the answer reports; <see langword="null"/> if it reports none.</summary>
    public WireError? Error { get; init; }

    /// <summary>Gets a value indicating whether the answer came to its end by the rules of its protocol.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Gets the bytes of text that came, in UTF-8 without escapes: content, reasoning, arguments, refusals.</summary>
    public long TextBytes { get; init; }

    /// <summary>Gets a value indicating whether the answer has nothing that an answer has, whatever its status was.</summary>
    public bool SaysNothing => Usage is null && FinishReason is null && TextBytes == 0;

    /// <summary>Gets the bytes that came.</summary>
    public long BodyBytes { get; init; }
}

/// <summary>An error report inside an answer that began with success.</summary>
/// <param name="Json">The report as JSON with an <c>error</c> at its top, cut to 4 KB. It may quote the request: it is for classification, not to be kept or written down.</param>
/// <param name="IsAfterContent">Whether text of the answer had come before it.</param>
internal sealed record WireError(string Json, bool IsAfterContent);
