namespace MeaiBudget;

/// <summary>Why an attempt failed, in one shape for every provider. Holds no content and no secret.</summary>
public sealed record ChatFailure
{
    private readonly bool? _canAnotherProviderHelp;

    /// <summary>Makes a failure.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="phase">How far the attempt had come.</param>
    public ChatFailure(ChatFailureKind kind, ChatFailurePhase phase)
    {
        Kind = kind;
        Phase = phase;
    }

    /// <summary>Gets the kind.</summary>
    public ChatFailureKind Kind { get; init; }

    /// <summary>Gets how far the attempt had come.</summary>
    public ChatFailurePhase Phase { get; init; }

    /// <summary>Gets the HTTP status; <see langword="null"/> if there was none.</summary>
    public int? StatusCode { get; init; }

    /// <summary>Gets how long the provider asks to wait; <see langword="null"/> if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets the provider's own error code or type, for example <c>insufficient_quota</c>.</summary>
    public string? ProviderCode { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the provider's request id, for its support.</summary>
    public string? RequestId { get; init => field = value is null ? null : SecretRedactor.Default.Redact(value); }

    /// <summary>Gets the provider's word on whether a retry can help (<c>x-should-retry</c>); <see langword="null"/> if it does not say.</summary>
    public bool? ShouldRetry { get; init; }

    /// <summary>Gets when the provider says that it answers again (a spend limit's end); <see langword="null"/> if it does not say.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Gets a value indicating whether the same request to the same model may succeed later.</summary>
    /// <remarks>The provider's "no" (<see cref="ShouldRetry"/>) is believed; its "yes" counts only where the kind does not say otherwise.</remarks>
    public bool IsTransient => ShouldRetry switch
    {
        false => false,
        true => Kind is ChatFailureKind.Unknown || IsTransientKind,
        null => IsTransientKind,
    };

    /// <summary>Gets a value indicating whether the same request to another model or provider may succeed.</summary>
    /// <value>By default <see langword="false"/> for a request that is wrong in itself and for a cancelled one, else <see langword="true"/>.</value>
    public bool CanAnotherProviderHelp
    {
        get => _canAnotherProviderHelp ?? Kind is not (ChatFailureKind.InvalidRequest or ChatFailureKind.Cancelled);
        init => _canAnotherProviderHelp = value;
    }

    private bool IsTransientKind => Kind is ChatFailureKind.RateLimited or ChatFailureKind.Overloaded
        or ChatFailureKind.ServerError or ChatFailureKind.Timeout or ChatFailureKind.Network or ChatFailureKind.Truncated;
}
