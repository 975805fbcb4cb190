using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// The requests that an attempt really sends, as the HTTP handler sees them. Each is covered by a reservation before it leaves: the
/// attempt's own, a further one if the SDK or a handler sends again, an additional one if the request asks more than was reserved.
/// </summary>
/// <remarks>Thread-safe: a hedging handler sends in parallel.</remarks>
internal sealed class AttemptSends : IWireCover, IDisposable
{
    private readonly CandidateRun _run;
    private readonly GateReservations _gates;
    private readonly Lock _lock = new();
    private SendCover[] _covers = [];
    private int _parts;

    public AttemptSends(CandidateRun run, GateReservations gates, CancellationToken token)
    {
        _run = run;
        _gates = gates;
        Wire = new WireAttempt(this, timeProvider: run.Clock, cancellationToken: token);
    }

    /// <summary>The attempt as the handler sees it.</summary>
    public WireAttempt Wire { get; }

    /// <summary>The covers, the attempt's own first.</summary>
    public SendCover[] Covers => Volatile.Read(ref _covers);

    /// <summary>How many requests left the process.</summary>
    public int SentCount => Wire.Exchanges.Count(exchange => exchange.IsSent);

    /// <summary>The send whose answer counts: the last that the provider answered, else the last whose billing is unclear, else the last.</summary>
    public WireExchange? Final
    {
        get
        {
            IReadOnlyList<WireExchange> exchanges = Wire.Exchanges;
            WireExchange? final = null;
            foreach (WireExchange exchange in exchanges)
            {
                if (final is null || Rank(exchange) >= Rank(final))
                {
                    final = exchange;
                }
            }

            return final;

            static int Rank(WireExchange exchange) => exchange.Billing switch
            {
                WireBilling.Answered => 2,
                WireBilling.Unclear => 1,
                _ => 0,
            };
        }
    }

    /// <summary>The usage that the answer's bytes report; null if they report none that can be right, or the answer did not come to its end.</summary>
    public BillableUsage? ReportedUsage => Reported(received: null);

    /// <summary>The same, with the output counted where the report names far less than came.</summary>
    /// <param name="received">Counts the output tokens that came.</param>
    public BillableUsage? Reported(Func<long>? received)
    {
        if (Final is not { Billing: WireBilling.Answered, Answer: { IsComplete: true, Usage: { } usage } answer } || (answer.Flags & WireFlags.AbsurdCount) != 0)
        {
            return null;
        }

        return (answer.Flags & WireFlags.OutputBelowText) != 0 && received is not null
            ? usage with { OutputTokens = Math.Max(usage.OutputTokens, received()), IsEstimated = true }
            : usage;
    }

    /// <summary>True if every request of the route's client passes our handler, so that what it did not see was not sent.</summary>
    private bool SeesEveryRequest => _run.Route.IsCertainToSeeWire || _run.Route is { SeesWire: true, MissesWire: false };

    /// <summary>The finish reason of an answer that came to its end at a limit or a filter; null for any other.</summary>
    public ChatFinishReason? EndOfAnswer =>
        Final is { Billing: WireBilling.Answered, Answer: { IsComplete: true, Error: null } answer }
            ? answer.FinishReason switch
            {
                "length" or "max_tokens" or "max_output_tokens" or "MAX_TOKENS" => ChatFinishReason.Length,
                "content_filter" or "SAFETY" => ChatFinishReason.ContentFilter,
                _ => null,
            }
            : null;

    /// <summary>Makes the attempt's own reservation the cover of its first request.</summary>
    public void Begin(SendCover cover) => _covers = [cover];

    /// <inheritdoc/>
    public async ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        _run.Route.SeesWire = true;
        if (Covers.Length == 0 || exchange.Request.FetchedResponseId is not null)
        {
            // Without gates there is nothing to reserve; fetching a response that exists already buys nothing.
            return;
        }

        SpendRequest needed = SentRequest.WorstCase(exchange.Request, Covers[0].Request, _gates.Bound.TokensOfAnAnswer, _run);
        SendCover? cover = TakeFree(exchange);
        if (cover is null)
        {
            SpendRequest further = needed with { Part = Interlocked.Increment(ref _parts), Closing = null };
            cover = new SendCover(needed, await _gates.ReserveFurtherAsync(further, cancellationToken)) { Exchange = exchange };
            Add(cover);
        }
        else if (Exceeds(needed, cover.Request))
        {
            SpendRequest surplus = needed with { Part = Interlocked.Increment(ref _parts), Closing = null, Covered = cover.Request with { Closing = null } };
            cover.Extend(needed, await _gates.ReserveFurtherAsync(surplus, cancellationToken));
        }

        exchange.Cover = cover;
    }

    /// <summary>Corrects a failure by what the wire shows: whether a request left, and whether the provider answered it.</summary>
    public ChatFailure Correct(ChatFailure failure)
    {
        if (Final is not { } final)
        {
            return SeesEveryRequest ? failure with { Phase = ChatFailurePhase.NotSent } : failure;
        }

        return final.Billing switch
        {
            WireBilling.Answered => CorrectAnswered(failure, final),
            WireBilling.NotBilled when failure.Phase is ChatFailurePhase.Ambiguous or ChatFailurePhase.MidStream =>
                HttpChatFailures.Classify(final.StatusCode!.Value, final.ErrorBody) with { Phase = ChatFailurePhase.Rejected, RequestId = failure.RequestId ?? final.RequestId },
            WireBilling.Unclear when final.StatusCode is null && failure.Phase is ChatFailurePhase.NotSent or ChatFailurePhase.Rejected =>
                failure with { Phase = ChatFailurePhase.Ambiguous },
            _ => failure,
        };
    }

    public void Dispose() => Wire.Dispose();

    private static ChatFailure CorrectAnswered(ChatFailure failure, WireExchange final)
    {
        if (final.Answer is { Error: { } error } && failure.Phase == ChatFailurePhase.NotSent)
        {
            ChatFailure reported = HttpChatFailures.Classify(final.StatusCode!.Value, error.Json);
            return error.IsAfterContent ? reported with { Phase = ChatFailurePhase.Ambiguous } : reported;
        }

        // The provider answered with success, so it bills, whatever the SDK made of the answer.
        return failure.Phase == ChatFailurePhase.NotSent
            ? new ChatFailure(ChatFailureKind.UnreadableAnswer, ChatFailurePhase.Ambiguous) { StatusCode = final.StatusCode, RequestId = failure.RequestId ?? final.RequestId }
            : failure;
    }

    private SendCover? TakeFree(WireExchange exchange)
    {
        lock (_lock)
        {
            foreach (SendCover cover in _covers)
            {
                if (cover.IsFree)
                {
                    cover.Exchange = exchange;
                    return cover;
                }
            }
        }

        return null;
    }

    private void Add(SendCover cover)
    {
        lock (_lock)
        {
            _covers = [.. _covers, cover];
        }
    }

    private static bool Exceeds(SpendRequest needed, SpendRequest covered) =>
        needed.OutputTokens > covered.OutputTokens
        || needed.Estimate.InputUpperBound > covered.Estimate.InputUpperBound
        || needed.ModelId != covered.ModelId
        || needed.ServiceTier != covered.ServiceTier
        || (needed.Estimate.IsUnbounded && !covered.Estimate.IsUnbounded);
}
