using System.Text.Json;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class SimulateCommandTests : IDisposable
{
    private readonly RecordedLedger _recorded = new();

    public void Dispose() => _recorded.Dispose();

    /// <summary>Ten calls of a dollar of each of two tenants, an hour apart: twenty, over two days in UTC.</summary>
    private async Task RecordAsync()
    {
        await using SqliteSpendLedger ledger = _recorded.Open();
        var tracker = new CostTracker([Budget.Daily("day", null)], RecordedLedger.Prices, ledger, options => options.RecordedTags.Add("tenant"));
        for (int call = 0; call < 10; call++)
        {
            await _recorded.CallAsync(tracker, "large", 1_000, "acme");
            await _recorded.CallAsync(tracker, "large", 1_000, "other");
            _recorded.Clock.Advance(TimeSpan.FromMinutes(30));
        }
    }

    [Fact]
    public async Task CallsBeyondTheNewLimitAreRefusedForTheKeysThatItConcerns()
    {
        await RecordAsync();

        // Three calls of each lie before midnight, seven after it: of those, two are beyond the limit.
        JsonElement result = Json(0, """
            { "budgets": [ { "name": "tenants", "period": "day", "limit": 5, "partition": ["tag:tenant"] } ],
              "prices": { "large": { "input": 0, "output": 1000 } } }
            """);

        Assert.Equal((20, 4, 0), Counts(result));
        Assert.Equal(20m, result.GetProperty("recordedSpend").GetDecimal());
        Assert.Equal(16m, result.GetProperty("spend").GetDecimal());
        JsonElement budget = Assert.Single(result.GetProperty("budgets").EnumerateArray());
        Assert.Equal(["acme", "other"], budget.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("key").GetString()));
        Assert.Equal(new DateTimeOffset(2026, 5, 5, 2, 30, 0, TimeSpan.Zero), budget.GetProperty("keys")[0].GetProperty("first").GetDateTimeOffset());
    }

    [Fact]
    public async Task WhatWasKnownToBeFreeStaysFree()
    {
        await using (SqliteSpendLedger ledger = _recorded.Open())
        {
            var tracker = new CostTracker([Budget.Daily("day", null)], RecordedLedger.Prices, ledger);
            SpendRequest local = RecordedLedger.Request("llama-of-ours", 1_000, "acme") with { IsFree = true };
            SpendReservation settled = await tracker.ReserveAsync(local, TestContext.Current.CancellationToken);
            await tracker.SettleAsync(settled, new SpendSettlement { Usage = new BillableUsage { OutputTokens = 1_000 } });
            SpendReservation released = await tracker.ReserveAsync(local with { CallId = Guid.NewGuid() }, TestContext.Current.CancellationToken);
            await tracker.ReleaseAsync(released);
        }

        JsonElement result = Json(0, """{ "budgets": [ { "name": "day", "period": "day", "limit": 1 } ] }""");

        Assert.Equal((2, 0, 0), Counts(result));
        Assert.Equal(0m, result.GetProperty("spend").GetDecimal());
    }

    [Fact]
    public async Task OtherPricesMakeOtherRefusalsAndOtherSpend()
    {
        await RecordAsync();

        JsonElement result = Json(0, """
            { "budgets": [ { "name": "tenants", "period": "day", "limit": 5, "partition": ["tag:tenant"] } ],
              "prices": { "large": { "input": 0, "output": 500 } } }
            """);

        Assert.Equal((20, 0, 0), Counts(result));
        Assert.Equal(10m, result.GetProperty("spend").GetDecimal());
    }

    [Fact]
    public async Task AnObservingBudgetRefusesNothingAndCountsWhatAnEnforcingOneRefuses()
    {
        await RecordAsync();

        JsonElement result = Json(0, """
            { "budgets": [ { "name": "tenants", "period": "day", "limit": 5, "partition": ["tag:tenant"], "enforcement": "observe" } ],
              "prices": { "large": { "input": 0, "output": 1000 } } }
            """);

        Assert.Equal((20, 0, 0), Counts(result));
        Assert.Equal(4, result.GetProperty("budgets")[0].GetProperty("wouldHaveRefused").GetInt64());
    }

    [Fact]
    public async Task WhatIsRefusedGoesToAnAlternateWhereOneIsStated()
    {
        await RecordAsync();

        JsonElement result = Json(0, """
            { "budgets": [ { "name": "models", "period": "day", "limit": 10, "partition": ["model"] } ],
              "prices": { "large": { "input": 0, "output": 1000 }, "small": { "input": 0, "output": 100 } },
              "alternates": [ { "model": "small" } ] }
            """);

        Assert.Equal((20, 0, 4), Counts(result));
        Assert.Equal(16.4m, result.GetProperty("spend").GetDecimal());
    }

    [Fact]
    public async Task CallsAtOnceHoldTheirMoneyFromEachOtherAndWaitAsTheBudgetSays()
    {
        await using (SqliteSpendLedger ledger = _recorded.Open())
        {
            var tracker = new CostTracker([Budget.Daily("day", null)], RecordedLedger.Prices, ledger, options => options.RecordedTags.Add("tenant"));
            var settlement = new SpendSettlement { Usage = new BillableUsage { OutputTokens = 10 } };
            foreach (int seconds in (int[])[1, 60])
            {
                SpendReservation first = await tracker.ReserveAsync(RecordedLedger.Request("large", 1_000, "acme"), TestContext.Current.CancellationToken);
                SpendReservation second = await tracker.ReserveAsync(RecordedLedger.Request("large", 1_000, "acme"), TestContext.Current.CancellationToken);
                _recorded.Clock.Advance(TimeSpan.FromSeconds(seconds));
                await tracker.SettleAsync(first, settlement);
                await tracker.SettleAsync(second, settlement);
                _recorded.Clock.Advance(TimeSpan.FromMinutes(5));
            }
        }

        // The second waits a second for the first; a minute is longer than it waits.
        JsonElement result = Json(0, """
            { "budgets": [ { "name": "day", "period": "day", "limit": 1.5 } ], "prices": { "large": { "input": 0, "output": 1000 } } }
            """);

        Assert.Equal((4, 1, 0), Counts(result));
        Assert.Equal(1, result.GetProperty("waited").GetInt64());
    }

    [Fact]
    public async Task ABoundIsLoweredOnlyWhereTheFileSaysHowFar()
    {
        await RecordAsync();
        const string Budgets = """ "budgets": [ { "name": "day", "period": "day", "limit": 13.5 } ], "prices": { "large": { "input": 0, "output": 1000 } } """;

        Assert.Equal((20, 1, 0), Counts(Json(0, $$"""{ {{Budgets}} }""")));
        JsonElement lowered = Json(0, $$"""{ {{Budgets}}, "outputFloor": 400 }""");

        Assert.Equal((20, 0, 0), Counts(lowered));
        Assert.Equal((1, 1), (lowered.GetProperty("lowered").GetInt64(), lowered.GetProperty("shortened").GetInt64()));
        Assert.Equal(19.5m, lowered.GetProperty("spend").GetDecimal());
    }

    [Theory]
    [InlineData("20%", 0)]
    [InlineData("19.9%", 1)]
    [InlineData("4", 0)]
    [InlineData("3", 1)]
    [InlineData("0.5%", 1)]
    public async Task APipelineFailsWhereMoreIsRefusedThanItAccepts(string threshold, int expected)
    {
        await RecordAsync();
        string config = Config("""{ "budgets": [ { "name": "tenants", "period": "day", "limit": 5, "partition": ["tag:tenant"] } ], "prices": { "large": { "input": 0, "output": 1000 } } }""");

        (int exitCode, string output, string error) = RecordedLedger.Run("simulate", "--ledger", _recorded.File, "--config", config, "--fail-if-refused", threshold);

        Assert.Equal(expected, exitCode);
        Assert.Contains("20 calls: 4 refused", output, StringComparison.Ordinal);
        Assert.Equal(expected != 0, error.Contains("4 of 20 calls", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a lot")]
    [InlineData("0.5")]
    [InlineData("101%")]
    [InlineData("-1")]
    public void AThresholdThatMeansNothingIsRefused(string text) =>
        Assert.Contains(text, Assert.Throws<ArgumentException>(() => RefusalThreshold.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "budgets": null }""", "\"budgets\" is null")]
    [InlineData("""{ "budgets": [ null ] }""", "\"budgets\" is null or contains null")]
    [InlineData("""{ "budgets": [ { "name": null, "period": "day", "limit": 5 } ] }""", "A budget has no \"name\"")]
    [InlineData("""{ "budgets": [ { "name": "x", "period": "day", "limit": 5, "partition": [ null ] } ] }""", "\"budgets[].partition\"")]
    [InlineData("""{ "prices": { "large": null } }""", "\"prices\"")]
    [InlineData("""{ "alternates": [ null ] }""", "\"alternates\"")]
    public void NothingWhereSomethingBelongsIsAMessageAndExitCodeOne(string budgets, string expected)
    {
        string config = Config(budgets);

        (int exitCode, _, string error) = RecordedLedger.Run("simulate", "--ledger", _recorded.File, "--config", config);

        Assert.Equal(1, exitCode);
        Assert.StartsWith(config + ": ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileIsAMessageAndExitCodeOne()
    {
        string config = Config("""{ "budgets": [] }""");

        Assert.Equal(1, RecordedLedger.Run("simulate", "--ledger", _recorded.InFolder("missing.db"), "--config", config).ExitCode);
        (int exitCode, _, string error) = RecordedLedger.Run("simulate", "--ledger", _recorded.File, "--config", _recorded.InFolder("missing.json"));

        Assert.Equal(1, exitCode);
        Assert.Contains("missing.json", error, StringComparison.Ordinal);
    }

    private string Config(string text)
    {
        string file = _recorded.InFolder("new.json");
        File.WriteAllText(file, text);
        return file;
    }

    private JsonElement Json(int expected, string config)
    {
        (int exitCode, string output, string error) = RecordedLedger.Run("simulate", "--ledger", _recorded.File, "--config", Config(config), "--json");
        Assert.Equal((expected, ""), (exitCode, error));
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static (int Calls, int Refused, int Switched) Counts(JsonElement result) =>
        (result.GetProperty("calls").GetInt32(), result.GetProperty("refused").GetInt32(), result.GetProperty("switched").GetInt32());
}
