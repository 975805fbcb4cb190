using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <content>Answers that the provider makes in the background: their reservation stays until one of the requests that fetch them finds the end.</content>
internal sealed partial class Attempt
{
    private BackgroundBill? _bill;

    /// <summary>What the bill of this attempt's own answer is paid from; null before it is known that the answer is made in the background.</summary>
    private SendCover? _kept;

    /// <summary>Returns the id of a response that the provider goes on making; null if it has ended.</summary>
    public string? RunningId(ChatResponse response)
    {
        // A server may leave out that the answer is made in the background. Then the SDK gives no token, and only the status tells.
        bool isRunning = response.ContinuationToken is not null
            || (Sends?.Final is { } final && (_run.IsPoll || final.Request.IsBackground)
                && Sends.Answer is { IsComplete: false, Error: null, Usage: null, FinishReason: "queued" or "in_progress" });
        return !isRunning ? null
            : !string.IsNullOrEmpty(response.ResponseId) ? response.ResponseId
            : ContinuedResponse.IdOf(response.ContinuationToken) ?? Sends?.Answer?.ResponseId;
    }

    /// <summary>Ends the attempt, and keeps its reservation for the answer that the provider goes on making.</summary>
    /// <param name="responseId">The response's id.</param>
    /// <param name="conversationId">The id by which the client continues the conversation; null if it is not stored.</param>
    /// <param name="responseModelId">The model that answers, as the client names it.</param>
    /// <param name="failure">What ended a stream; null if the request ended well.</param>
    public async ValueTask KeptAsync(string responseId, string? conversationId, string? responseModelId, ChatFailure? failure = null)
    {
        if (_ended)
        {
            return;
        }

        _overAt = _run.Clock.GetTimestamp();
        if (failure is null)
        {
            _entry.Succeeded(Record.TimeAt(_overAt));
        }
        else
        {
            _entry.Failed(failure);
        }

        await FindBillAsync(responseId);
        if (!_run.IsPoll)
        {
            await LinkAsync(responseId, conversationId);
        }

        _ended = true;
        Watch.Remove(this);
        Steps?.Close();
        Sends?.Close();
        Cost cost = default;
        foreach (SendCover cover in Covers)
        {
            if (ReferenceEquals(cover, _kept) || ReferenceEquals(cover, _bill?.Cover))
            {
                await RenewAsync(cover);
            }
            else if (SettlementOf(cover, cover.Exchange) is { } other)
            {
                cost = cost.Plus(await SettleAsync(cover, other));
            }
            else
            {
                await GateReservations.ReleaseAsync(cover);
            }
        }

        _gates?.Close();
        _entry.Leave();
        WarnOnce();
        AttemptOutcome outcome = failure is null ? AttemptOutcome.Answered : failure.Kind == ChatFailureKind.Cancelled ? AttemptOutcome.Cancelled : AttemptOutcome.Failed;
        Add(Receipt(outcome, failure, new SpendSettlement { Usage = default, ResponseModelId = responseModelId, IsUnconfirmed = !_run.IsPoll }, cost));
    }

    /// <summary>Makes the bill of a response known as soon as its id is, so that it is found if this process ends.</summary>
    public async ValueTask LinkAsync(string responseId, string? conversationId)
    {
        if (_bill is not null || Counting is not { } cover)
        {
            return;
        }

        // A copy, since this attempt may end otherwise than those that fetch the answer.
        var kept = new SendCover(cover.Request, cover.Reserved);
        kept.Extend(cover.Request, cover.Added);
        _kept = cover;
        _bill = new BackgroundBill(kept);
        await Record.Setup.Background.AddAsync(Route.Metadata, responseId, _bill);

        // Until it is complete, its bound is what it may become.
        await _run.RememberAsync(conversationId, responseId, SaturatingMath.Add(cover.Request.Estimate.InputUpperBound, cover.Request.OutputTokens));
    }

    /// <summary>Finds the bill of the response that a poll fetches, and pays from it.</summary>
    public ValueTask FindBillAsync(string? responseId) =>
        !_run.IsPoll || _bill is not null || string.IsNullOrEmpty(responseId) ? ValueTask.CompletedTask : AdoptBillAsync(responseId);

    private async ValueTask AdoptBillAsync(string responseId)
    {
        try
        {
            _bill = await Record.Setup.Background.FindAsync(_run, responseId, CancellationToken.None);
        }
        catch (SpendLedgerException)
        {
            // The lease then expires and charges in full, and a later poll replaces that.
        }

        if (_bill is not null)
        {
            _gates!.Adopt(_bill.Cover);
        }
    }

    private async ValueTask<ChatOptions?> AdmitPollAsync()
    {
        await FindBillAsync(ContinuedResponse.IdOf(_run.Options!.ContinuationToken));
        if (_bill is not null)
        {
            await RenewAsync(_bill.Cover);
        }

        return _run.Options;
    }

    /// <summary>Settles the answer that a poll found complete, once.</summary>
    private async ValueTask PollAnsweredAsync(BillableUsage usage, string? responseModelId)
    {
        _entry.Succeeded(Record.TimeAt(_overAt));
        await SettlePollAsync(usage, responseModelId, AttemptOutcome.Answered, failure: null);
    }

    /// <summary>A poll that failed tells nothing about the answer, unless the provider reported its end.</summary>
    private async ValueTask PollFailedAsync(AttemptOutcome outcome, ChatFailure failure, long receivedTokens, string? responseModelId)
    {
        _overAt = _run.Clock.GetTimestamp();
        _entry.Failed(failure);
        await FindBillAsync(Sends?.Answer?.ResponseId);
        BillableUsage? told = Sends?.Reported(EstimateOf(Counting)?.InputTokens ?? 0, new CountedOutput(receivedTokens));
        if (told is null && Sends?.Answer is { IsComplete: true, FinishReason: "failed" or "cancelled" })
        {
            told = EstimatedUsage(receivedTokens);
        }

        if (told is { } known)
        {
            await SettlePollAsync(Plausible(known), responseModelId, outcome, failure);
        }
        else
        {
            EndPoll(outcome, failure);
        }
    }

    private async ValueTask SettlePollAsync(BillableUsage usage, string? responseModelId, AttemptOutcome outcome, ChatFailure? failure)
    {
        bool isConfirmed = !usage.IsEstimated;
        if (usage.IsEstimated && UnreportedCharge(usage) is { } charge)
        {
            // The provider bills nothing if it failed without usage; what was charged for an ended lease is given back.
            isConfirmed = charge == UnconfirmedCharge.Released;
            usage = isConfirmed ? new BillableUsage { IsEstimated = true } : Plausible(UnconfirmedUsage(charge, Counting, usage.OutputTokens));
        }

        if (_bill?.TrySettle(isConfirmed) == true)
        {
            await SettleAsync(usage, responseModelId, isUnconfirmed: !isConfirmed, outcome, failure);
        }
        else
        {
            EndPoll(outcome, failure);
        }
    }

    /// <summary>What is charged for an answer that ended without usage; null for its text.</summary>
    private UnconfirmedCharge? UnreportedCharge(in BillableUsage usage) => Sends?.Answer?.FinishReason switch
    {
        "failed" => _run.Admission.Unconfirmed.ServerError,
        "cancelled" => _run.Admission.Unconfirmed.Ambiguous,
        _ => usage.OutputTokens == 0 ? _run.Admission.Unconfirmed.Ambiguous : null,
    };

    /// <summary>Ends a poll that neither buys nor settles anything.</summary>
    private void EndPoll(AttemptOutcome outcome, ChatFailure? failure)
    {
        _ended = true;
        Watch.Remove(this);
        Steps?.Close();
        Sends?.Close();
        _entry.Leave();
        WarnOnce();
        Add(Receipt(outcome, failure));
    }

    private async ValueTask RenewAsync(SendCover cover)
    {
        foreach ((ISpendGate gate, SpendReservation reservation) in cover.Reserved.Concat(cover.Added))
        {
            await RenewAsync(gate, reservation);
        }
    }
}
