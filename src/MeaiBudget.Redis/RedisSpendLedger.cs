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
public sealed class RedisSpendLedger : ISpendLedger, IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);
    private readonly IConnectionMultiplexer _multiplexer;
    private readonly bool _ownsMultiplexer;
    private readonly RedisLedgerConnection _connection;
    private readonly LedgerChangeSignal _changes;

    // Identifies each operation, also when it is sent repeatedly. If its answer was lost, the repetition receives the same answer. It also
    // lets the server reject a reservation that arrives after its release by the same caller.
    private readonly string _instance = Guid.NewGuid().ToString("N")[..16];
    private long _sequence;

    private RedisSpendLedger(IConnectionMultiplexer multiplexer, bool ownsMultiplexer, RedisSpendLedgerOptions options)
    {
        _multiplexer = multiplexer;
        _ownsMultiplexer = ownsMultiplexer;
        Name = $"redis:{options.Name}";
        _connection = new RedisLedgerConnection(multiplexer, Name, options);
        Clock = options.Clock ?? _connection.ServerClock;
        _changes = new LedgerChangeSignal(Clock, LongestWait);
    }

    /// <inheritdoc/>
    /// <remarks>Raised after the operation that noticed, in its process. Exceptions of handlers are ignored.</remarks>
    public event Action<LedgerLeaseExpiry>? LeaseExpired;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public TimeProvider Clock { get; }

    /// <summary>Connects to a server, and checks that it can run the ledger's scripts.</summary>
    /// <param name="configuration">The connection string of StackExchange.Redis. It is never part of a message.</param>
    /// <param name="options">The options; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the connection.</param>
    /// <returns>The ledger. It disposes the connection when it is disposed.</returns>
    /// <exception cref="ArgumentException">The connection string or an option is invalid.</exception>
    /// <exception cref="RedisSpendLedgerException">The server cannot be reached, or cannot run scripts.</exception>
    public static async Task<RedisSpendLedger> ConnectAsync(string configuration, RedisSpendLedgerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        options ??= new RedisSpendLedgerOptions();
        options.Validate();
        ConfigurationOptions settings;
        try
        {
            settings = ConfigurationOptions.Parse(configuration);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            // The parser's message repeats the invalid part, which may be part of a password.
#pragma warning disable CA2208 // The parameter name is correct.
            throw new ArgumentException("The Redis connection string is invalid. Use host:port,name=value,... with the option names of StackExchange.Redis. If a password contains a comma, create the connection with ConfigurationOptions and pass it instead.", nameof(configuration));
#pragma warning restore CA2208
        }

        ConnectionMultiplexer multiplexer;
        try
        {
            multiplexer = await ConnectionMultiplexer.ConnectAsync(settings).WaitAsync(cancellationToken);
        }
        catch (RedisException exception)
        {
            throw RedisSpendLedgerException.From($"redis:{options.Name}", exception);
        }

        try
        {
            return await OpenAsync(multiplexer, true, options, cancellationToken);
        }
        catch
        {
            await multiplexer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Uses an existing connection, and checks that its server can run the ledger's scripts.</summary>
    /// <param name="multiplexer">The connection. It is not disposed with the ledger.</param>
    /// <param name="options">The options; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>The ledger.</returns>
    /// <exception cref="RedisSpendLedgerException">The server cannot be reached, or cannot run scripts.</exception>
    public static Task<RedisSpendLedger> ConnectAsync(IConnectionMultiplexer multiplexer, RedisSpendLedgerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(multiplexer);
        options ??= new RedisSpendLedgerOptions();
        options.Validate();
        return OpenAsync(multiplexer, false, options, cancellationToken);
    }

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

        RedisLedgerWords words = _connection.Words().Add(reservation.Id).Add(NextQuestion()).Add(reservation.Lease).Add(reservation.WantsStates).Add(keep).Add(lines);
        return ReadReservation(await RunAsync(RedisLedgerScript.Reserve, words, cancellationToken), reservation.Lines.Count);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of amounts is not that of the reservation's lines.</exception>
    public async ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        settlement.Validate();
        RedisLedgerWords words = _connection.Words().Add(settlement.Id).Add(NextQuestion()).Add(settlement.IsUnconfirmed).Add(settlement.WantsStates).AddAmounts(settlement.Amounts);
        return ReadSettlement(await RunAsync(RedisLedgerScript.Settle, words, cancellationToken), settlement.Id, settlement.Amounts.Count);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        RedisLedgerWords words = _connection.Words().Add(id).Add(NextQuestion());
        return ReadRelease(await RunAsync(RedisLedgerScript.Release, words, cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        id.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return ReadFlag(await RunAsync(RedisLedgerScript.Renew, _connection.Words().Add(id).Add(lease), cancellationToken));
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
        return ReadStates(await RunAsync(RedisLedgerScript.Read, words, cancellationToken), accounts.Count);
    }

    /// <inheritdoc/>
    public async ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        return ReadCharge(await RunAsync(RedisLedgerScript.Find, _connection.Words().Add(id), cancellationToken));
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
        return ReadFlag(answer);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of amounts is not that of the reservation's lines.</exception>
    public async ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        adjustment.Validate();
        RedisLedgerWords words = _connection.Words().Add(adjustment.Id).Add(adjustment.Reservation).Add(NextQuestion()).AddAmounts(adjustment.Amounts);
        words.Add(JsonSerializer.Serialize(adjustment, RedisAuditJson.Default.LedgerAdjustment));
        return ReadSettlement(await RunAsync(RedisLedgerScript.Adjust, words, cancellationToken), adjustment.Reservation, adjustment.Amounts.Count);
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

    /// <summary>Closes the connection if the ledger created it.</summary>
    public void Dispose()
    {
        if (_ownsMultiplexer)
        {
            _multiplexer.Dispose();
        }
    }

    /// <summary>Closes the connection if the ledger created it.</summary>
    /// <returns>A task that completes when it is closed.</returns>
    public ValueTask DisposeAsync() => _ownsMultiplexer ? _multiplexer.DisposeAsync() : default;

    private static async Task<RedisSpendLedger> OpenAsync(
        IConnectionMultiplexer multiplexer, bool ownsMultiplexer, RedisSpendLedgerOptions options, CancellationToken cancellationToken)
    {
        var ledger = new RedisSpendLedger(multiplexer, ownsMultiplexer, options);
        await ledger.ReadAsync([], cancellationToken);
        return ledger;
    }

    private string NextQuestion() => string.Create(CultureInfo.InvariantCulture, $"{_instance}.{Interlocked.Increment(ref _sequence)}");

    private async Task<byte[]> RunAsync(RedisLedgerScript script, RedisLedgerWords words, CancellationToken cancellationToken)
    {
        byte[] answer = await _connection.RunAsync(script, words, cancellationToken);
        foreach (LedgerLeaseExpiry expiry in new RedisLedgerAnswer(answer).Expired)
        {
            _changes.Tell(expiry, LeaseExpired);
        }

        return answer;
    }

    private static LedgerReservationResult ReadReservation(byte[] bytes, int lines)
    {
        var answer = new RedisLedgerAnswer(bytes);
        ReadOnlySpan<byte> isAdmitted = answer.Word();
        if (isAdmitted.SequenceEqual("stale"u8))
        {
            return new LedgerReservationResult(false, new LedgerLineState[lines]);
        }

        return new LedgerReservationResult(isAdmitted is [(byte)'1'], answer.IsEmpty ? [] : States(ref answer, lines));
    }

    private static LedgerLineState[] ReadStates(byte[] bytes, int count)
    {
        var answer = new RedisLedgerAnswer(bytes);
        return States(ref answer, count);
    }

    private static LedgerLineState[] States(ref RedisLedgerAnswer answer, int count)
    {
        var states = new LedgerLineState[count];
        for (int i = 0; i < count; i++)
        {
            states[i] = answer.State();
        }

        return states;
    }

    private static bool ReadFlag(byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        return answer.Flag();
    }

    private static LedgerCharge? ReadCharge(byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        ReadOnlySpan<byte> first = answer.Word();
        if (first.SequenceEqual("unknown"u8))
        {
            return null;
        }

        bool isOpen = first is [(byte)'1'];
        string[] accounts = new string[answer.Number()];
        long[] amounts = new long[accounts.Length];
        for (int i = 0; i < accounts.Length; i++)
        {
            accounts[i] = answer.Name();
            amounts[i] = answer.Amount();
        }

        return new LedgerCharge(isOpen, accounts, amounts);
    }

    private LedgerSettlementResult ReadSettlement(byte[] bytes, LedgerReservationId id, int count)
    {
        var answer = new RedisLedgerAnswer(bytes);
        ReadOnlySpan<byte> first = answer.Word();
        if (first.SequenceEqual("unknown"u8))
        {
            return new LedgerSettlementResult(false, [], []);
        }

        if (first.SequenceEqual("lines"u8))
        {
            throw LedgerArguments.WrongCount(id, (int)answer.Number(), count);
        }

        bool isApplied = first is [(byte)'1'];
        if (isApplied)
        {
            _changes.ChangedAny();
        }

        if (answer.IsEmpty)
        {
            return new LedgerSettlementResult(isApplied, [], []);
        }

        var before = new LedgerLineState[count];
        var after = new LedgerLineState[count];
        for (int i = 0; i < count; i++)
        {
            before[i] = answer.State();
            after[i] = answer.State();
        }

        return new LedgerSettlementResult(isApplied, before, after);
    }

    private bool ReadRelease(byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        bool isReleased = answer.Flag();
        long accounts = answer.Number();
        for (int i = 0; i < accounts; i++)
        {
            _changes.Changed(answer.Name());
        }

        return isReleased;
    }
}
