using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>A ledger in the memory of this process: exact, fast, and gone with the process.</summary>
/// <remarks>
/// <para>
/// Thread-safe. One short lock guards everything, so an operation over many accounts is atomic and cannot deadlock; nothing is
/// awaited and no user code runs while it is held.
/// </para>
/// <para>
/// Memory is bounded: an account is forgotten when its periods no longer count and nothing of it is open, and of the closed
/// reservations the newest <see cref="RememberedReservations"/> are remembered, for settling again and for adjustments.
/// </para>
/// </remarks>
public sealed partial class InMemorySpendLedger : ISpendLedger
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>How many objects of forgotten reservations are kept to be used again.</summary>
    private const int SpareEntries = 1024;
    private const int MostLinesOnStack = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<LedgerReservationId, Entry> _entries = new(new ByCallAndAttempt());
    private readonly Queue<Entry> _closed = new();
    private readonly Stack<Entry> _spare = new();
    private readonly LeaseQueue _leases = new();
    private readonly PriorityQueue<Account, long> _idle = new();
    private List<LedgerLeaseExpiry>? _expired;

    /// <summary>Makes an empty ledger.</summary>
    /// <param name="clock">The clock of periods, grants and leases; the system's by default.</param>
    /// <param name="name">The name, for messages and reports.</param>
    public InMemorySpendLedger(TimeProvider? clock = null, string name = "memory")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Clock = clock ?? TimeProvider.System;
        Name = name;
    }

    /// <inheritdoc/>
    public event Action<LedgerLeaseExpiry>? LeaseExpired;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public TimeProvider Clock { get; }

    /// <inheritdoc/>
    public bool KeepsRecords => false;

    /// <summary>Gets how many closed reservations are remembered at most, zero or more; 16,384 by default.</summary>
    public int RememberedReservations
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 16_384;

    /// <summary>Gets how many accounts are kept now.</summary>
    internal int AccountCount
    {
        get
        {
            lock (_lock)
            {
                return _accounts.Count;
            }
        }
    }

    /// <summary>Gets how many reservations are open now.</summary>
    internal int OpenCount
    {
        get
        {
            lock (_lock)
            {
                return _leases.Count;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        Validate(reservation);
        cancellationToken.ThrowIfCancellationRequested();
        long now = Enter();
        LedgerReservationResult result;
        try
        {
            result = Reserve(reservation, now);
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(result);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        ValidateAmounts(settlement.Amounts, nameof(settlement));
        long now = Enter();
        LedgerSettlementResult result;
        try
        {
            result = Settle(settlement, now);
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(result);
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        Enter();
        bool released;
        try
        {
            released = _entries.TryGetValue(id, out Entry? entry) && entry.State == EntryState.Open;
            if (released)
            {
                GiveBack(entry!);
                foreach (EntryLine line in entry!.Lines)
                {
                    line.Account.Changed();
                }

                Drop(entry);
            }
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(released);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        long now = Enter();
        bool open;
        try
        {
            open = _entries.TryGetValue(id, out Entry? entry) && entry.State == EntryState.Open;
            if (open)
            {
                _leases.Update(entry!, Until(now, lease));
            }
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(open);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        var states = new LedgerLineState[accounts.Count];
        long now = Enter();
        try
        {
            for (int i = 0; i < states.Length; i++)
            {
                LedgerAccountQuery query = accounts[i];
                states[i] = _accounts.TryGetValue(query.Account, out Account? account)
                    ? account.Read(query.FirstPeriod, query.Period, now, fits: true)
                    : new LedgerLineState(0, 0, 0, 0, 0, true);
            }
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(states);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        LedgerCharge? charge = null;
        Enter();
        try
        {
            if (_entries.TryGetValue(id, out Entry? entry))
            {
                bool open = entry.State == EntryState.Open;
                charge = new LedgerCharge(
                    open,
                    [.. entry.Lines.Select(line => line.Account.Name)],
                    [.. entry.Lines.Select(line => !line.IsTaken ? 0 : open ? line.Reserved : line.Charged)]);
            }
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(charge);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var names = new List<string>();
        Enter();
        try
        {
            foreach (Account account in _accounts.Values)
            {
                if (account.HoldsSomething && account.Name.StartsWith(prefix, StringComparison.Ordinal))
                {
                    names.Add(account.Name);
                }
            }
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        names.Sort(StringComparer.Ordinal);
        return new(names);
    }

    /// <inheritdoc/>
    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentOutOfRangeException.ThrowIfLessThan(grant.Amount, 1, nameof(grant));
        long now = Enter();
        bool added;
        try
        {
            Account account = GetOrAdd(grant.Account, grant.ExpiresAt.UtcTicks);
            added = account.AddGrant(grant, now);
            if (added)
            {
                account.Changed();
            }
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(added);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        ValidateAmounts(adjustment.Amounts, nameof(adjustment));
        long now = Enter();
        LedgerSettlementResult result;
        try
        {
            result = Adjust(adjustment, now);
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
        return new(result);
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        Task changed;
        lock (_lock)
        {
            changed = _accounts.TryGetValue(account, out Account? found) ? found.WhenChanged() : Task.CompletedTask;
        }

        return changed.IsCompleted ? changed : WaitAsync(changed, cancellationToken);
    }

    /// <summary>Lets go of an account's spend: nobody will ask for it again. What is open still settles.</summary>
    internal void Forget(string account)
    {
        long now = Enter();
        try
        {
            if (_accounts.TryGetValue(account, out Account? found))
            {
                found.ForgetNow();
                _idle.Enqueue(found, now);
                found.Visits++;
            }
        }
        finally
        {
            _lock.Exit();
        }

        TellExpired();
    }

    private async Task WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(AskAgainAfter, Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // A hint to ask again, as after a change: limits and grants may have moved without one.
        }
    }

    private long Enter()
    {
        long now = Clock.GetUtcNow().UtcTicks;
        _lock.Enter();
        try
        {
            while (_leases.TryTakeDue(now, out Entry? due))
            {
                Expire(due);
            }

            Tidy(now);
            return now;
        }
        catch
        {
            _lock.Exit();
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TellExpired()
    {
        if (Volatile.Read(ref _expired) is not null)
        {
            RaiseExpired();
        }
    }

    private void RaiseExpired()
    {
        List<LedgerLeaseExpiry>? expired;
        lock (_lock)
        {
            expired = _expired;
            _expired = null;
        }

        if (expired is null || LeaseExpired is not { } handlers)
        {
            return;
        }

        foreach (LedgerLeaseExpiry expiry in expired)
        {
            try
            {
                handlers(expiry);
            }
            catch (Exception)
            {
                // The operation that noticed the expiry has been applied; a listener must not make it look failed.
            }
        }
    }

    private static long Until(long now, TimeSpan lease) =>
        lease.Ticks > DateTimeOffset.MaxValue.Ticks - now ? DateTimeOffset.MaxValue.Ticks : now + lease.Ticks;

    private static void Validate(LedgerReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(reservation.Lease, TimeSpan.Zero, nameof(reservation));
        IReadOnlyList<LedgerLine> lines = reservation.Lines;
        for (int i = 0; i < lines.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(lines[i].Amount, nameof(reservation));
            for (int j = 0; j < i; j++)
            {
                if (string.Equals(lines[i].Account, lines[j].Account, StringComparison.Ordinal))
                {
                    throw new ArgumentException($"The account '{lines[i].Account}' stands in the reservation twice.", nameof(reservation));
                }
            }
        }
    }

    private static void ValidateAmounts(IReadOnlyList<long> amounts, string parameter)
    {
        for (int i = 0; i < amounts.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(amounts[i], parameter);
        }
    }
}
