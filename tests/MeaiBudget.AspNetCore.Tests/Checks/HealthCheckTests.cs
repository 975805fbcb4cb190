using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>What the health checks say of ledgers, prices and settlements that wait.</summary>
public sealed class HealthCheckTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EverythingIsHealthyWhileLedgersAnswerAndPricesAreRecent()
    {
        HealthReport report = await ReportAsync([new CostTracker(Budget.Daily("day", 1m)), new CostTracker(Budget.Daily("day", 1m))], oldestPrices: TimeSpan.FromDays(36_500));

        Assert.Equal(["meaibudget-ledger", "meaibudget-outbox", "meaibudget-prices"], report.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(report.Entries.Values, entry => Assert.Equal(HealthStatus.Healthy, entry.Status));
        Assert.All(report.Entries.Values, entry => Assert.Contains("meaibudget", entry.Tags));
        Assert.Equal(["memory", "memory (2)"], report.Entries["meaibudget-ledger"].Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["day", "day (2)"], report.Entries["meaibudget-outbox"].Data.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WithoutATrackerNothingIsUnhealthyAndTheTextSaysSo()
    {
        HealthReport report = await ReportAsync([]);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal("No CostTracker is registered.", report.Entries["meaibudget-ledger"].Description);
        Assert.Equal("No CostTracker is registered.", report.Entries["meaibudget-prices"].Description);
    }

    [Theory]
    [InlineData("ledger")]
    [InlineData("timeout")]
    [InlineData("disposed")]
    [InlineData("cancelled")]
    [InlineData("task")]
    public async Task ALedgerThatFailsIsUnhealthyAndNoSecretOfTheFailureIsSaid(string how)
    {
        const string Secret = "Host=db.internal;Password=hunter2";
        Exception failure = how switch
        {
            "ledger" => new SpendLedgerException("away", Secret, new InvalidOperationException(Secret)),
            "timeout" => new TimeoutException(Secret),
            "disposed" => new ObjectDisposedException(Secret),
            "cancelled" => new OperationCanceledException(Secret),
            _ => new InvalidOperationException(Secret),
        };
        ISpendLedger away = Ledger("away", () => how == "task" ? ValueTask.FromException<IReadOnlyList<LedgerLineState>>(failure) : throw failure);
        HealthReport report = await ReportAsync([new CostTracker(Budget.Daily("day", 1m)), new CostTracker([Budget.Daily("other", 1m)], ledger: away)]);

        HealthReportEntry entry = report.Entries["meaibudget-ledger"];
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Null(entry.Exception);
        Assert.StartsWith("The ledger 'away' ", entry.Description, StringComparison.Ordinal);
        Assert.StartsWith("answered in ", (string)entry.Data["memory"], StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", JsonSerializer.Serialize(new { entry.Description, entry.Data }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LedgersThatHangAreAskedTogetherAndGivenUpAfterTwoSeconds(bool blocks)
    {
        using var never = new ManualResetEventSlim();
        var asked = new TaskCompletionSource[] { new(), new() };
        CostTracker[] trackers = [.. asked.Select((signal, i) => new CostTracker([Budget.Daily("day", 1m)], ledger: Ledger($"hangs-{i}", () =>
        {
            signal.TrySetResult();
            if (blocks)
            {
                never.Wait(Cancelled);
            }

            return new(new TaskCompletionSource<IReadOnlyList<LedgerLineState>>().Task);
        })))];
        var time = new FakeTimeProvider();
        Task<HealthReport> checking = ReportAsync(trackers, time: time);
        await Task.WhenAll(asked.Select(signal => signal.Task)).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancelled);
        while (!checking.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        HealthReportEntry entry = (await checking).Entries["meaibudget-ledger"];
        never.Set();
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Equal("The ledger 'hangs-0' did not answer within 2 seconds. The ledger 'hangs-1' did not answer within 2 seconds.", entry.Description);
    }

    [Fact]
    public async Task ALedgerOfSeveralTrackersIsAskedOnce()
    {
        int asked = 0;
        ISpendLedger ledger = Ledger("shared", () =>
        {
            Interlocked.Increment(ref asked);
            return ValueTask.FromResult<IReadOnlyList<LedgerLineState>>([]);
        });
        HealthReport report = await ReportAsync([new CostTracker([Budget.Daily("one", 1m)], ledger: ledger), new CostTracker([Budget.Daily("two", 1m)], ledger: ledger)]);
        Assert.Equal(HealthStatus.Healthy, report.Entries["meaibudget-ledger"].Status);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task ACheckThatIsCancelledReportsNoLedgerAsAway()
    {
        using var cancel = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        ISpendLedger ledger = Ledger("hangs", () =>
        {
            asked.TrySetResult();
            return new(new TaskCompletionSource<IReadOnlyList<LedgerLineState>>().Task);
        });
        Task<HealthReport> checking = ReportAsync([new CostTracker([Budget.Daily("day", 1m)], ledger: ledger)], cancellationToken: cancel.Token);
        await asked.Task.WaitAsync(Cancelled);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checking);
    }

    [Fact]
    public async Task PricesThatAreTooOldOrWereNotReloadedAreDegraded()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        using var old = PriceCatalogSource.FromDelegate("old", _ => ValueTask.FromResult(PriceCatalog.Empty), PriceCatalog.Empty, new() { TimeProvider = time, RefreshInterval = TimeSpan.FromDays(49) });
        using var broken = PriceCatalogSource.FromDelegate(
            "https://user:hunter2@prices.example/list.json?token=hunter2", _ => throw new HttpRequestException("hunter2"), PriceCatalog.Empty, new() { TimeProvider = time });
        CostTracker[] trackers = [new CostTracker([Budget.Daily("day", 1m)], old), new CostTracker([Budget.Daily("day", 1m)], broken)];
        Assert.Equal(HealthStatus.Healthy, (await ReportAsync(trackers)).Entries["meaibudget-prices"].Status);

        Assert.False(await broken.ReloadAsync(Cancelled));
        HealthReportEntry entry = (await ReportAsync(trackers)).Entries["meaibudget-prices"];
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("'list.json' could not be reloaded", entry.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", JsonSerializer.Serialize(new { entry.Description, entry.Data }), StringComparison.Ordinal);

        time.Advance(TimeSpan.FromDays(45) + TimeSpan.FromHours(13));
        entry = (await ReportAsync(trackers)).Entries["meaibudget-prices"];
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("The prices 'old' are 46 days old, above 45.", entry.Description, StringComparison.Ordinal);
        Assert.Contains("The prices 'list.json' are 46 days old, above 45.", entry.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await ReportAsync([trackers[0]], oldestPrices: TimeSpan.FromDays(46))).Entries["meaibudget-prices"].Status);
    }

    [Fact]
    public async Task SettlementsThatWaitAreDegradedAndTooManyUnhealthyUntilTheLedgerAppliesThem()
    {
        var ledger = new FaultyLedger(new InMemorySpendLedger());
        var tracker = new CostTracker([Budget.Daily("day", 10m)], ledger: ledger);
        SpendReservation[] reservations = [await ReserveAsync(tracker), await ReserveAsync(tracker)];
        CostTracker[] trackers = [new CostTracker(Budget.Daily("day", 1m)), tracker];
        Assert.Equal(HealthStatus.Healthy, (await ReportAsync(trackers)).Entries["meaibudget-outbox"].Status);

        ledger.IsAway = true;
        foreach (SpendReservation reservation in reservations)
        {
            await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 10 } });
        }

        HealthReport report = await ReportAsync(trackers, mostPending: 2);
        Assert.Equal((HealthStatus.Degraded, HealthStatus.Unhealthy), (report.Entries["meaibudget-outbox"].Status, report.Entries["meaibudget-ledger"].Status));
        Assert.Equal((0, 2), ((int)report.Entries["meaibudget-outbox"].Data["day"], (int)report.Entries["meaibudget-outbox"].Data["day (2)"]));
        Assert.Equal(HealthStatus.Unhealthy, (await ReportAsync(trackers, mostPending: 1)).Entries["meaibudget-outbox"].Status);

        ledger.IsAway = false;
        while (tracker.PendingSettlements > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancelled);
        }

        Assert.Equal(HealthStatus.Healthy, (await ReportAsync(trackers)).Entries["meaibudget-outbox"].Status);
    }

    [Fact]
    public async Task TheReportIsJsonByMapHealthChecks()
    {
        string folder = Path.Combine("var", "customers", "acme", "spend.db");
        ISpendLedger ledger = Ledger(Path.DirectorySeparatorChar + folder, () => throw new SpendLedgerException("x", "Password=hunter2"));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton(new CostTracker([Budget.Daily("day", 1m)], ledger: ledger));
        builder.Services.AddHealthChecks().AddMeaiBudgetChecks(TimeSpan.FromDays(36_500));
        await using WebApplication application = builder.Build();
        application.MapHealthChecks("/health", new HealthCheckOptions
        {
            ResponseWriter = (context, report) =>
            {
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync(JsonSerializer.Serialize(report.Entries.ToDictionary(entry => entry.Key, entry => new { status = entry.Value.Status.ToString(), description = entry.Value.Description, data = entry.Value.Data })));
            },
        });
        await application.StartAsync(Cancelled);
        using HttpClient client = application.GetTestClient();
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/health", UriKind.Relative), Cancelled);
        string text = await answer.Content.ReadAsStringAsync(Cancelled);
        using var json = JsonDocument.Parse(text);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("The ledger 'spend.db' failed.", json.RootElement.GetProperty("meaibudget-ledger").GetProperty("description").GetString());
        Assert.Equal("failed", json.RootElement.GetProperty("meaibudget-ledger").GetProperty("data").GetProperty("spend.db").GetString());
        Assert.Equal("Healthy", json.RootElement.GetProperty("meaibudget-prices").GetProperty("status").GetString());
        Assert.Equal(0, json.RootElement.GetProperty("meaibudget-outbox").GetProperty("data").GetProperty("day").GetInt32());
        Assert.DoesNotContain("customers", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    private static async Task<HealthReport> ReportAsync(
        CostTracker[] trackers, TimeSpan? oldestPrices = null, int mostPending = 1_000, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        foreach (CostTracker tracker in trackers)
        {
            services.AddSingleton(tracker);
        }

        if (time is not null)
        {
            services.AddSingleton(time);
        }

        services.AddHealthChecks().AddMeaiBudgetChecks(oldestPrices, mostPending);
        await using ServiceProvider provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(cancellationToken.CanBeCanceled ? cancellationToken : Cancelled);
    }

    private static ISpendLedger Ledger(string name, Func<ValueTask<IReadOnlyList<LedgerLineState>>> read)
    {
        ISpendLedger ledger = Substitute.For<ISpendLedger>();
        ledger.Name.Returns(name);
        ledger.Clock.Returns(TimeProvider.System);
#pragma warning disable CA2012 // The call tells the substitute what to return; nothing is awaited.
        ledger.ReadAsync(default!, default).ReturnsForAnyArgs(_ => read());
#pragma warning restore CA2012
        return ledger;
    }

    private static async Task<SpendReservation> ReserveAsync(CostTracker tracker)
    {
        SpendReservation reservation = await tracker.ReserveAsync(
            new SpendRequest { CallId = Guid.NewGuid(), Attempt = 1, ModelId = "gpt-4o-mini", Estimate = new TokenEstimate(10, 10, TokenEstimateSource.Exact), OutputTokens = 10 }, Cancelled);
        Assert.Null(reservation.Refusal);
        return reservation;
    }
}
