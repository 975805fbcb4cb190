using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>
/// Applies the rules of the ledger on one connection. Every method runs inside the writer's transaction and checks its arguments
/// before it writes, so an <see cref="ArgumentException"/> leaves no partial change.
/// </summary>
internal sealed class SqliteLedgerSession : IDisposable
{
    private const int ExpireAtOnce = 256;
    private readonly SqliteLedgerTables _tables;
    private readonly SqliteLedgerSettings _settings;
    private readonly SqliteLedgerPages _pages;
    private readonly SqliteHistoryTables _history;
    private readonly TimeProvider _clock;
    private readonly TimeSpan? _retention;
    private long _nextCleaning = long.MinValue;
    private List<string> _changed = [];
    private List<LedgerLeaseExpiry> _expired = [];

    public SqliteLedgerSession(SqliteConnection connection, TimeProvider clock, TimeSpan? retention)
    {
        _tables = new SqliteLedgerTables(connection);
        _settings = new SqliteLedgerSettings(connection);
        _pages = new SqliteLedgerPages(connection, _tables);
        _history = new SqliteHistoryTables(connection);
        _clock = clock;
        _retention = retention;
    }

    /// <summary>Gets the accounts that the last operation released or charged. Their waiting callers must be notified.</summary>
    public IReadOnlyList<string> LastAccounts => _changed;

    public LedgerReservationResult Reserve(LedgerReservation reservation)
    {
        long now = Begin();
        return reservation.SettingsVersion is { } version && version != _settings.Version
            ? new LedgerReservationResult(false, []) { SettingsChanged = true }
            : Reserve(reservation, now);
    }

    private LedgerReservationResult Reserve(LedgerReservation reservation, long now)
    {
        IReadOnlyList<LedgerLine> lines = reservation.Lines;
        var states = new LedgerLineState[lines.Count];
        if (_tables.Find(reservation.Id) is { } known)
        {
            if (known.State != SqliteReservationState.Released)
            {
                return Repeat(known, reservation, now);
            }

            // A released reservation counts as new, because a caller that waited reserves again with the same id.
            _tables.Delete(known.Key);
        }

        bool isAdmitted = true;
        var periods = new SqlitePeriod[lines.Count];
        for (int i = 0; i < lines.Count; i++)
        {
            LedgerLine line = lines[i];
            string account = LedgerAccountName.Escape(line.Account);
            LedgerLineState state = _tables.Sum(account, line.FirstPeriod, line.Period, now, out periods[i]);
            bool fits = line.FitsIn(state);
            states[i] = state with { Fits = fits };
            isAdmitted &= fits || line.Mode != LedgerLineMode.Enforce;
        }

        if (isAdmitted)
        {
            Take(reservation, states, periods, now);
        }

        return new LedgerReservationResult(isAdmitted, states);
    }

    public LedgerSettlementResult Settle(LedgerSettlement settlement)
    {
        long now = Begin();
        SqliteReservation? known = _tables.Find(settlement.Id);
        bool isKnown = known is { State: not SqliteReservationState.Released };
        if (!isKnown)
        {
            if (settlement.Reservation is not { At: { } at } lost || at.UtcTicks <= now - SqliteLedgerTables.LeastKept.Ticks)
            {
                return new LedgerSettlementResult(false, [], []) { IsUnknown = true };
            }

            Reserve(lost.ToCharge(isReleased: known is not null), now);
            known = _tables.Find(settlement.Id);
        }

        if (known!.Lines.Count != settlement.Amounts.Count)
        {
            throw LedgerArguments.WrongCount(settlement.Id, known.Lines.Count, settlement.Amounts.Count);
        }

        bool applies = known.State is SqliteReservationState.Open or SqliteReservationState.Expired
            || (known.State == SqliteReservationState.Unconfirmed && !settlement.IsUnconfirmed);
        SqliteReservationState state = settlement.IsUnconfirmed ? SqliteReservationState.Unconfirmed : SqliteReservationState.Settled;
        LedgerSettlementResult result = Charge(known, settlement.Amounts, applies, state, now);
        if (applies)
        {
            _tables.Close(known.Key, state, now, settlement.Info);
        }

        return result with { IsUnknown = !isKnown };
    }

    public bool Release(LedgerReservationId id)
    {
        long now = Begin();
        if (_tables.Find(id) is not { State: SqliteReservationState.Open } known)
        {
            return false;
        }

        foreach (SqliteLine line in known.Lines)
        {
            SqlitePeriod period = _tables.Get(line.Account, line.Period);
            GiveBack(line, ref period);
            _tables.Put(line.Account, line.Period, period);
            _changed.Add(LedgerAccountName.Unescape(line.Account));
        }

        _tables.Close(known.Key, SqliteReservationState.Released, now, null);
        return true;
    }

    public bool Renew(LedgerReservationId id, TimeSpan lease)
    {
        long now = Begin();
        return _tables.Renew(id, LedgerTime.Add(now, lease));
    }

    public IReadOnlyList<LedgerLineState> Read(IReadOnlyList<LedgerAccountQuery> accounts)
    {
        long now = Begin();
        var states = new LedgerLineState[accounts.Count];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = _tables.Sum(LedgerAccountName.Escape(accounts[i].Account), accounts[i].FirstPeriod, accounts[i].Period, now, out _);
        }

        return states;
    }

    public LedgerCharge? Find(LedgerReservationId id)
    {
        Begin();
        if (_tables.Find(id) is not { State: not SqliteReservationState.Released } known)
        {
            return null;
        }

        bool isOpen = known.State == SqliteReservationState.Open;
        return new LedgerCharge(
            isOpen,
            [.. known.Lines.Select(line => LedgerAccountName.Unescape(line.Account))],
            [.. known.Lines.Select(line => !line.IsTaken ? 0 : isOpen ? line.Reserved : line.Charged)]);
    }

    public IReadOnlyList<LedgerReservationId> FindAll(Guid callId, int attempt)
    {
        Begin();
        return _tables.FindAll(callId, attempt);
    }

    public KeyValuePair<string, LedgerLineState>[] ReadPage(
        LedgerAccountQuery accounts, string contains, bool isByCharged, KeyValuePair<string, LedgerLineState>? after, int count) =>
        _pages.Read(accounts, contains, isByCharged, after, count, Begin());

    public (long Version, IReadOnlyDictionary<string, string> Settings) ReadSettings() => _settings.Read();

    public long WriteSetting(string name, string? value) => _settings.Write(name, value);

    public IReadOnlyList<string> ListAccounts(string prefix)
    {
        Begin();
        return _tables.ListAccounts(prefix);
    }

    public bool Grant(LedgerGrant grant)
    {
        long now = Begin();
        return _tables.InsertGrant(grant, now);
    }

    public LedgerSettlementResult Adjust(LedgerAdjustment adjustment)
    {
        long now = Begin();
        if (adjustment.Account is { } account)
        {
            return AdjustAccount(adjustment, account, now);
        }

        if (_tables.Find(adjustment.Reservation) is not { State: not SqliteReservationState.Released } known)
        {
            return new LedgerSettlementResult(false, [], []) { IsUnknown = true };
        }

        if (known.Lines.Count != adjustment.Amounts.Count)
        {
            throw LedgerArguments.WrongCount(adjustment.Reservation, known.Lines.Count, adjustment.Amounts.Count);
        }

        bool applies = known.State != SqliteReservationState.Open && _tables.InsertAdjustment(adjustment, now);
        LedgerSettlementResult result = Charge(known, adjustment.Amounts, applies, SqliteReservationState.Settled, now);
        if (applies)
        {
            _tables.Close(known.Key, SqliteReservationState.Settled, now, null);
        }

        return result;
    }

    private LedgerSettlementResult AdjustAccount(LedgerAdjustment adjustment, LedgerAccountQuery query, long now)
    {
        string account = LedgerAccountName.Escape(query.Account);
        LedgerLineState before = _tables.Sum(account, query.Period, query.Period, now, out SqlitePeriod period);
        if (period.Charged == 0 && period.Open == 0)
        {
            // Repeated: the adjustment itself may have lowered the charge to zero.
            return _tables.HasAdjustment(adjustment.Id)
                ? new LedgerSettlementResult(false, [before], [before])
                : new LedgerSettlementResult(false, [], []) { IsUnknown = true };
        }

        long? charged = SaturatingMath.Adjust(period.Charged, adjustment.Amounts[0]);
        bool applies = charged is not null && _tables.InsertAdjustment(adjustment, now);
        if (applies)
        {
            period.Charged = charged!.Value;
            period.Unconfirmed = Math.Min(period.Unconfirmed, period.Charged);
            period.Overrun = Math.Min(period.Overrun, period.Charged);
            _tables.Put(account, query.Period, period);
            _changed.Add(query.Account);
        }

        return new LedgerSettlementResult(applies, [before], [_tables.Sum(account, query.Period, query.Period, now, out _)]);
    }

    public void Dispose()
    {
        _tables.Dispose();
        _settings.Dispose();
        _pages.Dispose();
        _history.Dispose();
    }

    /// <summary>Returns the leases that were found to have ended, and clears the list. They are reported after the commit.</summary>
    public List<LedgerLeaseExpiry> TakeExpired()
    {
        List<LedgerLeaseExpiry> expired = _expired;
        if (expired.Count > 0)
        {
            _expired = [];
        }

        return expired;
    }

    public bool Write(IReadOnlyList<HistoryRow> rows)
    {
        Begin();
        foreach (HistoryRow row in rows)
        {
            _history.Put(row, _retention is { } retention ? LedgerTime.Add(row.At, retention) : long.MaxValue);
        }

        return true;
    }

    /// <summary>Begins an operation: charges ended leases and deletes outdated rows, so that no background job is needed.</summary>
    private long Begin()
    {
        long now = _clock.GetUtcNow().UtcTicks;
        _changed = [];
        for (List<SqliteReservation> expired = _tables.FindExpired(now, ExpireAtOnce); expired.Count > 0; expired = _tables.FindExpired(now, ExpireAtOnce))
        {
            foreach (SqliteReservation reservation in expired)
            {
                Charge(reservation, [.. reservation.Lines.Select(line => line.Reserved)], true, SqliteReservationState.Expired, now);
                _tables.Close(reservation.Key, SqliteReservationState.Expired, now, null);
                List<SqliteLine> taken = reservation.Lines.FindAll(line => line.IsTaken);
                _expired.Add(new LedgerLeaseExpiry(
                    reservation.Id, [.. taken.Select(line => LedgerAccountName.Unescape(line.Account))], [.. taken.Select(line => line.Reserved)]));
            }
        }

        if (now >= _nextCleaning)
        {
            bool hasMore = _tables.Forget(now) | _history.Forget(now);
            _nextCleaning = hasMore ? now : LedgerTime.Add(now, TimeSpan.FromMinutes(1));
        }

        return now;
    }

    /// <summary>Subtracts the held amount of an open line from its period.</summary>
    private static void GiveBack(SqliteLine line, ref SqlitePeriod period)
    {
        period.Open--;
        if (line.IsTaken)
        {
            period.Held = SaturatingMath.Take(period.Held, line.Reserved);
        }
    }

    private LedgerReservationResult Repeat(SqliteReservation known, LedgerReservation asked, long now)
    {
        var states = new LedgerLineState[asked.Lines.Count];
        for (int i = 0; i < states.Length; i++)
        {
            LedgerLine line = asked.Lines[i];
            states[i] = _tables.Sum(LedgerAccountName.Escape(line.Account), line.FirstPeriod, line.Period, now, out _) with
            {
                Fits = i < known.Lines.Count && known.Lines[i].Fits,
            };
        }

        return new LedgerReservationResult(true, states);
    }

    private void Take(LedgerReservation reservation, LedgerLineState[] states, SqlitePeriod[] periods, long now)
    {
        IReadOnlyList<LedgerLine> lines = reservation.Lines;
        long at = reservation.Info?.At.UtcTicks ?? now;
        long keep = reservation.Info is null ? now : _retention is { } retention ? LedgerTime.Add(at, retention) : long.MaxValue;
        foreach (LedgerLine line in lines)
        {
            keep = Math.Max(keep, line.ForgetAfter.UtcTicks);
        }

        bool takesShadows = !lines.Where((line, i) => line.Mode == LedgerLineMode.Shadow && !states[i].Fits).Any();
        long key = _tables.InsertReservation(reservation.Id, SqliteReservationState.Open, at, LedgerTime.Add(now, reservation.Lease), keep, reservation.Info);
        for (int i = 0; i < lines.Count; i++)
        {
            LedgerLine line = lines[i];
            string account = LedgerAccountName.Escape(line.Account);
            bool isTaken = line.Mode != LedgerLineMode.Shadow || takesShadows;
            long forgetAfter = line.ForgetAfter.UtcTicks;
            _tables.InsertLine(key, new SqliteLine(i, account, line.Period, line.FirstPeriod, line.Amount, isTaken, states[i].Fits, forgetAfter, 0));
            ref SqlitePeriod period = ref periods[i];
            period.Open++;
            period.ForgetAfter = Math.Max(period.ForgetAfter, forgetAfter);
            if (isTaken)
            {
                period.Held = SaturatingMath.Add(period.Held, line.Amount);
                states[i] = states[i] with { Held = SaturatingMath.Add(states[i].Held, line.Amount) };
            }

            _tables.Put(account, line.Period, period);
        }
    }

    /// <summary>Replaces the held or charged amounts of the reservation's lines by new charges.</summary>
    private LedgerSettlementResult Charge(SqliteReservation known, IReadOnlyList<long> amounts, bool applies, SqliteReservationState state, long now)
    {
        var before = new LedgerLineState[amounts.Count];
        var after = new LedgerLineState[amounts.Count];
        for (int i = 0; i < before.Length; i++)
        {
            SqliteLine line = known.Lines[i];
            before[i] = _tables.Sum(line.Account, line.FirstPeriod, line.Period, now, out SqlitePeriod period) with { Fits = line.IsTaken };
            after[i] = before[i];
            bool isForgotten = period.ForgetAfter == 0 && line.ForgetAfter <= now;
            if (!applies || isForgotten)
            {
                // The record of the call keeps what was billed, also after its period stopped to count.
                if (applies && line.IsTaken)
                {
                    _tables.SetCharged(known.Key, line.Position, amounts[i]);
                }

                continue;
            }

            if (known.State == SqliteReservationState.Open)
            {
                GiveBack(line, ref period);
            }

            if (line.IsTaken)
            {
                Replace(known, line, amounts[i], state, ref period);
            }

            _tables.Put(line.Account, line.Period, period);
            _changed.Add(LedgerAccountName.Unescape(line.Account));
            after[i] = _tables.Sum(line.Account, line.FirstPeriod, line.Period, now, out _) with { Fits = line.IsTaken };
        }

        return new LedgerSettlementResult(applies, before, after);
    }

    private void Replace(SqliteReservation known, SqliteLine line, long amount, SqliteReservationState state, ref SqlitePeriod period)
    {
        long wasUnconfirmed = known.IsUnconfirmed ? line.Charged : 0;
        long isUnconfirmed = state is SqliteReservationState.Unconfirmed or SqliteReservationState.Expired ? amount : 0;
        long wasOverrun = SaturatingMath.Take(line.Charged, line.Reserved);
        long isOverrun = SaturatingMath.Take(amount, line.Reserved);

        // What is unconfirmed or overrun stays within the charge, also after an adjustment of the account.
        period.Charged = SaturatingMath.Replace(period.Charged, line.Charged, amount);
        period.Unconfirmed = Math.Min(SaturatingMath.Replace(period.Unconfirmed, wasUnconfirmed, isUnconfirmed), period.Charged);
        period.Overrun = Math.Min(SaturatingMath.Replace(period.Overrun, wasOverrun, isOverrun), period.Charged);
        period.ForgetAfter = Math.Max(period.ForgetAfter, line.ForgetAfter);
        _tables.SetCharged(known.Key, line.Position, amount);
    }
}
