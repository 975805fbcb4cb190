using System.Diagnostics;
using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry.Metrics;

namespace MeaiBudget.Tests;

/// <content>That the library's parts report to the instruments.</content>
public partial class TelemetryTests
{
    private static readonly PriceCatalog TenCentsAThousand = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m));

    [Fact]
    public async Task ATrackerShowsItsBudgetsLimitSpentAndReserved()
    {
        string budget = "b-" + Guid.NewGuid();
        var tracker = new CostTracker([Budget.Daily(budget, 20m) with { TokenLimit = 50_000 }, Budget.Daily(budget + "-each", 7m).PerTag("tenant")], SpendRequests.Catalog);
        SpendReservation settled = await tracker.ReserveAsync(SpendRequests.Of(3m, tags: new Dictionary<string, string> { ["tenant"] = "a" }));
        await tracker.SettleAsync(settled, SpendRequests.Used(2m));
        await tracker.ReserveAsync(SpendRequests.Of(4m, tags: new Dictionary<string, string> { ["tenant"] = "b" }));

        List<Metric> metrics = Collect(() => { });

        Assert.Equal((20, 2, 4), (Of(MeaiBudgetDiagnostics.BudgetLimitMetric), Of(MeaiBudgetDiagnostics.BudgetSpentMetric), Of(MeaiBudgetDiagnostics.BudgetReservedMetric)));
        Assert.Equal((50_000, 2_000, 4_000), (
            Of(MeaiBudgetDiagnostics.BudgetLimitMetric, "tokens"), Of(MeaiBudgetDiagnostics.BudgetSpentMetric, "tokens"), Of(MeaiBudgetDiagnostics.BudgetReservedMetric, "tokens")));

        // A divided budget shows the sums over its keys, and no limit.
        Assert.Equal(2, Point(metrics, MeaiBudgetDiagnostics.BudgetSpentMetric, budget + "-each").GetGaugeLastValueDouble());
        Assert.Equal(4, Point(metrics, MeaiBudgetDiagnostics.BudgetReservedMetric, budget + "-each").GetGaugeLastValueDouble());
        Assert.DoesNotContain(Points(metrics, MeaiBudgetDiagnostics.BudgetLimitMetric), point => Has(point, budget + "-each"));
        GC.KeepAlive(tracker);

        double Of(string metric, string unit = "USD") =>
            Points(metrics, metric).Single(point => Has(point, budget) && Has(point, unit)).GetGaugeLastValueDouble();
    }

    [Fact]
    public async Task AGaugeNeverWaitsForALedgerElsewhereAndShowsWhatWasLastSeen()
    {
        string budget = "b-" + Guid.NewGuid();
        var ledger = new GatedLedger(new InMemorySpendLedger());
        var tracker = new CostTracker([Budget.Daily(budget, 20m)], SpendRequests.Catalog, ledger);
        await tracker.SpendAsync(SpendRequests.Of(3m), new BillableUsage { InputTokens = 3_000 }, TestContext.Current.CancellationToken);

        ledger.Close();
        Assert.DoesNotContain(Points(Collect(() => { }), MeaiBudgetDiagnostics.BudgetSpentMetric), point => Has(point, budget));

        ledger.Open();
        IMeasurementSource source = tracker;
        var seen = new List<BudgetMeasurement>();
        while (seen.Count == 0)
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            source.MeasureBudgets(seen);
        }

        Assert.Equal(new BudgetMeasurement(budget, "USD", 20m, 3m, 0m), Assert.Single(seen));
    }

    [Fact]
    public async Task ARoutesCircuitShowsItsState()
    {
        string name = "r-" + Guid.NewGuid();
        var failing = new ScriptedChatClient { Default = ScriptedReply.Throw(new HttpRequestException("no", null, HttpStatusCode.InternalServerError)) };
        var route = new ChatRoute(name, failing) { Circuit = new CircuitOptions { ConsecutiveFailures = 1 } };
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient { Default = failing.Default }).UseFallback([route]).Build();
        Assert.Equal(0, State());

        await Assert.ThrowsAsync<FallbackExhaustedException>(() => client.AskAsync(streaming: false));

        Assert.Equal(2, State());

        long State() => Point(Collect(() => GC.KeepAlive(route.CircuitState)), MeaiBudgetDiagnostics.CircuitStateMetric, name).GetGaugeLastValueLong();
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ARefusalIsCountedOnceHoweverOftenTheBudgetWasAsked(bool streaming)
    {
        string budget = "b-" + Guid.NewGuid();
        var observer = new RecordingObserver();
        var tracker = new CostTracker([Budget.Daily(budget, 0.20m)], TenCentsAThousand, configure: options => options.Observers.Add(observer));
        var provider = new ScriptedChatClient { Default = ScriptedReply.Text("Fine.").WithUsage(10, 1_999) };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        List<Metric> metrics = await CollectAsync(async () =>
        {
            // Reserved twice, then admitted with fewer output tokens: this is not a refusal.
            await client.AskAsync(streaming);
            Assert.Empty(observer.Of(BudgetEventKind.Refused));
            await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming));
        });

        Assert.Equal(1, Point(metrics, MeaiBudgetDiagnostics.RefusalsMetric, budget).GetSumLong());
        Assert.Single(observer.Of(BudgetEventKind.Refused));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ACallAndEachOfItsAttemptsAreActivities(bool streaming)
    {
        var stopped = new List<Activity>();
        using var own = new ActivitySource("app-" + Guid.NewGuid());
        using Activity root = new("root");
        root.Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == MeaiBudgetDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == root.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                lock (stopped)
                {
                    stopped.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        ScriptedChatClient primary = new ScriptedChatClient("a", "one").Enqueue(new HttpRequestException("no", null, HttpStatusCode.InternalServerError));
        ScriptedChatClient alternate = new ScriptedChatClient("b", "two").Enqueue(ScriptedReply.Text("Fine.").WithUsage(10, 1_000));
        var tracker = new CostTracker([Budget.Daily("day", 10m)], PriceCatalog.Empty.With("a", ModelPrice.PerMillionTokens(0m, 100m)).With("b", ModelPrice.PerMillionTokens(0m, 100m)));
        using IChatClient client = new ChatClientBuilder(primary).UseBudget(tracker).UseFallback(alternate).Build();

        await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 1_000 });

        Activity[] ours = [.. stopped.Where(activity => activity.TraceId == root.TraceId)];
        Activity call = Assert.Single(ours, activity => activity.OperationName == MeaiBudgetDiagnostics.CallActivityName);
        Activity[] attempts = [.. ours.Where(activity => activity.OperationName == MeaiBudgetDiagnostics.AttemptActivityName).OrderBy(activity => activity.StartTimeUtc)];
        Assert.Equal(2, attempts.Length);
        Assert.Equal(root.SpanId, call.ParentSpanId);
        Assert.All(attempts, attempt => Assert.Equal(call.SpanId, attempt.ParentSpanId));
        Assert.Equal((ActivityStatusCode.Error, "ServerError", "one/a"), (attempts[0].Status, attempts[0].GetTagItem(MeaiBudgetDiagnostics.ErrorTypeTag), attempts[0].GetTagItem(MeaiBudgetDiagnostics.RouteTag)));
        Assert.Equal(("two/b", "two", "b", 0.1), (
            attempts[1].GetTagItem(MeaiBudgetDiagnostics.RouteTag), attempts[1].GetTagItem(MeaiBudgetDiagnostics.ProviderTag),
            attempts[1].GetTagItem(MeaiBudgetDiagnostics.RequestModelTag), attempts[1].GetTagItem(MeaiBudgetDiagnostics.UsageCostAmountTag)));
        Assert.Equal(("two/b", ActivityStatusCode.Unset), (call.GetTagItem(MeaiBudgetDiagnostics.RouteTag), call.Status));
        Assert.Same(root, Activity.Current);
    }

    private static async Task<List<Metric>> CollectAsync(Func<Task> record)
    {
        var metrics = new List<Metric>();
        using MeterProvider provider = OpenTelemetry.Sdk.CreateMeterProviderBuilder().AddMeter(MeaiBudgetDiagnostics.MeterName).AddInMemoryExporter(metrics).Build();
        await record();
        provider.ForceFlush();
        return [.. metrics];
    }

    /// <summary>A ledger whose answers to questions wait until it is opened.</summary>
    private sealed class GatedLedger(ISpendLedger inner) : ISpendLedger
    {
        private TaskCompletionSource _opened = Opened();

        public event Action<LedgerLeaseExpiry>? LeaseExpired
        {
            add => inner.LeaseExpired += value;
            remove => inner.LeaseExpired -= value;
        }

        public string Name => "gated";

        public TimeProvider Clock => inner.Clock;

        public void Close() => _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _opened.SetResult();

        public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default) => inner.ReserveAsync(reservation, cancellationToken);

        public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) => inner.SettleAsync(settlement, cancellationToken);

        public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => inner.ReleaseAsync(id, cancellationToken);

        public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) => inner.RenewAsync(id, lease, cancellationToken);

        public async ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
        {
            await _opened.Task;
            return await inner.ReadAsync(accounts, cancellationToken);
        }

        public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAccountsAsync(prefix, cancellationToken);

        public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => inner.GrantAsync(grant, cancellationToken);

        public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) => inner.AdjustAsync(adjustment, cancellationToken);

        public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => inner.WaitForChangeAsync(account, cancellationToken);

        private static TaskCompletionSource Opened()
        {
            var source = new TaskCompletionSource();
            source.SetResult();
            return source;
        }
    }
}
