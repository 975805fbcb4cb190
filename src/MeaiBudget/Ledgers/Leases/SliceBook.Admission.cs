namespace MeaiBudget;

/// <summary>What is held in slices and what in the far ledger, and what a refusal by it means.</summary>
internal sealed partial class SliceBook
{
    private Slice?[] _slices = new Slice?[8];

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

            Span<Slice?> slices = new(_slices, 0, lines.Count);
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

    private SliceAdmission Repeat(LedgerReservation reservation, InMemoryReservation known)
    {
        var states = new LedgerLineState[known.Lines.Length];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = known.Lines[i].Period.Slice is { } slice ? SliceStates.Estimate(slice) : default;
        }

        return new SliceAdmission(_parts.Find(reservation.Id), new LedgerReservationResult(true, states)) { IsRepeated = true };
    }
}
