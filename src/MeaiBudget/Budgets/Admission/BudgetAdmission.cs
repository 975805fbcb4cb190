namespace MeaiBudget;

/// <summary>Admits attempts against the budgets of a tracker or a run: reserves, quotes, and waits for what other calls hold.</summary>
internal sealed class BudgetAdmission(LedgerAccess access, ReservationPlanner planner, BudgetEvents events)
{
    /// <summary>The <see cref="SpendRefusal.RetryAfter"/> of a refusal because the ledger failed.</summary>
    private static readonly TimeSpan LedgerRetryAfter = TimeSpan.FromSeconds(5);

    private readonly BudgetRefusals _refusals = new(access);

    public async ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken)
    {
        ReservationPlan plan = planner.Begin(request);
        try
        {
            if (await planner.FillAsync(plan, cancellationToken) is { } refused)
            {
                return Refuse(plan, refused);
            }

            if (plan.Lines.Length == 0)
            {
                return new SpendReservation { Request = request, Price = plan.Price };
            }

            string? queued = AdmissionQueue.Shared.Count == 0 ? null : FirstQueued(plan);
            var reservation = planner.ToLedgerReservation(plan);
            LedgerReservationResult result;
            try
            {
                if (access.Outbox.Count > 0)
                {
                    await access.Outbox.WithdrawReleaseAsync(reservation.Id, cancellationToken);
                }

                result = queued is null
                    ? await access.ReserveAsync(reservation, cancellationToken)
                    : new LedgerReservationResult(false, await ReadAsync(plan, cancellationToken));
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
                return AdmitOrDenyWithoutLedger(plan, reservation);
            }

            if (!result.IsAdmitted)
            {
                return Refuse(plan, await _refusals.ExplainAsync(plan, result.Lines, queued, cancellationToken));
            }

            events.Admitted(plan, result);
            return planner.Admitted(plan, reservation, isDegraded: false);
        }
        finally
        {
            planner.Return(plan);
        }
    }

    /// <summary>Returns what <see cref="ReserveAsync"/> would return now, without reserving, and the most output tokens that the budgets can pay.</summary>
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

        return AdmissionQueue.Shared.WaitAsync(access.Ledger, account, callId, token => HasChangedAsync(refusal, token), cancellationToken);
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

    private SpendReservation AdmitOrDenyWithoutLedger(ReservationPlan plan, LedgerReservation reservation)
    {
        if (plan.DeniesWithoutLedger)
        {
            access.Outbox.Release(reservation.Id);
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
            Lines = [.. plan.Lines.Select(line => line.Mode == LedgerLineMode.Enforce ? line with { Mode = LedgerLineMode.Record } : line)],
        };
        events.AdmittedWithoutLedger(plan, access.Ledger.Name);
        return planner.Admitted(plan, recorded, isDegraded: true);
    }
}
