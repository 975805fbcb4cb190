namespace MeaiBudget;

/// <summary>The slices of a <see cref="LeasedSpendLedger"/> and the reservations in them: all of its state, without any wait. Thread-safe.</summary>
internal sealed class SliceBook
{
    /// <summary>The owner in the ids of slices.</summary>
    public const string Owner = "slice";

    /// <summary>How many settled reservations are remembered for repeated settlements and adjustments.</summary>
    private const int RememberedReservations = 65_536;

    private readonly SliceRules _rules;
    private readonly Lock _lock = new();
    private readonly InMemoryAccounts _locals = new();
    private readonly InMemoryReservations _reservations;
    private readonly SliceTable _table;
    private readonly LedgerPartsTable _parts;

    private Slice?[] _slices = new Slice?[8];
    private long? _version;
    private List<LedgerLeaseExpiry>? _expired;

    public SliceBook(SliceRules rules)
    {
        _rules = rules;
        _table = new SliceTable(rules, _locals);
        _reservations = new InMemoryReservations(_locals) { MostClosed = RememberedReservations };
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

    /// <summary>Holds in slices what fits there, and says what the far ledger is to hold.</summary>
    public SliceAdmission Admit(LedgerReservation reservation)
    {
        long now = _rules.Clock.GetUtcNow().UtcTicks;
        long timestamp = _rules.Clock.GetTimestamp();
        IReadOnlyList<LedgerLine> lines = reservation.Lines;
        lock (_lock)
        {
            EndLeases(now);
            bool usesSlices = true;
            if (reservation.SettingsVersion is { } version && version != _version)
            {
                if (version < _version)
                {
                    return new SliceAdmission(null, new LedgerReservationResult(false, []) { SettingsChanged = true });
                }

                // The slices follow older settings than the call. The next exchange tells the newer ones.
                usesSlices = false;
                _table.ExchangesSoon();
            }

            if (_reservations.TryFindAny(reservation.Id, out InMemoryReservation? known) && known.State != InMemoryReservationState.Released)
            {
                return Repeat(reservation, known);
            }

            LedgerParts? before = _parts.Find(reservation.Id);
            if (_slices.Length < lines.Count)
            {
                _slices = new Slice?[lines.Count * 2];
            }

            Span<Slice?> slices = _slices.AsSpan(0, lines.Count);
            int held = 0;
            bool holdsShadows = true;
            for (int i = 0; i < slices.Length; i++)
            {
                LedgerLine line = lines[i];
                slices[i] = _table.Use(line, now, timestamp);
                if (!usesSlices || before is { Local.Length: 0 })
                {
                    slices[i] = null;
                }

                held += slices[i] is null ? 0 : 1;
                holdsShadows &= slices[i] is not null || line.Mode != LedgerLineMode.Shadow;
            }

            // Shadow lines are taken together or not at all, so one ledger decides on all of them.
            for (int i = 0; !holdsShadows && i < slices.Length; i++)
            {
                if (slices[i] is not null && lines[i].Mode == LedgerLineMode.Shadow)
                {
                    slices[i] = null;
                    held--;
                }
            }

            if (held > 0 || lines.Count == 0)
            {
                _reservations.HoldIn(reservation, slices, held, now);
            }

            SliceAdmission admission;
            if (held == lines.Count)
            {
                if (before is not null)
                {
                    _parts.Remove(reservation.Id);
                }

                admission = new SliceAdmission(null, new LedgerReservationResult(true, reservation.WantsStates ? SliceStates.Of(lines, slices, held) : []));
            }
            else
            {
                var parts = LedgerParts.Of(slices);
                _parts.Set(reservation.Id, parts, now);
                admission = new SliceAdmission(parts, new LedgerReservationResult(true, SliceStates.Of(lines, slices, held)));
            }

            slices.Clear();
            return admission with { ReleasesFirst = before is { Local.Length: > 0 }, IsRepeated = before is { Local.Length: 0 } };
        }
    }

    /// <summary>Ends the part in slices of a reservation that the far ledger refused, or that may be there although it failed.</summary>
    /// <param name="reservation">The reservation.</param>
    /// <param name="parts">Its parts.</param>
    /// <param name="refused">The refusal, with the states that this process knows; <see langword="null"/> if the far ledger failed.</param>
    /// <returns>True if a line fits once the far ledger knows what this process has not told it yet, and has back what no call uses.</returns>
    public bool Undo(LedgerReservation reservation, LedgerParts parts, LedgerReservationResult? refused)
    {
        lock (_lock)
        {
            _reservations.Release(reservation.Id, _rules.Clock.GetUtcNow().UtcTicks);
            if (refused is not { } result)
            {
                // The far ledger may have applied it. A repetition must find the same parts.
                return false;
            }

            _parts.Remove(reservation.Id);
            if (result.SettingsChanged)
            {
                _table.ExchangesSoon();
                return false;
            }

            bool fitsAll = true;
            for (int i = 0; i < parts.Far.Length && i < result.Lines.Count; i++)
            {
                LedgerLine line = reservation.Lines[parts.Far[i]];
                LedgerLineState state = result.Lines[i];
                if (state.Fits || line.Mode != LedgerLineMode.Enforce)
                {
                    continue;
                }

                fitsAll = false;
                if (line.Limit is { } limit && line.Amount <= (Int128)limit + state.Granted - state.Charged)
                {
                    _table.Ask(line);
                }
            }

            if (fitsAll)
            {
                foreach (int place in parts.Far)
                {
                    _table.ReturnsSpare(reservation.Lines[place].Account);
                }
            }

            return fitsAll && result.Lines.Count > 0;
        }
    }

    /// <summary>True if shadow lines were left out although this process holds money of their accounts that no call uses; the next exchange returns it.</summary>
    public bool HidesShadows(IReadOnlyList<LedgerLine> lines, IReadOnlyList<LedgerLineState> states)
    {
        bool hides = false;
        lock (_lock)
        {
            for (int i = 0; i < states.Count; i++)
            {
                LedgerLine line = lines[i];
                hides |= line.Mode == LedgerLineMode.Shadow && !states[i].Fits && _table.ReturnsSpare(line.Account);
            }
        }

        return hides;
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
                if (settlement.Reservation?.At is { } at && at.UtcTicks <= _reservations.ForgottenUntil && _parts.Find(settlement.Id) is null)
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
                    far = releasesFirst ? far : Part(settlement, lost.Far);
                }

                return null;
            }

            LedgerSettlement local = settlement;
            far = null;
            parts = _parts.Find(settlement.Id);
            if (parts is not null)
            {
                CheckCount(parts.Count, settlement.Amounts.Count, settlement.Id);
                local = Part(settlement, parts.Local);
                far = Part(settlement, parts.Far);
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
            if (!_reservations.TryFindAny(adjustment.Reservation, out InMemoryReservation? known) || known.State == InMemoryReservationState.Released)
            {
                return null;
            }

            LedgerAdjustment local = adjustment;
            far = null;
            parts = _parts.Find(adjustment.Reservation);
            if (parts is not null)
            {
                CheckCount(parts.Count, adjustment.Amounts.Count, adjustment.Reservation);
                local = adjustment with { Amounts = LedgerParts.Pick(adjustment.Amounts, parts.Local) };
                far = adjustment with { Amounts = LedgerParts.Pick(adjustment.Amounts, parts.Far) };
            }

            LedgerLineState[] before = SliceStates.Of(known, before: true);
            return Charged(known, _reservations.Adjust(local, now), before, wantsStates: true);
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

    /// <summary>States the accounts of the lines that slices held, after a refusal.</summary>
    public IReadOnlyList<LedgerLineState> States(LedgerReservation reservation, LedgerParts parts)
    {
        var states = new LedgerLineState[parts.Local.Length];
        lock (_lock)
        {
            for (int i = 0; i < states.Length; i++)
            {
                LedgerLine line = reservation.Lines[parts.Local[i]];
                if (_table.Find(line) is { } slice)
                {
                    states[i] = SliceStates.Estimate(slice);
                }

                states[i] = states[i] with { Fits = line.FitsIn(states[i]) };
            }
        }

        return states;
    }

    /// <summary>Corrects the states of lines that the far ledger stated; after a refusal also whether a line fits.</summary>
    public IReadOnlyList<LedgerLineState> Correct(IReadOnlyList<LedgerLine> lines, IReadOnlyList<LedgerLineState> states, bool isRefused)
    {
        if (states.Count != lines.Count || states.Count == 0)
        {
            return states;
        }

        LedgerLineState[] corrected = [.. states];
        Correct([.. lines.Select(line => new LedgerAccountQuery(line.Account, line.FirstPeriod, line.Period))], corrected);
        for (int i = 0; i < corrected.Length; i++)
        {
            corrected[i] = corrected[i] with { Fits = states[i].Fits || (isRefused && lines[i].FitsIn(corrected[i])) };
        }

        return corrected;
    }

    /// <summary>Notes a version of the settings that this process wrote or read.</summary>
    public void Learn(long version)
    {
        lock (_lock)
        {
            _version = Math.Max(_version ?? 0, version);
        }
    }

    private static LedgerSettlement Part(LedgerSettlement settlement, int[] places) => settlement with
    {
        Amounts = LedgerParts.Pick(settlement.Amounts, places),
        Reservation = settlement.Reservation is { } reservation ? reservation with { Lines = LedgerParts.Pick(reservation.Lines, places) } : null,
    };

    private static void CheckCount(int lines, int amounts, LedgerReservationId id)
    {
        if (lines != amounts)
        {
            throw new ArgumentException($"Reservation {id} has {lines} lines, but {amounts} amounts were given. Give one amount for each line.");
        }
    }

    private SliceAdmission Repeat(LedgerReservation reservation, InMemoryReservation known)
    {
        var states = new LedgerLineState[known.Lines.Length];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = known.Lines[i].Period.Slice is { } slice ? SliceStates.Estimate(slice) : default;
        }

        return new SliceAdmission(_parts.Find(reservation.Id), new LedgerReservationResult(true, states)) { IsRepeated = true };
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
