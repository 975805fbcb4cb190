using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>A spend ledger on Redis, Valkey or Garnet, for budgets that several machines share.</summary>
/// <remarks>
/// <para>
/// Every operation is one atomic script and one round trip, over all accounts of a reservation. Leases, grants and periods are
/// measured by the server's time. A write whose reply was lost is repeated with its id and applied once. Reservations whose
/// lease ended are charged at the next operation on the ledger, of any machine.
/// </para>
/// <para>
/// The server must persist its data (<c>appendonly yes</c>) and must not evict keys (<c>maxmemory-policy noeviction</c>). Garnet
/// needs Lua and its transaction mode, without which its scripts are not atomic. The ledger keeps no records of calls. Sums stop
/// at <see cref="long.MaxValue"/>; period indexes are between -2^53 and 2^53. Thread-safe.
/// </para>
/// </remarks>
/// <example>
/// <!-- snippet: compiled, needs a server -->
/// <code>
/// await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync("redis:6379", new() { Name = "production" });
/// var tracker = new CostTracker([Budget.Daily("day", 20m)], ledger: ledger);
/// </code>
/// </example>
public sealed partial class RedisSpendLedger : ISpendLedger, ISpendHistory, IDisposable, IAsyncDisposable
{
    private const int NamesAtOnce = 2_000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    /// <summary>An hour, the shortest retention, less a margin for the difference between the clocks.</summary>
    private static readonly TimeSpan ChargesUnknownFor = TimeSpan.FromMinutes(59);
    private readonly IConnectionMultiplexer _multiplexer;
    private readonly bool _ownsMultiplexer;
    private readonly RedisLedgerConnection _connection;
    private readonly LedgerChangeSignal _changes;

    // Identifies each operation, also when it is sent repeatedly. If its answer was lost, the repetition receives the same answer. It also
    // lets the server reject a reservation that arrives after its release by the same caller.
    private readonly string _instance = Guid.NewGuid().ToString("N")[..16];
    private long _sequence;
    private readonly TimeSpan _settledRetention;
    private readonly RedisLedgerMaintenance _maintenance;
    private readonly RedisHourlySums _sums;

    private RedisSpendLedger(IConnectionMultiplexer multiplexer, bool ownsMultiplexer, RedisSpendLedgerOptions options)
    {
        _multiplexer = multiplexer;
        _ownsMultiplexer = ownsMultiplexer;
        Name = $"redis:{options.Name}";
        _connection = new RedisLedgerConnection(multiplexer, Name, options);
        Clock = options.Clock ?? _connection.ServerClock;
        _changes = new LedgerChangeSignal(Clock, LongestWait);
        _settledRetention = options.SettledRetention;
        _sums = new RedisHourlySums(_connection, options.Clock ?? TimeProvider.System, options.HourlySumRetention);
        _maintenance = new RedisLedgerMaintenance(_connection, Name, options.LoggerFactory, expiry => _changes.Tell(expiry, LeaseExpired));
    }

    /// <inheritdoc/>
    /// <remarks>Raised after the operation that noticed, in its process. Exceptions of handlers are ignored.</remarks>
    public event Action<LedgerLeaseExpiry>? LeaseExpired;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public TimeProvider Clock { get; }

    /// <summary>Gets how many keys and entries this process found lost on the server and repaired; zero on a server that loses nothing.</summary>
    public long RepairedEntries => _maintenance.RepairedEntries;

    /// <inheritdoc/>
    public async ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        reservation.Validate();
        var lines = new RedisLedgerBytes();
        DateTimeOffset keep = DateTimeOffset.UnixEpoch;
        foreach (LedgerLine line in reservation.Lines)
        {
            lines.Add(line);
            keep = line.ForgetAfter > keep ? line.ForgetAfter : keep;
        }

        RedisLedgerWords words = _connection.Words().Add(reservation.Id).Add(NextQuestion()).Add(reservation.Lease).Add(reservation.WantsStates).Add(keep).Add(lines)
            .Add(reservation.SettingsVersion?.ToString(CultureInfo.InvariantCulture) ?? "");
        return RedisLedgerResult.Reservation(await RunAsync(RedisLedgerScript.Reserve, words, cancellationToken), reservation.Lines.Count);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of amounts is not that of the reservation's lines.</exception>
    public async ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        settlement.Validate();
        byte[] answer = await SettleOnceAsync(settlement, cancellationToken);
        LedgerSettlementResult result = ReadSettlement(answer, settlement);
        if (!result.IsUnknown || settlement.Reservation is not { At: { } at } lost || at <= Clock.GetUtcNow() - ChargesUnknownFor)
        {
            return result;
        }

        // Two steps, each of which may be repeated. Should the second never arrive, the end of the lease charges the reservation.
        await ReserveAsync(lost.ToCharge(RedisLedgerResult.IsReleased(answer)), cancellationToken);
        result = ReadSettlement(await SettleOnceAsync(settlement, cancellationToken), settlement);
        return result with { IsUnknown = result.IsApplied || result.IsUnknown };
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        RedisLedgerWords words = _connection.Words().Add(id).Add(NextQuestion());
        return RedisLedgerResult.Release(await RunAsync(RedisLedgerScript.Release, words, cancellationToken), _changes);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        id.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return RedisLedgerResult.Flag(await RunAsync(RedisLedgerScript.Renew, _connection.Words().Add(id).Add(lease), cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
    {
        LedgerArguments.Check(accounts);
        var queries = new RedisLedgerBytes();
        foreach (LedgerAccountQuery query in accounts)
        {
            queries.Add(query);
        }

        RedisLedgerWords words = _connection.Words().Add(queries);
        return RedisLedgerResult.States(await RunAsync(RedisLedgerScript.Read, words, cancellationToken), accounts.Count);
    }

    /// <inheritdoc/>
    public async ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        return RedisLedgerResult.Charge(await RunAsync(RedisLedgerScript.Find, _connection.Words().Add(id), cancellationToken));
    }

    /// <inheritdoc/>
    /// <remarks>Looks at all reservations that the server remembers, in several steps.</remarks>
    public async ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default) =>
        await _connection.RepeatAsync(
            async () =>
            {
                var ids = new List<LedgerReservationId>();
                string pattern = RedisLedgerWords.Attempt(callId, attempt) + "*";
                await foreach (HashEntry field in _connection.Database.HashScanAsync(_connection.Reservations, pattern, pageSize: 10_000).WithCancellation(cancellationToken))
                {
                    LedgerReservationId id = RedisLedgerAnswer.ParseId((string)field.Name!);
                    if (((byte[])field.Value!)[0] != (byte)'R' && !ids.Contains(id))
                    {
                        ids.Add(id);
                    }
                }

                return (IReadOnlyList<LedgerReservationId>)ids;
            },
            cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Reads the accounts by name in parts of 2,000, so that the server serves others in between.</remarks>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageAsync(
        LedgerAccountQuery accounts,
        string contains,
        bool isByCharged,
        KeyValuePair<string, LedgerLineState>? after,
        int count,
        CancellationToken cancellationToken = default)
    {
        var page = new LedgerPage(accounts, contains, isByCharged, after, count) { Comparer = LedgerAccountName.Compare };
        string prefix = accounts.Account.Length == 0 ? "" : LedgerAccountName.Escape(accounts.Account);
        string from = !isByCharged && after is { } last ? LedgerAccountName.Escape(last.Key) : "";
        if (isByCharged && accounts.FirstPeriod == accounts.Period && prefix.EndsWith("/usd/", StringComparison.Ordinal) && prefix.IndexOf('/', StringComparison.Ordinal) == prefix.Length - 5)
        {
            return await ReadPageBySpentAsync(page, accounts, prefix, contains, after, count, cancellationToken);
        }

        int most = isByCharged || contains.Length > 0 ? NamesAtOnce : Math.Min(NamesAtOnce, count + 1);
        bool hasMore = true;
        for (int found = 0; hasMore && (isByCharged || found < count); most = NamesAtOnce)
        {
            RedisLedgerWords words = _connection.Words().Add(prefix).Add(from).Add(accounts.FirstPeriod).Add(accounts.Period).Add(accounts.FirstPeriod != accounts.Period).Add(most);
            (from, hasMore, int added) = RedisLedgerResult.AddTo(page, await RunAsync(RedisLedgerScript.Page, words, cancellationToken));
            found += added;
        }

        return await WithStatesAsync(page, accounts, cancellationToken);
    }

    /// <summary>Reads the accounts of a budget's keys in the order of their charges, from an index that the server keeps.</summary>
    private async Task<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageBySpentAsync(
        LedgerPage page, LedgerAccountQuery accounts, string prefix, string contains, KeyValuePair<string, LedgerLineState>? after, int count, CancellationToken cancellationToken)
    {
        string field = string.Create(CultureInfo.InvariantCulture, $"{accounts.Period}|{prefix}");
        string from = after is { } last ? string.Create(CultureInfo.InvariantCulture, $"{field} {long.MaxValue - last.Value.Charged:x16} {LedgerAccountName.Escape(last.Key)[prefix.Length..]}") : "";
        int most = contains.Length > 0 ? NamesAtOnce : Math.Min(NamesAtOnce, count + 1);
        bool hasMore = true;
        for (int found = 0; hasMore && found < count; most = NamesAtOnce)
        {
            RedisLedgerWords words = _connection.Words().Add(field).Add(from).Add(most);
            (from, hasMore, int added) = RedisLedgerResult.AddTo(page, await RunAsync(RedisLedgerScript.PageBySpent, words, cancellationToken));
            found += added;
        }

        // The index has keys only, and not the account of a budget that is not divided.
        if (page.CanHold(accounts.Account))
        {
            page.Add(accounts.Account, (await ReadAsync([accounts], cancellationToken))[0]);
        }

        return await WithStatesAsync(page, accounts, cancellationToken);
    }

    private async Task<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> WithStatesAsync(LedgerPage page, LedgerAccountQuery accounts, CancellationToken cancellationToken)
    {
        KeyValuePair<string, LedgerLineState>[] list = page.ToList();
        IReadOnlyList<LedgerLineState> states = list.Length == 0 ? [] : await ReadAsync([.. list.Select(one => accounts with { Account = one.Key })], cancellationToken);
        return [.. list.Select((one, i) => KeyValuePair.Create(one.Key, states[i]))];
    }

    /// <inheritdoc/>
    public async ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) =>
        RedisLedgerResult.Settings(await RunAsync(RedisLedgerScript.Settings, _connection.Words(), cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default)
    {
        LedgerSettingRules.Check(name, value);
        RedisLedgerWords words = _connection.Words().AddAccount(name).AddAccount(value ?? "").Add(value is null).Add(LedgerSettingRules.MostSettings);
        byte[] answer = await RunAsync(RedisLedgerScript.WriteSetting, words, cancellationToken);
        if (RedisLedgerResult.TryNumber(answer, out long version))
        {
            return version;
        }

        LedgerSettingRules.CheckCount(LedgerSettingRules.MostSettings, name);
        return version;
    }

    /// <inheritdoc/>
    /// <remarks>Reads the accounts in several steps. An account that changes meanwhile may be listed or not.</remarks>
    public async ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        await ReadAsync([], cancellationToken);
        return await _connection.RepeatAsync(
            async () =>
            {
                var names = new SortedSet<string>(StringComparer.Ordinal);
                await foreach (HashEntry field in _connection.Database.HashScanAsync(_connection.Accounts, "|*", pageSize: 1000).WithCancellation(cancellationToken))
                {
                    string name = LedgerAccountName.Unescape(((string)field.Name!)[1..]);
                    if (name.StartsWith(prefix, StringComparison.Ordinal))
                    {
                        names.Add(name);
                    }
                }

                return (IReadOnlyList<string>)[.. names];
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        grant.Validate();
        RedisLedgerWords words = _connection.Words().Add(grant.Id).AddAccount(grant.Account).Add(NextQuestion()).AddAmounts(grant.Amount).Add(grant.ExpiresAt);
        byte[] answer = await RunAsync(RedisLedgerScript.Grant, words.Add(JsonSerializer.Serialize(grant, RedisAuditJson.Default.LedgerGrant)), cancellationToken);
        _changes.Changed(grant.Account);
        return RedisLedgerResult.Flag(answer);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of amounts is not that of the reservation's lines.</exception>
    public async ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        adjustment.Validate();
        if (adjustment.Account is { } account)
        {
            return await AdjustAccountAsync(adjustment, account, cancellationToken);
        }

        RedisLedgerWords words = _connection.Words().Add(adjustment.Id).Add(adjustment.Reservation).Add(NextQuestion()).AddAmounts(adjustment.Amounts);
        words.Add(JsonSerializer.Serialize(adjustment, RedisAuditJson.Default.LedgerAdjustment)).Add(_settledRetention);
        LedgerSettlementResult result = RedisLedgerResult.Settlement(
            await RunAsync(RedisLedgerScript.Adjust, words, cancellationToken), adjustment.Reservation, adjustment.Amounts.Count);
        if (result.IsApplied)
        {
            _changes.ChangedAny();
        }

        return result;
    }

    private async ValueTask<LedgerSettlementResult> AdjustAccountAsync(LedgerAdjustment adjustment, LedgerAccountQuery query, CancellationToken cancellationToken)
    {
        long amount = adjustment.Amounts[0];
        RedisLedgerWords words = _connection.Words().Add(adjustment.Id).Add(string.Create(CultureInfo.InvariantCulture, $"{query.Period}|{LedgerAccountName.Escape(query.Account)}"))
            .Add(NextQuestion()).AddAmounts(Math.Abs(amount)).Add(amount < 0).Add(JsonSerializer.Serialize(adjustment, RedisAuditJson.Default.LedgerAdjustment));
        LedgerSettlementResult result = RedisLedgerResult.Settlement(await RunAsync(RedisLedgerScript.AdjustAccount, words, cancellationToken), adjustment.Reservation, 1);
        _changes.Changed(query.Account);
        return result;
    }

    /// <summary>Reads the newest 10,000 grants and adjustments, oldest first.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The entries.</returns>
    public async Task<IReadOnlyList<RedisAuditEntry>> ReadAuditAsync(CancellationToken cancellationToken = default)
    {
        RedisValue[] values = await _connection.RepeatAsync(() => _connection.Database.ListRangeAsync(_connection.Audit), cancellationToken);
        return [.. values.Select(value => RedisAuditEntry.Parse((string)value!))];
    }

    /// <inheritdoc/>
    /// <remarks>Completes at once for a change by this process, and within 100 milliseconds for changes by others.</remarks>
    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        return _changes.WaitAsync(account, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Adds up the sums by the hour: of settled attempts, by the hour of their admission, and of refusals. Budgets, keys and runs are in no
    /// sum, and an hour has at most 10,000 groups; the rest is <c>other</c>. A sum is on the server within a second. Adjustments change none.
    /// </remarks>
    /// <exception cref="NotSupportedException">The query names a budget or a key.</exception>
    public ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        return _sums.QueryAsync(query, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: the server has sums only.</exception>
    public ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"The ledger '{Name}' keeps sums by the hour and no single attempts. Give the application a history, for example a SqliteSpendLedger, with UseHistory or CostTrackerOptions.History.");

    /// <inheritdoc/>
    /// <remarks>Adds the records to the sums by the hour. A record that is written twice counts twice.</remarks>
    public ValueTask WriteAsync(IReadOnlyList<SpendRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        foreach (SpendRecord record in records)
        {
            _sums.Add(record);
        }

        return default;
    }

    /// <summary>Sends the last sums, and closes the connection if the ledger created it.</summary>
    public void Dispose() => Task.Run(async () => await DisposeAsync()).GetAwaiter().GetResult();

    /// <summary>Sends the last sums, and closes the connection if the ledger created it.</summary>
    /// <returns>A task that completes when it is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        await _sums.CloseAsync();
        if (_ownsMultiplexer)
        {
            await _multiplexer.DisposeAsync();
        }
    }

    private Task<byte[]> SettleOnceAsync(LedgerSettlement settlement, CancellationToken cancellationToken) => RunAsync(
        RedisLedgerScript.Settle,
        _connection.Words().Add(settlement.Id).Add(NextQuestion()).Add(settlement.IsUnconfirmed).Add(settlement.WantsStates).AddAmounts(settlement.Amounts).Add(_settledRetention),
        cancellationToken);

    private LedgerSettlementResult ReadSettlement(byte[] answer, LedgerSettlement settlement)
    {
        LedgerSettlementResult result = RedisLedgerResult.Settlement(answer, settlement.Id, settlement.Amounts.Count, out long[]? before, out bool wasExpired);
        if (result.IsApplied)
        {
            _changes.ChangedAny();
            _sums.Add(settlement, before, wasExpired);
        }

        return result;
    }

    private string NextQuestion() => string.Create(CultureInfo.InvariantCulture, $"{_instance}.{Interlocked.Increment(ref _sequence)}");

    private async Task<byte[]> RunAsync(RedisLedgerScript script, RedisLedgerWords words, CancellationToken cancellationToken)
    {
        byte[] answer = await _connection.RunAsync(script, words, cancellationToken);
        _maintenance.Observe(answer);
        return answer;
    }
}
