namespace MeaiBudget;

/// <summary>The slices of a <see cref="LeasedSpendLedger"/> and the reservations in them: all of its state, without any wait. Thread-safe.</summary>
internal sealed partial class SliceBook
{
    /// <summary>The owner in the ids of slices.</summary>
    public const string Owner = "slice";

    private readonly SliceRules _rules;
    private readonly Lock _lock = new();
    private readonly InMemoryAccounts _locals = new();
    private readonly InMemoryReservations _reservations;
    private readonly SliceTable _table;
    private readonly LedgerPartsTable _parts;

    private long? _version;
    private List<LedgerLeaseExpiry>? _expired;

    public SliceBook(SliceRules rules)
    {
        _rules = rules;
        _table = new SliceTable(rules, _locals);
        _reservations = new InMemoryReservations(_locals) { MostClosed = rules.MostSettled };
        _parts = new LedgerPartsTable(id => _reservations.TryFindAny(id, out _), rules.Remembered);
    }

    /// <summary>Gets a value indicating whether exchanges are needed.</summary>
    public bool IsActive
    {
        get
        {
            lock (_lock)
            {
                return _table.IsActive;
            }
        }
    }

    /// <summary>Takes the leases of calls that ended since the last time; <see langword="null"/> for none.</summary>
    public List<LedgerLeaseExpiry>? TakeExpired() => Volatile.Read(ref _expired) is null ? null : Interlocked.Exchange(ref _expired, null);

    /// <summary>Takes the wish for an exchange at once.</summary>
    public bool TakeUrgency() => _table.TakeUrgency();

    /// <summary>Begins an exchange; <see langword="null"/> if there is nothing to exchange.</summary>
    /// <param name="isLast">True to return what calls do not need, because the process ends.</param>
    public SliceExchange? Begin(bool isLast)
    {
        long now = _rules.Clock.GetUtcNow().UtcTicks;
        lock (_lock)
        {
            EndLeases(now);
            return _table.Begin(isLast, now);
        }
    }

    /// <summary>Takes over the answer of the newest exchange.</summary>
    public void End(SliceExchange exchange, long version, IReadOnlyList<LedgerReservationResult> answers)
    {
        lock (_lock)
        {
            _version = version;
            _table.End(exchange, answers);
        }
    }

    /// <summary>Settles the part in slices.</summary>
    /// <param name="settlement">The settlement of all lines.</param>
    /// <param name="far">What is to be settled in the far ledger; <see langword="null"/> for nothing.</param>
    /// <param name="parts">The parts; <see langword="null"/> if all lines are in one place.</param>
    /// <param name="releasesFirst">True if the far ledger may have only a part, which must be released before it charges all lines.</param>
    public LedgerSettlementResult? Settle(LedgerSettlement settlement, out LedgerSettlement? far, out LedgerParts? parts, out bool releasesFirst)
    {
        long now = _rules.Clock.GetUtcNow().UtcTicks;
        lock (_lock)
        {
            EndLeases(now);
            parts = null;
            releasesFirst = false;
            far = settlement;
            if (!_reservations.TryFindAny(settlement.Id, out InMemoryReservation? known))
            {
                if (_parts.Find(settlement.Id) is { } sides)
                {
                    // The part in slices was charged and forgotten since.
                    far = Part(settlement, sides.Far, sides.Count);
                }
                else if (settlement.Reservation?.At is { } at && at.UtcTicks <= _reservations.ForgottenUntil)
                {
                    // It may have been in a slice, charged and forgotten since.
                    far = settlement with { Reservation = null };
                }

                return null;
            }

            if (known.State == InMemoryReservationState.Released)
            {
                far = settlement with { Reservation = settlement.Reservation?.ToCharge(isReleased: true) };
                if (_parts.Find(settlement.Id) is { Local.Length: > 0 } lost && lost.Count == settlement.Amounts.Count)
                {
                    // The far ledger failed, and may have applied its part all the same.
                    releasesFirst = settlement.Reservation is not null;
                    far = releasesFirst ? far : Part(settlement, lost.Far, lost.Count);
                }

                return null;
            }

            LedgerSettlement local = settlement;
            far = null;
            parts = _parts.Find(settlement.Id);
            if (parts is not null)
            {
                local = Part(settlement, parts.Local, parts.Count);
                far = Part(settlement, parts.Far, parts.Count);
            }

            LedgerLineState[] before = settlement.WantsStates ? SliceStates.Of(known, before: true) : [];
            return Charged(known, _reservations.SettleKnown(known, local, now), before, settlement.WantsStates);
        }
    }

    /// <summary>Adjusts the part in slices.</summary>
    public LedgerSettlementResult? Adjust(LedgerAdjustment adjustment, out LedgerAdjustment? far, out LedgerParts? parts)
    {
        long now = _rules.Clock.GetUtcNow().UtcTicks;
        lock (_lock)
        {
            EndLeases(now);
            parts = null;
            far = adjustment;
            bool isKnown = _reservations.TryFindAny(adjustment.Reservation, out InMemoryReservation? known);
            if (known is { State: InMemoryReservationState.Released })
            {
                return null;
            }

            LedgerAdjustment local = adjustment;
            LedgerParts? sides = _parts.Find(adjustment.Reservation);
            if (sides is not null)
            {
                CheckCount(sides.Count, adjustment.Amounts.Count, adjustment.Reservation);
                local = adjustment with { Amounts = LedgerParts.Pick(adjustment.Amounts, sides.Local) };
                far = adjustment with { Amounts = LedgerParts.Pick(adjustment.Amounts, sides.Far) };
            }

            if (!isKnown)
            {
                return null;
            }

            parts = sides;
            far = sides is null ? null : far;

            LedgerLineState[] before = SliceStates.Of(known!, before: true);
            return Charged(known!, _reservations.Adjust(local, now), before, wantsStates: true);
        }
    }

    /// <summary>Releases the part in slices.</summary>
    /// <returns>Whether it was open, whether the far ledger may have a part, and the parts, which stay known until the far ledger has released its one.</returns>
    public (bool IsReleased, bool AsksFar, LedgerParts? Parts) Release(LedgerReservationId id)
    {
        long now = _rules.Clock.GetUtcNow().UtcTicks;
        lock (_lock)
        {
            EndLeases(now);
            bool isKnown = _reservations.TryFindAny(id, out InMemoryReservation? known) && known.State != InMemoryReservationState.Released;
            LedgerParts? parts = _parts.Find(id);
            return (_reservations.Release(id, now), !isKnown || parts is not null, parts);
        }
    }

    /// <summary>Forgets the parts of a reservation that the far ledger has released, unless it was made again since.</summary>
    public void ForgetParts(LedgerReservationId id, LedgerParts released)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_parts.Find(id), released))
            {
                _parts.Remove(id);
            }
        }
    }

    /// <summary>Renews the part in slices.</summary>
    /// <returns>Whether it is open, and whether the far ledger may have a part.</returns>
    public (bool IsRenewed, bool AsksFar) Renew(LedgerReservationId id, TimeSpan lease)
    {
        long now = _rules.Clock.GetUtcNow().UtcTicks;
        lock (_lock)
        {
            EndLeases(now);
            bool isKnown = _reservations.TryFindAny(id, out InMemoryReservation? known) && known.State != InMemoryReservationState.Released;
            LedgerParts? parts = _parts.Find(id);
            if (parts is not null)
            {
                _parts.Set(id, parts, now);
            }

            return (_reservations.Renew(id, lease, now), !isKnown || parts is not null);
        }
    }

    /// <summary>Finds the part in slices, and the parts if the far ledger has one too.</summary>
    public LedgerCharge? Find(LedgerReservationId id, out LedgerParts? parts)
    {
        lock (_lock)
        {
            EndLeases(_rules.Clock.GetUtcNow().UtcTicks);
            LedgerCharge? charge = _reservations.Find(id);
            parts = charge is null ? null : _parts.Find(id);
            return charge;
        }
    }

    public List<LedgerReservationId> FindAll(Guid callId, int attempt)
    {
        lock (_lock)
        {
            return _reservations.FindAll(callId, attempt);
        }
    }

    /// <summary>Returns a task that completes when a slice of the account changes.</summary>
    public Task? WhenChanged(string account)
    {
        lock (_lock)
        {
            return _locals.Find(account)?.WhenChanged();
        }
    }

    /// <summary>Adds to what the far ledger read what is only known here.</summary>
    public void Correct(IReadOnlyList<LedgerAccountQuery> queries, LedgerLineState[] states)
    {
        lock (_lock)
        {
            EndLeases(_rules.Clock.GetUtcNow().UtcTicks);
            for (int i = 0; i < states.Length; i++)
            {
                _table.Correct(queries[i], ref states[i]);
            }
        }
    }

    /// <summary>Returns true if this process has charged an account in a period what the far ledger has not confirmed.</summary>
    public bool HasUntold(LedgerAccountQuery query)
    {
        lock (_lock)
        {
            EndLeases(_rules.Clock.GetUtcNow().UtcTicks);
            return _table.HasUntold(query);
        }
    }

    /// <summary>Notes a version of the settings that this process wrote or read.</summary>
    public void Learn(long version)
    {
        lock (_lock)
        {
            _version = Math.Max(_version ?? 0, version);
        }
    }

    private static LedgerSettlement Part(LedgerSettlement settlement, int[] places, int lines)
    {
        CheckCount(lines, settlement.Amounts.Count, settlement.Id);
        return settlement with
        {
            Amounts = LedgerParts.Pick(settlement.Amounts, places),
            Reservation = settlement.Reservation is { } reservation ? reservation with { Lines = LedgerParts.Pick(reservation.Lines, places) } : null,
        };
    }

    private static void CheckCount(int lines, int amounts, LedgerReservationId id)
    {
        if (lines != amounts)
        {
            throw new ArgumentException($"Reservation {id} has {lines} lines, but {amounts} amounts were given. Give one amount for each line.");
        }
    }

    /// <summary>Completes the result of a charge.</summary>
    private LedgerSettlementResult Charged(InMemoryReservation known, LedgerSettlementResult result, LedgerLineState[] before, bool wantsStates)
    {
        if (result.IsApplied)
        {
            _table.Changed(known);
        }

        return result with { Before = before, After = wantsStates ? SliceStates.Of(known, before: false) : [] };
    }

    private void EndLeases(long now)
    {
        while (_reservations.TryExpire(now, out InMemoryReservation? expired))
        {
            _table.Changed(expired);
            (_expired ??= []).Add(expired.ToLeaseExpiry());
        }

        _locals.Tidy(now);
        _reservations.Tidy(now);
    }
}
