using System.Buffers;

namespace MeaiBudget;

/// <summary>A ledger in the memory of this process. It is exact and fast, and its contents are lost when the process ends.</summary>
/// <remarks>
/// <para>
/// Thread-safe. One short lock guards all accounts, so an operation on many of them is atomic and cannot deadlock. Nothing is
/// awaited and no code of the application runs while the lock is held.
/// </para>
/// <para>
/// Memory is bounded. An account is forgotten when its periods no longer count and no reservation of it is open. Of the closed
/// reservations, the newest <see cref="RememberedReservations"/> settled ones are remembered for repeated settlements and adjustments,
/// and as many whose settlement is unconfirmed or missing. The ids of the newest 16,384 grants, and of as many adjustments
/// of accounts, are remembered.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// var ledger = new InMemorySpendLedger { KeepsRecords = true };
/// var tracker = new CostTracker([Budget.Daily("day", 20m)], ledger: ledger);
/// </code>
/// </example>
public sealed class InMemorySpendLedger : ISpendLedger, ISpendHistory
{
    /// <summary>How many accounts a page reads before calls may use them.</summary>
    private const int AccountsAtOnce = 256;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly InMemoryAccounts _accounts = new();
    private readonly InMemoryReservations _reservations;
    private readonly InMemoryHistory? _history;
    private readonly InMemorySettings _settings = new();

    /// <summary>Leases that ended in the operation that runs; raised after it.</summary>
    private List<LedgerLeaseExpiry>? _expired;

    /// <summary>Makes an empty ledger.</summary>
    /// <param name="clock">The clock of periods, grants and leases; the system's by default.</param>
    /// <param name="name">The name, for messages and reports; not empty.</param>
    public InMemorySpendLedger(TimeProvider? clock = null, string name = "memory")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Clock = clock ?? TimeProvider.System;
        Name = name;
        _reservations = new InMemoryReservations(_accounts);
    }

    /// <inheritdoc/>
    public event Action<LedgerLeaseExpiry>? LeaseExpired;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public TimeProvider Clock { get; }

    /// <inheritdoc/>
    public bool SupportsExchange => true;

    /// <summary>
    /// Gets a value indicating whether the ledger keeps a history: the newest 10,000 attempts, and sums by the hour of 90 days. By default
    /// <see langword="false"/>, which saves about 1 kB an attempt; the ledger of <c>AddMeaiBudget</c> keeps one. A history forgets runs
    /// with their attempts, and what an hour has beyond 10,000 groups is summed as <c>other</c>.
    /// </summary>
    public bool KeepsRecords
    {
        get => _history is not null;
        init => _history = value ? new InMemoryHistory() : null;
    }

    /// <summary>Gets how many closed reservations are remembered at most, zero or more; 16,384 by default.</summary>
    public int RememberedReservations
    {
        get => _reservations.MostClosed;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _reservations.MostClosed = value;
        }
    }

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
                return _reservations.OpenCount;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        reservation.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        using Operation operation = Begin();
        if (reservation.SettingsVersion is { } version && version != _settings.Version)
        {
            return new(new LedgerReservationResult(false, []) { SettingsChanged = true });
        }

        LedgerReservationResult result = _reservations.Reserve(reservation, operation.Now);
        if (result.IsAdmitted)
        {
            _history?.Reserved(reservation);
        }

        return new(result);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        settlement.Validate();
        using Operation operation = Begin();
        LedgerSettlementResult result = _reservations.Settle(settlement, operation.Now);
        if (result.IsApplied)
        {
            _history?.Settled(settlement);
        }

        return new(result);
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        using Operation operation = Begin();
        bool isReleased = _reservations.Release(id, operation.Now);
        if (isReleased)
        {
            _history?.Released(id);
        }

        return new(isReleased);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        using Operation operation = Begin();
        return new(_reservations.Renew(id, lease, operation.Now));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        var states = new LedgerLineState[accounts.Count];
        using Operation operation = Begin();
        for (int i = 0; i < states.Length; i++)
        {
            LedgerAccountQuery query = accounts[i];
            states[i] = _accounts.Read(query.Account, query.FirstPeriod, query.Period, operation.Now, fits: true);
        }

        return new(states);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        using Operation operation = Begin();
        return new(_reservations.Find(id));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default)
    {
        using Operation operation = Begin();
        return new(_reservations.FindAll(callId, attempt));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        using Operation operation = Begin();
        return new(_accounts.ListNames(prefix));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageAsync(
        LedgerAccountQuery accounts,
        string contains,
        bool isByCharged,
        KeyValuePair<string, LedgerLineState>? after,
        int count,
        CancellationToken cancellationToken = default)
    {
        var page = new LedgerPage(accounts, contains, isByCharged, after, count);
        (InMemoryAccount[] all, int known) = CopyAccounts();
        try
        {
            // The sums of an account are read under the lock that calls need, so it is held for some accounts at a time.
            var states = new LedgerLineState[Math.Min(known, AccountsAtOnce)];
            for (int start = 0; start < known; start += AccountsAtOnce)
            {
                Span<InMemoryAccount> some = all.AsSpan(start, Math.Min(AccountsAtOnce, known - start));
                int found = 0;
                foreach (InMemoryAccount account in some)
                {
                    if (page.CanHold(account.Name))
                    {
                        some[found++] = account;
                    }
                }

                Read(some[..found], accounts, states);
                for (int i = 0; i < found; i++)
                {
                    page.Add(some[i].Name, states[i]);
                }
            }
        }
        finally
        {
            ArrayPool<InMemoryAccount>.Shared.Return(all, clearArray: true);
        }

        return new(page.ToList());
    }

    /// <inheritdoc/>
    public ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return new((_settings.Version, _settings.All));
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default)
    {
        LedgerSettingRules.Check(name, value);
        using Operation operation = Begin();
        return new(_settings.Write(name, value));
    }

    /// <inheritdoc/>
    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        grant.Validate();
        using Operation operation = Begin();
        return new(_accounts.Grant(grant, operation.Now));
    }

    /// <inheritdoc/>
    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        adjustment.Validate();
        using Operation operation = Begin();
        if (adjustment.Account is { } account)
        {
            return new(_accounts.Adjust(adjustment, account, operation.Now));
        }

        LedgerSettlementResult result = _reservations.Adjust(adjustment, operation.Now);
        if (result.IsApplied)
        {
            _history?.Adjusted(adjustment);
        }

        return new(result);
    }

    /// <inheritdoc/>
    public ValueTask<(long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices)> ExchangeAsync(
        long sequence, IReadOnlyList<LedgerSettlement> slices, CancellationToken cancellationToken = default)
    {
        LedgerSlices.Check(slices);
        cancellationToken.ThrowIfCancellationRequested();
        var results = new LedgerReservationResult[slices.Count];
        using Operation operation = Begin();
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = _reservations.Exchange(sequence, slices[i], operation.Now);
        }

        return new((_settings.Version, results));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The ledger keeps no history (<see cref="KeepsRecords"/>).</exception>
    public ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new(History().Query(query));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The ledger keeps no history (<see cref="KeepsRecords"/>).</exception>
    public ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new(History().ReadCalls(query));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The ledger keeps no history (<see cref="KeepsRecords"/>).</exception>
    public ValueTask WriteAsync(IReadOnlyList<SpendRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        History().Write(records);
        return default;
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        Task? changed;
        lock (_lock)
        {
            changed = _accounts.Find(account)?.WhenChanged();
        }

        return changed is null ? Task.CompletedTask : WaitAsync(changed, cancellationToken);
    }

    /// <summary>Forgets an account that is not needed any more. Its open reservations still settle.</summary>
    internal void Forget(string account)
    {
        using Operation operation = Begin();
        _accounts.Forget(account, operation.Now);
    }

    private (InMemoryAccount[] Accounts, int Count) CopyAccounts()
    {
        using Operation operation = Begin();
        return (_accounts.Copy(out int count), count);
    }

    private void Read(ReadOnlySpan<InMemoryAccount> accounts, in LedgerAccountQuery query, LedgerLineState[] states)
    {
        if (accounts.Length == 0)
        {
            return;
        }

        using Operation operation = Begin();
        for (int i = 0; i < accounts.Length; i++)
        {
            states[i] = accounts[i].Read(query.FirstPeriod, query.Period, operation.Now, fits: true);
        }
    }

    private async Task WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(LongestWait, Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The caller reads the account again, as after a change: limits and grants change without a notification.
        }
    }

    /// <summary>Returns the history after ended leases were charged.</summary>
    private InMemoryHistory History()
    {
        InMemoryHistory history = _history
            ?? throw new InvalidOperationException($"The ledger '{Name}' keeps no history. Make it with KeepsRecords = true.");
        using Operation operation = Begin();
        return history;
    }

    /// <summary>Takes the lock, and charges the reservations whose lease has ended.</summary>
    private Operation Begin()
    {
        long now = Clock.GetUtcNow().UtcTicks;
        _lock.Enter();
        try
        {
            while (_reservations.TryExpire(now, out InMemoryReservation? expired))
            {
                _history?.Expired(expired.ToLeaseExpiry());
                if (LeaseExpired is not null)
                {
                    (_expired ??= []).Add(expired.ToLeaseExpiry());
                }
            }

            _accounts.Tidy(now);
            _reservations.Tidy(now);
            return new Operation(this, now);
        }
        catch
        {
            _lock.Exit();
            throw;
        }
    }

    private void RaiseLeaseExpired()
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
                // The operation that found the ended lease has been applied. An exception of a handler must not make it fail.
            }
        }
    }

    /// <summary>One operation under the lock. Its end releases the lock, then raises <see cref="LeaseExpired"/>.</summary>
    private readonly ref struct Operation(InMemorySpendLedger ledger, long now)
    {
        public long Now { get; } = now;

        public void Dispose()
        {
            ledger._lock.Exit();
            if (Volatile.Read(ref ledger._expired) is not null)
            {
                ledger.RaiseLeaseExpired();
            }
        }
    }
}
