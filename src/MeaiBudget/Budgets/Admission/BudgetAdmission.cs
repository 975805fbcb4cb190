namespace MeaiBudget;

/// <summary>Admits attempts against the budgets of a tracker or a run: reserves, quotes, and waits for what other calls hold.</summary>
internal sealed class BudgetAdmission(LedgerAccess access, ReservationPlanner planner, BudgetEvents events)
{
    /// <summary>The <see cref="SpendRefusal.RetryAfter"/> of a refusal because the ledger failed.</summary>
    private static readonly TimeSpan LedgerRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>How often one attempt follows a change of the ledger's settings; then it reserves with the limits that it has.</summary>
    private const int MostRefreshes = 3;

    /// <summary>How old the known limits may be if they refuse an attempt because of a stop.</summary>
    private static readonly TimeSpan StopsAge = TimeSpan.FromMilliseconds(250);

    private readonly BudgetRefusals _refusals = new(access);

    public ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken)
    {
        // A ledger in memory mostly admits at once, and then no asynchronous method is needed.
        ReservationPlan plan = planner.Begin(request);
        ValueTask<SpendRefusal?> filling = FillAsync(plan, cancellationToken);
        if (!filling.IsCompletedSuccessfully)
        {
            return ReserveAsync(plan, filling, null, default, cancellationToken);
        }

        SpendRefusal? refused = filling.Result;
        if (refused is not null || plan.Lines.Length == 0 || AdmissionQueue.Shared.Count > 0 || access.Outbox.Count > 0)
        {
            return ReserveAsync(plan, new(refused), null, default, cancellationToken);
        }

        var reservation = planner.ToLedgerReservation(plan);
        ValueTask<LedgerReservationResult> asking = AskAsync(reservation, cancellationToken);
        if (!asking.IsCompletedSuccessfully)
        {
            return ReserveAsync(plan, default, reservation, asking, cancellationToken);
        }

        LedgerReservationResult result = asking.Result;
        if (!result.IsAdmitted || result.SettingsChanged)
        {
            return ReserveAsync(plan, default, reservation, new(result), cancellationToken);
        }

        LedgeredReservation admitted = Admit(plan, reservation, result);
        planner.Return(plan);
        return new(admitted);
    }

    /// <summary>Fills a plan. It does not throw: the task fails.</summary>
    private ValueTask<SpendRefusal?> FillAsync(ReservationPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            return planner.FillAsync(plan, cancellationToken);
        }
#pragma warning disable CA1031 // Not swallowed: the task fails with it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return ValueTask.FromException<SpendRefusal?>(exception);
        }
    }

    /// <summary>Asks the ledger for a reservation. It does not throw: the task fails.</summary>
    private ValueTask<LedgerReservationResult> AskAsync(LedgerReservation reservation, CancellationToken cancellationToken)
    {
        try
        {
            return access.ReserveAsync(reservation, cancellationToken);
        }
#pragma warning disable CA1031 // Not swallowed: the task fails with it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return ValueTask.FromException<LedgerReservationResult>(exception);
        }
    }

    /// <summary>Reserves step by step, with all that may have to be waited for.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="filling">The plan's filling.</param>
    /// <param name="asked">What the ledger was asked already; null if it was not.</param>
    /// <param name="asking">The ledger's answer to that.</param>
    /// <param name="cancellationToken">Cancels the requests to the ledger.</param>
    private async ValueTask<SpendReservation> ReserveAsync(
        ReservationPlan plan,
        ValueTask<SpendRefusal?> filling,
        LedgerReservation? asked,
        ValueTask<LedgerReservationResult> asking,
        CancellationToken cancellationToken)
    {
        SpendRequest request = plan.Request;
        try
        {
            for (int tries = 0; ; tries++)
            {
                SpendRefusal? refused = await filling;
                if (refused is { Reason: RefusalReason.Stopped } && tries == 0 && await IsResumedAsync(plan, cancellationToken))
                {
                    filling = FillAsync(plan, cancellationToken);
                    continue;
                }

                if (refused is not null)
                {
                    return Refuse(plan, refused);
                }

                if (plan.Lines.Length == 0)
                {
                    return new SpendReservation { Request = request, Price = plan.Price };
                }

                if (await TryReserveAsync(plan, followsSettings: tries < MostRefreshes, asked, asking, cancellationToken) is { } reservation)
                {
                    return reservation;
                }

                (asked, asking) = (null, default);
                filling = FillAsync(plan, cancellationToken);
            }
        }
        finally
        {
            planner.Return(plan);
        }
    }

    /// <summary>Reserves or refuses; returns <see langword="null"/> if the ledger's settings changed, so that the plan must be filled again.</summary>
    private async ValueTask<SpendReservation?> TryReserveAsync(
        ReservationPlan plan, bool followsSettings, LedgerReservation? asked, ValueTask<LedgerReservationResult> asking, CancellationToken cancellationToken)
    {
        LedgerReservation reservation = asked ?? planner.ToLedgerReservation(plan);
        if (!followsSettings)
        {
            reservation = reservation with { SettingsVersion = null };
        }

        string? queued = asked is not null || plan.Request.IsStep || AdmissionQueue.Shared.Count == 0 ? null : FirstQueued(plan);
        bool passes = false;
        LedgerReservationResult result;
        try
        {
            if (asked is null && access.Outbox.Count > 0)
            {
                await access.WithdrawReleaseAsync(reservation.Id, cancellationToken);
            }

            IReadOnlyList<LedgerLineState> states = [];
            if (queued is not null)
            {
                states = await ReadAsync(plan, cancellationToken);
                if (LeavesEnoughForThoseWhoWait(plan, states))
                {
                    (queued, passes) = (null, true);
                }
            }

            result = asked is not null ? await asking
                : queued is null ? await access.ReserveAsync(reservation, cancellationToken)
                : new LedgerReservationResult(false, states);
            if (result.SettingsChanged)
            {
                await planner.RefreshAsync(plan, TimeSpan.Zero, cancellationToken);
                return null;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The ledger may have applied the reservation; the release makes sure that nothing stays held.
            access.ReleaseLater(reservation.Id);
            throw;
        }
        catch (Exception exception)
        {
            access.LogFailure(exception);
            return AdmitOrDenyWithoutLedger(plan, reservation, wasSent: exception is not LedgerAwayException);
        }

        if (!result.IsAdmitted)
        {
            return Refuse(plan, await _refusals.ExplainAsync(plan, result.Lines, queued, cancellationToken));
        }

        if (passes)
        {
            foreach (LedgerLine line in plan.Lines)
            {
                AdmissionQueue.Shared.Passed(access.Ledger, line.Account, line.Amount);
            }
        }

        return Admit(plan, reservation, result);
    }

    private LedgeredReservation Admit(ReservationPlan plan, LedgerReservation reservation, in LedgerReservationResult result)
    {
        events.Admitted(plan, result);
        return planner.Admitted(plan, reservation, isDegraded: false);
    }

    /// <summary>Returns what <see cref="ReserveAsync(SpendRequest, CancellationToken)"/> would return now, without reserving, and the most output tokens that the budgets can pay.</summary>
    public async ValueTask<(SpendReservation Answer, long? FreeOutputTokens)> QuoteAsync(SpendRequest request, CancellationToken cancellationToken)
    {
        ReservationPlan plan = planner.Begin(request);
        SpendRefusal? refusal = await planner.FillAsync(plan, cancellationToken);
        IReadOnlyList<LedgerLineState> states = [];
        if (refusal is null)
        {
            states = await ReadAsync(plan, cancellationToken);
            if (states.Where((state, i) => !state.Fits && plan.Lines[i].Mode == LedgerLineMode.Enforce).Any())
            {
                refusal = await _refusals.ExplainAsync(plan, states, queued: null, cancellationToken);
            }
        }

        return (planner.Quoted(plan, refusal), plan.FreeOutputTokens(states));
    }

    /// <summary>Waits until it is worth reserving again after a refusal as <see cref="RefusalReason.Held"/>; other refusals do not wait.</summary>
    public Task WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken)
    {
        if (refusal is not { Reason: RefusalReason.Held, Account: { } account })
        {
            return Task.CompletedTask;
        }

        return AdmissionQueue.Shared.WaitAsync(
            access.Ledger, account, callId, token => HasChangedAsync(refusal, token), cancellationToken, refusal.WantedAmount);
    }

    /// <summary>True if an operator has resumed what was stopped when the limits were last read.</summary>
    private async ValueTask<bool> IsResumedAsync(ReservationPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            return await planner.RefreshAsync(plan, StopsAge, cancellationToken);
        }
        catch (SpendLedgerException exception)
        {
            access.LogFailure(exception);
            return false;
        }
    }

    /// <summary>
    /// True if the attempt fits now and still leaves what those who wait before it want, once the reservations that they wait for have
    /// ended. A large request that waits then keeps its place without keeping out small ones.
    /// </summary>
    private bool LeavesEnoughForThoseWhoWait(ReservationPlan plan, IReadOnlyList<LedgerLineState> states)
    {
        for (int i = 0; i < states.Count; i++)
        {
            LedgerLine line = plan.Lines[i];
            if (line.Mode != LedgerLineMode.Enforce)
            {
                continue;
            }

            Int128 wanted = AdmissionQueue.Shared.WantedBefore(access.Ledger, line.Account, plan.Request.CallId);
            if (!states[i].Fits || (wanted > 0 && states[i].Charged + wanted + line.Amount > (Int128)line.Limit!.Value + states[i].Granted))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Finds an account for which another call waits that came first.</summary>
    private string? FirstQueued(ReservationPlan plan)
    {
        foreach (LedgerLine line in plan.Lines)
        {
            if (line.Mode == LedgerLineMode.Enforce && AdmissionQueue.Shared.IsBehind(access.Ledger, line.Account, plan.Request.CallId))
            {
                return line.Account;
            }
        }

        return null;
    }

    private async ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(ReservationPlan plan, CancellationToken cancellationToken)
    {
        var queries = new LedgerAccountQuery[plan.Lines.Length];
        for (int i = 0; i < queries.Length; i++)
        {
            LedgerLine line = plan.Lines[i];
            queries[i] = new LedgerAccountQuery(line.Account, line.FirstPeriod, line.Period);
        }

        IReadOnlyList<LedgerLineState> read = await access.Ledger.ReadAsync(queries, cancellationToken);
        var states = new LedgerLineState[queries.Length];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = read[i] with { Fits = plan.Lines[i].FitsIn(read[i]) };
        }

        return states;
    }

    private async ValueTask<bool> HasChangedAsync(SpendRefusal refusal, CancellationToken cancellationToken)
    {
        if (refusal.IsQueued || refusal.Query is not { } query)
        {
            return true;
        }

        LedgerLineState now;
        try
        {
            now = (await access.Ledger.ReadAsync([query], cancellationToken))[0];
        }
        catch (SpendLedgerException)
        {
            // The wait goes on. The next reservation then fails or passes as the budget's LedgerFailureBehavior says.
            return false;
        }

        return now.Charged != refusal.Seen.Charged || now.Held != refusal.Seen.Held || now.Granted != refusal.Seen.Granted;
    }

    private SpendReservation Refuse(ReservationPlan plan, SpendRefusal refusal)
    {
        if (!plan.Request.ReportsRefusal)
        {
            events.Refused(plan.Request, refusal, plan.Now);
        }

        return new SpendReservation { Request = plan.Request, Price = plan.Price, Refusal = refusal, Budgets = [refusal.Budget] };
    }

    private SpendReservation AdmitOrDenyWithoutLedger(ReservationPlan plan, LedgerReservation reservation, bool wasSent)
    {
        if (plan.DeniesWithoutLedger)
        {
            if (wasSent)
            {
                // The ledger may have applied it.
                access.Outbox.Release(reservation.Id);
            }

            BudgetLine denying = plan.Meaning.First(line => line.Book.Budget.DeniesWithoutLedger);
            return Refuse(plan, new SpendRefusal
            {
                Budget = denying.Book.Budget.Name,
                Key = denying.Key,
                Reason = RefusalReason.LedgerUnavailable,
                Limit = (denying.Book.Limit ?? 0) / 1_000_000_000m,
                Wanted = plan.NanoDollars / 1_000_000_000m,
                RetryAfter = LedgerRetryAfter,
            });
        }

        // The ledger receives the reservation with its settlement. It must accept it beyond any limit: the money has been spent by then.
        LedgerReservation recorded = reservation with
        {
            SettingsVersion = null,
            Lines = [.. plan.Lines.Select(line => line.Mode == LedgerLineMode.Enforce ? line with { Mode = LedgerLineMode.Record } : line)],
        };
        events.AdmittedWithoutLedger(plan, access.Ledger.Name);
        return planner.Admitted(plan, recorded, isDegraded: true);
    }
}
