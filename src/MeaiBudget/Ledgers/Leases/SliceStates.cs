namespace MeaiBudget;

/// <summary>What accounts are, as this process knows them: what the far ledger stated, with what slices have charged and hold since.</summary>
internal static class SliceStates
{
    /// <summary>Adds to what the far ledger read what a slice has charged and holds since.</summary>
    public static void Correct(LedgerAccountQuery query, Slice slice, ref LedgerLineState state)
    {
        if (slice.Line.Account != query.Account)
        {
            return;
        }

        bool isRange = query.FirstPeriod < query.Period;
        bool counts = slice.Line.Period >= query.FirstPeriod && slice.Line.Period <= SaturatingMath.Add(query.Period, query.Period - query.FirstPeriod);
        InMemoryPeriod local = slice.Local;
        if (counts)
        {
            state = Charged(state, slice);
        }

        if (counts || isRange)
        {
            state = state with { Held = Moved(state.Held, slice.Held, local.Held) };
        }
    }

    /// <summary>States the accounts of lines that slices hold.</summary>
    public static LedgerLineState[] Of(IReadOnlyList<LedgerLine> lines, ReadOnlySpan<Slice?> slices, int held)
    {
        var states = new LedgerLineState[held];
        int next = 0;
        for (int i = 0; i < slices.Length; i++)
        {
            if (slices[i] is { } slice)
            {
                // What is held beyond a limit does not fit it, as for a line of the far ledger.
                LedgerLineState state = Estimate(slice);
                states[next++] = state with { Fits = lines[i].Mode != LedgerLineMode.Record || (lines[i] with { Amount = 0 }).FitsIn(state) };
            }
        }

        return states;
    }

    /// <summary>States the accounts of a reservation in slices, before or after it was charged.</summary>
    public static LedgerLineState[] Of(InMemoryReservation known, bool before)
    {
        var states = new LedgerLineState[known.Lines.Length];
        for (int i = 0; i < states.Length; i++)
        {
            if (known.Lines[i].Period.Slice is not { } slice)
            {
                continue;
            }

            LedgerLineState state = Estimate(slice);
            if (before && slice.Owner.Told >= 0)
            {
                // What others charged between two settlements of this process belongs to the step of the second one.
                state = state with { Charged = Math.Min(state.Charged, slice.Owner.Told) };
            }
            else if (!before)
            {
                slice.Owner.Told = state.Charged;
            }

            states[i] = state;
        }

        return states;
    }

    /// <summary>The account as the far ledger stated it at the last exchange, with what this process has charged and holds since.</summary>
    public static LedgerLineState Estimate(Slice slice)
    {
        LedgerLineState state = slice.Owner.Far;
        return Charged(state, slice) with { Held = Moved(state.Held, slice.Held, slice.Local.Held), Fits = true };
    }

    /// <summary>
    /// Adds what this process has charged since the last exchange. What is unconfirmed or overrun stays within the charge, also if an
    /// adjustment has lowered the account in the far ledger.
    /// </summary>
    private static LedgerLineState Charged(LedgerLineState state, Slice slice)
    {
        InMemoryPeriod local = slice.Local;
        long charged = Moved(state.Charged, slice.Charged, local.Charged);
        return state with
        {
            Charged = charged,
            Unconfirmed = Math.Min(SaturatingMath.Add(state.Unconfirmed, local.Unconfirmed), charged),
            Overrun = Math.Min(SaturatingMath.Add(state.Overrun, local.Overrun), charged),
        };
    }

    /// <summary>Replaces a part of a sum.</summary>
    private static long Moved(long sum, long old, long now) => (long)Int128.Clamp((Int128)sum - old + now, 0, long.MaxValue);
}
