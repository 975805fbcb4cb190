using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>The receipt of one attempt: one request to one model, or a candidate that was skipped or refused. Immutable. It has no message content and no secrets.</summary>
public sealed record AttemptReceipt
{
    // Rare, and a usage has many fields.
    private readonly OtherUsage? _clientUsage;

    // As the provider sent it. Every call has another one, and few are ever read.
    private readonly string? _requestId;
    private readonly long _timeToFirstContent = -1;
    private readonly long _reservedOutputTokens = -1;

    /// <summary>Gets the call's id.</summary>
    public required Guid CallId { get; init; }

    /// <summary>Gets the number of the attempt within the call, starting from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Gets the route's name.</summary>
    public required string Route { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the provider's name; <see langword="null"/> if it is unknown.</summary>
    public string? Provider { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the requested model; <see langword="null"/> if it is unknown.</summary>
    public string? ModelId { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the model in the response, as the provider named it; <see langword="null"/> if it named none.</summary>
    public string? ResponseModelId { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the provider's request id, for support requests; <see langword="null"/> if the client does not expose it.</summary>
    public string? RequestId
    {
        get => WrittenText.Shortened(_requestId);
        init => _requestId = value;
    }

    /// <summary>Gets how the attempt ended.</summary>
    public required AttemptOutcome Outcome { get; init; }

    /// <summary>Gets the failure; <see langword="null"/> if the attempt did not fail.</summary>
    public ChatFailure? Failure { get; init; }

    /// <summary>
    /// Gets the refusal by a budget: of the attempt, or of more output for a stream that was cut for it (<see cref="OutputReservation.Learned"/>);
    /// <see langword="null"/> if there was none.
    /// </summary>
    public SpendRefusal? Refusal { get; init; }

    /// <summary>Gets a readable reason why the candidate was skipped; <see langword="null"/> if it was not skipped.</summary>
    public string? SkipReason { get; init => field = WrittenText.Of(value); }

    /// <summary>
    /// Gets a readable reason why a failed attempt was not retried on its route although a retry could have helped: a limit of
    /// <c>RetryOptions</c>, the retry budget, the circuit or the total timeout; <see langword="null"/> otherwise. Set when the call has ended.
    /// </summary>
    public string? NoRetryReason { get; init; }

    /// <summary>Gets the wait before this attempt: backoff, Retry-After, or reservations of other calls.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>Gets the time when the attempt was sent, or when it was skipped or refused.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets the duration of the attempt.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Gets the time until the first content of a stream; <see langword="null"/> without streaming or content.</summary>
    public TimeSpan? TimeToFirstContent
    {
        get => _timeToFirstContent < 0 ? null : new TimeSpan(_timeToFirstContent);
        init => _timeToFirstContent = value?.Ticks ?? -1;
    }

    /// <summary>Gets the estimate of the request's tokens; <see langword="null"/> if none was made.</summary>
    public TokenEstimate? Estimate { get; init; }

    /// <summary>Gets the reserved output tokens; <see langword="null"/> if nothing was reserved.</summary>
    public long? ReservedOutputTokens
    {
        get => _reservedOutputTokens < 0 ? null : _reservedOutputTokens;
        init => _reservedOutputTokens = value ?? -1;
    }

    /// <summary>Gets the reserved amount in US dollars; the highest one if several budgets apply.</summary>
    public decimal Reserved => Money.FromNanoDollars(ReservedNanoDollars);

    /// <summary>Gets <see cref="Reserved"/> in nano-dollars.</summary>
    internal long ReservedNanoDollars { get; init; }

    /// <summary>Gets the part of <see cref="Cost"/> that exceeds <see cref="Reserved"/>, in US dollars; zero if nothing was reserved.</summary>
    /// <value>With <see cref="OutputReservation.Learned"/>, the output that arrived before its stream was cut is part of it.</value>
    public decimal Overrun => ReservedOutputTokens is null ? 0 : Money.FromNanoDollars(Math.Max(0, Cost.NanoDollars - ReservedNanoDollars));

    /// <summary>Gets the number of HTTP requests that were sent. More than 1 means that the SDK or a handler repeated the request. Each request was reserved.</summary>
    /// <value>0 if nothing was sent; 1 for a client whose requests are not visible to this library.</value>
    public int RequestCount { get; init; }

    /// <summary>Gets the settled usage.</summary>
    public BillableUsage Usage { get; init; }

    /// <summary>Gets the usage as the client reported it, where it differs from <see cref="Usage"/>; <see langword="null"/> if it is the same, or the client reported none.</summary>
    /// <value>The counts in the provider's answer are charged first, and the client's only where the answer has none or cannot be seen.</value>
    public BillableUsage? ClientUsage
    {
        get => _clientUsage?.Usage;
        init => _clientUsage = value is { } told ? new OtherUsage(told) : null;
    }

    /// <summary>Gets what was settled; nothing (zero, computed) if the attempt was released.</summary>
    public Cost Cost { get; init; }

    /// <summary>Gets a value indicating whether the charge is estimated because the provider did not report the usage.</summary>
    public bool IsUnconfirmed { get; init; }

    /// <summary>Gets the names of the budgets that the attempt passed, or of the budget that refused it.</summary>
    public IReadOnlyList<string> Budgets { get; init; } = [];

    /// <summary>Returns a short, readable description of how the attempt ended, without content and secrets.</summary>
    internal string Why() => Outcome switch
    {
        AttemptOutcome.Answered when Refusal is not null => $"answered, and cut because budget '{Refusal.Budget}' refused more output ({Refusal.Reason})",
        AttemptOutcome.Answered => "answered",
        AttemptOutcome.Skipped => $"skipped, {SkipReason}",
        AttemptOutcome.Refused => $"refused by budget '{Refusal?.Budget}' ({Refusal?.Reason})",
        AttemptOutcome.CircuitOpen => "circuit open after repeated failures",
        AttemptOutcome.Cancelled => "cancelled",
        _ => Failure switch
        {
            { StatusCode: { } status, ProviderCode: { Length: > 0 } code } => $"{Failure.Kind} (HTTP {status}, {code})",
            { StatusCode: { } status } => $"{Failure.Kind} (HTTP {status})",
            _ => $"{Failure?.Kind}",
        },
    };

    /// <summary>Returns a readable description of the attempt in one line.</summary>
    internal string Explain()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[{Number}] {Route}{(ModelId is null ? "" : $" ({ModelId})")}: {Why()}");
        if (ResponseModelId is { Length: > 0 } answered && (ModelId is null || !answered.StartsWith(ModelId, StringComparison.OrdinalIgnoreCase)))
        {
            text.Append(CultureInfo.InvariantCulture, $" by {answered}");
        }

        if (NoRetryReason is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $", not retried: {NoRetryReason}");
        }

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
            text.Append(ClientUsage is { } client ? string.Create(CultureInfo.InvariantCulture, $" (the client reports {client.InputTokens} in and {client.OutputTokens} out)") : "");
            text.Append(Cost.Kind == CostKind.Unknown
                ? ", price unknown"
                : string.Create(CultureInfo.InvariantCulture, $", ${Cost.Amount} ({Cost.Kind})"));
            text.Append(Overrun > 0 ? string.Create(CultureInfo.InvariantCulture, $", ${Overrun} of it beyond the reservation") : "");
            text.Append(IsUnconfirmed ? ", unconfirmed" : "");
        }

        return text.ToString();
    }

    private sealed record OtherUsage(BillableUsage Usage);
}
