using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>A ledger in one SQLite file: durable, shared by the processes of one machine, with the records for reports.</summary>
/// <remarks>
/// <para>
/// An operation that has returned survives the end of the process, also by kill -9. With the default
/// <see cref="SqliteDurability.PowerLoss"/> it survives a power loss too. Operations of concurrent callers share a commit. Several
/// processes may use one file on a local disk; all of them must use the same time.
/// </para>
/// <para>
/// Reservations whose lease ended are charged at the next operation on the file. Periods that no longer count are deleted; the
/// records of calls stay for <see cref="SqliteSpendLedgerOptions.RecordRetention"/>. Sums stop at <see cref="long.MaxValue"/>.
/// Thread-safe.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// await using var ledger = SqliteSpendLedger.Open("spend-of-the-app.db");
/// var tracker = new CostTracker([Budget.Daily("day", 20m)], ledger: ledger);
/// </code>
/// </example>
public sealed class SqliteSpendLedger : ISpendLedger, ISpendHistory, IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);
    private readonly SqliteLedgerWriter _writer;
    private readonly LedgerChangeSignal _changes;

    private SqliteSpendLedger(string path, SqliteConnection connection, SqliteSpendLedgerOptions options)
    {
        Name = path;
        Clock = options.Clock;
        var session = new SqliteLedgerSession(connection, options.Clock, options.RecordRetention);
        _writer = new SqliteLedgerWriter(path, connection, session, new SqliteLedgerLock(connection, path), options.BusyTimeout, TellExpired);
        _changes = new LedgerChangeSignal(options.Clock, LongestWait);
    }

    /// <inheritdoc/>
    /// <remarks>Raised on a thread of the pool, after the charge was committed, in the process that noticed. Exceptions of handlers are ignored.</remarks>
    public event Action<LedgerLeaseExpiry>? LeaseExpired;

    /// <summary>Gets the file's full path.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public TimeProvider Clock { get; }

    /// <summary>Opens a ledger file, and creates it if it does not exist. Its folder must exist.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Settings; the defaults if <see langword="null"/>.</param>
    /// <returns>The ledger; dispose it after the last settlement.</returns>
    /// <exception cref="SqliteSpendLedgerException">The file cannot be used; <see cref="SqliteSpendLedgerException.Problem"/> says why.</exception>
    public static SqliteSpendLedger Open(string path, SqliteSpendLedgerOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options ??= new SqliteSpendLedgerOptions();
        ArgumentNullException.ThrowIfNull(options.Clock, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BusyTimeout, TimeSpan.Zero, nameof(options));
        path = Path.GetFullPath(path);
        return new SqliteSpendLedger(path, SqliteLedgerFile.OpenForWriting(path, options), options);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        reservation.Validate();
        return _writer.RunAsync(session => session.Reserve(reservation), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of amounts is not that of the reservation's lines.</exception>
    public async ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        settlement.Validate();
        (LedgerSettlementResult result, IReadOnlyList<string>? accounts) = await _writer.RunAsync(session => (session.Settle(settlement), session.LastAccounts), cancellationToken);
        Tell(accounts);
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        (bool isReleased, IReadOnlyList<string>? accounts) = await _writer.RunAsync(session => (session.Release(id), session.LastAccounts), cancellationToken);
        Tell(accounts);
        return isReleased;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        id.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return _writer.RunAsync(session => session.Renew(id, lease), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
    {
        LedgerArguments.Check(accounts);
        return _writer.RunAsync(session => session.Read(accounts), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        return _writer.RunAsync(session => session.Find(id), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default) =>
        _writer.RunAsync(session => session.FindAll(callId, attempt), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageAsync(
        LedgerAccountQuery accounts,
        string contains,
        bool isByCharged,
        KeyValuePair<string, LedgerLineState>? after,
        int count,
        CancellationToken cancellationToken = default)
    {
        LedgerPage.Validate(accounts, contains, count);
        return await _writer.RunAsync(session => session.ReadPage(accounts, contains, isByCharged, after, count), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) =>
        _writer.RunAsync(session => session.ReadSettings(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default)
    {
        LedgerSettingRules.Check(name, value);
        return _writer.RunAsync(session => session.WriteSetting(name, value), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return _writer.RunAsync(session => session.ListAccounts(prefix), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        grant.Validate();
        bool isNew = await _writer.RunAsync(session => session.Grant(grant), cancellationToken);
        _changes.Changed(grant.Account);
        return isNew;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of amounts is not that of the reservation's lines.</exception>
    public async ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        adjustment.Validate();
        (LedgerSettlementResult result, IReadOnlyList<string>? accounts) = await _writer.RunAsync(session => (session.Adjust(adjustment), session.LastAccounts), cancellationToken);
        Tell(accounts);
        return result;
    }

    /// <inheritdoc/>
    /// <remarks>Completes at once for a change by this process, and within 50 milliseconds for changes by others.</remarks>
    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        return _changes.WaitAsync(account, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Reads on a connection of its own, so it neither waits for operations nor delays them.</remarks>
    public ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        return new(Task.Run(() => SqliteSpendHistory.Query(Name, query, cancellationToken), cancellationToken));
    }

    /// <inheritdoc/>
    /// <remarks>Reads on a connection of its own, so it neither waits for operations nor delays them.</remarks>
    public ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        return new(Task.Run(() => SqliteSpendHistory.ReadCalls(Name, query, cancellationToken), cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<SpendRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        HistoryRow[] rows = [.. records.Select(HistoryRow.Of)];
        await _writer.RunAsync(session => session.Write(rows), cancellationToken);
    }

    /// <summary>Completes the pending operations and closes the file.</summary>
    public void Dispose() => _writer.Close();

    /// <summary>Completes the pending operations and closes the file.</summary>
    /// <returns>A task that completes when the file is closed.</returns>
    public ValueTask DisposeAsync() => new(Task.Run(_writer.Close));

    private void TellExpired(LedgerLeaseExpiry expiry) => _changes.Tell(expiry, LeaseExpired);

    private void Tell(IReadOnlyList<string> accounts)
    {
        foreach (string account in accounts)
        {
            _changes.Changed(account);
        }
    }
}
