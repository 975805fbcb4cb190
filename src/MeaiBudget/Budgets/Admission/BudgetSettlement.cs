namespace MeaiBudget;

/// <summary>Ends the reservations of a tracker or a run: settles, releases or renews them, and charges money that was spent without one.</summary>
internal sealed class BudgetSettlement(LedgerAccess access, ReservationPlanner planner, IBudgetSelection selection, BudgetEvents events)
{
    /// <summary>Charges what has been spent already, beyond any limit.</summary>
    public async ValueTask<Cost> SpendAsync(SpendRequest request, SpendSettlement settlement, CancellationToken cancellationToken)
    {
        ReservationPlan plan = planner.Begin(request, isSpent: true);
        await planner.FillAsync(plan, cancellationToken);
        var reservation = planner.ToLedgerReservation(plan);
        bool isDegraded = false;
        try
        {
            LedgerReservationResult result = await access.ReserveAsync(reservation, cancellationToken);
            events.Admitted(plan, result);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            access.LogFailure(exception);
            isDegraded = true;
        }

        LedgeredReservation admitted = planner.Admitted(plan, reservation, isDegraded);
        planner.Return(plan);
        return await SettleAsync(admitted, settlement);
    }

    public ValueTask<Cost> SettleAsync(SpendReservation reservation, SpendSettlement settlement)
    {
        if (!reservation.IsAdmitted)
        {
            throw new ArgumentException(
                $"Budget '{reservation.Refusal!.Budget}' refused the reservation of call {reservation.Request.CallId}, so there is nothing to settle. Check IsAdmitted first.",
                nameof(reservation));
        }

        if (settlement.Usage.ServiceTier is null && reservation.Request.ServiceTier is { } tier)
        {
            settlement = settlement with { Usage = settlement.Usage with { ServiceTier = tier } };
        }

        var charge = SettledAmounts.Of(reservation, settlement, selection);
        if (reservation is not LedgeredReservation ledgered)
        {
            return new(charge.Cost);
        }

        if (settlement.Added is { Count: > 0 } added)
        {
            return SettleWithAddedAsync(ledgered, [.. added.OfType<LedgeredReservation>()], settlement, charge);
        }

        ValueTask<bool> settling = SettleAsync(ledgered, settlement, charge.Cost, charge.Amounts);
        return settling.IsCompletedSuccessfully ? new(CostOf(settling.Result, settlement, charge.Cost)) : EndAsync(settling, settlement, charge.Cost);
    }

    private static async ValueTask<Cost> EndAsync(ValueTask<bool> settling, SpendSettlement settlement, Cost cost) => CostOf(await settling, settlement, cost);

    /// <summary>What another request for the same answer has charged is not spent again.</summary>
    private static Cost CostOf(bool isApplied, in SpendSettlement settlement, in Cost cost) =>
        isApplied || !settlement.IsFetched ? cost : new Cost(0, cost.Kind, cost.Match);

    private async ValueTask<Cost> SettleWithAddedAsync(LedgeredReservation ledgered, LedgeredReservation[] added, SpendSettlement settlement, SettledAmounts charge)
    {
        if (added.Length > 0)
        {
            long[][] shares = charge.Share(ledgered, added);
            for (int i = 0; i < added.Length; i++)
            {
                // The records have the usage once, with the reservation that the others were added to.
                await SettleAsync(added[i], settlement with { Usage = default }, new Cost(0, charge.Cost.Kind, charge.Cost.Match), shares[i]);
            }
        }

        return CostOf(await SettleAsync(ledgered, settlement, charge.Cost, charge.Amounts), settlement, charge.Cost);
    }

    private ValueTask<bool> SettleAsync(LedgeredReservation ledgered, in SpendSettlement settlement, in Cost cost, long[] amounts)
    {
        var entry = new LedgerSettlement
        {
            Id = ledgered.Entry.Id,
            Amounts = amounts,
            IsUnconfirmed = settlement.IsUnconfirmed,
            WantsStates = events.HasObservers,
            Reservation = ledgered.Entry,
            Info = !access.DescribesAttempts ? null : new LedgerSettlementInfo
            {
                At = access.Ledger.Clock.GetUtcNow(),
                ResponseModelId = WrittenText.Of(settlement.ResponseModelId),
                Usage = settlement.Usage,
                Cost = cost,
                Outcome = settlement.Outcome == AttemptOutcome.Answered ? "ok" : settlement.Outcome.ToString(),
            },
        };
        if (ledgered.IsDegraded)
        {
            access.SettleLater(entry);
            return new(true);
        }

        ValueTask<LedgerSettlementResult> settling = access.SettleAsync(entry);
        if (!settling.IsCompletedSuccessfully)
        {
            return NotifyAsync(ledgered, settling);
        }

        return new(Notify(ledgered, settling.Result));
    }

    private async ValueTask<bool> NotifyAsync(LedgeredReservation ledgered, ValueTask<LedgerSettlementResult> settling) => Notify(ledgered, await settling);

    private bool Notify(LedgeredReservation ledgered, LedgerSettlementResult result)
    {
        if (result.IsApplied && events.HasObservers)
        {
            events.Settled(ledgered, result, access.Ledger.Clock.GetUtcNow());
        }

        return result.IsApplied;
    }

    public ValueTask ReleaseAsync(SpendReservation reservation)
    {
        if (reservation is not LedgeredReservation { IsAdmitted: true } ledgered)
        {
            return ValueTask.CompletedTask;
        }

        access.History?.Released(ledgered.Entry);
        if (!ledgered.IsDegraded)
        {
            return access.ReleaseAsync(ledgered.Entry.Id);
        }

        access.ReleaseLater(ledgered.Entry.Id);
        return ValueTask.CompletedTask;
    }

    public async ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken)
    {
        if (reservation is LedgeredReservation { IsDegraded: false } ledgered)
        {
            await access.Ledger.RenewAsync(ledgered.Entry.Id, lease, cancellationToken);
        }
    }
}
