namespace MeaiBudget;

/// <content>What happens under the lock.</content>
public sealed partial class InMemorySpendLedger
{
    private LedgerReservationResult Reserve(LedgerReservation reservation, long now)
    {
        IReadOnlyList<LedgerLine> lines = reservation.Lines;
        Span<LedgerLineState> states = lines.Count <= MostLinesOnStack ? stackalloc LedgerLineState[lines.Count] : new LedgerLineState[lines.Count];
        if (_entries.TryGetValue(reservation.Id, out Entry? known))
        {
            for (int i = 0; i < states.Length; i++)
            {
                bool taken = i < known.Lines.Length && known.Lines[i].IsTaken;
                states[i] = StateOf(lines[i], now, taken);
            }

            return new LedgerReservationResult(true, states.ToArray());
        }

        bool admitted = true;
        for (int i = 0; i < states.Length; i++)
        {
            LedgerLine line = lines[i];
            LedgerLineState state = StateOf(line, now, fits: true);
            bool fits = line.Limit is not { } limit
                || (Int128)state.Held + state.Charged + line.Amount <= (Int128)limit + state.Granted;
            states[i] = fits ? state : state with { Fits = false };
            admitted &= fits || line.Mode != LedgerLineMode.Enforce;
        }

        if (!admitted)
        {
            return new LedgerReservationResult(false, states.ToArray());
        }

        Entry entry = NewEntry(reservation.Id, states.Length);
        for (int i = 0; i < states.Length; i++)
        {
            LedgerLine line = lines[i];
            Account account = GetOrAdd(line.Account, line.ForgetAfter.UtcTicks);
            Bucket bucket = account.BucketOf(line.Period, line.ForgetAfter.UtcTicks);
            bool taken = states[i].Fits || line.Mode != LedgerLineMode.Shadow;
            entry.Lines[i] = new EntryLine
            {
                Account = account,
                Bucket = bucket,
                FirstPeriod = line.FirstPeriod,
                Period = line.Period,
                Reserved = line.Amount,
                IsTaken = taken,
            };
            bucket.Open++;
            account.Open++;
            if (taken)
            {
                bucket.Held = SaturatingMath.Add(bucket.Held, line.Amount);
                account.Held = SaturatingMath.Add(account.Held, line.Amount);
                states[i] = states[i] with { Held = SaturatingMath.Add(states[i].Held, line.Amount) };
            }
        }

        _entries.Add(entry.Id, entry);
        _leases.Add(entry, Until(now, reservation.Lease));
        return new LedgerReservationResult(true, reservation.WantsStates ? states.ToArray() : []);
    }

    private LedgerSettlementResult Settle(LedgerSettlement settlement, long now)
    {
        if (!_entries.TryGetValue(settlement.Id, out Entry? entry))
        {
            return new LedgerSettlementResult(false, [], []);
        }

        bool applies = entry.State switch
        {
            EntryState.Open or EntryState.Expired => true,
            EntryState.Unconfirmed => !settlement.IsUnconfirmed,
            _ => false,
        };
        EntryState state = settlement.IsUnconfirmed ? EntryState.Unconfirmed : EntryState.Settled;
        return Charge(entry, settlement.Amounts, applies, state, now, settlement.WantsStates);
    }

    private LedgerSettlementResult Adjust(LedgerAdjustment adjustment, long now)
    {
        if (!_entries.TryGetValue(adjustment.Reservation, out Entry? entry))
        {
            return new LedgerSettlementResult(false, [], []);
        }

        bool applies = entry.State != EntryState.Open && (entry.Adjustments ??= []).Add(adjustment.Id);
        return Charge(entry, adjustment.Amounts, applies, EntryState.Settled, now, wantsStates: true);
    }

    private LedgerSettlementResult Charge(Entry entry, IReadOnlyList<long> amounts, bool applies, EntryState state, long now, bool wantsStates)
    {
        EntryLine[] lines = entry.Lines;
        if (amounts.Count != lines.Length)
        {
            throw new ArgumentException($"The reservation has {lines.Length} lines, and {amounts.Count} amounts were given.", nameof(amounts));
        }

        LedgerLineState[] before = wantsStates ? StatesOf(lines, now) : [];
        if (!applies)
        {
            return new LedgerSettlementResult(false, before, before);
        }

        if (entry.State == EntryState.Open)
        {
            GiveBack(entry);
            Close(entry);
        }

        Write(entry, amounts, state);
        foreach (EntryLine line in lines)
        {
            line.Account.Changed();
        }

        return new LedgerSettlementResult(true, before, wantsStates ? StatesOf(lines, now) : []);
    }

    private static LedgerLineState[] StatesOf(EntryLine[] lines, long now)
    {
        var states = new LedgerLineState[lines.Length];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = lines[i].Account.Read(lines[i].FirstPeriod, lines[i].Period, now, lines[i].IsTaken);
        }

        return states;
    }

    private void Expire(Entry entry)
    {
        GiveBack(entry);
        Close(entry);
        long[] amounts = [.. entry.Lines.Select(line => line.Reserved)];
        Write(entry, amounts, EntryState.Expired);
        for (int i = 0; i < amounts.Length; i++)
        {
            entry.Lines[i].Account.Changed();
        }

        if (LeaseExpired is not null)
        {
            (_expired ??= []).Add(new LedgerLeaseExpiry(
                entry.Id,
                [.. entry.Lines.Where(line => line.IsTaken).Select(line => line.Account.Name)],
                [.. entry.Lines.Where(line => line.IsTaken).Select(line => line.Reserved)]));
        }
    }

    /// <summary>Replaces what the entry had charged before.</summary>
    private static void Write(Entry entry, IReadOnlyList<long> amounts, EntryState state)
    {
        bool wasUnconfirmed = entry.State is EntryState.Unconfirmed or EntryState.Expired;
        bool isUnconfirmed = state is EntryState.Unconfirmed or EntryState.Expired;
        for (int i = 0; i < entry.Lines.Length; i++)
        {
            ref EntryLine line = ref entry.Lines[i];
            if (!line.IsTaken)
            {
                continue;
            }

            long amount = amounts[i];
            Bucket bucket = line.Bucket;
            bucket.Charged = Replaced(bucket.Charged, line.Charged, amount);
            bucket.Overrun = Replaced(bucket.Overrun, SaturatingMath.Take(line.Charged, line.Reserved), SaturatingMath.Take(amount, line.Reserved));
            bucket.Unconfirmed = Replaced(bucket.Unconfirmed, wasUnconfirmed ? line.Charged : 0, isUnconfirmed ? amount : 0);
            line.Charged = amount;
        }

        entry.State = state;
    }

    /// <summary>A sum in which one part has become another.</summary>
    private static long Replaced(long sum, long was, long now) => SaturatingMath.Add(SaturatingMath.Take(sum, was), now);

    /// <summary>Ends what an open entry holds.</summary>
    private void GiveBack(Entry entry)
    {
        _leases.Remove(entry);
        foreach (EntryLine line in entry.Lines)
        {
            line.Bucket.Open--;
            line.Account.Open--;
            if (line.IsTaken)
            {
                line.Bucket.Held = SaturatingMath.Take(line.Bucket.Held, line.Reserved);
                line.Account.Held = SaturatingMath.Take(line.Account.Held, line.Reserved);
            }
        }
    }

    private void Close(Entry entry)
    {
        _closed.Enqueue(entry);
        while (_closed.Count > RememberedReservations)
        {
            Drop(_closed.Dequeue());
        }
    }

    /// <summary>Forgets a reservation. Its object is used again: what lives as long as these would cost the collector dearly.</summary>
    private void Drop(Entry entry)
    {
        _entries.Remove(entry.Id);
        if (_spare.Count < SpareEntries)
        {
            _spare.Push(entry);
        }
    }

    private Entry NewEntry(LedgerReservationId id, int lines)
    {
        if (!_spare.TryPop(out Entry? entry))
        {
            return new Entry { Id = id, Lines = new EntryLine[lines] };
        }

        entry.Id = id;
        entry.State = EntryState.Open;
        entry.Adjustments = null;
        if (entry.Lines.Length != lines)
        {
            entry.Lines = new EntryLine[lines];
        }

        return entry;
    }

    private LedgerLineState StateOf(LedgerLine line, long now, bool fits) =>
        _accounts.TryGetValue(line.Account, out Account? account)
            ? account.Read(line.FirstPeriod, line.Period, now, fits)
            : new LedgerLineState(0, 0, 0, 0, 0, fits);

    private Account GetOrAdd(string name, long forgetAfter)
    {
        if (!_accounts.TryGetValue(name, out Account? account))
        {
            account = new Account(name) { Visits = 1 };
            _accounts.Add(name, account);
            _idle.Enqueue(account, forgetAfter);
        }

        return account;
    }

    /// <summary>Looks at a few accounts whose time has come, and forgets what no longer counts.</summary>
    private void Tidy(long now)
    {
        for (int i = 0; i < 4 && _idle.TryPeek(out Account? account, out long due) && due <= now; i++)
        {
            _idle.Dequeue();
            account.Visits--;
            if (account.Tidy(now, out long next))
            {
                if (account.Visits == 0)
                {
                    account.Visits++;
                    _idle.Enqueue(account, next);
                }
            }
            else if (_accounts.TryGetValue(account.Name, out Account? kept) && ReferenceEquals(kept, account))
            {
                _accounts.Remove(account.Name);
                account.Changed();
            }
        }

        // What was closed in a period that no longer counts needs no remembering either.
        for (int i = 0; i < 4 && _closed.TryPeek(out Entry? oldest) && oldest.IsForgotten(now); i++)
        {
            Drop(_closed.Dequeue());
        }
    }
}
