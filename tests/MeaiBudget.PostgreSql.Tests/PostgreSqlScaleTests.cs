using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>What the server reads does not depend on what the tables hold.</summary>
public class PostgreSqlScaleTests
{
    private const int Pairs = 60;
    private static readonly int PageAccounts = LedgerFirstPages.Accounts;
    private readonly string _schema = $"scale_{Guid.NewGuid():N}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AllRowsAreFoundByTheirKeysAlsoWhileTheDatabaseIsNew(bool hasStatistics)
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await using PostgreSqlSpendLedger ledger = await OpenAsync(connectionString, "full");

        // The plans of the first batches are kept.
        await CallAsync(ledger, 0);
        await CallAsync(ledger, 1);
        await RunAsync(connectionString, $"""
            INSERT INTO {_schema}.reservations (ledger, call_id, attempt, owner, state, instance, sequence, reserved_at, lease_until, keep_until,
                accounts, names, periods, firsts, reserved, taken, forgets, charged)
            SELECT l.id, gen_random_uuid(), 1, 'filled', 1, gen_random_uuid(), i, {_schema}.ticks(), {_schema}.ticks() - i, {_schema}.ticks() + 864000000000,
                '{Empty}', '{Empty}', '{Empty}', '{Empty}', '{Empty}', '{Empty}', '{Empty}', '{Empty}'
            FROM {_schema}.ledgers l, generate_series(1, 20000) i;
            INSERT INTO {_schema}.accounts (ledger, id, name) SELECT l.id, md5(i::text)::uuid, 'filled ' || i FROM {_schema}.ledgers l, generate_series(1, 20000) i;
            INSERT INTO {_schema}.periods (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after)
            SELECT l.id, md5(i::text)::uuid, 1, 5, 0, 0, 0, 0, {_schema}.ticks() + 864000000000 FROM {_schema}.ledgers l, generate_series(1, 20000) i;
            {(hasStatistics ? $"ANALYZE {_schema}.reservations; ANALYZE {_schema}.accounts; ANALYZE {_schema}.periods" : "")}
            """);
        for (int i = 0; i < Pairs; i++)
        {
            await CallAsync(ledger, i);
        }

        await ledger.DisposeAsync();

        // Each operation looks up its reservation up to four times, and its accounts and their periods as often.
        long rows = await ReadRowsAsync(connectionString);
        TestContext.Current.TestOutputHelper!.WriteLine($"{rows} rows and entries of indexes for {Pairs} pairs");

        // While other tests keep a transaction open, earlier versions of the rows are read, too.
        Assert.InRange(rows, 1, Pairs * 2 * 100);
    }

    [Fact]
    public async Task ThePageOfManyAccountsReadsFewRowsByName()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await using PostgreSqlSpendLedger ledger = await OpenAsync(connectionString, "page");
        await RunAsync(connectionString, $"""
            INSERT INTO {_schema}.accounts (ledger, id, name) SELECT l.id, md5(i::text)::uuid, 'tenants/usd/' || i FROM {_schema}.ledgers l, generate_series(0, {PageAccounts - 1}) i;
            INSERT INTO {_schema}.periods (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after)
            SELECT l.id, md5(i::text)::uuid, p, CASE p WHEN 1 THEN i ELSE 5 END, 0, 0, 0, 0, {_schema}.ticks() + 864000000000
            FROM {_schema}.ledgers l, generate_series(0, {PageAccounts - 1}) i, generate_series(0, 2) p;
            ANALYZE {_schema}.accounts; ANALYZE {_schema}.periods
            """);
        await LedgerFirstPages.CheckAsync(ledger, "PostgreSQL");

        await ledger.DisposeAsync();
        _ = await ReadRowsAsync(connectionString);
        await using PostgreSqlSpendLedger again = await OpenAsync(connectionString, "page");
        await RunAsync(connectionString, $"SELECT pg_stat_reset_single_table_counters(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{_schema}'");
        KeyValuePair<string, LedgerLineState>? last = null;
        var found = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await again.ReadPageAsync(new LedgerAccountQuery("tenants/usd/", 1, 1), "", isByCharged: false, last, 50, TestContext.Current.CancellationToken);
            found.AddRange(page.Select(one => one.Key));
            last = page[^1];
        }

        await again.DisposeAsync();
        Assert.Equal(Enumerable.Range(1, PageAccounts - 1).Select(i => $"tenants/usd/{i}").Order(StringComparer.Ordinal).Take(150), found);
        Assert.InRange(await ReadRowsAsync(connectionString), 100, 1_500);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PagesBySpendAreInOrderAndTheFirstReadsFewRows(bool hasStatistics)
    {
        const int Many = 5_000;
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await using PostgreSqlSpendLedger ledger = await OpenAsync(connectionString, "spend");

        // Some have the same charge, some none but a held amount, and some nothing.
        await RunAsync(connectionString, $"""
            INSERT INTO {_schema}.accounts (ledger, id, name) SELECT l.id, md5(i::text)::uuid, 'tenants/usd/' || i FROM {_schema}.ledgers l, generate_series(0, {Many - 1}) i;
            INSERT INTO {_schema}.periods (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after)
            SELECT l.id, md5(i::text)::uuid, p, CASE p WHEN 1 THEN (i / 9)::bigint * (i / 9) ELSE 5 END, 0, 0, CASE WHEN i < 5 THEN i ELSE 0 END, 0, {_schema}.ticks() + 864000000000
            FROM {_schema}.ledgers l, generate_series(0, {Many - 1}) i, generate_series(0, 2) p;
            {(hasStatistics ? $"ANALYZE {_schema}.accounts; ANALYZE {_schema}.periods" : "")}
            """);
        List<KeyValuePair<string, long>> all = [.. Enumerable.Range(1, Many - 1).Where(i => i < 5 || i / 9 > 0).Select(i => KeyValuePair.Create($"tenants/usd/{i}", (long)(i / 9) * (i / 9)))];
        foreach ((string prefix, string contains, int count) in new[] { ("tenants/usd/", "", 700), ("tenants/usd/", "1", 300), ("tenants/usd/", "77", 50), ("tenants/usd/4", "", 400), ("tenants/usd/", "x", 50) })
        {
            var found = new List<KeyValuePair<string, long>>();
            KeyValuePair<string, LedgerLineState>? last = null;
            do
            {
                IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await ledger.ReadPageAsync(
                    new LedgerAccountQuery(prefix, 1, 1), contains, isByCharged: true, last, count, TestContext.Current.CancellationToken);
                found.AddRange(page.Select(one => KeyValuePair.Create(one.Key, one.Value.Charged)));
                last = page.Count == count ? page[^1] : null;
            }
            while (last is not null);
            Assert.Equal(
                all.Where(one => one.Key.StartsWith(prefix, StringComparison.Ordinal) && one.Key[prefix.Length..].Contains(contains, StringComparison.Ordinal))
                    .OrderByDescending(one => one.Value).ThenBy(one => one.Key, StringComparer.Ordinal),
                found);
        }

        await ledger.DisposeAsync();
        await ReadRowsAsync(connectionString);
        await using PostgreSqlSpendLedger again = await OpenAsync(connectionString, "spend");
        await RunAsync(connectionString, $"SELECT pg_stat_reset_single_table_counters(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{_schema}'");
        await again.ReadPageAsync(new LedgerAccountQuery("tenants/usd/", 1, 1), "", isByCharged: true, null, 50, TestContext.Current.CancellationToken);
        await again.DisposeAsync();

        // 2,000 names tell that the filter finds many; then the rows of the largest size and the names of a page are read.
        Assert.InRange(await ReadRowsAsync(connectionString), 100, 2 * 2_000 + Many);
    }

    [Fact]
    public async Task TheSizeOfAChargeIsThatOfTheTables()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        await using PostgreSqlSpendLedger ledger = await OpenAsync(connectionString, "size");
        long[] charges = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 1_000_000, (1L << 62) - 1, 1L << 62, (3L << 61) - 1, 3L << 61, long.MaxValue];
        await RunAsync(connectionString, string.Concat(charges.Select((charge, i) =>
            $"INSERT INTO {_schema}.periods (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after) VALUES (1, '{new Guid(i, 0, 0, new byte[8])}', 1, {charge}, 0, 0, 0, 0, 0);")));

        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlCommand command = dataSource.CreateCommand($"SELECT array_agg(size ORDER BY account) FROM {_schema}.periods");
        Assert.Equal(((short[])(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!).Select(size => (int)size), charges.Select(PostgreSqlSpendLedger.SizeOf));
    }

    [Fact]
    public async Task ALeaseThatBeganWhileTheClockWasBackIsCharged()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
        await using var other = (PostgreSqlSpendLedger)await store.OpenAsync();
        await ReserveAsync(ledger, "any", TimeSpan.FromDays(1));

        store.Advance(TimeSpan.FromHours(-1));
        LedgerReservationId id = await ReserveAsync(other, "back", TimeSpan.FromMinutes(5));
        store.Advance(TimeSpan.FromMinutes(6));
        await ReserveAsync(ledger, "any", TimeSpan.FromDays(1));

        LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery("back", 1, 1)], TestContext.Current.CancellationToken))[0];
        Assert.Equal((5L, 5L, 0L), (state.Charged, state.Unconfirmed, state.Held));
        Assert.False((await other.FindAsync(id, TestContext.Current.CancellationToken))!.IsOpen);
    }

    private const string Empty = "{}";

    private Task<PostgreSqlSpendLedger> OpenAsync(string connectionString, string name) =>
        PostgreSqlSpendLedger.OpenAsync(connectionString, new PostgreSqlSpendLedgerOptions { Schema = _schema, Name = name, OperationTimeout = TimeSpan.FromMinutes(1) });

    private static async Task CallAsync(PostgreSqlSpendLedger ledger, int i)
    {
        LedgerReservationId id = await ReserveAsync(ledger, $"tenant {i % 7}", TimeSpan.FromMinutes(5));
        if (i % 5 == 4)
        {
            Assert.True(await ledger.ReleaseAsync(id));
            return;
        }

        Assert.True((await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [1, 1] })).IsApplied);
    }

    private static async Task<LedgerReservationId> ReserveAsync(PostgreSqlSpendLedger ledger, string account, TimeSpan lease)
    {
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "scale");
        LedgerReservationResult result = await ledger.ReserveAsync(new LedgerReservation
        {
            Id = id,
            Lease = lease,
            Lines =
            [
                .. new[] { "day", account }.Select(name => new LedgerLine
                {
                    Account = name, Period = 1, FirstPeriod = 1, ForgetAfter = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), Amount = 5, Limit = 1_000_000,
                }),
            ],
        });
        Assert.True(result.IsAdmitted);
        return id;
    }

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlCommand command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Returns how many rows were read by indexes and otherwise. A session says so when it has ended.</summary>
    private async Task<long> ReadRowsAsync(string connectionString)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        long rows = -1;
        while (true)
        {
            await using NpgsqlCommand command = dataSource.CreateCommand($"""
                SELECT (coalesce(sum(seq_tup_read), 0) + coalesce(sum(idx_tup_fetch), 0))::bigint
                    + (SELECT coalesce(sum(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes WHERE schemaname = '{_schema}')
                FROM pg_stat_user_tables WHERE schemaname = '{_schema}'
                """);
            long now = (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
            if (now > 0 && now == rows)
            {
                return rows;
            }

            rows = now;
            await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
