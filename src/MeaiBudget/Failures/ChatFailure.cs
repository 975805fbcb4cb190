namespace MeaiBudget;

/// <summary>Describes why an attempt failed, in the same form for every provider. Contains no message content and no secrets. Immutable.</summary>
public sealed record ChatFailure
{
    private readonly bool? _canAnotherProviderHelp;

    /// <summary>Creates a failure.</summary>
    /// <param name="kind">The kind of failure.</param>
    /// <param name="phase">The phase in which the attempt failed.</param>
    public ChatFailure(ChatFailureKind kind, ChatFailurePhase phase)
    {
        Kind = kind;
        Phase = phase;
    }

    /// <summary>Gets the kind of failure.</summary>
    public ChatFailureKind Kind { get; init; }

    /// <summary>Gets the phase in which the attempt failed.</summary>
    public ChatFailurePhase Phase { get; init; }

    /// <summary>Gets the HTTP status code; <see langword="null"/> if there was none.</summary>
    public int? StatusCode { get; init; }

    /// <summary>Gets how long the provider asks the caller to wait; <see langword="null"/> if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets the provider's own error code or type, for example <c>insufficient_quota</c>.</summary>
    public string? ProviderCode { get; init => field = WrittenText.Shortened(value); }

    /// <summary>Gets the provider's request id, for support requests.</summary>
    public string? RequestId { get; init => field = WrittenText.Shortened(value); }

    /// <summary>Gets whether the provider recommends a retry (header <c>x-should-retry</c>); <see langword="null"/> if it does not say.</summary>
    public bool? ShouldRetry { get; init; }

    /// <summary>
    /// Gets when the provider accepts requests again, for example at the end of a spend limit's period; <see langword="null"/> if it does
    /// not say.
    /// </summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Gets a value indicating whether the same request to the same model may succeed later.</summary>
    /// <remarks>
    /// <see langword="false"/> if <see cref="ShouldRetry"/> is <see langword="false"/>. A <see cref="ShouldRetry"/> of
    /// <see langword="true"/> only matters for <see cref="ChatFailureKind.Unknown"/>; it is ignored for errors that a retry cannot
    /// fix, such as 401.
    /// </remarks>
    public bool IsTransient => ShouldRetry switch
    {
        false => false,
        true => Kind is ChatFailureKind.Unknown || IsTransientKind,
        null => IsTransientKind,
    };

    /// <summary>Gets a value indicating whether the same request to another model or provider may succeed.</summary>
    /// <value>The default is <see langword="false"/> for an invalid request and for a cancelled call, otherwise <see langword="true"/>.</value>
    public bool CanAnotherProviderHelp
    {
        get => _canAnotherProviderHelp ?? Kind is not (ChatFailureKind.InvalidRequest or ChatFailureKind.Cancelled);
        init => _canAnotherProviderHelp = value;
    }

    private bool IsTransientKind => Kind is ChatFailureKind.RateLimited or ChatFailureKind.Overloaded
        or ChatFailureKind.ServerError or ChatFailureKind.Timeout or ChatFailureKind.Network or ChatFailureKind.Truncated;
}
