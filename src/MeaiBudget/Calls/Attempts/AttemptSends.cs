using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// The requests that an attempt really sends, as the HTTP handler sees them. Each is covered by a reservation before it leaves: the
/// attempt's own, a further one if the SDK or a handler sends again, an additional one if the request asks more than was reserved.
/// </summary>
/// <remarks>Thread-safe: a hedging handler sends in parallel.</remarks>
internal sealed class AttemptSends : IWireCover, IDisposable
{
    private const int BytesOfToken = 4;

    private static readonly TimeSpan LongerCacheLifetime = TimeSpan.FromHours(1);

    private readonly CandidateRun _run;

    // Null if nothing reserves for the attempt, which then has no covers.
    private readonly GateReservations? _gates;
    private SendCover[] _covers = [];
    private bool _isClosed;
    private WireExchange? _final;

    public AttemptSends(CandidateRun run, GateReservations? gates, CancellationToken token)
    {
        _run = run;
        _gates = gates;
        Wire = new WireAttempt(this, timeProvider: run.Clock, cancellationToken: token) { IsBudgeted = !run.Frame.Path.Gates.IsEmpty, IsStreaming = run.IsStreaming };
    }

    /// <summary>The attempt as the handler sees it.</summary>
    public WireAttempt Wire { get; }

    /// <summary>The covers, the attempt's own first.</summary>
    public SendCover[] Covers => Volatile.Read(ref _covers);

    /// <summary>How many requests left the process.</summary>
    public int SentCount => Wire.SentCount;

    /// <summary>
    /// The send whose answer counts: the last that the provider answered to the end, else the last that it answered, else the last
    /// whose billing is unclear, else the last that was rejected, else the last. Of requests that were sent in parallel, the one that
    /// lost is not read to its end.
    /// </summary>
    public WireExchange? Final => _isClosed ? _final : Wire.FindFinal();

    /// <summary>What the answer that counts says; null if the provider did not answer, or its bytes cannot be read.</summary>
    public WireAnswer? Answer => Final is { Billing: WireBilling.Answered, Answer: { } answer } && (answer.Flags & WireFlags.Unreadable) == 0 ? answer : null;

    /// <summary>The refusal that ended the attempt; null if none did. A refused request is no failure where another was answered.</summary>
    public BudgetExceededException? Refusal => Final is { Billing: WireBilling.Answered } ? null : Wire.Refusal as BudgetExceededException;

    /// <summary>True if the answer reports a count or a cost that cannot be right.</summary>
    public bool ReportsNonsense => Answer is { } answer && (answer.Flags & (WireFlags.NegativeCount | WireFlags.AbsurdCount | WireFlags.UnreadableCost | WireFlags.TotalBelowParts)) != 0;

    /// <summary>The usage that the answer's bytes report; null if they report none, or the answer did not come to its end.</summary>
    /// <param name="estimatedInput">The input where the provider reports none that can be right.</param>
    /// <param name="received">Counts the output tokens that came, for the same case.</param>
    public BillableUsage? Reported<TReceived>(long estimatedInput, TReceived received)
        where TReceived : IReceivedOutput
    {
        if (Final is not { Billing: WireBilling.Answered, Answer: { IsComplete: true, Usage: { } usage } answer } final)
        {
            return null;
        }

        WireFigures told = answer.Reported;
        bool isInputMissing = usage.InputTokens == 0 && !told.Has(WireCount.Input) && !told.Has(WireCount.BilledInput);
        bool isOutputMissing = usage.OutputTokens == 0 && !told.Has(WireCount.Output) && !told.Has(WireCount.BilledOutput)
            && final.Request.Protocol is not (WireProtocol.Embeddings or WireProtocol.OllamaEmbeddings or WireProtocol.GeminiEmbeddings);
        bool isBelowText = (answer.Flags & WireFlags.OutputBelowText) != 0;
        bool hasUnconfirmedParts = (answer.Flags & WireFlags.PartsExceedWhole) != 0;
        long output = usage.OutputTokens;
        if (isInputMissing && !told.Has(WireCount.Output) && told[WireCount.Total] is > 0 and var total)
        {
            // Only the total was told: what is not input is output.
            estimatedInput = Math.Min(estimatedInput, total);
            output = Math.Max(0, Math.Min(output, total - estimatedInput));
        }

        // Some gateways tell one number for all lifetimes.
        bool isWrittenForAnHour = usage.IsCacheWriteDurationAssumed && final.Request.CacheLifetime == LongerCacheLifetime;
        return usage with
        {
            InputTokens = isInputMissing ? estimatedInput : usage.InputTokens,
            CacheWriteTokens = isWrittenForAnHour ? 0 : usage.CacheWriteTokens,
            CacheWriteOneHourTokens = isWrittenForAnHour ? usage.CacheWriteTokens : usage.CacheWriteOneHourTokens,
            OutputTokens = isOutputMissing || isBelowText ? Math.Max(output, received.Tokens()) : output,
            IsEstimated = isInputMissing || isOutputMissing || isBelowText,
            IsInconsistent = ReportsNonsense || isBelowText || (hasUnconfirmedParts && told[WireCount.Total] > 0),
            HasUnconfirmedParts = hasUnconfirmedParts,
            WebSearches = usage.WebSearches == 0 && final.Request.AlwaysSearches(answer.ModelId) ? 1 : usage.WebSearches,
            HasUnknownFee = HasUnknownFee(answer),
        };
    }

    /// <summary>The usage with the tools that the provider ran: they are billed also where the answer has no usage, or broke off.</summary>
    public BillableUsage WithTools(in BillableUsage usage) => Answer is not { } answer
        ? usage
        : usage with
        {
            WebSearches = Math.Max(usage.WebSearches, answer.WebSearches),
            FileSearches = Math.Max(usage.FileSearches, answer.FileSearches),
            CodeExecutionSessions = Math.Max(usage.CodeExecutionSessions, answer.CodeSessions),
            HasUnknownFee = usage.HasUnknownFee || HasUnknownFee(answer),
        };

    /// <summary>The tokens of text that came over the wire and that the SDK did not pass on, such as reasoning and refusals.</summary>
    /// <param name="shownBytes">The bytes of text that the SDK passed on.</param>
    public long HiddenTokens(long shownBytes)
    {
        // Calls of tools do not have exactly the bytes that the SDK makes of them.
        long hidden = Answer is { } answer ? answer.TextBytes - shownBytes : 0;
        long slack = shownBytes == 0 ? 0 : 32 + (shownBytes / 8);
        return hidden > slack ? (hidden + BytesOfToken - 1) / BytesOfToken : 0;
    }

    /// <summary>True if every request of the route's client passes our handler, so that what it did not see was not sent.</summary>
    public bool SeesEveryRequest => _run.Route.IsCertainToSeeWire || _run.Route is { SeesWire: true, MissesWire: false };

    /// <summary>True if the client sent no request, as far as that is certain.</summary>
    public bool IsNothingSent => SeesEveryRequest && SentCount == 0;

    /// <summary>Says whether the answer came to its end on the wire although the SDK did not say so, or failed: then the caller has all of it.</summary>
    /// <param name="shownBytes">The bytes of text that the caller was shown.</param>
    /// <param name="reason">The provider's reason for the end; null if it gave none.</param>
    public bool CameToItsEnd(long shownBytes, out ChatFinishReason? reason)
    {
        reason = null;
        if (Final is not { Billing: WireBilling.Answered, BodyFailure: null, Answer: { IsComplete: true, Error: null } answer }
            || (answer.Flags & WireFlags.Unreadable) != 0 || answer.SaysNothing)
        {
            return false;
        }

        reason = answer.FinishReason switch
        {
            "length" or "max_tokens" or "max_output_tokens" or "MAX_TOKENS" or "model_length" or "model_context_window_exceeded" => ChatFinishReason.Length,
            "content_filter" or "content-filter" or "SAFETY" or "refusal" => ChatFinishReason.ContentFilter,
            "stop" or "eos" or "end_turn" or "stop_sequence" or "completed" or "STOP" => ChatFinishReason.Stop,
            _ => null,
        };
        return reason == ChatFinishReason.Length || reason == ChatFinishReason.ContentFilter || (answer.TextBytes <= shownBytes && !IsBrokenOff(answer.FinishReason));
    }

    /// <summary>Makes the attempt's own reservation the cover of its first request.</summary>
    public void Begin(SendCover cover) => _covers = [cover];

    /// <inheritdoc/>
    public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        _run.Route.SeesWire = true;
        if (_run.IsPoll && exchange.Request.FetchedResponseId is null && !_run.Frame.Path.Gates.IsEmpty)
        {
            throw new BudgetExceededException(new SpendRefusal
            {
                Budget = _run.Frame.Path.Gates[0].Name,
                Reason = RefusalReason.UnboundedInput,
                Advice = "a request with a continuation token and no messages must fetch an answer, and this client asked for a new one; leave ContinuationToken unset for a new request",
            });
        }

        SendCover[] covers = Covers;
        if (covers.Length == 0 || exchange.Request.FetchedResponseId is not null)
        {
            // Without gates there is nothing to reserve; fetching a response that exists already buys nothing.
            return default;
        }

        return string.IsNullOrEmpty(exchange.Request.PreviousResponseId)
            ? CoverAsync(exchange, covers, history: null, cancellationToken)
            : CoverContinuationAsync(exchange, covers, cancellationToken);
    }

    /// <summary>Covers a request that continues a conversation.</summary>
    private async ValueTask CoverContinuationAsync(WireExchange exchange, SendCover[] covers, CancellationToken cancellationToken)
    {
        RememberedConversation? history = await _run.HistoryAsync(exchange.Request.PreviousResponseId, cancellationToken);
        await CoverAsync(exchange, covers, history, cancellationToken);
    }

    private ValueTask CoverAsync(WireExchange exchange, SendCover[] covers, RememberedConversation? history, CancellationToken cancellationToken)
    {
        SpendRequest needed = _gates!.WithLearned(SentRequest.WorstCase(exchange.Request, covers[0].Request, _gates.TokensOfAnUnlimitedAnswer, _run, history), exchange.Request);
        SendCover? cover = TakeFree(exchange);
        if (cover is not null && !Exceeds(needed, cover.Request))
        {
            exchange.Cover = cover;
            return default;
        }

        return ReserveFurtherAsync(exchange, cover, needed, cancellationToken);
    }

    /// <summary>Reserves for a request that has no cover, or more than its cover.</summary>
    private async ValueTask ReserveFurtherAsync(WireExchange exchange, SendCover? cover, SpendRequest needed, CancellationToken cancellationToken)
    {
        if (cover is null)
        {
            SpendRequest further = needed with { Part = _gates!.NextPart(), Closing = null };
            cover = new SendCover(needed, await _gates!.ReserveFurtherAsync(further, cancellationToken)) { Exchange = exchange };
            if (!TryAdd(cover))
            {
                await GateReservations.ReleaseAsync(cover);
                throw WireSendException.Closed();
            }
        }
        else
        {
            SpendRequest surplus = needed with { Part = _gates!.NextPart(), Closing = null, Covered = cover.Request with { Closing = null } };
            (ISpendGate Gate, SpendReservation Reservation)[] added = await _gates!.ReserveFurtherAsync(surplus, cancellationToken);
            if (!TryExtend(cover, needed, added))
            {
                await GateReservations.ReleaseAsync(added);
                throw WireSendException.Closed();
            }
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
                HttpChatFailures.Classify(final.StatusCode!.Value, final.ErrorBody, final.GetHeader) with { Phase = ChatFailurePhase.Rejected, RequestId = failure.RequestId ?? final.RequestId },
            WireBilling.NotSent when failure.Phase is ChatFailurePhase.Ambiguous or ChatFailurePhase.MidStream => failure with { Phase = ChatFailurePhase.NotSent },
            WireBilling.Unclear when final.StatusCode is null && failure.Phase is ChatFailurePhase.NotSent or ChatFailurePhase.Rejected =>
                failure with { Phase = ChatFailurePhase.Ambiguous },
            WireBilling.Unclear when failure.Kind == ChatFailureKind.Unknown && final.StatusCode is { } status =>
                HttpChatFailures.Classify(status, final.ErrorBody, final.GetHeader) with { RequestId = failure.RequestId ?? final.RequestId },
            _ => failure,
        };
    }

    public void Dispose() => Wire.Dispose();

    private static ChatFailure CorrectAnswered(ChatFailure failure, WireExchange final)
    {
        WireAnswer? answer = final.Answer;
        if (answer is { Error: { } error })
        {
            ChatFailure reported = failure.Phase == ChatFailurePhase.NotSent ? HttpChatFailures.Classify(final.StatusCode!.Value, error.Json, final.GetHeader) : failure;

            // An error that comes with output is billed, and a repetition would be billed again. A request that was refused before
            // anything was written or used is not billed, although the stream had begun.
            return error.IsAfterContent || answer.Usage is { OutputTokens: > 0 } ? reported with { Phase = ChatFailurePhase.Ambiguous }
                : reported is { Phase: ChatFailurePhase.Ambiguous } && IsRefusal(reported.Kind) && IsEmpty(answer) ? reported with { Phase = ChatFailurePhase.Rejected }
                : reported;
        }

        if (final.BodyFailure is WireLimitException limit)
        {
            ChatFailureKind kind = limit.Limit == WireLimit.Silence ? ChatFailureKind.Timeout : ChatFailureKind.UnreadableAnswer;
            return new ChatFailure(kind, ChatFailurePhase.Ambiguous) { StatusCode = final.StatusCode, RequestId = failure.RequestId ?? final.RequestId };
        }

        if (failure is { Phase: ChatFailurePhase.Rejected, StatusCode: { } status } && status != final.StatusCode)
        {
            // Another request of the attempt was rejected; this one was answered, so it is billed.
            return failure with { Phase = ChatFailurePhase.Ambiguous };
        }

        // The provider answered with success, so it bills, whatever the SDK made of the answer.
        bool isOfSdk = failure is { StatusCode: null, Kind: ChatFailureKind.Unknown or ChatFailureKind.InvalidRequest or ChatFailureKind.ServerError };
        bool cannotBeRead = answer is { IsComplete: true } || (answer is not null && (answer.Flags & WireFlags.Malformed) != 0);
        return failure.Phase == ChatFailurePhase.NotSent || (isOfSdk && final.BodyFailure is null && cannotBeRead)
            ? new ChatFailure(ChatFailureKind.UnreadableAnswer, ChatFailurePhase.Ambiguous) { StatusCode = final.StatusCode, RequestId = failure.RequestId ?? final.RequestId }
            : failure;
    }

    private static bool IsRefusal(ChatFailureKind kind) =>
        kind is ChatFailureKind.RateLimited or ChatFailureKind.QuotaExhausted or ChatFailureKind.Authentication or ChatFailureKind.InvalidRequest or ChatFailureKind.ContextLengthExceeded;

    private static bool IsEmpty(WireAnswer answer) =>
        answer is { Usage: null, TextBytes: 0, WebSearches: 0, FileSearches: 0, CodeSessions: 0, WebFetches: 0, GeneratedImages: 0 };

    private static bool HasUnknownFee(WireAnswer answer) => answer.GeneratedImages > 0 || (answer.Flags & WireFlags.OtherFee) != 0;

    /// <summary>The provider could not finish: the caller does not have all that it wanted to say.</summary>
    private static bool IsBrokenOff(string? finishReason) =>
        finishReason is "error" or "abort" or "aborted" or "insufficient_system_resource" or "failed" or "cancelled" or "OTHER";

    /// <summary>
    /// Stops every request that has not left yet, and decides which one counts. From then on the covers do not change, so that each is
    /// settled or released once. A second call does nothing.
    /// </summary>
    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        Wire.Close();
        WireExchange? final = Wire.FindFinal();
        lock (Wire)
        {
            (_final, _isClosed) = (final, true);
        }
    }

    private SendCover? TakeFree(WireExchange exchange)
    {
        lock (Wire)
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

    private bool TryAdd(SendCover cover)
    {
        lock (Wire)
        {
            if (!_isClosed)
            {
                _covers = [.. _covers, cover];
            }

            return !_isClosed;
        }
    }

    /// <summary>Adds reservations to a cover; returns false if the covers do not change any more.</summary>
    public bool TryExtend(SendCover cover, SpendRequest request, (ISpendGate Gate, SpendReservation Reservation)[] added)
    {
        lock (Wire)
        {
            if (!_isClosed)
            {
                cover.Extend(request, added);
            }

            return !_isClosed;
        }
    }

    private static bool Exceeds(SpendRequest needed, SpendRequest covered) =>
        needed.OutputTokens > covered.OutputTokens
        || needed.Estimate.InputUpperBound > covered.Estimate.InputUpperBound
        || needed.ModelId != covered.ModelId
        || needed.ServiceTier != covered.ServiceTier
        || (needed.Estimate.IsUnbounded && !covered.Estimate.IsUnbounded);
}
