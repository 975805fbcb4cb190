using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <content>How an attempt ends: what is settled or released, what is learned from it, and its receipt.</content>
internal sealed partial class Attempt
{
    /// <summary>What an answer counts as whose provider reported nothing.</summary>
    public BillableUsage EstimatedUsage(long receivedTokens) => new()
    {
        InputTokens = _run.Estimate?.InputTokens ?? 0,
        OutputTokens = receivedTokens,
        IsEstimated = true,
    };

    /// <summary>Settles what the provider reported, or what was estimated where it reported nothing.</summary>
    public ValueTask AnsweredAsync(in BillableUsage usage, string? responseModelId, bool isTruncated)
    {
        _overAt = _run.Clock.GetTimestamp();
        _entry.Succeeded(Record.TimeAt(_overAt));
        if (!usage.IsEstimated)
        {
            Learn(usage);
        }

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

        _entry.Failed(failure);
        AttemptOutcome outcome = failure.Kind == ChatFailureKind.Cancelled ? AttemptOutcome.Cancelled : AttemptOutcome.Failed;
        if (reported is { IsEstimated: false } known)
        {
            await SettleAsync(known, responseModelId, isUnconfirmed: false, outcome, failure);
            return;
        }

        UnconfirmedCharge charge = WasSent ? _run.Admission.Unconfirmed.For(failure, _run.IsStreaming) : UnconfirmedCharge.Released;
        if (charge == UnconfirmedCharge.Released && reported is null)
        {
            await ReleaseAsync(outcome, failure);
            return;
        }

        long reserved = _gates.Bound.Tokens;
        long output = charge switch
        {
            UnconfirmedCharge.InputPlusReceived => receivedTokens,
            UnconfirmedCharge.InputPlusExpected => Math.Min(reserved, ExpectedOutput() ?? reserved),
            UnconfirmedCharge.Full => reserved,
            _ => 0,
        };
        BillableUsage usage = reported is { } soFar
            ? soFar with { OutputTokens = Math.Max(soFar.OutputTokens, output) }
            : new BillableUsage
            {
                InputTokens = charge == UnconfirmedCharge.Full
                    ? _run.Estimate?.InputUpperBound ?? 0
                    : _run.Estimate?.InputTokens ?? 0,
                OutputTokens = output,
                IsEstimated = true,
            };
        await SettleAsync(usage, responseModelId, isUnconfirmed: true, outcome, failure);
    }

    private void Learn(in BillableUsage reported)
    {
        if (_run.Estimate is not { } estimate)
        {
            return;
        }

        MeaiBudgetDiagnostics.RecordEstimateError(
            estimate.InputTokens, reported.InputTokens, Route.Metadata?.ProviderName, _run.WrittenModelId, estimate.Source);
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

    private async ValueTask SettleAsync(BillableUsage usage, string? responseModelId, bool isUnconfirmed, AttemptOutcome outcome, ChatFailure? failure)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        Watch.Remove(this);
        var settlement = new SpendSettlement { Usage = usage, ResponseModelId = responseModelId, IsUnconfirmed = isUnconfirmed, Outcome = outcome };
        Cost cost = default;
        foreach ((ISpendGate gate, SpendReservation reservation) in _gates.Reserved)
        {
            Cost charged = await gate.SettleAsync(reservation, settlement);
            cost = cost.Kind == CostKind.Unknown ? charged : cost;
        }

        _gates.Close();
        _entry.Leave();
        WarnOnce();
        CostTelemetry.Record(cost, Route.Name, Route.Metadata?.ProviderName, _run.WrittenModelId);
        Add(Receipt(outcome, failure, settlement, cost));
    }

    private async ValueTask ReleaseAsync(AttemptOutcome outcome, ChatFailure failure)
    {
        _ended = true;
        Watch.Remove(this);
        AttemptReceipt receipt = Receipt(outcome, failure);
        await _gates.ReleaseAsync();
        _entry.Leave();
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

    private AttemptReceipt Receipt(
        AttemptOutcome outcome, ChatFailure? failure, SpendSettlement settlement = default, Cost cost = default, SpendRefusal? refusal = null)
    {
        long reserved = 0;
        IReadOnlyList<string> budgets = [];
        foreach ((_, SpendReservation reservation) in _gates.Reserved)
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
            Waited = _run.Waited + _gates.Waited,
            StartedAt = WasSent ? Record.TimeAt(_sentAt) : Record.Clock.GetUtcNow(),
            Duration = !WasSent ? TimeSpan.Zero
                : _overAt != 0 ? _run.Clock.GetElapsedTime(_sentAt, Math.Max(_sentAt, _overAt))
                : _run.Clock.GetElapsedTime(_sentAt),
            TimeToFirstContent = _timeToFirstContent < 0 ? null : new TimeSpan(_timeToFirstContent),
            Estimate = _run.Estimate,
            ReservedOutputTokens = _gates.Reserved.Length > 0 ? _gates.Bound.Tokens : null,
            ReservedNanoDollars = reserved,
            Budgets = budgets,
            Usage = settlement.Usage,
            Cost = cost,
            IsUnconfirmed = settlement.IsUnconfirmed,
            ResponseModelId = settlement.ResponseModelId,
            Refusal = refusal,
        };
    }
}
