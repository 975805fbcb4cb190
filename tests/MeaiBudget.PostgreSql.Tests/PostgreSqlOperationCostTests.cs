using System.Globalization;
using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>
/// What an operation other than a call reads does not depend on what the tables hold: exchanges, grants, adjustments, settings, records, and
/// the deletion of what no longer counts. <c>MEAIBUDGET_SCALE_ROWS</c> sets how many rows the tables hold.
/// </summary>
public class PostgreSqlOperationCostTests
{
    private static readonly int Rows = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_SCALE_ROWS") ?? "20000", CultureInfo.InvariantCulture);
    private readonly string _schema = $"cost_{Guid.NewGuid():N}";

    private static readonly string[] Tables = ["accounts", "periods", "reservations", "grants", "adjustments", "history", "settings"];

    /// <summary>What the server knows of the tables: nothing, what they were when they were empty, or what they are.</summary>
    public enum Statistics
    {
        None,
        OfEmptyTables,
        OfFullTables,
    }

    /// <summary>A session keeps its plans, also through a pooler, if its pool does not reset it.</summary>
    [Theory]
    [InlineData(Statistics.None)]
    [InlineData(Statistics.OfEmptyTables)]
    public async Task PlansThatWereMadeForEmptyTablesReadFewRowsOfFullOnes(Statistics statistics)
    {
        LongTest.SkipUnlessWanted();
        string connectionString = PostgreSqlServer.Get().ConnectionString + ";No Reset On Close=true;Maximum Pool Size=2";
        PostgreSqlSpendLedger ledger = await OpenAsync(connectionString);
        if (statistics == Statistics.OfEmptyTables)
        {
            await RunAsync(connectionString, Analyze);
        }

        for (int i = 0; i < 8; i++)
        {
            await Task.WhenAll(Operations.Select(operation => operation.Run(ledger, -1)));
        }

        await RunAsync(connectionString, Fill);
        await RunAsync(connectionString, ResetCounts);
        for (int i = 0; i < 10; i++)
        {
            foreach ((string name, Func<ISpendLedger, int, Task> run) in Operations)
            {
                // Records are not looked up by keys, and no function keeps a plan for them.
                if (name != "newest records")
                {
                    await run(ledger, i);
                }
            }
        }

        await ledger.DisposeAsync();
        (long rows, string tables) = await ReadRowsAsync(connectionString);
        Assert.True(rows < 10 * 100 * Operations.Length, $"{rows} rows: {tables}");
    }

    [Fact]
    public async Task WhatNoLongerCountsIsDeletedAPartAtATimeWithoutReadingTheRest()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        PostgreSqlSpendLedger ledger = await OpenAsync(connectionString);
        await RunAsync(connectionString, Fill);
        await RunAsync(connectionString, string.Concat(new[] { "periods SET forget_after", "reservations SET keep_until", "history SET keep_until" }
            .Select(column => $"UPDATE {_schema}.{column} = {_schema}.ticks() - 1;")));
        await RunAsync(connectionString, $"VACUUM ANALYZE {_schema}.periods");
        await RunAsync(connectionString, $"VACUUM ANALYZE {_schema}.reservations");
        await RunAsync(connectionString, $"VACUUM ANALYZE {_schema}.history");
        await RunAsync(connectionString, ResetCounts);
        await ledger.DisposeAsync();

        ledger = await OpenAsync(connectionString);
        for (int i = 0; i < (Rows / 1000) + 2; i++)
        {
            await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)], Token);
        }

        Assert.Equal(0L, await CountAsync(connectionString));
        await ledger.DisposeAsync();
        (long rows, string tables) = await ReadRowsAsync(connectionString);
        Assert.True(rows < 40L * Rows, $"{rows} rows: {tables}");
    }

    [Theory]
    [InlineData(Statistics.None)]
    [InlineData(Statistics.OfFullTables)]
    public async Task EveryOperationReadsFewRowsOfFullTables(Statistics statistics)
    {
        if (statistics == Statistics.OfFullTables)
        {
            LongTest.SkipUnlessWanted();
        }

        string connectionString = PostgreSqlServer.Get().ConnectionString;
        PostgreSqlSpendLedger ledger = await OpenAsync(connectionString);
        await RunAsync(connectionString, Fill);
        if (statistics == Statistics.OfFullTables)
        {
            await RunAsync(connectionString, Analyze);
        }

        var read = new List<string>();
        foreach ((string name, Func<ISpendLedger, int, Task> run) in Operations)
        {
            await ledger.DisposeAsync();
            await ReadRowsAsync(connectionString);
            ledger = await OpenAsync(connectionString);
            await run(ledger, 0);
            await RunAsync(connectionString, ResetCounts);
            for (int i = 1; i <= 10; i++)
            {
                await run(ledger, i);
            }

            await ledger.DisposeAsync();
            ledger = await OpenAsync(connectionString);
            (long rows, string tables) = await ReadRowsAsync(connectionString);
            TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {rows / 10} ({tables})");
            if (rows > 10 * 250 && (statistics != Statistics.None || name != "newest records"))
            {
                read.Add($"{name}: {rows / 10} rows ({tables})");
            }
        }

        await ledger.DisposeAsync();
        Assert.Empty(read);
    }

    private const string None = "{}";
    private const string Call = """{"at":"2026-03-14T15:09:26+00:00"}""";

    private string Analyze => string.Concat(Tables.Select(table => $"ANALYZE {_schema}.{table};"));

    private string ResetCounts => $"SELECT pg_stat_reset_single_table_counters(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{_schema}'";

    private string Fill => $"""
            INSERT INTO {_schema}.reservations (ledger, call_id, attempt, owner, state, instance, sequence, reserved_at, lease_until, closed_at, keep_until,
                accounts, names, periods, firsts, reserved, taken, forgets, charged, call)
            SELECT l.id, gen_random_uuid(), 1, 'filled', 1, gen_random_uuid(), i, {_schema}.ticks(), {_schema}.ticks() - i, {_schema}.ticks() - i, {_schema}.ticks() + 864000000000,
                '{None}', '{None}', '{None}', '{None}', '{None}', '{None}', '{None}', '{None}', '{Call}'
            FROM {_schema}.ledgers l, generate_series(1, {Rows}) i;
            INSERT INTO {_schema}.accounts (ledger, id, name) SELECT l.id, md5(i::text)::uuid, 'filled ' || i FROM {_schema}.ledgers l, generate_series(1, {Rows}) i;
            INSERT INTO {_schema}.periods (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after)
            SELECT l.id, md5(i::text)::uuid, 1, 5, 0, 0, 0, 0, {_schema}.ticks() + 864000000000 FROM {_schema}.ledgers l, generate_series(1, {Rows}) i;
            INSERT INTO {_schema}.grants (ledger, id, account, name, amount, granted_at, expires_at, reason, instance, sequence)
            SELECT l.id, gen_random_uuid(), md5(i::text)::uuid, 'filled ' || i, 5, {_schema}.ticks(), {_schema}.ticks() + 864000000000, '', gen_random_uuid(), i
            FROM {_schema}.ledgers l, generate_series(1, {Rows}) i;
            INSERT INTO {_schema}.adjustments (ledger, id, call_id, attempt, owner, amounts, adjusted_at, reason)
            SELECT l.id, gen_random_uuid(), gen_random_uuid(), 1, 'filled', '{None}', {_schema}.ticks(), '' FROM {_schema}.ledgers l, generate_series(1, {Rows}) i;
            INSERT INTO {_schema}.history (ledger, call_id, attempt, owner, state, reserved_at, keep_until, call, refused, names, reserved, taken, charged)
            SELECT l.id, gen_random_uuid(), 1, 'filled', 1, {_schema}.ticks(), {_schema}.ticks() + 864000000000, '{Call}', 0, '{None}', '{None}', '{None}', '{None}'
            FROM {_schema}.ledgers l, generate_series(1, {Rows}) i;
        """;

    private static readonly (string Name, Func<ISpendLedger, int, Task> Run)[] Operations =
    [
        ("exchange", async (ledger, i) =>
        {
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "slice");
            await ledger.ExchangeAsync(10 * (i + 2), [Slice(id, 0, 100)], Token);
            await ledger.ExchangeAsync((10 * (i + 2)) + 1, [Slice(id, 40, 100)], Token);
            await ledger.ExchangeAsync((10 * (i + 2)) + 2, [Slice(id, 60, 0)], Token);
        }),
        ("adjust an attempt", async (ledger, _) =>
        {
            LedgerReservationId id = await CallAsync(ledger);
            await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = id, Amounts = [2, 2], Reason = "bill" }, Token);
        }),
        ("adjust an account", async (ledger, _) =>
        {
            await CallAsync(ledger);
            Assert.True((await ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", 1, 3, "bill"), Token)).IsApplied);
        }),
        ("grant", async (ledger, _) => Assert.True(await ledger.GrantAsync(
            new LedgerGrant { Id = Guid.NewGuid(), Account = $"granted {Guid.NewGuid()}", Amount = 5, ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(1), Reason = "" }, Token))),
        ("release and renew", async (ledger, _) =>
        {
            LedgerReservationId id = await ReserveAsync(ledger, "tenant");
            Assert.True(await ledger.RenewAsync(id, TimeSpan.FromMinutes(10), Token));
            Assert.True(await ledger.ReleaseAsync(id, Token));
            Assert.False(await ledger.ReleaseAsync(new LedgerReservationId(Guid.NewGuid(), 1, "unknown"), Token));
        }),
        ("refusal of a new account", async (ledger, _) => Assert.False((await ledger.ReserveAsync(Reservation($"new {Guid.NewGuid()}", 0), Token)).IsAdmitted)),
        ("read", async (ledger, _) =>
        {
            await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1), new LedgerAccountQuery("day", 0, 1), new LedgerAccountQuery("unknown", 1, 1)], Token);
            await ledger.FindAsync(new LedgerReservationId(Guid.NewGuid(), 1, "slice"), Token);
            await ledger.FindAllAsync(Guid.NewGuid(), 1, Token);
        }),
        ("settings", async (ledger, i) =>
        {
            await ledger.WriteSettingAsync("stop", i.ToString(CultureInfo.InvariantCulture), Token);
            await ledger.ReadSettingsAsync(Token);
        }),
        ("records", async (ledger, _) => await ((ISpendHistory)ledger).WriteAsync([.. Enumerable.Range(0, 5).Select(_ => new SpendRecord
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "record"),
            State = "settled",
            Call = new LedgerCallInfo { At = TimeProvider.System.GetUtcNow() },
        })], Token)),
        ("newest records", async (ledger, _) => await ((ISpendHistory)ledger).ReadCallsAsync(new SpendQuery { Take = 10 }, Token)),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static LedgerSettlement Slice(LedgerReservationId id, long charged, long wanted) => new()
    {
        Id = id,
        Amounts = [charged],
        Reservation = new LedgerReservation { Id = id, At = TimeProvider.System.GetUtcNow(), Lease = TimeSpan.FromMinutes(1), Lines = [Line("day", wanted, 1_000_000)] },
    };

    private static async Task<LedgerReservationId> CallAsync(ISpendLedger ledger)
    {
        LedgerReservationId id = await ReserveAsync(ledger, "tenant");
        Assert.True((await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [1, 1] }, Token)).IsApplied);
        return id;
    }

    private static async Task<LedgerReservationId> ReserveAsync(ISpendLedger ledger, string account)
    {
        LedgerReservation reservation = Reservation(account, 1_000_000);
        Assert.True((await ledger.ReserveAsync(reservation, Token)).IsAdmitted);
        return reservation.Id;
    }

    private static LedgerReservation Reservation(string account, long limit) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "cost"),
        Lease = TimeSpan.FromMinutes(5),
        Lines = [Line("day", 5, 1_000_000), Line(account, 5, limit)],
    };

    private static LedgerLine Line(string account, long amount, long limit) => new()
    {
        Account = account,
        Period = 1,
        FirstPeriod = 1,
        ForgetAfter = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Amount = amount,
        Limit = limit,
    };

    private Task<PostgreSqlSpendLedger> OpenAsync(string connectionString) =>
        PostgreSqlSpendLedger.OpenAsync(connectionString, new PostgreSqlSpendLedgerOptions { Schema = _schema, Name = "cost", OperationTimeout = TimeSpan.FromMinutes(1) });

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlCommand command = dataSource.CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Returns how many of the rows that were filled in are left.</summary>
    private async Task<long> CountAsync(string connectionString)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlCommand command = dataSource.CreateCommand($"""
            SELECT (SELECT count(*) FROM {_schema}.periods) + (SELECT count(*) FROM {_schema}.accounts) + (SELECT count(*) FROM {_schema}.reservations)
                + (SELECT count(*) FROM {_schema}.history)
            """);
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    /// <summary>Returns how many rows and entries of indexes were read since the last reset, and those of each table. A session says so when it has ended.</summary>
    private async Task<(long Rows, string Tables)> ReadRowsAsync(string connectionString)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        (long, string) before = (-1, "");
        while (true)
        {
            await using NpgsqlCommand command = dataSource.CreateCommand($"""
                SELECT coalesce(sum(n), 0)::bigint, coalesce(string_agg(name || ' ' || n, ', ' ORDER BY name) FILTER (WHERE n > 0), '')
                FROM (
                    SELECT relname AS name, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS n FROM pg_stat_user_tables WHERE schemaname = '{_schema}'
                    UNION ALL
                    SELECT indexrelname, coalesce(idx_tup_read, 0) FROM pg_stat_user_indexes WHERE schemaname = '{_schema}') t
                """);
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync(Token);
            await row.ReadAsync(Token);
            (long, string) now = (row.GetInt64(0), row.GetString(1));
            if (now == before)
            {
                return now;
            }

            before = now;
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token);
        }
    }
}
