namespace MeaiBudget;

/// <summary>How many tokens a request is expected to cost. Immutable.</summary>
public sealed record TokenEstimate
{
    private readonly long _maxOutputTokens = -1;

    /// <summary>Makes an estimate.</summary>
    /// <param name="inputTokens">The expected input tokens, zero or more.</param>
    /// <param name="inputUpperBound">The bound for reservations, not below <paramref name="inputTokens"/>.</param>
    /// <param name="source">Where the figure comes from.</param>
    public TokenEstimate(long inputTokens, long inputUpperBound, TokenEstimateSource source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputUpperBound, inputTokens);
        InputTokens = inputTokens;
        InputUpperBound = inputUpperBound;
        Source = source;
    }

    /// <summary>Gets the expected input tokens.</summary>
    public long InputTokens { get; }

    /// <summary>Gets a bound that the provider's count is not expected to exceed; what a budget reserves.</summary>
    public long InputUpperBound { get; }

    /// <summary>
    /// Gets the most output tokens that the request allows: what the caller asked for, else what the client is known to send
    /// by itself; <see langword="null"/> if neither is known.
    /// </summary>
    public long? MaxOutputTokens
    {
        get => _maxOutputTokens < 0 ? null : _maxOutputTokens;
        init => _maxOutputTokens = value ?? -1;
    }

    /// <summary>Gets where the figures come from.</summary>
    public TokenEstimateSource Source { get; }

    /// <summary>Gets what could not be seen.</summary>
    public TokenEstimateFlags Flags { get; init; }

    /// <summary>Gets what the input is made of, before any learned correction; all zero if the estimator gives no breakdown.</summary>
    public TokenBreakdown Breakdown { get; init; }

    /// <summary>Gets a value indicating whether the input cannot be bounded from the request alone.</summary>
    public bool IsUnbounded => (Flags & (TokenEstimateFlags.ServerSideHistory | TokenEstimateFlags.HostedFiles | TokenEstimateFlags.ServerTools
        | TokenEstimateFlags.UnboundedMedia)) != 0;

    /// <summary>Gets what the estimator needs to learn from the reported usage; <see langword="default"/> if it does not learn.</summary>
    internal RequestObservation Observation { get; init; }
}
