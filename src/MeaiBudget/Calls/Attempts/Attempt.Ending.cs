using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <content>How an attempt ends: what is settled or released, what is learned from it, and its receipt.</content>
internal sealed partial class Attempt
{
    /// <summary>What an answer counts as whose provider reported nothing.</summary>
    public BillableUsage EstimatedUsage(long receivedTokens) => new()
    {
        InputTokens = EstimateOf(Counting)?.InputTokens ?? 0,
        OutputTokens = receivedTokens,
        IsEstimated = true,
        IsInconsistent = Sends?.ReportsNonsense == true,
    };

    private BillableUsage WithTools(in BillableUsage usage) => Sends?.WithTools(usage) ?? usage;

    /// <summary>The cover of the request whose answer counts; null if nothing is reserved.</summary>
    private SendCover? Counting => Sends?.Final?.Cover as SendCover ?? _gates?.Main;

    /// <summary>The estimate of what was sent, which may be more than the messages and options.</summary>
    private TokenEstimate? EstimateOf(SendCover? cover) => cover?.Request.Estimate ?? _run.Estimate;

    /// <summary>True if the client reports what the answer's bytes say, so that there is nothing to read from its report.</summary>
    public bool IsOnWire(UsageDetails? client)
    {
        Sends?.Close();
        return client is not null
            && Sends?.Answer is { IsComplete: true, Flags: WireFlags.None, Usage: { } told }
            && client.InputTokenCount == told.InputTokens
            && client.OutputTokenCount == told.OutputTokens
            && (client.CachedInputTokenCount ?? 0) == told.CachedInputTokens
            && (told.InputTokens | told.OutputTokens) != 0;
    }

    /// <summary>What to settle of an answer that came to its end: what its bytes report, else what the client reports, else an estimate.</summary>
    /// <param name="client">What the client reports.</param>
    /// <param name="received">Counts what came.</param>
    /// <param name="isReported">False if all of it is an estimate.</param>
    public BillableUsage UsageOf<TReceived>(in BillableUsage? client, TReceived received, out bool isReported)
        where TReceived : IReceivedOutput
    {
        Sends?.Close();
        long input = EstimateOf(Counting)?.InputTokens ?? 0;
        BillableUsage? reported = Sends?.Reported(input, received)
            ?? (client is { } told ? PlausibleUsage.Filled(told, input, received) : null);
        isReported = reported is not null;
        return Plausible(reported ?? WithTools(EstimatedUsage(received.Tokens())));
    }

    /// <summary>The tokens that the provider keeps of an answered request and its answer: those that it reported, else the bound of both; null if there is none.</summary>
    public long? TokensOfConversation(in BillableUsage usage)
    {
        long told = SaturatingMath.Add(usage.InputTokens, usage.OutputTokens);
        if (usage is { IsEstimated: false, IsInconsistent: false })
        {
            return told;
        }

        return Bounded(Counting?.Request) is { Estimate.IsUnbounded: false } request
            ? Math.Max(told, SaturatingMath.Add(request.Estimate.InputUpperBound, request.OutputTokens))
            : null;
    }

    /// <summary>The usage, without counts that are beyond what the request and the model allow.</summary>
    public BillableUsage Plausible(in BillableUsage usage) =>
        PlausibleUsage.Of(usage, Bounded(Counting?.Request), _gates?.Limits);

    /// <summary>Settles what the provider reported, or what was estimated where it reported nothing.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="client">What the client reported, for the receipt.</param>
    /// <param name="responseModelId">The model that answered, as the client names it.</param>
    /// <param name="isTruncated">True if a budget ended the stream.</param>
    public ValueTask AnsweredAsync(in BillableUsage usage, in BillableUsage? client, string? responseModelId, bool isTruncated)
    {
        if (client is { } told && (told.InputTokens != usage.InputTokens || told.OutputTokens != usage.OutputTokens || told.CachedInputTokens != usage.CachedInputTokens))
        {
            _clientUsage = told;
        }

        _overAt = _run.Clock.GetTimestamp();
        if (_run.IsPoll)
        {
            return PollAnsweredAsync(usage, responseModelId);
        }

        _entry.Succeeded(Record.TimeAt(_overAt));
        if (Sends is { Wire.IsUnused: true })
        {
            _run.AnsweredWithoutRequest();
        }

        if (!usage.IsEstimated)
        {
            Learn(usage);
        }

        // A refused step is not reported before the stream is cut for it: the money for a later one may be free by then.
        _cutBy = isTruncated ? Steps?.ReportCut() : null;
        ChatFailure? failure = isTruncated ? new ChatFailure(ChatFailureKind.Truncated, ChatFailurePhase.MidStream) : null;
        return SettleAsync(usage, responseModelId, isUnconfirmed: isTruncated, AttemptOutcome.Answered, failure);
    }

    /// <summary>Settles or releases what a failed attempt may have cost, by the unconfirmed-charge policy.</summary>
    public async ValueTask FailedAsync(ChatFailure failure, BillableUsage? reported, long receivedTokens, string? responseModelId)
    {
        if (_ended)
        {
            return;
        }

        if (_run.IsPoll)
        {
            await PollFailedAsync(failure.Kind == ChatFailureKind.Cancelled ? AttemptOutcome.Cancelled : AttemptOutcome.Failed, failure, receivedTokens, responseModelId);
            return;
        }

        _entry.Failed(failure);
        receivedTokens = Math.Max(receivedTokens, Sends?.HiddenTokens(ShownBytes) ?? 0);
        responseModelId = Sends?.Answer?.ModelId ?? responseModelId;
        if (Sends?.Answer is { IsComplete: false } && reported is { } placeholder)
        {
            // An answer that is not complete may have cost more than what was reported at its beginning.
            reported = placeholder with { IsEstimated = true };
        }

        AttemptOutcome outcome = failure.Kind == ChatFailureKind.Refused ? AttemptOutcome.Refused : failure.Kind == ChatFailureKind.Cancelled ? AttemptOutcome.Cancelled : AttemptOutcome.Failed;
        BillableUsage? complete = Sends?.Reported(EstimateOf(Counting)?.InputTokens ?? 0, new CountedOutput(receivedTokens)) ?? (reported is { IsEstimated: false } ? reported : null);
        if (complete is { } known)
        {
            await SettleAsync(Plausible(known), responseModelId, isUnconfirmed: false, outcome, failure);
            return;
        }

        if (WasSent && reported is null && Sends?.Answer is { IsComplete: true, TextBytes: > 0 })
        {
            // The SDK could not read the answer, and it has no usage: its text is known all the same.
            await SettleAsync(Plausible(WithTools(EstimatedUsage(receivedTokens))), responseModelId, isUnconfirmed: true, outcome, failure);
            return;
        }

        // What the answer said before it broke off.
        reported ??= Sends?.Answer?.Usage is { } begun ? begun with { IsEstimated = true } : null;

        UnconfirmedCharge charge = RequestCount > 0 ? _run.Admission.Unconfirmed.For(failure, _run.IsStreaming) : UnconfirmedCharge.Released;
        if (charge == UnconfirmedCharge.Released && Sends?.Final is { } final && MayBeBilled(final))
        {
            // The failure is that of another request of the attempt.
            charge = ChargeOf(final);
        }

        if (charge == UnconfirmedCharge.Released && reported is null)
        {
            await ReleaseAsync(outcome, failure);
            return;
        }

        BillableUsage usage = WithTools(AtLeast(reported, UnconfirmedUsage(charge, Counting, receivedTokens)));
        await SettleAsync(Plausible(usage), responseModelId, isUnconfirmed: true, outcome, failure);
    }

    /// <summary>Learns the length of an answer, for <see cref="OutputReservation.Learned"/>.</summary>
    public void LearnLength<TReceived>(in BillableUsage usage, TReceived received)
        where TReceived : IReceivedOutput
    {
        if (_run.Admission.OutputReservation == OutputReservation.Learned && !_run.IsPoll)
        {
            LearnedReservation.Observe(_run, _gates?.Main?.Request.Tags, usage, received.Tokens());
        }
    }

    private void Learn(in BillableUsage reported)
    {
        if (_run.Estimate is not { } estimate)
        {
            return;
        }

        if (MeaiBudgetDiagnostics.Instruments.EstimateError.Enabled)
        {
            MeaiBudgetDiagnostics.RecordEstimateError(
                estimate.InputTokens, reported.InputTokens, Route.Metadata?.ProviderName, _run.WrittenModelId, estimate.Source, CallActivity.OperationOf(_run.Client));
        }

        foreach (ITokenEstimator estimator in _run.Frame.Path.Estimators)
        {
            try
            {
                estimator.Learn(estimate, _run.Target, reported);
            }
#pragma warning disable CA1031 // An estimator may be the application's code: whatever it throws, what was spent must be settled.
            catch (Exception)
#pragma warning restore CA1031
            {
                CallLog.EstimatorFailed(Record.Logger, estimator.GetType().Name);
            }
        }
    }

    private void Note(Exception exception)
    {
        (AttemptOutcome outcome, ChatFailure failure) = exception switch
        {
            BudgetExceededException => (AttemptOutcome.Refused, new ChatFailure(ChatFailureKind.Refused, ChatFailurePhase.NotSent)),
            CircuitOpenException open => (AttemptOutcome.CircuitOpen,
                new ChatFailure(ChatFailureKind.CircuitOpen, ChatFailurePhase.NotSent) { RetryAfter = open.RetryAfter }),
            _ when _run.CallerToken.IsCancellationRequested => (AttemptOutcome.Cancelled,
                new ChatFailure(ChatFailureKind.Cancelled, ChatFailurePhase.NotSent)),
            OperationCanceledException => (AttemptOutcome.Failed, new ChatFailure(ChatFailureKind.Timeout, ChatFailurePhase.NotSent)),
            _ => (AttemptOutcome.Failed, new ChatFailure(ChatFailureKind.Unknown, ChatFailurePhase.NotSent)),
        };
        ChatFailures.Attach(exception, failure);
        Add(Receipt(outcome, failure, refusal: (exception as BudgetExceededException)?.Refusal));
    }

    private long? ExpectedOutput()
    {
        foreach (ITokenEstimator estimator in _run.Frame.Path.Estimators)
        {
            try
            {
                if (estimator.ExpectedOutputTokens(_run.Target) is { } expected)
                {
                    return expected;
                }
            }
#pragma warning disable CA1031 // As above.
            catch (Exception)
#pragma warning restore CA1031
            {
                CallLog.EstimatorFailed(Record.Logger, estimator.GetType().Name);
            }
        }

        return null;
    }

    private ValueTask SettleAsync(in BillableUsage usage, string? responseModelId, bool isUnconfirmed, AttemptOutcome outcome, ChatFailure? failure)
    {
        if (_ended)
        {
            return default;
        }

        _ended = true;
        Watch.Remove(this);
        Steps?.Close();
        Sends?.Close();
        if (_kept is not null)
        {
            _bill!.TrySettle(isConfirmed: !isUnconfirmed);
        }

        BillableUsage billed = Counting is { Request.ServiceTier: { } asked } cover ? usage with { ServiceTier = cover.BilledTier(asked, usage.ServiceTier) } : usage;
        var settlement = new SpendSettlement { Usage = billed, ResponseModelId = Route.KnownModelOf(Sends?.Answer?.ModelId ?? responseModelId), IsUnconfirmed = isUnconfirmed, Outcome = outcome, IsFetched = _run.IsPoll };
        ValueTask<Cost> settling = SettleCoversAsync(settlement);
        if (!settling.IsCompletedSuccessfully)
        {
            return EndAsync(settling, settlement, failure);
        }

        End(settling.Result, settlement, failure);
        return default;
    }

    private async ValueTask EndAsync(ValueTask<Cost> settling, SpendSettlement settlement, ChatFailure? failure) => End(await settling, settlement, failure);

    private void End(in Cost cost, in SpendSettlement settlement, ChatFailure? failure)
    {
        _gates?.Close();
        _entry.Leave();
        WarnOnce();

        // Without a budget nothing looks for a price, so an unknown cost means nothing.
        if (MeaiBudgetDiagnostics.Instruments is { } instruments && (instruments.Cost.Enabled || instruments.Unpriced.Enabled)
            && (cost.Kind != CostKind.Unknown || !_run.Frame.Path.Gates.IsEmpty))
        {
            CostTelemetry.Record(
                cost, Route.Name, Route.Metadata?.ProviderName, _run.WrittenModelId, CallActivity.OperationOf(_run.Client),
                CostTelemetry.MetricTags(_run.Frame.Path.Gates, _gates?.Main?.Request.Tags));
        }

        Add(Receipt(settlement.Outcome, failure, settlement, cost, _cutBy));
    }

    private async ValueTask ReleaseAsync(AttemptOutcome outcome, ChatFailure failure)
    {
        _ended = true;
        Watch.Remove(this);
        Steps?.Close();
        Sends?.Close();
        if (_kept is not null)
        {
            _bill!.TrySettle(isConfirmed: true);
        }

        Cost cost = await SettleCoversAsync(settlement: null, isRefused: failure.Kind == ChatFailureKind.Refused);
        AttemptReceipt receipt = Receipt(outcome, failure, cost: cost);
        _gates?.Close();
        _entry.Leave();
        WarnOnce();
        Add(receipt);
    }

    /// <summary>How many requests the attempt sent; where no handler of ours sees them, one for an attempt that was passed to the client.</summary>
    private int RequestCount => !WasSent ? 0 : Sends is { SentCount: var sent } sends && (sent > 0 || sends.SeesEveryRequest) ? sent : 1;

    private void Add(AttemptReceipt receipt)
    {
        if (_activity is not null)
        {
            CallActivity.Describe(_activity, receipt, CallActivity.OperationOf(_run.Client));
        }

        Record.Add(receipt);
    }

    /// <summary>Says once a route what makes its attempts worth less than they could be.</summary>
    private void WarnOnce()
    {
        string? provider = Route.Metadata?.ProviderName;
        int requests = Sends?.SentCount ?? 0;
        if (requests > 1 && Route.Warned.First(0))
        {
            bool isHandler = Sends!.Wire.Exchanges.Any(exchange => exchange is { IsSent: true, IsOfHandler: true });
            CallLog.NestedRetry(Record.Logger, Route.Name, requests, isHandler ? "An HTTP handler" : "The SDK", isHandler ? SdkAdvice.HandlerRetriesOff : SdkAdvice.RetriesOff(provider));
        }

        if (Route.Classifier is null && SdkAdvice.Classifier(provider) is { } advice && Route.Warned.First(1))
        {
            CallLog.NoClassifier(Record.Logger, Route.Name, provider!, advice);
        }
    }

    private AttemptReceipt Receipt(
        AttemptOutcome outcome, ChatFailure? failure, SpendSettlement settlement = default, Cost cost = default, SpendRefusal? refusal = null)
    {
        long reserved = OnlyCover?.NanoDollars ?? 0;
        IReadOnlyList<string> budgets = [];
        if (OnlyCover is null)
        {
            foreach (SendCover cover in Covers)
            {
                reserved = SaturatingMath.Add(reserved, cover.NanoDollars);
            }
        }

        foreach ((_, SpendReservation reservation) in _gates?.Reserved ?? [])
        {
            budgets = budgets.Count == 0 ? reservation.Budgets : [.. budgets, .. reservation.Budgets];
        }

        return new AttemptReceipt
        {
            CallId = Record.CallId,
            Number = _number,
            Route = Route.Name,
            Provider = Route.Metadata?.ProviderName,
            ModelId = _run.ModelId,
            RequestId = failure?.RequestId ?? Sends?.Final?.RequestId,
            Outcome = outcome,
            Failure = failure,
            Waited = _gates is null ? _run.Waited : _run.Waited + _gates.Waited,
            StartedAt = WasSent ? Record.TimeAt(_sentAt) : Record.Clock.GetUtcNow(),
            Duration = !WasSent ? TimeSpan.Zero
                : _overAt != 0 ? _run.Clock.GetElapsedTime(_sentAt, Math.Max(_sentAt, _overAt))
                : _run.Clock.GetElapsedTime(_sentAt),
            TimeToFirstContent = _timeToFirstContent < 0 ? null : new TimeSpan(_timeToFirstContent),
            Estimate = _run.Estimate,
            ReservedOutputTokens = _gates?.Main?.Request.OutputTokens,
            ReservedNanoDollars = reserved,
            Budgets = budgets,
            Usage = settlement.Usage,
            ClientUsage = (BillableUsage?)_clientUsage,
            Cost = cost,
            IsUnconfirmed = settlement.IsUnconfirmed,
            ResponseModelId = settlement.ResponseModelId,
            RequestCount = RequestCount,
            Refusal = refusal ?? (outcome == AttemptOutcome.Refused ? Sends?.Refusal?.Refusal : null),
        };
    }
}
