using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// One attempt, from the circuit to the settlement. The order is: circuit, the route's slot, gates, send; then settle or
/// release, exactly once, whatever happened.
/// </summary>
internal sealed class Attempt : LeaseKeeper.ILeased, IDisposable
{
    private readonly CandidateRun _run;
    private readonly int _number;
    private readonly List<(ISpendGate Gate, SpendReservation Reservation)> _reserved = new(2);
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource? _linked;
    private readonly Activity? _activity;
    private OutputBound _bound;
    private bool _hasSlot;
    private bool _entered;
    private bool _isProbe;
    private bool _sent;
    private bool _ended;
    private long _started;
    private DateTimeOffset _startedAt;
    private TimeSpan _waited;

    public Attempt(CandidateRun run)
    {
        _run = run;
        _activity = CallActivity.StartAttempt(run.ParentActivity);
        _number = run.Record.NextAttempt();
        _waited = run.Waited;
        run.Waited = TimeSpan.Zero;
        _timeout = new CancellationTokenSource(run.AttemptTimeout, run.Clock);
        _linked = run.CallerToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, run.CallerToken)
            : null;
        Wire = run.Route.Classifier is null ? null : new WireObservation(Token);
    }

    /// <summary>Cancelled by the caller or by the attempt's time-out.</summary>
    public CancellationToken Token => (_linked ?? _timeout).Token;

    /// <summary>What went over the wire, where the client lets it be seen.</summary>
    public WireObservation? Wire { get; }

    /// <summary>The output tokens after which an enforcing budget cuts a stream; null if none stands behind it.</summary>
    public long? OutputLimit { get; private set; }

    /// <summary>When the first content came, of a stream.</summary>
    public TimeSpan? TimeToFirstContent { get; set; }

    private CallRecord Record => _run.Record;

    /// <summary>An open tool loop that is to be wrapped up keeps money back for its closing answer.</summary>
    private bool KeepsBackForClosing =>
        _run.Frame is { Exceeded: ExceededBehavior.WrapUp, IsClosing: false }
        && _run.Options is { Tools.Count: > 0, ToolMode: not NoneChatToolMode };

    private AttemptRoute Route => _run.Route;

    /// <summary>Rearms the time-out: the stream may stay silent so long, but no longer than the attempt may take.</summary>
    public void ExpectWithin(TimeSpan? silence)
    {
        if (silence is { } limit)
        {
            TimeSpan left = _run.AttemptTimeout - (_started == 0 ? TimeSpan.Zero : _run.Clock.GetElapsedTime(_started));
            TimeSpan due = limit < left ? limit : left;
            _timeout.CancelAfter(due > TimeSpan.Zero ? due : TimeSpan.Zero);
        }
    }

    /// <summary>Passes circuit, slot and gates. What it throws was refused, and nothing is held any more.</summary>
    /// <returns>The options to send.</returns>
    public async ValueTask<ChatOptions?> AdmitAsync()
    {
        try
        {
            ChatOptions? options = await PassAsync();
            _started = _run.Clock.GetTimestamp();
            _startedAt = _run.Clock.GetUtcNow();
            _sent = true;
            if (_reserved.Count > 0)
            {
                LeaseKeeper.For(_run.Clock).Add(this);
            }

            return options;
        }
        catch (Exception exception)
        {
            await GiveBackAsync();
            Note(exception);
            throw;
        }
    }

    /// <summary>Settles what the provider reported, or what was estimated where it reported nothing.</summary>
    public async ValueTask<BillableUsage> AnsweredAsync(BillableUsage? reported, long receivedTokens, string? responseModelId, bool isTruncated)
    {
        BillableUsage usage = reported ?? new BillableUsage
        {
            InputTokens = _run.Estimate?.InputTokens ?? 0,
            OutputTokens = receivedTokens,
            IsEstimated = true,
        };
        Route.Circuit.Succeeded(_run.Clock.GetUtcNow(), _isProbe);
        _entered = false;
        ChatFailure? failure = isTruncated ? new ChatFailure(ChatFailureKind.Truncated, ChatFailurePhase.MidStream) : null;
        await SettleAsync(usage, responseModelId, isDoubtful: isTruncated, AttemptOutcome.Answered, failure);
        if (reported is { } known && _run.Estimate is { } estimate)
        {
            MeaiBudgetDiagnostics.RecordEstimateError(estimate.InputTokens, known.InputTokens, Route.Metadata?.ProviderName, _run.ModelId, estimate.Source);
            foreach (ITokenEstimator estimator in _run.Frame.Estimators)
            {
                estimator.Learn(estimate, _run.Target, known);
            }
        }

        return usage;
    }

    /// <summary>Settles or releases what a failed attempt may have cost, by the doubt policy.</summary>
    public async ValueTask FailedAsync(ChatFailure failure, BillableUsage? reported, long receivedTokens, string? responseModelId)
    {
        if (_ended)
        {
            return;
        }

        if (_entered)
        {
            Route.Circuit.Failed(_run.Clock.GetUtcNow(), failure, _isProbe);
            _entered = false;
        }

        AttemptOutcome outcome = failure.Kind == ChatFailureKind.Cancelled ? AttemptOutcome.Cancelled : AttemptOutcome.Failed;
        if (reported is { } known)
        {
            await SettleAsync(known, responseModelId, isDoubtful: false, outcome, failure);
            return;
        }

        DoubtCharge charge = _sent ? _run.Admission.Doubt.For(failure, _run.IsStreaming) : DoubtCharge.Released;
        if (charge == DoubtCharge.Released)
        {
            await ReleaseAsync(outcome, failure);
            return;
        }

        long reserved = _bound.Tokens;
        var usage = new BillableUsage
        {
            InputTokens = charge == DoubtCharge.Full
                ? _run.Estimate?.InputUpperBound ?? 0
                : _run.Estimate?.InputTokens ?? 0,
            OutputTokens = charge switch
            {
                DoubtCharge.InputPlusReceived => receivedTokens,
                DoubtCharge.InputPlusExpected => Math.Min(reserved, ExpectedOutput() ?? reserved),
                DoubtCharge.Full => reserved,
                _ => 0,
            },
            IsEstimated = true,
        };
        await SettleAsync(usage, responseModelId, isDoubtful: true, outcome, failure);
    }

    void LeaseKeeper.ILeased.Renew()
    {
        foreach ((ISpendGate gate, SpendReservation reservation) in _reserved)
        {
            // Fire and forget: a renewal that fails leaves the lease to expire, which charges in full.
            _ = RenewAsync(gate, reservation);
        }
    }

    public void Dispose()
    {
        _activity?.Dispose();
        _linked?.Dispose();
        _timeout.Dispose();
    }

    private async Task RenewAsync(ISpendGate gate, SpendReservation reservation)
    {
        try
        {
            await gate.RenewAsync(reservation, _run.Admission.Lease, CancellationToken.None);
        }
        catch (SpendLedgerException)
        {
            // The lease then expires and charges in full; the settlement replaces that.
        }
    }

    private async ValueTask<ChatOptions?> PassAsync()
    {
        Token.ThrowIfCancellationRequested();
        await EnterAsync();
        if (_run.Frame.Gates.IsEmpty)
        {
            if (!_run.Frame.Estimators.IsEmpty)
            {
                await _run.EstimateAsync();
            }

            return _run.Options;
        }

        TokenEstimate estimate = await _run.EstimateAsync();
        string modelId = _run.ModelId ?? "";
        ModelLimits? limits = null;
        PriceCatalog? catalog = null;
        foreach (ISpendGate gate in _run.Frame.Gates)
        {
            limits ??= gate.LimitsOf(modelId, Route.Metadata?.ProviderName);
            catalog ??= gate.Catalog;
        }

        _bound = OutputBound.For(_run.Options, estimate, limits, _run.Admission, Route.Provider?.DefaultOutputTokens);
        var request = new SpendRequest
        {
            CallId = Record.CallId,
            Attempt = _number,
            ModelId = modelId,
            RequestedModelId = Record.RequestedModelId,
            Provider = Route.Metadata?.ProviderName,
            ProviderUri = Route.Metadata?.ProviderUri,
            Route = Route.Name,
            ModelClass = Route.ModelClass,
            IsFree = Route.IsLocal,
            Tags = CallTags.Of(_run.Options),
            Estimate = estimate,
            OutputTokens = _bound.Tokens,
            Lease = _run.Admission.Lease,
            Run = _run.Frame.Run,
            Closing = KeepsBackForClosing
                ? new ClosingReserve(_run.Admission.ToolResultAllowance, Math.Min(_run.Admission.OutputFloor, _bound.Tokens))
                : null,
            Catalog = catalog,
            ReportsRefusal = true,
        };
        await ReserveAsync(request);
        return OutputLimit is null ? _run.Options : _bound.Apply(_run.Options);
    }

    /// <summary>All gates or none: lowers the bound where a budget can pay less, waits where others hold the money.</summary>
    private async ValueTask ReserveAsync(SpendRequest request)
    {
        long waitStarted = 0;
        bool queued = false;
        int lowered = 0;
        try
        {
            while (true)
            {
                (ISpendGate Gate, SpendRefusal Refusal)? refused = await TryGatesAsync(request);
                if (refused is not var (gate, refusal))
                {
                    return;
                }

                await ReleaseGatesAsync();
                bool isHeld = refusal.Reason == RefusalReason.Held;
                long affordable = refusal.PayableOutputTokens;
                if (isHeld)
                {
                    waitStarted = waitStarted == 0 ? _run.Clock.GetTimestamp() : waitStarted;
                    TimeSpan patience = refusal.MaxWait - _run.Clock.GetElapsedTime(waitStarted);
                    if (_run.TimeLeft is { } left && left < patience)
                    {
                        patience = left;
                    }

                    if (patience > TimeSpan.Zero && !Record.AncestorHolds(gate))
                    {
                        queued = true;
                        await WaitAsync(gate, refusal, patience);
                        continue;
                    }

                    affordable = refusal.FreeOutputTokens;
                }

                if (_bound.IsGiven || refusal.Reason is not (RefusalReason.Spent or RefusalReason.Held)
                    || affordable < _bound.Floor || affordable >= _bound.Tokens || ++lowered > _run.Frame.Gates.Length + 1)
                {
                    gate.Refused(request, refusal);
                    throw new BudgetExceededException(refusal);
                }

                _bound = _bound.LoweredTo(affordable);
                request = request with { OutputTokens = _bound.Tokens };
            }
        }
        finally
        {
            if (waitStarted != 0)
            {
                _waited += _run.Clock.GetElapsedTime(waitStarted);
            }

            if (queued)
            {
                foreach (ISpendGate gate in _run.Frame.Gates)
                {
                    gate.StopWaiting(Record.CallId);
                }
            }
        }
    }

    private async ValueTask<(ISpendGate Gate, SpendRefusal Refusal)?> TryGatesAsync(SpendRequest request)
    {
        bool isEnforced = false;
        foreach (ISpendGate gate in _run.Frame.Gates)
        {
            SpendReservation reservation = await gate.ReserveAsync(request, Token);
            if (reservation.Refusal is { } refusal)
            {
                return (gate, refusal);
            }

            Record.Opened(gate);
            _reserved.Add((gate, reservation));
            isEnforced |= reservation.IsEnforced;
        }

        OutputLimit = isEnforced ? _bound.Tokens : null;
        return null;
    }

    /// <summary>Waits for others to settle. Nothing is held meanwhile: the slot and the circuit's probe are given back and asked again.</summary>
    private async ValueTask WaitAsync(ISpendGate gate, SpendRefusal refusal, TimeSpan patience)
    {
        Leave();
        using var limit = new CancellationTokenSource(patience, _run.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, Token);
        try
        {
            await gate.WaitAsync(refusal, Record.CallId, either.Token);
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            // Waited long enough; ask a last time.
        }

        await EnterAsync();
    }

    private async ValueTask EnterAsync()
    {
        if (!Route.Circuit.TryEnter(_run.Clock.GetUtcNow(), out _isProbe, out TimeSpan retryAfter))
        {
            throw new CircuitOpenException(Route.Name, retryAfter);
        }

        _entered = true;
        if (Route.Slots is { } slots)
        {
            await slots.WaitAsync(Token);
            _hasSlot = true;
        }
    }

    private void Leave()
    {
        if (_hasSlot)
        {
            _hasSlot = false;
            Route.Slots!.Release();
        }

        if (_entered)
        {
            _entered = false;
            Route.Circuit.Leave(_isProbe);
        }
    }

    private async ValueTask ReleaseGatesAsync()
    {
        foreach ((ISpendGate gate, SpendReservation reservation) in _reserved)
        {
            await gate.ReleaseAsync(reservation);
            Record.Closed(gate);
        }

        _reserved.Clear();
        OutputLimit = null;
    }

    private async ValueTask GiveBackAsync()
    {
        Leave();
        await ReleaseGatesAsync();
        _ended = true;
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
        foreach (ITokenEstimator estimator in _run.Frame.Estimators)
        {
            if (estimator.ExpectedOutputTokens(_run.Target) is { } expected)
            {
                return expected;
            }
        }

        return null;
    }

    private async ValueTask SettleAsync(BillableUsage usage, string? responseModelId, bool isDoubtful, AttemptOutcome outcome, ChatFailure? failure)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        StopLease();
        var settlement = new SpendSettlement { Usage = usage, ResponseModelId = responseModelId, IsDoubtful = isDoubtful, Outcome = outcome };
        Cost cost = default;
        foreach ((ISpendGate gate, SpendReservation reservation) in _reserved)
        {
            Cost charged = await gate.SettleAsync(reservation, settlement);
            Record.Closed(gate);
            cost = cost.Kind == CostKind.Unknown ? charged : cost;
        }

        Leave();
        WarnOnce();
        MeaiBudgetDiagnostics.RecordCost(cost, Route.Name, Route.Metadata?.ProviderName, _run.ModelId);
        Add(Receipt(outcome, failure, settlement, cost));
    }

    private async ValueTask ReleaseAsync(AttemptOutcome outcome, ChatFailure failure)
    {
        _ended = true;
        StopLease();
        AttemptReceipt receipt = Receipt(outcome, failure);
        await ReleaseGatesAsync();
        Leave();
        WarnOnce();
        Add(receipt);
    }

    private void Add(AttemptReceipt receipt)
    {
        CallActivity.Describe(_activity, receipt);
        Record.Add(receipt);
    }

    /// <summary>Says once a route what makes its attempts worth less than they could be.</summary>
    private void WarnOnce()
    {
        string? provider = Route.Metadata?.ProviderName;
        if (Wire is { RequestCount: > 1 and var requests } && Route.Warned.First(0))
        {
            CallLog.NestedRetry(Record.Logger, Route.Name, requests, SdkAdvice.RetriesOff(provider));
        }

        if (Route.Classifier is null && SdkAdvice.Classifier(provider) is { } advice && Route.Warned.First(1))
        {
            CallLog.NoClassifier(Record.Logger, Route.Name, provider!, advice);
        }
    }

    private void StopLease()
    {
        if (_reserved.Count > 0)
        {
            LeaseKeeper.For(_run.Clock).Remove(this);
        }
    }

    private AttemptReceipt Receipt(
        AttemptOutcome outcome, ChatFailure? failure, SpendSettlement settlement = default, Cost cost = default, SpendRefusal? refusal = null)
    {
        long reserved = 0;
        IReadOnlyList<string> budgets = [];
        foreach ((_, SpendReservation reservation) in _reserved)
        {
            reserved = Math.Max(reserved, reservation.NanoDollars);
            budgets = budgets.Count == 0 ? reservation.Budgets : [.. budgets, .. reservation.Budgets];
        }

        return new AttemptReceipt
        {
            CallId = Record.CallId,
            Number = _number,
            Route = Route.Name,
            Provider = Route.Metadata?.ProviderName,
            ModelId = _run.ModelId,
            RequestId = failure?.RequestId ?? Wire?.RequestId,
            Outcome = outcome,
            Failure = failure,
            Waited = _waited,
            StartedAt = _startedAt,
            Duration = _started == 0 ? TimeSpan.Zero : _run.Clock.GetElapsedTime(_started),
            TimeToFirstContent = TimeToFirstContent,
            Estimate = _run.Estimate,
            ReservedOutputTokens = _reserved.Count > 0 ? _bound.Tokens : null,
            Reserved = reserved / 1_000_000_000m,
            Budgets = budgets,
            Usage = settlement.Usage,
            Cost = cost,
            IsDoubtful = settlement.IsDoubtful,
            ResponseModelId = settlement.ResponseModelId,
            Refusal = refusal,
        };
    }
}
