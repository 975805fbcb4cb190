using System.Data.Common;
using System.Text.Json;
using Npgsql;

namespace MeaiBudget;

/// <summary>A spend ledger on PostgreSQL, for budgets that several machines share: durable, with the records for reports.</summary>
/// <remarks>
/// <para>
/// An operation that has returned is committed. Operations of concurrent callers share a batch: one round trip and one transaction, with
/// a result for each, over all accounts of a reservation. Leases, grants and periods are measured by the server's time. Reservations
/// whose lease ended are charged at the next operation on the ledger, of any machine.
/// </para>
/// <para>
/// A transaction needs nothing of its session, so a pooler such as PgBouncer may work by transactions. After a conflict, the server's
/// end or a fail-over, an operation is repeated with its id and applied once. PostgreSQL 13 or later. Sums stop at
/// <see cref="long.MaxValue"/>. Thread-safe.
/// </para>
/// </remarks>
/// <example>
/// <!-- snippet: compiled, needs a server -->
/// <code>
/// await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync("Host=db;Database=app;Username=app");
/// var tracker = new CostTracker([Budget.Daily("day", 20m)], ledger: ledger);
/// </code>
/// </example>
public sealed partial class PostgreSqlSpendLedger : ISpendLedger, ISpendHistory, IDisposable, IAsyncDisposable
{
    /// <summary>How long a settlement whose reservation is not known may be late, and still be charged.</summary>
    private static readonly TimeSpan ClosedRetention = TimeSpan.FromHours(1);

    /// <summary>Begins a transaction as the ledger needs it, whatever the defaults of the database are.</summary>
    private const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

    private const int SweepAtOnce = 1000;
    private const int CleanAtOnce = 1000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CleanEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CountEvery = TimeSpan.FromHours(1);

    private readonly NpgsqlDataSource _dataSource;
    private readonly bool _ownsDataSource;
    private readonly PostgreSqlSpendLedgerOptions _options;
    private readonly PostgreSqlLedgerConnection _connection;
    private readonly PostgreSqlLedgerWriter _writer;
    private readonly LedgerChangeSignal _changes;
    private readonly int _ledger;
    private readonly bool _hasHistory;
    private readonly bool _adjustsAccounts;

    // With a number, it identifies each operation, also when it is sent repeatedly. If its answer was lost, the repetition receives the
    // same answer. It also lets the server reject a reservation that arrives after its release.
    private readonly Guid _instance = Guid.NewGuid();
    private readonly bool _appliesBatches;
    private readonly bool _hasSizes;
    private readonly PostgreSqlLeaseWatch _leases = new();
    private readonly string _sweep;
    private readonly string _apply;
    private long _cleanAt = long.MinValue;
    private long _countAt = long.MinValue;

    private PostgreSqlSpendLedger(NpgsqlDataSource dataSource, bool ownsDataSource, PostgreSqlSpendLedgerOptions options, PostgreSqlLedgerConnection connection, int ledger, int version)
    {
        _dataSource = dataSource;
        _ownsDataSource = ownsDataSource;
        _options = options;
        _connection = connection;
        _ledger = ledger;
        _hasHistory = version >= PostgreSqlSchema.FirstWithHistory;
        SupportsExchange = version >= PostgreSqlSchema.FirstWithSlices;
        _hasSizes = version >= PostgreSqlSchema.FirstWithSizes;
        _adjustsAccounts = version >= PostgreSqlSchema.FirstWithAccountAdjustments;
        Clock = options.Clock ?? connection.ServerClock;
        _changes = new LedgerChangeSignal(Clock, LongestWait);
        _writer = new PostgreSqlLedgerWriter(connection.Name, SendAsync);
        _appliesBatches = version >= PostgreSqlSchema.FirstWithBatches;
        _sweep = _appliesBatches ? $"SELECT * FROM {options.Schema}.sweep_2($1, $2, $3, $4)" : $"SELECT * FROM {options.Schema}.sweep_1($1, $2, $3)";
        _apply = _appliesBatches ? PostgreSqlLedgerBatch.Sql(options.Schema) : PostgreSqlEarlierBatch.Sql(options.Schema);
    }

    /// <inheritdoc/>
    /// <remarks>Raised after the operation that noticed, in its process. Exceptions of handlers are ignored.</remarks>
    public event Action<LedgerLeaseExpiry>? LeaseExpired;

    /// <inheritdoc/>
    public string Name => _connection.Name;

    /// <inheritdoc/>
    public TimeProvider Clock { get; }

    /// <summary>Opens a ledger, and creates or updates its tables if <see cref="PostgreSqlSpendLedgerOptions.Migrate"/> is set.</summary>
    /// <param name="connectionString">The connection string of Npgsql. It is never part of a message.</param>
    /// <param name="options">The options; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the connection.</param>
    /// <returns>The ledger. It closes its connections when it is disposed.</returns>
    /// <exception cref="ArgumentException">The connection string or an option is invalid.</exception>
    /// <exception cref="PostgreSqlSpendLedgerException">The server cannot be reached or used; <see cref="PostgreSqlSpendLedgerException.Problem"/> says why.</exception>
    public static async Task<PostgreSqlSpendLedger> OpenAsync(string connectionString, PostgreSqlSpendLedgerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        options = (options ?? new PostgreSqlSpendLedgerOptions()).Checked();
        NpgsqlDataSource dataSource;
        try
        {
            var builder = new NpgsqlDataSourceBuilder(connectionString);
            SetDefaults(builder.ConnectionStringBuilder, connectionString, options);
            dataSource = builder.Build();
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException or KeyNotFoundException)
        {
            // The parser's message repeats the invalid part, which may be part of a password.
#pragma warning disable CA2208 // The parameter name is correct.
            throw new ArgumentException("The PostgreSQL connection string is invalid. Use Host=...;Database=...;Username=... with the option names of Npgsql. If a value contains a semicolon, enclose it in quotation marks.", nameof(connectionString));
#pragma warning restore CA2208
        }

        try
        {
            return await OpenAsync(dataSource, true, options, cancellationToken);
        }
        catch
        {
            await dataSource.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a ledger on the connections of an application, for example with the tokens of an identity provider as passwords.</summary>
    /// <param name="dataSource">The data source. It is not disposed with the ledger.</param>
    /// <param name="options">The options; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the connection.</param>
    /// <returns>The ledger.</returns>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    /// <exception cref="PostgreSqlSpendLedgerException">The server cannot be reached or used; <see cref="PostgreSqlSpendLedgerException.Problem"/> says why.</exception>
    public static Task<PostgreSqlSpendLedger> OpenAsync(NpgsqlDataSource dataSource, PostgreSqlSpendLedgerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return OpenAsync(dataSource, false, (options ?? new PostgreSqlSpendLedgerOptions()).Checked(), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        reservation.Validate();
        LedgerCallInfo? info = reservation.Info;
        long keep = info is null ? 0 : _options.RecordRetention is { } retention ? LedgerTime.Add(info.At.UtcTicks, retention) : DateTime.MaxValue.Ticks;
        foreach (LedgerLine line in reservation.Lines)
        {
            keep = Math.Max(keep, line.ForgetAfter.UtcTicks);
        }

        PostgreSqlOperationResult result = await _writer.RunAsync(new PostgreSqlLedgerOperation
        {
            Kind = PostgreSqlOperationKind.Reserve,
            Id = reservation.Id,
            CancellationToken = cancellationToken,
            Lines = reservation.Lines,
            Lease = reservation.Lease,
            WantsStates = reservation.WantsStates,
            SettingsVersion = reservation.SettingsVersion,
            At = info?.At.UtcTicks,
            KeepUntil = keep,
            Text = info is null ? null : PostgreSqlText.StorableJson(JsonSerializer.Serialize(info, LedgerRecordJson.Default.LedgerCallInfo)),
        });
        return result.Status == PostgreSqlOperationStatus.SettingsChanged
            ? new LedgerReservationResult(false, []) { SettingsChanged = true }
            : new LedgerReservationResult(result.Status == PostgreSqlOperationStatus.Applied, result.After);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of amounts is not that of the reservation's lines.</exception>
    public async ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        settlement.Validate();
        PostgreSqlOperationResult result = await SettleKnownAsync(settlement, cancellationToken);
        if (result.Status is not (PostgreSqlOperationStatus.Unknown or PostgreSqlOperationStatus.Released))
        {
            return Settlement(result, settlement.Id, settlement.Amounts.Count);
        }

        if (settlement.Reservation is not { At: { } at } lost || at.UtcTicks <= await ReadNowAsync(cancellationToken) - ClosedRetention.Ticks)
        {
            return new LedgerSettlementResult(false, [], []) { IsUnknown = true };
        }

        // Both steps are idempotent by the id: of two callers at the same time, one settlement applies.
        await ReserveAsync(lost.ToCharge(isReleased: result.Status == PostgreSqlOperationStatus.Released), cancellationToken);
        result = await SettleKnownAsync(settlement, cancellationToken);
        return Settlement(result, settlement.Id, settlement.Amounts.Count) with { IsUnknown = true };
    }

    private async ValueTask<PostgreSqlOperationResult> SettleKnownAsync(LedgerSettlement settlement, CancellationToken cancellationToken) =>
        await _writer.RunAsync(new PostgreSqlLedgerOperation
        {
            Kind = PostgreSqlOperationKind.Settle,
            Id = settlement.Id,
            CancellationToken = cancellationToken,
            Amounts = settlement.Amounts,
            IsUnconfirmed = settlement.IsUnconfirmed,
            WantsStates = settlement.WantsStates,
            Text = settlement.Info is null
                ? null
                : PostgreSqlText.StorableJson(JsonSerializer.Serialize(LedgerRecordedSettlement.From(settlement.Info), LedgerRecordJson.Default.LedgerRecordedSettlement)),
        });

    /// <inheritdoc/>
    public async ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        PostgreSqlOperationResult result = await _writer.RunAsync(new PostgreSqlLedgerOperation
        {
            Kind = PostgreSqlOperationKind.Release,
            Id = id,
            CancellationToken = cancellationToken,
        });
        return result.Status == PostgreSqlOperationStatus.Applied;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        id.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        PostgreSqlOperationResult result = await _writer.RunAsync(new PostgreSqlLedgerOperation
        {
            Kind = PostgreSqlOperationKind.Renew,
            Id = id,
            CancellationToken = cancellationToken,
            Lease = lease,
        });
        return result.Status == PostgreSqlOperationStatus.Applied;
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

        PostgreSqlOperationResult result = await _writer.RunAsync(new PostgreSqlLedgerOperation
        {
            Kind = PostgreSqlOperationKind.Adjust,
            Id = adjustment.Reservation,
            CancellationToken = cancellationToken,
            Amounts = adjustment.Amounts,
            WantsStates = true,
            Text = PostgreSqlText.Storable(adjustment.Reason),
            AdjustmentId = adjustment.Id,
        });
        return Settlement(result, adjustment.Reservation, adjustment.Amounts.Count);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        grant.Validate();
        string name = LedgerAccountName.Escape(grant.Account);
        long sequence = _writer.NextSequence();
        bool isNew = await ReadAfterSweepAsync(
            command => command.With(_ledger).With(grant.Id).With(PostgreSqlText.Key(name)).With(name).With(grant.Amount).With(grant.ExpiresAt.UtcTicks)
                .With(PostgreSqlText.Storable(grant.Reason)).With(_instance).With(sequence).With(_connection.Now),
            $"""
            WITH done AS (
                INSERT INTO {_options.Schema}.grants (ledger, id, account, name, amount, granted_at, expires_at, reason, instance, sequence)
                VALUES ($1, $2, $3, $4, $5, coalesce($10, {_options.Schema}.ticks()), $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM done)
                OR EXISTS (SELECT 1 FROM {_options.Schema}.grants g WHERE g.ledger = $1 AND g.id = $2 AND g.instance = $8 AND g.sequence = $9)
            """,
            async (row, token) => await row.ReadAsync(token) && row.GetBoolean(0),
            cancellationToken);
        _changes.Changed(Waiters(PostgreSqlText.Key(name)));
        return isNew;
    }

    /// <inheritdoc/>
    /// <remarks>Completes at once for a change by this process, and within 100 milliseconds for changes by others.</remarks>
    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        return _changes.WaitAsync(Waiters(PostgreSqlText.Key(LedgerAccountName.Escape(account))), cancellationToken);
    }

    /// <summary>Completes the pending operations, and closes the connections if the ledger opened them.</summary>
    public void Dispose() => Task.Run(async () => await DisposeAsync()).GetAwaiter().GetResult();

    /// <summary>Completes the pending operations, and closes the connections if the ledger opened them.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        await _writer.CloseAsync();
        await _connection.CloseKeptAsync();
        if (_ownsDataSource)
        {
            await _dataSource.DisposeAsync();
        }
    }

    private static async Task<PostgreSqlSpendLedger> OpenAsync(
        NpgsqlDataSource dataSource, bool ownsDataSource, PostgreSqlSpendLedgerOptions options, CancellationToken cancellationToken)
    {
        string name = $"postgresql:{options.Name}";
        var connection = new PostgreSqlLedgerConnection(dataSource, name, options);
        (int ledger, int version) = await connection.RunAsync(
            async (open, token) =>
            {
                int schemaVersion = await PostgreSqlSchema.MigrateAsync(open, options.Schema, name, options.Migrate, token);
                await using var batch = new NpgsqlBatch(open);
                batch.Add(Begin);
                batch.Add($"INSERT INTO {options.Schema}.ledgers (name) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM {options.Schema}.ledgers WHERE name = $1) ON CONFLICT DO NOTHING").With(options.Name);
                batch.Add($"SELECT id, {options.Schema}.ticks() FROM {options.Schema}.ledgers WHERE name = $1").With(options.Name);
                batch.Add("COMMIT");
                long sentAt = TimeProvider.System.GetTimestamp();
                await using NpgsqlDataReader row = await batch.ExecuteReaderAsync(token);
                await row.ReadAsync(token);
                int id = row.GetInt32(0);
                connection.ServerClock.Learn(row.GetInt64(1), sentAt);
                await row.NextResultAsync(token);
                return (id, schemaVersion);
            },
            cancellationToken);
        return new PostgreSqlSpendLedger(dataSource, ownsDataSource, options, connection, ledger, version);
    }

    /// <summary>Sets what the ledger prefers and the connection string does not say.</summary>
    private static void SetDefaults(NpgsqlConnectionStringBuilder builder, string connectionString, PostgreSqlSpendLedgerOptions options)
    {
        var said = new DbConnectionStringBuilder { ConnectionString = connectionString };
        builder.ApplicationName ??= "MeaiBudget";

        // After a fail-over, the new primary is found within a second, not within ten.
        if (!said.ContainsKey("Host Recheck Seconds") && !said.ContainsKey("HostRecheckSeconds"))
        {
            builder.HostRecheckSeconds = 1;
        }

        // No statement leaves anything in its session, and a session that is not reset keeps the plans of its functions. Those of tables
        // that an older version made are good for the present sizes only.
        if (options.Migrate && !said.ContainsKey("No Reset On Close") && !said.ContainsKey("NoResetOnClose"))
        {
            builder.NoResetOnClose = true;
        }
    }

    private static LedgerSettlementResult Settlement(PostgreSqlOperationResult result, LedgerReservationId id, int amounts) => result.Status switch
    {
        PostgreSqlOperationStatus.Unknown or PostgreSqlOperationStatus.Released => new LedgerSettlementResult(false, [], []) { IsUnknown = true },
        PostgreSqlOperationStatus.WrongCount => throw LedgerArguments.WrongCount(id, result.Lines, amounts),
        _ => new LedgerSettlementResult(result.Status == PostgreSqlOperationStatus.Applied, result.Before, result.After),
    };

    /// <summary>Those who wait are found by an account's id, which the server returns.</summary>
    private static string Waiters(Guid account) => account.ToString("N");
}
