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
        using Visit visit = Enter();
        return new(Reserve(reservation, visit.Now));
    }

    /// <inheritdoc/>
    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        ValidateAmounts(settlement.Amounts, nameof(settlement));
        using Visit visit = Enter();
        return new(Settle(settlement, visit.Now));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        using Visit visit = Enter();
        if (!_entries.TryGetValue(id, out Entry? entry) || entry.State != EntryState.Open)
        {
            return new(false);
        }

        GiveBack(entry);
        foreach (EntryLine line in entry.Lines)
        {
            line.Account.Changed();
        }

        Drop(entry);
        return new(true);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        using Visit visit = Enter();
        if (!_entries.TryGetValue(id, out Entry? entry) || entry.State != EntryState.Open)
        {
            return new(false);
        }

        _leases.Update(entry, Until(visit.Now, lease));
        return new(true);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        var states = new LedgerLineState[accounts.Count];
        using Visit visit = Enter();
        for (int i = 0; i < states.Length; i++)
        {
            LedgerAccountQuery query = accounts[i];
            states[i] = _accounts.TryGetValue(query.Account, out Account? account)
                ? account.Read(query.FirstPeriod, query.Period, visit.Now, fits: true)
                : new LedgerLineState(0, 0, 0, 0, 0, true);
        }

        return new(states);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        using Visit visit = Enter();
        if (!_entries.TryGetValue(id, out Entry? entry))
        {
            return new((LedgerCharge?)null);
        }

        bool open = entry.State == EntryState.Open;
        return new(new LedgerCharge(
            open,
            [.. entry.Lines.Select(line => line.Account.Name)],
            [.. entry.Lines.Select(line => !line.IsTaken ? 0 : open ? line.Reserved : line.Charged)]));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var names = new List<string>();
        using (Enter())
        {
            foreach (Account account in _accounts.Values)
            {
                if (account.HoldsSomething && account.Name.StartsWith(prefix, StringComparison.Ordinal))
                {
                    names.Add(account.Name);
                }
            }
        }

        names.Sort(StringComparer.Ordinal);
        return new(names);
    }

    /// <inheritdoc/>
    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentOutOfRangeException.ThrowIfLessThan(grant.Amount, 1, nameof(grant));
        using Visit visit = Enter();
        Account account = GetOrAdd(grant.Account, grant.ExpiresAt.UtcTicks);
        bool added = account.AddGrant(grant, visit.Now);
        if (added)
        {
            account.Changed();
        }

        return new(added);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        ValidateAmounts(adjustment.Amounts, nameof(adjustment));
        using Visit visit = Enter();
        return new(Adjust(adjustment, visit.Now));
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
        using Visit visit = Enter();
        if (_accounts.TryGetValue(account, out Account? found))
        {
            found.ForgetNow();
            _idle.Enqueue(found, visit.Now);
            found.Visits++;
        }
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

    private Visit Enter()
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
            return new Visit(this, now);
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

    /// <summary>One operation under the lock. At its end the lock is given back, and then leases that had run out are told.</summary>
    private readonly ref struct Visit(InMemorySpendLedger ledger, long now)
    {
        public long Now { get; } = now;

        public void Dispose()
        {
            ledger._lock.Exit();
            ledger.TellExpired();
        }
    }
}
