using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>The reservations of an in-memory ledger: the open ones with their leases, and the newest closed ones.</summary>
/// <remarks>
/// Not thread-safe: the ledger holds its lock. Settled reservations and those without a confirmed settlement are remembered apart, so
/// that many settlements do not displace a reservation that still waits for its settlement.
/// </remarks>
internal sealed partial class InMemoryReservations(InMemoryAccounts accounts)
{
    private const int MostLinesOnStack = 16;

    /// <summary>How many closed reservations one operation forgets at most because they are outdated.</summary>
    private const int ForgottenPerOperation = 4;

    /// <summary>How many objects of forgotten reservations are kept for reuse.</summary>
    private const int MostSpare = 1024;

    /// <summary>How long after its reservation an unknown settlement is charged at most, as in the other ledgers.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromHours(1);

    private readonly Dictionary<LedgerReservationId, InMemoryReservation> _byId = new(new IdComparer());
    private readonly LeaseQueue _leases = new();
    private readonly InMemoryClosedQueue _settled = new();
    private readonly InMemoryClosedQueue _uncertain = new();

    /// <summary>Reused because objects of this lifetime are expensive for the garbage collector.</summary>
    private readonly Stack<InMemoryReservation> _spare = new();

    /// <summary>Gets how many reservations are open.</summary>
    public int OpenCount => _leases.Count;

    /// <summary>Gets or sets how many closed reservations are remembered.</summary>
    public int MostClosed { get; set; } = 16_384;

    /// <summary>Gets when the last forgotten reservation was closed, in UTC ticks. A reservation that was requested later was not forgotten.</summary>
    public long ForgottenUntil => Math.Max(_settled.ForgottenUntil, _uncertain.ForgottenUntil);

    public LedgerReservationResult Reserve(LedgerReservation reservation, long now)
    {
        IReadOnlyList<LedgerLine> lines = reservation.Lines;
        Span<LedgerLineState> states = lines.Count <= MostLinesOnStack ? stackalloc LedgerLineState[lines.Count] : new LedgerLineState[lines.Count];
        if (_byId.TryGetValue(reservation.Id, out InMemoryReservation? known) && known.State == InMemoryReservationState.Released)
        {
            // A caller that waited reserves again with the same id.
            Forget(known);
            known = null;
        }

        if (known is not null)
        {
            for (int i = 0; i < states.Length; i++)
            {
                LedgerLine line = lines[i];
                bool isTaken = i < known.Lines.Length && known.Lines[i].IsTaken;
                states[i] = accounts.Read(line.Account, line.FirstPeriod, line.Period, now, isTaken);
            }

            return new LedgerReservationResult(true, states.ToArray());
        }

        bool isAdmitted = true;
        bool takesShadows = true;
        for (int i = 0; i < states.Length; i++)
        {
            LedgerLine line = lines[i];
            LedgerLineState state = accounts.Read(line.Account, line.FirstPeriod, line.Period, now, fits: true);
            bool fits = line.FitsIn(state);
            states[i] = fits ? state : state with { Fits = false };
            isAdmitted &= fits || line.Mode != LedgerLineMode.Enforce;
            takesShadows &= fits || line.Mode != LedgerLineMode.Shadow;
        }

        if (!isAdmitted)
        {
            return new LedgerReservationResult(false, states.ToArray());
        }

        InMemoryReservation added = Add(reservation.Id, states.Length, LeaseEnd(now, reservation.Lease));
        for (int i = 0; i < states.Length; i++)
        {
            LedgerLine line = lines[i];
            bool isTaken = takesShadows || line.Mode != LedgerLineMode.Shadow;
            added.Hold(i, line, accounts.GetOrAdd(line.Account, line.ForgetAfter.UtcTicks), isTaken);
            if (isTaken)
            {
                states[i] = states[i] with { Held = SaturatingMath.Add(states[i].Held, line.Amount) };
            }
        }

        return new LedgerReservationResult(true, reservation.WantsStates ? states.ToArray() : []);
    }

    public LedgerSettlementResult Settle(LedgerSettlement settlement, long now)
    {
        bool isKnown = TryFind(settlement.Id, out InMemoryReservation? reservation);
        if (!isKnown)
        {
            if (settlement.Reservation is not { } lost || lost.At is not { } at || at.UtcTicks <= Math.Max(ForgottenUntil, now - Retention.Ticks))
            {
                return new LedgerSettlementResult(false, [], []) { IsUnknown = true };
            }

            Reserve(lost.ToCharge(isReleased: _byId.ContainsKey(settlement.Id)), now);
            reservation = _byId[settlement.Id];
        }

        bool applies = reservation!.CanSettle(settlement.IsUnconfirmed);
        InMemoryReservationState state = settlement.IsUnconfirmed ? InMemoryReservationState.Unconfirmed : InMemoryReservationState.Settled;
        return Charge(reservation, settlement.Amounts, applies, state, now, settlement.WantsStates) with { IsUnknown = !isKnown };
    }

    public LedgerSettlementResult Adjust(LedgerAdjustment adjustment, long now)
    {
        if (!TryFind(adjustment.Reservation, out InMemoryReservation? reservation))
        {
            return new LedgerSettlementResult(false, [], []) { IsUnknown = true };
        }

        bool applies = !reservation.IsOpen && reservation.AddAdjustment(adjustment.Id);
        return Charge(reservation, adjustment.Amounts, applies, InMemoryReservationState.Settled, now, wantsStates: true);
    }

    public bool Release(LedgerReservationId id, long now)
    {
        if (!TryFindOpen(id, out InMemoryReservation? reservation))
        {
            return false;
        }

        EndHold(reservation);
        reservation.NotifyChanged();
        reservation.Release();
        Remember(reservation, now);
        return true;
    }

    public bool Renew(LedgerReservationId id, TimeSpan lease, long now)
    {
        if (!TryFindOpen(id, out InMemoryReservation? reservation))
        {
            return false;
        }

        _leases.Update(reservation, LeaseEnd(now, lease));
        return true;
    }

    public LedgerCharge? Find(LedgerReservationId id) => TryFind(id, out InMemoryReservation? reservation) ? reservation.ToCharge() : null;

    /// <summary>Finds the reservations of an attempt, of all owners. Looks at all of them: adjustments are rare.</summary>
    public List<LedgerReservationId> FindAll(Guid callId, int attempt) =>
        [.. _byId.Values.Where(one => one.Id.CallId == callId && one.Id.Attempt == attempt && one.State != InMemoryReservationState.Released).Select(one => one.Id)];

    /// <summary>Charges one reservation whose lease has ended in full, if there is one.</summary>
    public bool TryExpire(long now, [NotNullWhen(true)] out InMemoryReservation? reservation)
    {
        if (!_leases.TryTakeDue(now, out reservation))
        {
            return false;
        }

        reservation.EndHold();
        reservation.Charge([.. reservation.Lines.Select(line => line.Reserved)], InMemoryReservationState.Expired);
        Remember(reservation, now);
        reservation.NotifyChanged();
        return true;
    }

    /// <summary>Forgets a few closed reservations whose periods no longer count.</summary>
    public void Tidy(long now)
    {
        for (int i = 0; i < ForgottenPerOperation; i++)
        {
            if (!_settled.TryTakeOutdated(now, out InMemoryReservation? outdated) && !_uncertain.TryTakeOutdated(now, out outdated))
            {
                return;
            }

            Forget(outdated);
        }
    }

    private bool TryFind(LedgerReservationId id, [NotNullWhen(true)] out InMemoryReservation? reservation) =>
        _byId.TryGetValue(id, out reservation) && reservation.State != InMemoryReservationState.Released;

    private bool TryFindOpen(LedgerReservationId id, [NotNullWhen(true)] out InMemoryReservation? reservation) =>
        _byId.TryGetValue(id, out reservation) && reservation.IsOpen;

    private InMemoryReservation Add(LedgerReservationId id, int lines, long leaseEnd)
    {
        if (_spare.TryPop(out InMemoryReservation? reservation))
        {
            reservation.Reset(id, lines);
        }
        else
        {
            reservation = new InMemoryReservation(id, lines);
        }

        _byId.Add(id, reservation);
        _leases.Add(reservation, leaseEnd);
        return reservation;
    }

    private LedgerSettlementResult Charge(
        InMemoryReservation reservation, IReadOnlyList<long> amounts, bool applies, InMemoryReservationState state, long now, bool wantsStates)
    {
        if (amounts.Count != reservation.Lines.Length)
        {
            throw new ArgumentException($"Reservation {reservation.Id} has {reservation.Lines.Length} lines, but {amounts.Count} amounts were given. Give one amount for each line.");
        }

        LedgerLineState[] before = wantsStates ? reservation.ReadAccounts(now) : [];
        if (!applies)
        {
            return new LedgerSettlementResult(false, before, before);
        }

        if (reservation.IsOpen)
        {
            EndHold(reservation);
        }

        reservation.Charge(amounts, state);
        Remember(reservation, now);
        reservation.NotifyChanged();
        return new LedgerSettlementResult(true, before, wantsStates ? reservation.ReadAccounts(now) : []);
    }

    /// <summary>Remembers a closed reservation, and forgets the oldest ones beyond <see cref="MostClosed"/>.</summary>
    private void Remember(InMemoryReservation reservation, long now)
    {
        InMemoryClosedQueue queue = reservation.IsUncertain ? _uncertain : _settled;
        queue.Add(reservation, now);
        while (queue.TryTakeBeyond(MostClosed, out InMemoryReservation? oldest))
        {
            Forget(oldest);
        }
    }

    private void EndHold(InMemoryReservation reservation)
    {
        _leases.Remove(reservation);
        reservation.EndHold();
    }

    private static long LeaseEnd(long now, TimeSpan lease) =>
        lease.Ticks > DateTimeOffset.MaxValue.Ticks - now ? DateTimeOffset.MaxValue.Ticks : now + lease.Ticks;

    private void Forget(InMemoryReservation reservation)
    {
        _byId.Remove(reservation.Id);
        reservation.Queued++;
        if (_spare.Count < MostSpare)
        {
            _spare.Push(reservation);
        }
    }

    /// <summary>
    /// Hashes without the owner: owners are few and long, and call ids differ. The ids of a process count up in their last bytes, so that
    /// reservations that follow each other stay neighbours in memory, and the processor's caches hold them.
    /// </summary>
    private sealed class IdComparer : IEqualityComparer<LedgerReservationId>
    {
        /// <summary>Keeps the attempts of a call apart from the calls that follow it.</summary>
        private const int AttemptFactor = 0x61C88647;

        public bool Equals(LedgerReservationId x, LedgerReservationId y) =>
            x.CallId == y.CallId && x.Attempt == y.Attempt && string.Equals(x.Owner, y.Owner, StringComparison.Ordinal);

        public int GetHashCode(LedgerReservationId obj)
        {
            Guid call = obj.CallId;
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in call));
            return unchecked(BinaryPrimitives.ReadInt32BigEndian(bytes[12..]) + BinaryPrimitives.ReadInt32LittleEndian(bytes)
                + BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]) + BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) + (obj.Attempt * AttemptFactor));
        }
    }
}
