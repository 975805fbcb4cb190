using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>One attempt of a call: one request to one model, or why none was made. Immutable; holds no content and no secret.</summary>
public sealed record AttemptReceipt
{
    private readonly long _timeToFirstContent = -1;
    private readonly long _reservedOutputTokens = -1;

    /// <summary>Gets the call's id.</summary>
    public required Guid CallId { get; init; }

    /// <summary>Gets the number of the attempt within the call, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Gets the route's name.</summary>
    public required string Route { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the model that was asked.</summary>
    public string? ModelId { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the model that answered, as the provider named it.</summary>
    public string? ResponseModelId { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the provider's request id, for its support; <see langword="null"/> where the client does not show it.</summary>
    public string? RequestId { get; init => field = value is null ? null : SecretRedactor.Default.Redact(value); }

    /// <summary>Gets how it ended.</summary>
    public required AttemptOutcome Outcome { get; init; }

    /// <summary>Gets why it failed.</summary>
    public ChatFailure? Failure { get; init; }

    /// <summary>Gets what the budget said that refused it.</summary>
    public SpendRefusal? Refusal { get; init; }

    /// <summary>Gets why the candidate was skipped, for a person.</summary>
    public string? SkipReason { get; init; }

    /// <summary>Gets how long was waited before this attempt: backoff, Retry-After, or others' reservations.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>Gets when it was sent, or when it was decided that it is not.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets how long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Gets how long the first content took, of a stream.</summary>
    public TimeSpan? TimeToFirstContent
    {
        get => _timeToFirstContent < 0 ? null : new TimeSpan(_timeToFirstContent);
        init => _timeToFirstContent = value?.Ticks ?? -1;
    }

    /// <summary>Gets the estimate.</summary>
    public TokenEstimate? Estimate { get; init; }

    /// <summary>Gets the output tokens that were reserved; <see langword="null"/> if nothing was.</summary>
    public long? ReservedOutputTokens
    {
        get => _reservedOutputTokens < 0 ? null : _reservedOutputTokens;
        init => _reservedOutputTokens = value ?? -1;
    }

    /// <summary>Gets what was reserved, in US dollars, at the highest over the budgets.</summary>
    public decimal Reserved => Money.FromNanoDollars(ReservedNanoDollars);

    /// <summary>Gets <see cref="Reserved"/> in nano-dollars.</summary>
    internal long ReservedNanoDollars { get; init; }

    /// <summary>Gets the number of HTTP requests that were sent; more than 1 means that the SDK or a handler sent again. Each was reserved for.</summary>
    /// <value>0 if nothing was sent; 1 for a client whose requests cannot be seen.</value>
    public int RequestCount { get; init; }

    /// <summary>Gets the usage that was settled.</summary>
    public BillableUsage Usage { get; init; }

    /// <summary>Gets what was settled; nothing (zero, computed) if the attempt was released.</summary>
    public Cost Cost { get; init; }

    /// <summary>Gets a value indicating whether the charge is unconfirmed.</summary>
    public bool IsUnconfirmed { get; init; }

    /// <summary>Gets the names of the budgets that the attempt passed or that refused it.</summary>
    public IReadOnlyList<string> Budgets { get; init; } = [];

    /// <summary>Says in a few words how the attempt ended, for a person; no content, no secret.</summary>
    internal string Why() => Outcome switch
    {
        AttemptOutcome.Answered => "answered",
        AttemptOutcome.Skipped => $"skipped, {SkipReason}",
        AttemptOutcome.Refused => $"refused by budget '{Refusal?.Budget}' ({Refusal?.Reason})",
        AttemptOutcome.CircuitOpen => "resting after repeated failures",
        AttemptOutcome.Cancelled => "cancelled",
        _ => Failure switch
        {
            { StatusCode: { } status, ProviderCode: { Length: > 0 } code } => $"{Failure.Kind} (HTTP {status}, {code})",
            { StatusCode: { } status } => $"{Failure.Kind} (HTTP {status})",
            _ => $"{Failure?.Kind}",
        },
    };

    /// <summary>Tells the attempt for a person, in one line.</summary>
    internal string Explain()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[{Number}] {Route}{(ModelId is null ? "" : $" ({ModelId})")}: {Why()}");
        if (Waited > TimeSpan.Zero)
        {
            text.Append(CultureInfo.InvariantCulture, $", waited {Waited.TotalSeconds:0.###} s");
        }

        if (Estimate is { } estimate && ReservedOutputTokens is { } output)
        {
            text.Append(CultureInfo.InvariantCulture, $", reserved ${Reserved} for up to {estimate.InputUpperBound} in and {output} out");
        }

        if (Usage.InputTokens > 0 || Usage.OutputTokens > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", {Usage.InputTokens} in and {Usage.OutputTokens} out{(Usage.IsEstimated ? " (estimated)" : "")}");
            text.Append(Cost.Kind == CostKind.Unknown
                ? ", price unknown"
                : string.Create(CultureInfo.InvariantCulture, $", ${Cost.Amount} ({Cost.Kind})"));
            text.Append(IsUnconfirmed ? ", unconfirmed" : "");
        }

        return text.ToString();
    }
}
