using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>Reconciles, re-prices and exports on each kind of store: SQLite, PostgreSQL, and the histories that an application writes beside Redis.</summary>
public sealed class BilledStoreTests : IDisposable
{
    private readonly BilledLedger _ledger = new();
    private readonly ToolLedgers _ledgers = new();
    private (string Ledger, string Name) _shared;

    public static TheoryData<string> Stores => ["sqlite", "postgresql", "redis and a file", "redis and postgresql"];

    public void Dispose()
    {
        _ledger.Dispose();
        _ledgers.Dispose();
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task ABillIsAppliedOnceAndThenAgrees(string store)
    {
        string[] ledger = await RecordAsync(store);
        string bill = _ledger.Write("bill.csv", "start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,9.50,usd,\"gpt-6-sol, input\"\n1795132800,1795219200,0.75,usd,\"gpt-4.1, input\"\n");

        JsonElement before = Json([.. ledger, bill, "--json"], expected: 1);
        Assert.Equal([("gpt-4.1", "only-billed", 0.75m), ("gpt-6-sol", "tokens", 1.5m)], Rows(before));

        (int exitCode, string output, string error) = Run([.. ledger, bill, "--apply"]);
        Assert.Equal(("", 0), (error, exitCode));
        Assert.Contains("0.75 USD unattributed", output, StringComparison.Ordinal);
        Assert.Equal([("gpt-4.1", "agrees", 0m), ("gpt-6-sol", "agrees", 0m)], Rows(Json([.. ledger, bill, "--json"])));
        Assert.Contains("0 unconfirmed attempts resolved, 0 attempts adjusted, 0 USD unattributed", Run([.. ledger, bill, "--apply"]).Output, StringComparison.Ordinal);

        // The amount of each tenant follows its share: the unconfirmed attempt of b stands, and the rest is shared.
        await using ReadHistory history = await ReadHistory.OpenAsync(ledger);
        IReadOnlyList<SpendRecord> tenants = await history.Value.QueryAsync(
            new SpendQuery { GroupBy = ["tag:tenant"], Where = new Dictionary<string, string> { ["model"] = "gpt-6-sol" } }, TestContext.Current.CancellationToken);
        Assert.Equal([("a", 4.75m), ("b", 4.75m)], tenants.OrderBy(sum => sum.Group[0], StringComparer.Ordinal).Select(sum => (sum.Group[0], sum.Spent)));
        Assert.All(tenants, sum => Assert.Equal(0m, sum.Unconfirmed));
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task ARevisedBillBooksOnlyTheDifferenceHoweverOftenItIsRevised(string store)
    {
        string[] ledger = await RecordAsync(store);
        foreach ((string sol, string nobody) in ((string, string)[])[("9.50", "0.75"), ("9.00", "1.25"), ("9.50", "0.75"), ("9.00", "1.25"), ("9.50", "0.00"), ("9.00", "0.75")])
        {
            string bill = _ledger.Write("bill.csv", $"start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,{sol},usd,\"gpt-6-sol, input\"\n1795132800,1795219200,{nobody},usd,\"gpt-4.1, input\"\n");

            Assert.Equal(("", 0), (Run([.. ledger, bill, "--apply"]).Error, Run([.. ledger, bill]).ExitCode));

            Assert.All(Rows(Json([.. ledger, bill, "--json"])), row => Assert.Equal(0m, row.Difference));
            Assert.Contains("0 attempts adjusted, 0 USD unattributed", Run([.. ledger, bill, "--apply"]).Output, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task ABillBelowTheLedgerLowersIt(string store)
    {
        string[] ledger = await RecordAsync(store);
        string bill = _ledger.Write("bill.csv", "start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,3.00,usd,\"gpt-6-sol, input\"\n");

        Assert.Equal(0, Run([.. ledger, bill, "--apply"]).ExitCode);

        Assert.Equal([("gpt-6-sol", "agrees", 0m)], Rows(Json([.. ledger, bill, "--json"])));
    }

    [Theory]
    [InlineData("redis and a file")]
    [InlineData("redis and postgresql")]
    [InlineData("leased postgresql and postgresql")]
    public async Task TheAccountsOfALedgerWithoutCallsAreAdjustedInTheirPeriods(string store)
    {
        string[] ledger = await RecordAsync(store);
        string config = _ledger.Write("app.json", """{ "MeaiBudget": { "Budgets": { "years": { "Limit": 1000, "Period": "Rolling", "Span": "3000.00:00:00" } } } }""");
        string[] accounts = ["--accounts", _shared.Ledger, "--accounts-name", _shared.Name, "--config", config];
        Assert.Equal(8m, await ReadSharedAsync());
        foreach (string amount in (string[])["9.50", "9.00", "9.50", "9.00", "3.00"])
        {
            string bill = _ledger.Write("bill.csv", $"start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,{amount},usd,\"gpt-6-sol, input\"\n");

            (int exitCode, string output, string error) = Run([.. ledger, bill, "--apply", .. accounts]);

            // The period of the other budget is not known without its settings, and this budget's lasts for years.
            Assert.Equal(("", 0), (error, exitCode));
            Assert.Contains("0 left because the period no longer counts, 0 left because the charge is lower. Without a budget of that name and its period in --config: tenant.", output, StringComparison.Ordinal);
            Assert.Equal(decimal.Parse(amount, CultureInfo.InvariantCulture), await ReadSharedAsync());
            Assert.Contains("Accounts: 0 adjustments", Run([.. ledger, bill, "--apply", .. accounts]).Output, StringComparison.Ordinal);
            Assert.Equal(decimal.Parse(amount, CultureInfo.InvariantCulture), await ReadSharedAsync());
        }

        Assert.Equal(2, Run([.. ledger, "bill.csv", .. accounts]).ExitCode);
    }

    [Fact]
    public async Task ARunThatEndsBetweenAnAccountAndItsRecordIsContinuedWithoutAddingTwice()
    {
        string[] ledger = await RecordAsync("leased postgresql and postgresql");
        string config = _ledger.Write("app.json", """{ "MeaiBudget": { "Budgets": { "years": { "Limit": 1000, "Period": "Rolling", "Span": "3000.00:00:00" } } } }""");
        string bill = _ledger.Write("bill.csv", "start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,9.50,usd,\"gpt-6-sol, input\"\n");
        string[] command = [.. ledger, bill, "--apply", "--accounts", _shared.Ledger, "--accounts-name", _shared.Name, "--config", config];
        string trigger = $"ends_{Guid.NewGuid():N}";
        await ExecuteAsync($$"""
            CREATE FUNCTION {{trigger}}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'The run ends here.'; END $$;
            DO $do$ BEGIN EXECUTE format('CREATE TRIGGER {{trigger}} BEFORE UPDATE ON meaibudget.history FOR EACH ROW WHEN (NEW.ledger = %s AND NEW.charged <> OLD.charged) EXECUTE FUNCTION {{trigger}}()',
                (SELECT id FROM meaibudget.ledgers WHERE name = '{{ledger[3]}}')); END $do$;
            """);

        decimal added = 0;
        for (int i = 0; i < 3; i++)
        {
            Assert.NotEqual(0, Run(command).ExitCode);
            decimal charged = await ReadSharedAsync();
            Assert.NotEqual(8m, charged);
            Assert.True(i == 0 || charged == added, $"Run {i + 1} ended with {charged} USD, and the one before it with {added} USD.");
            added = charged;
        }

        await ExecuteAsync($"DROP TRIGGER {trigger} ON meaibudget.history; DROP FUNCTION {trigger}()");
        (int exitCode, string output, string error) = Run(command);

        Assert.Equal(("", 0), (error, exitCode));
        Assert.Equal(9.5m, await ReadSharedAsync());
        Assert.Contains("Accounts: 0 adjustments", Run(command).Output, StringComparison.Ordinal);
        Assert.Equal(9.5m, await ReadSharedAsync());
        Assert.NotEmpty(output);

        static async Task ExecuteAsync(string sql)
        {
            await using var dataSource = NpgsqlDataSource.Create(PostgreSqlServer.Get().ConnectionString);
            await using NpgsqlCommand statement = dataSource.CreateCommand(sql);
            await statement.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task UsageIsPricedAgainOnce(string store)
    {
        string[] ledger = await RecordAsync(store);
        string catalog = _ledger.Write("prices.json", """{ "format": "meaibudget-prices/1", "date": "2026-11-01", "models": [{ "provider": "openai", "id": "gpt-6-sol", "prices": [{ "input": 1, "output": 10 }] }] }""");
        string[] reprice = ["reprice", .. ledger[1..], "--catalog", catalog, "--json"];

        JsonElement first = Parse(BilledLedger.Run([.. reprice, "--apply"]));
        JsonElement again = Parse(BilledLedger.Run([.. reprice, "--apply"]));

        Assert.Equal((8m, 4m, 3), (first.GetProperty("charged").GetDecimal(), first.GetProperty("repriced").GetDecimal(), first.GetProperty("changed").GetInt32()));
        Assert.Equal((4m, 4m, 0), (again.GetProperty("charged").GetDecimal(), again.GetProperty("repriced").GetDecimal(), again.GetProperty("changed").GetInt32()));
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task TheExportAgreesWithTheLedger(string store)
    {
        string[] ledger = await RecordAsync(store);
        string focus = _ledger.InFolder("focus.csv");

        Assert.Equal(0, BilledLedger.Run(["export", .. ledger[1..], "--format", "focus", "--output", focus]).ExitCode);
        string lines = BilledLedger.Run(["export", .. ledger[1..], "--format", "json"]).Output;

        Assert.Equal(3, lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(Rows(Json([.. ledger, focus, "--json"])), row => Assert.Equal(0m, row.Difference));
    }

    /// <summary>Records three calls of two tenants: 2 and 2 USD, and 4 USD that no provider confirmed. Returns the command and the ledger to name.</summary>
    private async Task<string[]> RecordAsync(string store)
    {
        string name = $"bills-{Guid.NewGuid():N}";
        ISpendLedger? ledger = null;
        ISpendHistory? history = null;
        string[] read = store.EndsWith("postgresql", StringComparison.Ordinal) ? ["reconcile", PostgreSqlServer.Get().ConnectionString, "--name", name] : ["reconcile", _ledger.File];
        if (store.StartsWith("redis", StringComparison.Ordinal))
        {
            (string redis, string key) = _shared = _ledgers.New("redis");
            ledger = await RedisSpendLedger.ConnectAsync(redis["redis:".Length..], new RedisSpendLedgerOptions { Name = key, Clock = _ledger.Clock });
            history = read.Length > 2 ? await PostgreSqlSpendLedger.OpenAsync(read[1], new PostgreSqlSpendLedgerOptions { Name = name }) : _ledger.Open();
        }
        else if (store.StartsWith("leased", StringComparison.Ordinal))
        {
            _shared = _ledgers.New("postgresql");
            ledger = (await PostgreSqlSpendLedger.OpenAsync(_shared.Ledger, new PostgreSqlSpendLedgerOptions { Name = _shared.Name, Clock = _ledger.Clock })).Leased();
            history = await PostgreSqlSpendLedger.OpenAsync(read[1], new PostgreSqlSpendLedgerOptions { Name = name });
        }
        else
        {
            ledger = read.Length > 2 ? await PostgreSqlSpendLedger.OpenAsync(read[1], new PostgreSqlSpendLedgerOptions { Name = name, Clock = _ledger.Clock }) : _ledger.Open();
        }

        var tracker = new CostTracker(
            [Budget.Monthly("tenant", 1_000m).PerTag("tenant"), Budget.Rolling("years", 1_000m, TimeSpan.FromDays(3_000))], BilledLedger.Prices.WithTimeProvider(_ledger.Clock), ledger, options =>
            {
                options.TimeProvider = _ledger.Clock;
                options.History = history;
            });
        foreach ((string tenant, long tokens, bool isUnconfirmed) in ((string, long, bool)[])[("a", 1_000_000, false), ("a", 1_000_000, false), ("b", 2_000_000, true)])
        {
            var usage = new BillableUsage { InputTokens = tokens };
            SpendReservation reservation = await tracker.ReserveAsync(new SpendRequest
            {
                CallId = Guid.NewGuid(),
                Attempt = 1,
                ModelId = "gpt-6-sol",
                Provider = "openai",
                Tags = new Dictionary<string, string> { ["tenant"] = tenant },
                Estimate = new TokenEstimate(tokens, tokens, TokenEstimateSource.Exact),
                OutputTokens = 0,
            });
            await tracker.SettleAsync(reservation, new SpendSettlement { Usage = usage, ResponseModelId = "gpt-6-sol", IsUnconfirmed = isUnconfirmed });
        }

        if (history is not null)
        {
            await HistoryQueue.Of(history, TimeProvider.System).Writing;
        }

        await ((IAsyncDisposable)ledger).DisposeAsync();
        if (history is IAsyncDisposable opened)
        {
            await opened.DisposeAsync();
        }

        return read;
    }

    /// <summary>Reads what the shared ledger charged in all periods, in US dollars.</summary>
    private async Task<decimal> ReadSharedAsync()
    {
        ISpendLedger ledger = _shared.Ledger.StartsWith("redis:", StringComparison.Ordinal)
            ? await RedisSpendLedger.ConnectAsync(_shared.Ledger["redis:".Length..], new RedisSpendLedgerOptions { Name = _shared.Name, Clock = _ledger.Clock })
            : await PostgreSqlSpendLedger.OpenAsync(_shared.Ledger, new PostgreSqlSpendLedgerOptions { Name = _shared.Name, Clock = _ledger.Clock });
        await using var opened = (IAsyncDisposable)ledger;
        return (await ledger.ReadAsync([new LedgerAccountQuery("years/usd/", 0, 500_000)]))[0].Charged / 1_000_000_000m;
    }

    private static (int ExitCode, string Output, string Error) Run(string[] arguments) => BilledLedger.Run(arguments);

    private static JsonElement Json(string[] arguments, int expected = 0)
    {
        (int exitCode, string output, string error) run = BilledLedger.Run(arguments);
        Assert.Equal(("", expected), (run.error, run.exitCode));
        return JsonDocument.Parse(run.output).RootElement;
    }

    private static JsonElement Parse((int ExitCode, string Output, string Error) run)
    {
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private static (string Model, string Result, decimal Difference)[] Rows(JsonElement found) =>
    [
        .. found.GetProperty("rows").EnumerateArray().Select(row => (row.GetProperty("model").GetString()!, row.GetProperty("result").GetString()!, row.GetProperty("difference").GetDecimal())),
    ];

    /// <summary>The history that a command reads.</summary>
    private sealed record ReadHistory(ISpendHistory Value) : IAsyncDisposable
    {
        public static async Task<ReadHistory> OpenAsync(string[] ledger) => new(ledger.Length > 2
            ? await PostgreSqlSpendLedger.OpenAsync(ledger[1], new PostgreSqlSpendLedgerOptions { Name = ledger[3] })
            : SqliteSpendRecords.Open(ledger[1]));

        public ValueTask DisposeAsync() => Value is IAsyncDisposable opened ? opened.DisposeAsync() : default;
    }
}
