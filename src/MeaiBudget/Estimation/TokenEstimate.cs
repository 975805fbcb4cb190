namespace MeaiBudget;

/// <summary>The estimated tokens of a request. Immutable.</summary>
public sealed record TokenEstimate
{
    private readonly long _maxOutputTokens = -1;

    /// <summary>Creates an estimate.</summary>
    /// <param name="inputTokens">The expected input tokens, zero or more.</param>
    /// <param name="inputUpperBound">The input tokens to reserve, not below <paramref name="inputTokens"/>.</param>
    /// <param name="source">How the tokens were counted.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
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

    /// <summary>Gets a number that the provider's count is not expected to exceed. Budgets reserve it.</summary>
    public long InputUpperBound { get; }

    /// <summary>
    /// Gets the most output tokens that the request allows: the caller's limit, else the client's default;
    /// <see langword="null"/> if neither is known.
    /// </summary>
    public long? MaxOutputTokens
    {
        get => _maxOutputTokens < 0 ? null : _maxOutputTokens;
        init => _maxOutputTokens = value ?? -1;
    }

    /// <summary>Gets how the tokens were counted.</summary>
    public TokenEstimateSource Source { get; }

    /// <summary>Gets which parts of the request could not be counted.</summary>
    public TokenEstimateFlags Flags { get; init; }

    /// <summary>Gets the parts of the input, before any learned correction; all zero if the estimator gives none.</summary>
    public TokenBreakdown Breakdown { get; init; }

    /// <summary>Gets a value indicating whether the request gives no upper bound of its input. An enforcing budget then refuses it or reserves the context window.</summary>
    public bool IsUnbounded => (Flags & (TokenEstimateFlags.ServerSideHistory | TokenEstimateFlags.HostedFiles | TokenEstimateFlags.ServerTools
        | TokenEstimateFlags.UnboundedMedia)) != 0;

    /// <summary>The data that the estimator needs to learn from the reported usage; default if it does not learn.</summary>
    internal RequestObservation Observation { get; init; }

    /// <summary>Returns the same estimate with an upper bound of at least the given number of input tokens.</summary>
    internal TokenEstimate AtLeast(long upperBound) => upperBound <= InputUpperBound
        ? this
        : new TokenEstimate(InputTokens, upperBound, Source) { MaxOutputTokens = MaxOutputTokens, Flags = Flags, Breakdown = Breakdown, Observation = Observation };
}
