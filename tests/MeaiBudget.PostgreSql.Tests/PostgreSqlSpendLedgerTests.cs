using Npgsql;

namespace MeaiBudget.Tests;

public sealed class PostgreSqlSpendLedgerTests
{
    [Fact]
    public async Task ARefusalInABatchLeavesTheOtherOperationsOfItAlone()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using PostgreSqlSpendLedger ledger = await OpenAsync(store);

        bool[] admitted = [.. (await Task.WhenAll(Enumerable.Range(0, 60).Select(i => ledger.ReserveAsync(Reservation(i % 3 == 0 ? "full" : $"free {i}", 1, i % 3 == 0 ? 0 : 1)).AsTask())))
            .Select(result => result.IsAdmitted)];

        Assert.Equal(Enumerable.Range(0, 60).Select(i => i % 3 != 0), admitted);
    }

    [Fact]
    public async Task AWrongNumberOfAmountsInABatchFailsAlone()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using PostgreSqlSpendLedger ledger = await OpenAsync(store);
        LedgerReservation[] all = [.. Enumerable.Range(0, 20).Select(i => Reservation("day", 5, null))];
        foreach (LedgerReservation reservation in all)
        {
            await ledger.ReserveAsync(reservation);
        }

        Task<LedgerSettlementResult>[] settlements = [.. all.Select((reservation, i) =>
            ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = i == 7 ? [1, 1] : [1] }).AsTask())];

        await Assert.ThrowsAsync<ArgumentException>(() => settlements[7]);
        for (int i = 0; i < settlements.Length; i++)
        {
            Assert.True(i == 7 || (await settlements[i]).IsApplied);
        }

        Assert.Equal((19, 5), await ChargedAndHeldAsync(ledger, "day"));
    }

    [Fact]
    public async Task AFullTableOfSettingsStillChangesAndRemovesThem()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await using var store = new PostgreSqlLedgerStore(connectionString);
        await using PostgreSqlSpendLedger ledger = await OpenAsync(store);
        string first = $"setting/{Guid.NewGuid():N}";
        Assert.Equal(1, await ledger.WriteSettingAsync(first, "x"));
        await using (var dataSource = NpgsqlDataSource.Create(connectionString))
        {
            await using NpgsqlCommand command = dataSource.CreateCommand(
                $"INSERT INTO {store.Options.Schema}.settings (ledger, name, value) SELECT ledger, 'setting/' || n, 'x' FROM {store.Options.Schema}.settings, generate_series(1, 9999) n WHERE name = '{first}'");
            Assert.Equal(9_999, await command.ExecuteNonQueryAsync());
        }

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(async () => await ledger.WriteSettingAsync("more", "x"));
        Assert.Contains("10,000 settings", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await ledger.WriteSettingAsync(first, "y"));
        Assert.Equal(3, await ledger.WriteSettingAsync("setting/7", null));
        Assert.Equal(4, await ledger.WriteSettingAsync("more", "x"));
        IReadOnlyDictionary<string, string> settings = (await ledger.ReadSettingsAsync()).Settings;
        Assert.Equal(("y", "x", false, 10_000), (settings[first], settings["more"], settings.ContainsKey("setting/7"), settings.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData(";Options=-c default_transaction_isolation=serializable")]
    public async Task OpenersOfANewSchemaAtOnceAllGetTheLedger(string setting)
    {
        string schema = $"together_{Guid.NewGuid():N}";
        PostgreSqlSpendLedger[] ledgers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            PostgreSqlSpendLedger.OpenAsync(PostgreSqlServer.Get().ConnectionString + setting, new PostgreSqlSpendLedgerOptions { Schema = schema, OperationTimeout = TimeSpan.FromMinutes(1) }))));
        foreach (PostgreSqlSpendLedger ledger in ledgers)
        {
            await using (ledger)
            {
                Assert.Equal(0, (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)], TestContext.Current.CancellationToken))[0].Charged);
            }
        }
    }

    [Fact]
    public async Task OperationsOfManyCallersShareTransactions()
    {
        using var server = PostgreSqlServer.StartOwn();
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(server.ConnectionString, Patient);
        await ledger.ReadAsync([]);
        long before = await CountAsync(server, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");

        await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                LedgerReservation reservation = Reservation("day", 5, null);
                await ledger.ReserveAsync(reservation);
                await ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [1] });
            }
        })));

        // 1,280 operations. Each transaction that writes takes a number.
        long transactions = await CountAsync(server, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint") - before;
        Assert.InRange(transactions, 20, 640);
        Assert.Equal((640, 0), await ChargedAndHeldAsync(ledger, "day"));
    }

    [Fact]
    public async Task ADeadlockWithAnotherClientIsRepeated()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        var options = new PostgreSqlSpendLedgerOptions { Name = $"test-{Guid.NewGuid():N}", OperationTimeout = TimeSpan.FromMinutes(1) };
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(connectionString, options);
        await ledger.ReserveAsync(Reservation(["a", "b"], 1));
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlConnection other = await dataSource.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        string rows = $"FROM meaibudget.accounts a JOIN meaibudget.ledgers l ON l.id = a.ledger WHERE l.name = '{options.Name}'";
        Guid[] ids = await IdsAsync(other, $"SELECT a.id {rows} ORDER BY a.id");

        await RunAsync(other, $"SELECT 1 {rows} AND a.id = '{ids[1]}' FOR UPDATE OF a");
        Task<LedgerReservationResult> waiting = ledger.ReserveAsync(Reservation(["a", "b"], 1)).AsTask();
        await WaitUntilAsync(dataSource, "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%apply_2%')");
        try
        {
            await RunAsync(other, $"SELECT 1 {rows} AND a.id = '{ids[0]}' FOR UPDATE OF a");
            await transaction.CommitAsync();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DeadlockDetected)
        {
            // The server may choose the other client as the victim.
            await transaction.RollbackAsync();
        }

        Assert.True((await waiting).IsAdmitted);
        Assert.Equal((0, 2), await ChargedAndHeldAsync(ledger, "a"));
    }

    [Fact]
    public async Task ALockThatAnotherClientKeepsEndsTheOperationInTime()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        var options = new PostgreSqlSpendLedgerOptions { Name = $"test-{Guid.NewGuid():N}", OperationTimeout = TimeSpan.FromMinutes(1) };
        await using PostgreSqlSpendLedger patient = await PostgreSqlSpendLedger.OpenAsync(connectionString, options);
        await patient.ReserveAsync(Reservation("day", 1, null));
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(connectionString, new PostgreSqlSpendLedgerOptions { Name = options.Name, OperationTimeout = TimeSpan.FromSeconds(2) });
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlConnection other = await dataSource.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        await RunAsync(other, $"SELECT 1 FROM meaibudget.accounts a JOIN meaibudget.ledgers l ON l.id = a.ledger WHERE l.name = '{options.Name}' FOR UPDATE OF a");

        PostgreSqlSpendLedgerException exception = await Assert.ThrowsAsync<PostgreSqlSpendLedgerException>(async () => await ledger.ReserveAsync(Reservation("day", 1, null)));

        Assert.Equal(PostgreSqlLedgerProblem.Unavailable, exception.Problem);
        await transaction.RollbackAsync();
        Assert.Equal((0, 1), await ChargedAndHeldAsync(patient, "day"));
    }

    [Fact]
    public async Task AReservationThatArrivesAfterItsReleaseIsNotTaken()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using PostgreSqlSpendLedger ledger = await OpenAsync(store);
        LedgerReservation reservation = Reservation("day", 5, null);

        Assert.False(await ledger.ReleaseAsync(reservation.Id));
        await using var dataSource = NpgsqlDataSource.Create(PostgreSqlServer.Get().ConnectionString);

        // As if the release had overtaken the reservation: its number is higher.
        await using NpgsqlCommand command = dataSource.CreateCommand("UPDATE meaibudget.reservations SET sequence = 1000 WHERE call_id = $1");
        command.Parameters.AddWithValue(reservation.Id.CallId);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());

        Assert.False((await ledger.ReserveAsync(reservation)).IsAdmitted);
        Assert.Equal((0, 0), await ChargedAndHeldAsync(ledger, "day"));
        await using var second = (PostgreSqlSpendLedger)await store.OpenAsync();
        Assert.True((await second.ReserveAsync(reservation)).IsAdmitted);
    }

    [Fact]
    public async Task TextsThatTheServerCannotHoldAreReplacedInRecordsAndKeptInNames()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using PostgreSqlSpendLedger ledger = await OpenAsync(store);
        LedgerReservation reservation = Reservation("a\0b", 5, null) with
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "own\0er \ud83c"),
            Info = new LedgerCallInfo { At = store.Clock.GetUtcNow(), ModelId = "a\0b \\u0000 \\\0 \ud83c", Tags = new Dictionary<string, string> { ["us\0er"] = "\udfe2\0" } },
        };

        await ledger.ReserveAsync(reservation);
        await ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [2], Info = new LedgerSettlementInfo { At = store.Clock.GetUtcNow(), Outcome = "\0" } });
        await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = reservation.Id, Amounts = [3], Reason = "wh\0y \ud83c" });
        await ledger.GrantAsync(new LedgerGrant { Id = Guid.NewGuid(), Account = "a\0b", Amount = 1, ExpiresAt = store.Clock.GetUtcNow().AddDays(1), Reason = "\0" });

        Assert.Equal((3, 0), await ChargedAndHeldAsync(ledger, "a\0b"));
        Assert.Equal(["a\0b"], (await ledger.FindAsync(reservation.Id))!.Accounts);
    }

    [Fact]
    public async Task ADisposedLedgerSaysSo()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
        await ledger.DisposeAsync();

        PostgreSqlSpendLedgerException exception = await Assert.ThrowsAsync<PostgreSqlSpendLedgerException>(async () => await ledger.ReserveAsync(Reservation("day", 1, null)));

        Assert.Equal(PostgreSqlLedgerProblem.Closed, exception.Problem);
    }

    [Fact]
    public async Task AServerThatIsAwayIsSaidWithoutThePassword()
    {
        PostgreSqlSpendLedgerException exception = await Assert.ThrowsAsync<PostgreSqlSpendLedgerException>(() => PostgreSqlSpendLedger.OpenAsync(
            "Host=127.0.0.1;Port=1;Username=nobody;Password=canary;Database=none", new PostgreSqlSpendLedgerOptions { OperationTimeout = TimeSpan.FromMilliseconds(100) }));

        Assert.Equal(PostgreSqlLedgerProblem.Unavailable, exception.Problem);
        Assert.DoesNotContain("canary", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TransactionsAreDurableThoughTheDatabaseSaysOtherwise()
    {
        using var server = PostgreSqlServer.StartOwn();
        await using var dataSource = NpgsqlDataSource.Create(server.ConnectionString + ";Options=-c synchronous_commit=off -c default_transaction_read_only=on -c default_transaction_isolation=serializable");
        await using PostgreSqlSpendLedger migrated = await PostgreSqlSpendLedger.OpenAsync(server.ConnectionString, Patient);
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(dataSource, new PostgreSqlSpendLedgerOptions { Migrate = false, OperationTimeout = TimeSpan.FromMinutes(1) });

        LedgerReservation reservation = Reservation("day", 5, null);
        Assert.True((await ledger.ReserveAsync(reservation)).IsAdmitted);
        server.Kill();
        server.Start();

        Assert.Equal((0, 5), await ChargedAndHeldAsync(migrated, "day"));
    }

    private static PostgreSqlSpendLedgerOptions Patient => new() { OperationTimeout = TimeSpan.FromMinutes(1) };

    private static async Task<PostgreSqlSpendLedger> OpenAsync(PostgreSqlLedgerStore store) => (PostgreSqlSpendLedger)await store.OpenAsync();

    private static async Task<(long Charged, long Held)> ChargedAndHeldAsync(PostgreSqlSpendLedger ledger, string account)
    {
        LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery(account, 1, 1)]))[0];
        return (state.Charged, state.Held);
    }

    private static LedgerReservation Reservation(string account, long amount, long? limit) => Reservation([account], amount, limit);

    private static LedgerReservation Reservation(string[] accounts, long amount, long? limit = null) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "test"),
        Lease = TimeSpan.FromMinutes(10),
        Lines = [.. accounts.Select(account => new LedgerLine
        {
            Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), Amount = amount, Limit = limit,
        })],
    };

    private static async Task<long> CountAsync(PostgreSqlServer server, string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(server.ConnectionString);
        await using NpgsqlCommand command = dataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<Guid[]> IdsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await row.ReadAsync())
        {
            ids.Add(row.GetGuid(0));
        }

        return [.. ids];
    }

    private static async Task WaitUntilAsync(NpgsqlDataSource dataSource, string sql)
    {
        while (true)
        {
            await using NpgsqlCommand command = dataSource.CreateCommand(sql);
            if (await command.ExecuteScalarAsync() is true)
            {
                return;
            }
        }
    }
}
