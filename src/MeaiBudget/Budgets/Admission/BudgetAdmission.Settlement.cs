namespace MeaiBudget;

/// <content>What happens to an admission: it is settled, released or renewed.</content>
internal sealed partial class BudgetAdmission
{
    /// <summary>Takes everything as recorded, beyond any limit: what has been spent already.</summary>
    public async ValueTask<Cost> SpendAsync(SpendRequest request, SpendSettlement settlement, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _ledger.Clock.GetUtcNow();
        PriceResolution price = _selection.PriceOf(request);
        ReservationPlan plan = TakePlan(isSpent: true);
        await FillAsync(plan, request, price, now, cancellationToken);
        LedgerReservation reservation = LedgerReservationOf(request, price, plan, now);
        var admitted = Admitted(request, price, plan, reservation, isDegraded: false);
        try
        {
            LedgerReservationResult result = await ReserveTwiceAsync(reservation, cancellationToken);
            TellAdmitted(request, plan, result, now);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            WhenLedgerUnavailable(exception);
            admitted = Admitted(request, price, plan, reservation, isDegraded: true);
        }

        Return(plan);
        return await SettleAsync(admitted, settlement);
    }

    public async ValueTask<Cost> SettleAsync(SpendReservation reservation, SpendSettlement settlement)
    {
        if (!reservation.IsAdmitted)
        {
            throw new ArgumentException("A refused reservation holds nothing that could be settled.", nameof(reservation));
        }

        if (settlement.Usage.ServiceTier is null && reservation.Request.ServiceTier is { } tier)
        {
            settlement = settlement with { Usage = settlement.Usage with { ServiceTier = tier } };
        }

        SettledAmounts charge = SettledAmounts.Of(reservation, settlement, _selection);
        if (reservation is not LedgeredReservation ledgered)
        {
            return charge.Cost;
        }

        var entry = new LedgerSettlement
        {
            Id = ledgered.Entry.Id,
            Amounts = charge.Amounts,
            IsUnconfirmed = settlement.IsUnconfirmed,
            WantsStates = _events.HasObservers,
            Info = !_ledger.KeepsRecords ? null : new LedgerSettlementInfo
            {
                At = _ledger.Clock.GetUtcNow(),
                ResponseModelId = WrittenText.Of(settlement.ResponseModelId),
                Usage = settlement.Usage,
                Cost = charge.Cost,
                Outcome = settlement.Outcome == AttemptOutcome.Answered ? "ok" : settlement.Outcome.ToString(),
            },
        };
        if (ledgered.IsDegraded)
        {
            _outbox.Settle(ledgered.Entry, entry);
            _ = _outbox.SendAsync();
            return charge.Cost;
        }

        LedgerSettlementResult result;
        try
        {
            result = await TwiceAsync(_ledger, entry, static (ledger, settlement) => ledger.SettleAsync(settlement));
        }
        catch (Exception exception)
        {
            WhenSettlementKept(exception, ledgered.Entry.Id);
            _outbox.Settle(null, entry);
            return charge.Cost;
        }

        if (_outbox.Count > 0)
        {
            _ = _outbox.SendAsync();
        }

        if (result.IsApplied && _events.HasObservers)
        {
            _events.Settled(ledgered, result, _ledger.Clock.GetUtcNow());
        }

        return charge.Cost;
    }

    public async ValueTask ReleaseAsync(SpendReservation reservation)
    {
        if (reservation is not LedgeredReservation { IsAdmitted: true } ledgered)
        {
            return;
        }

        if (ledgered.IsDegraded)
        {
            // Nobody knows whether the ledger took it before it went away.
            _outbox.Release(ledgered.Entry.Id);
            _ = _outbox.SendAsync();
            return;
        }

        try
        {
            await TwiceAsync(_ledger, ledgered.Entry.Id, static (ledger, id) => ledger.ReleaseAsync(id));
        }
        catch (Exception exception)
        {
            WhenSettlementKept(exception, ledgered.Entry.Id);
            _outbox.Release(ledgered.Entry.Id);
        }
    }

    public async ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken)
    {
        if (reservation is LedgeredReservation { IsDegraded: false } ledgered)
        {
            await _ledger.RenewAsync(ledgered.Entry.Id, lease, cancellationToken);
        }
    }
}
