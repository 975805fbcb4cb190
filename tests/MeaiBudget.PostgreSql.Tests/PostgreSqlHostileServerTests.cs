using System.Globalization;
using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>Servers with short time-outs, few connections and sessions that are ended, and a user with the documented rights only.</summary>
public class PostgreSqlHostileServerTests
{
    private readonly string _name = $"hostile-{Guid.NewGuid():N}";

    [Theory]
    [InlineData("-c statement_timeout=50")]
    [InlineData("-c lock_timeout=50")]
    [InlineData("-c idle_session_timeout=100")]
    [InlineData("-c idle_in_transaction_session_timeout=50")]
    [InlineData("-c synchronous_commit=off")]
    [InlineData("-c default_transaction_isolation=serializable")]
    [InlineData("-c search_path=nowhere")]
    [InlineData("-c enable_indexscan=off")]
    [InlineData("-c DateStyle=German -c IntervalStyle=sql_standard -c TimeZone=Australia/Lord_Howe")]
    public async Task CallsAreChargedWhateverTheServersSettingsAre(string settings)
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await (await PostgreSqlSpendLedger.OpenAsync(connectionString)).DisposeAsync();
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(
            connectionString + $";Options={settings}", new PostgreSqlSpendLedgerOptions { Name = _name, OperationTimeout = TimeSpan.FromMinutes(1) });
        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CallAsync(ledger)));

            // Longer than the session may be idle.
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Equal((60 * 7, 0), await ReadAsync(ledger));
    }

    [Fact]
    public async Task SessionsThatAreEndedAtAnyPointLoseAndDoubleNothing()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(
            connectionString + $";Application Name={_name}", new PostgreSqlSpendLedgerOptions { Name = _name, OperationTimeout = TimeSpan.FromMinutes(1) });
        await using var admin = NpgsqlDataSource.Create(connectionString);
        using var done = new CancellationTokenSource();
        int calls = 0;
        Task[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await CallAsync(ledger);
                Interlocked.Increment(ref calls);
            }
        }))];
        for (int end = 0; end < 20; end++)
        {
            int before = Volatile.Read(ref calls);
            while (Volatile.Read(ref calls) < before + 5 && !Array.Exists(callers, caller => caller.IsCompleted))
            {
                await Task.Yield();
            }

            await using NpgsqlCommand terminate = admin.CreateCommand(
                $"SELECT {(end % 3 == 0 ? "pg_cancel_backend" : "pg_terminate_backend")}(pid) FROM pg_stat_activity WHERE application_name = '{_name}' AND pid <> pg_backend_pid()");
            await terminate.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await done.CancelAsync();
        await Task.WhenAll(callers);
        Assert.Equal((7L * calls, 0), await ReadAsync(ledger));
    }

    [Theory]
    [InlineData("", "CONNECTION LIMIT 1")]
    [InlineData(";Maximum Pool Size=1", "")]
    [InlineData(";Pooling=false", "CONNECTION LIMIT 1")]
    public async Task OneConnectionIsEnough(string pool, string limit)
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        string user = await CreateUserAsync(connectionString, limit);
        await using var admin = NpgsqlDataSource.Create(connectionString);
        await (await PostgreSqlSpendLedger.OpenAsync(connectionString, new PostgreSqlSpendLedgerOptions { Name = _name })).DisposeAsync();
        await GrantAsync(admin, user);
        string limited = new NpgsqlConnectionStringBuilder(connectionString) { Username = user }.ConnectionString;
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(
            limited + pool, new PostgreSqlSpendLedgerOptions { Name = _name, Migrate = false, OperationTimeout = TimeSpan.FromSeconds(10) });
        for (int i = 1; i <= 5; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CallAsync(ledger)));
            Assert.Equal((i * 4 * 7, 0), await ReadAsync(ledger));
        }
    }

    [Fact]
    public async Task TheDocumentedRightsAreEnoughWithoutMigrations()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        string user = await CreateUserAsync(connectionString, "");
        await using var admin = NpgsqlDataSource.Create(connectionString);
        await (await PostgreSqlSpendLedger.OpenAsync(connectionString, new PostgreSqlSpendLedgerOptions { Name = _name })).DisposeAsync();
        string limited = new NpgsqlConnectionStringBuilder(connectionString) { Username = user }.ConnectionString;
        PostgreSqlSpendLedgerException denied = await Assert.ThrowsAsync<PostgreSqlSpendLedgerException>(
            async () => await PostgreSqlSpendLedger.OpenAsync(limited, new PostgreSqlSpendLedgerOptions { Name = _name, Migrate = false }));
        Assert.Equal(PostgreSqlLedgerProblem.AccessDenied, denied.Problem);

        await GrantAsync(admin, user);
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(limited, new PostgreSqlSpendLedgerOptions { Name = _name, Migrate = false });
        await CallAsync(ledger);
        Assert.True(await ledger.GrantAsync(new LedgerGrant { Id = Guid.NewGuid(), Account = "day", Amount = 5, ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(1), Reason = "" }));
        Assert.True((await ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", 1, 3, "bill"))).IsApplied);
        await ledger.WriteSettingAsync("limit", "5");
        await ledger.QueryAsync(new SpendQuery());
        Assert.Single(await ledger.ReadPageAsync(new LedgerAccountQuery("", 1, 1), "", isByCharged: true, null, 10));
        Assert.Equal((10, 0), await ReadAsync(ledger));
    }

    private static async Task<string> CreateUserAsync(string connectionString, string options)
    {
        string user = string.Create(CultureInfo.InvariantCulture, $"user_{Guid.NewGuid():N}");
        await using var admin = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlCommand create = admin.CreateCommand($"CREATE ROLE {user} LOGIN {options}");
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return user;
    }

    private static async Task GrantAsync(NpgsqlDataSource admin, string user)
    {
        await using NpgsqlCommand grant = admin.CreateCommand($"""
            GRANT USAGE ON SCHEMA meaibudget TO {user};
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA meaibudget TO {user};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA meaibudget TO {user};
            """);
        await grant.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task CallAsync(PostgreSqlSpendLedger ledger)
    {
        LedgerReservation reservation = Reservation();
        Assert.True((await ledger.ReserveAsync(reservation)).IsAdmitted);
        Assert.True((await ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [7] })).IsApplied);
    }

    private static LedgerReservation Reservation() => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "hostile"),
        Lease = TimeSpan.FromMinutes(10),
        Lines = [new LedgerLine { Account = "day", Period = 1, FirstPeriod = 1, ForgetAfter = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), Amount = 10 }],
    };

    private static async Task<(long Charged, long Held)> ReadAsync(PostgreSqlSpendLedger ledger)
    {
        LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)], TestContext.Current.CancellationToken))[0];
        return (state.Charged, state.Held);
    }
}
