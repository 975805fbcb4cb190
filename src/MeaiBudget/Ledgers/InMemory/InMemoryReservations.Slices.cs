using System.Diagnostics.CodeAnalysis;

namespace MeaiBudget;

/// <summary>Both sides of slices in memory: the exchange of a ledger that leases them, and the reservations against them.</summary>
internal sealed partial class InMemoryReservations
{
    /// <summary>Applies one slice of an exchange; see <see cref="ISpendLedger.ExchangeAsync"/>.</summary>
    public LedgerReservationResult Exchange(long sequence, LedgerSettlement asked, long now)
    {
        LedgerReservation reservation = asked.Reservation!;
        LedgerLine line = reservation.Lines[0];
        long charged = asked.Amounts[0];
        if (!_byId.TryGetValue(asked.Id, out InMemoryReservation? slice))
        {
            bool isForgotten = charged > 0 && !(reservation.At is { } at && at.UtcTicks > Math.Max(ForgottenUntil, now - Retention.Ticks));
            if (isForgotten)
            {
                return StateOf(line, null, now);
            }

            // Also with nothing to hold: a late copy of the exchange that opened the slice must find it settled.
            slice = Add(asked.Id, 1, LeaseEnd(now, reservation.Lease));
            slice.Hold(0, line with { Amount = 0 }, accounts.GetOrAdd(line.Account, line.ForgetAfter.UtcTicks), isTaken: true);
        }
        else if (sequence <= slice.Sequence || slice.State == InMemoryReservationState.Released || (!slice.IsOpen && slice.IsOutdated(now)))
        {
            return StateOf(line, slice, now);
        }

        slice.Sequence = sequence;
        if (slice.IsOpen)
        {
            _leases.Update(slice, LeaseEnd(now, reservation.Lease));
        }
        else if (slice.State == InMemoryReservationState.Expired)
        {
            slice.Reopen();
            _leases.Add(slice, LeaseEnd(now, reservation.Lease));
        }
        else
        {
            slice.Correct(charged);
            slice.NotifyChanged();
            return StateOf(line, slice, now);
        }

        ref InMemoryReservationLine kept = ref slice.Lines[0];
        long held = kept.Reserved;
        slice.Exchange(charged);
        long fits = long.MaxValue;
        if (line.Limit is { } limit && line.Mode != LedgerLineMode.Record)
        {
            LedgerLineState state = accounts.Read(line.Account, line.FirstPeriod, line.Period, now, fits: true);
            Int128 left = (Int128)limit + state.Granted - state.Charged;
            fits = (long)Int128.Clamp((left / 2) - (state.Held - kept.Reserved), 0, long.MaxValue);
        }

        slice.Hold(Math.Min(line.Amount, Math.Max(kept.Reserved, fits)));
        if (kept.Reserved < line.Amount - kept.Reserved)
        {
            kept.Account.WantedUntil = now + LedgerSlices.WantedFor.Ticks;
        }

        if (kept.Reserved < held)
        {
            slice.NotifyChanged();
        }

        if (line.Amount == 0)
        {
            EndHold(slice);
            slice.CloseSlice();
            Remember(slice, now);
        }

        return StateOf(line, slice, now);
    }

    /// <summary>Finds a reservation, also a released one.</summary>
    public bool TryFindAny(LedgerReservationId id, [NotNullWhen(true)] out InMemoryReservation? reservation) => _byId.TryGetValue(id, out reservation);

    /// <summary>Settles a reservation that was found, without stating the accounts.</summary>
    public LedgerSettlementResult SettleKnown(InMemoryReservation reservation, LedgerSettlement settlement, long now)
    {
        bool applies = reservation.CanSettle(settlement.IsUnconfirmed);
        InMemoryReservationState state = settlement.IsUnconfirmed ? InMemoryReservationState.Unconfirmed : InMemoryReservationState.Settled;
        return Charge(reservation, settlement.Amounts, applies, state, now, wantsStates: false);
    }

    /// <summary>Holds the lines of a reservation in slices. The caller has checked that they fit.</summary>
    public void HoldIn(LedgerReservation reservation, ReadOnlySpan<Slice?> slices, int count, long now)
    {
        if (_byId.TryGetValue(reservation.Id, out InMemoryReservation? released))
        {
            Forget(released);
        }

        InMemoryReservation added = Add(reservation.Id, count, LeaseEnd(now, reservation.Lease));
        int next = 0;
        for (int i = 0; i < slices.Length; i++)
        {
            // A settlement has an amount for each line, so both parts are remembered as long as one of them counts.
            added.RememberUntil = Math.Max(added.RememberUntil, reservation.Lines[i].ForgetAfter.UtcTicks);
            if (slices[i] is { } slice)
            {
                added.HoldIn(next++, slice, reservation.Lines[i].Amount);
            }
        }
    }

    private LedgerReservationResult StateOf(LedgerLine line, InMemoryReservation? slice, long now)
    {
        LedgerLineState account = accounts.Read(line.Account, line.FirstPeriod, line.Period, now, fits: true);
        bool isOpen = slice is { IsOpen: true };
        long held = isOpen ? slice!.Lines[0].Reserved : 0;
        bool isWanted = (slice?.Lines[0].Account ?? accounts.Find(line.Account))?.WantedUntil > now;
        return new LedgerReservationResult(
            isOpen, [account with { Fits = held >= line.Amount }, new LedgerLineState(slice?.Exchanged ?? 0, held, 0, 0, 0, !isWanted)]);
    }
}
