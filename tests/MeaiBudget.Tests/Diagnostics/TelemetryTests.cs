using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MeaiBudget.Tests;

/// <summary>Uses the real OpenTelemetry SDK with the in-memory exporter. Other tests may record at the same time, so every test uses unique names.</summary>
[Collection("one meter")]
public partial class TelemetryTests
{
    public static TheoryData<bool> Modes => StreamModes.Both;

    private static string[] MetricNames { get; } = [.. Names("Metric")];

    private static string[] TagNames { get; } = [.. Names("Tag")];

    [Fact]
    public void EveryNameIsExportedWithItsTags()
    {
        string budget = "b-" + Guid.NewGuid();
        var source = new Source(budget);
        List<Metric> metrics = Collect(() =>
        {
            MeaiBudgetDiagnostics.Observe(source);
            CostTelemetry.Record(new Cost(1_500_000_000, CostKind.Computed, PriceMatch.Exact), budget, "openai", "gpt-4o");
            CostTelemetry.Record(new Cost(0, CostKind.Unknown, PriceMatch.Unknown), budget, "openai", "gpt-4o");
            MeaiBudgetDiagnostics.RecordRefusal(budget, RefusalReason.Spent);
            MeaiBudgetDiagnostics.RecordEstimateError(110, 100, "openai", budget, TokenEstimateSource.Heuristic);
            MeaiBudgetDiagnostics.RecordCountCache(3, 1);
            MeaiBudgetDiagnostics.RecordRetry(budget, ChatFailureKind.RateLimited);
            MeaiBudgetDiagnostics.RecordFallback(budget, "b", ChatFailureKind.Timeout);
            MeaiBudgetDiagnostics.RecordCatalogReload(budget, isRefused: true);
            MeaiBudgetDiagnostics.RecordHistory(waiting: 1, dropped: 1);
            MeaiBudgetDiagnostics.RecordUnbudgeted("api.example", "no_pipeline", isRefused: false);
            MeaiBudgetDiagnostics.RecordHistory(waiting: -1, dropped: 0);
        });

        Assert.Empty(MetricNames.Except(metrics.Select(metric => metric.Name)));
        Assert.Equal(1.5, Point(metrics, MeaiBudgetDiagnostics.CostMetric, budget).GetHistogramSum());
        Assert.Equal(0.1, Point(metrics, MeaiBudgetDiagnostics.EstimateErrorMetric, budget).GetHistogramSum(), 9);
        Assert.Equal(1, Point(metrics, MeaiBudgetDiagnostics.RefusalsMetric, budget).GetSumLong());
        Assert.Equal(20, Point(metrics, MeaiBudgetDiagnostics.BudgetLimitMetric, budget).GetGaugeLastValueDouble());
        Assert.Equal(5, Point(metrics, MeaiBudgetDiagnostics.BudgetSpentMetric, budget).GetGaugeLastValueDouble());
        Assert.Equal(1, Point(metrics, MeaiBudgetDiagnostics.BudgetReservedMetric, budget).GetGaugeLastValueDouble());
        Assert.Equal(2, Point(metrics, MeaiBudgetDiagnostics.CircuitStateMetric, budget).GetGaugeLastValueLong());
        GC.KeepAlive(source);
    }

    [Fact]
    public void AnUnknownCostIsNotRecordedAndZeroIs()
    {
        string route = "r-" + Guid.NewGuid();
        List<Metric> metrics = Collect(() =>
        {
            CostTelemetry.Record(new Cost(0, CostKind.Unknown, PriceMatch.Unknown), route + "-unknown", null, null);
            CostTelemetry.Record(new Cost(0, CostKind.Computed, PriceMatch.Free), route + "-free", null, null);
        });

        Assert.DoesNotContain(Points(metrics, MeaiBudgetDiagnostics.CostMetric), point => Has(point, route + "-unknown"));
        Assert.Equal(1, Point(metrics, MeaiBudgetDiagnostics.UnpricedMetric, route + "-unknown").GetSumLong());
        Assert.DoesNotContain(Points(metrics, MeaiBudgetDiagnostics.UnpricedMetric), point => Has(point, route + "-free"));
        Assert.Equal(1, Point(metrics, MeaiBudgetDiagnostics.CostMetric, route + "-free").GetHistogramCount());
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AnAttemptWithoutAPriceIsCountedIfABudgetLooksForOne(bool streaming)
    {
        string model = "m-" + Guid.NewGuid();
        var metrics = new List<Metric>();
        using (MeterProvider meters = Sdk.CreateMeterProviderBuilder().AddMeter(MeaiBudgetDiagnostics.MeterName).AddInMemoryExporter(metrics).Build())
        {
            var provider = new ScriptedChatClient(model, "nobody") { Default = ScriptedReply.Text("x").WithUsage(10, 5) };
            using IChatClient watched = new ChatClientBuilder(provider).UseTokenEstimation().UseBudget(new CostTracker([Budget.Daily("day", 10m) with { Enforcement = Enforcement.Warn }])).Build();
            using IChatClient alone = new ChatClientBuilder(provider).UseRetry().Build();
            await watched.AskAsync(streaming);
            await alone.AskAsync(streaming);
        }

        Assert.Equal(1, Point(metrics, MeaiBudgetDiagnostics.UnpricedMetric, model).GetSumLong());
        Assert.DoesNotContain(Points(metrics, MeaiBudgetDiagnostics.CostMetric), point => Has(point, model));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task OpenTelemetryOnTheProviderClientReportsOnlyWhatTheProviderReported(bool streaming)
    {
        string source = "source-" + Guid.NewGuid();
        var provider = new ScriptedChatClient("gpt-4o-mini", "openai");
        provider.Enqueue(ScriptedReply.Text("with usage").WithUsage(12, 5), ScriptedReply.Text("without usage").WithoutUsage());
        IChatClient observed = new ChatClientBuilder(provider).UseOpenTelemetry(sourceName: source).Build();
        using IChatClient client = new ChatClientBuilder(observed).UseTokenEstimation().UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();
        var metrics = new List<Metric>();
        var spans = new List<Activity>();
        using (MeterProvider meters = Sdk.CreateMeterProviderBuilder().AddMeter(source).AddInMemoryExporter(metrics).Build())
        using (TracerProvider tracers = Sdk.CreateTracerProviderBuilder().AddSource(source).AddInMemoryExporter(spans).Build())
        {
            await client.AskAsync(streaming);
            ChatResponse second = await client.AskAsync(streaming);
            Assert.NotNull(second.Usage);
            meters.ForceFlush();
        }

        Assert.Equal(2, spans.Count);
        Assert.Equal(12, Assert.IsType<int>(spans[0].GetTagItem("gen_ai.usage.input_tokens")));
        Assert.Null(spans[1].GetTagItem("gen_ai.usage.input_tokens"));
        Metric usage = metrics.Last(metric => metric.Name == "gen_ai.client.token.usage");
        double sum = 0;
        foreach (ref readonly MetricPoint point in usage.GetMetricPoints())
        {
            sum += point.GetHistogramSum();
        }

        Assert.Equal(17, sum);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task CostIsPutOnTheCurrentActivityWhereAskedFor(bool streaming)
    {
        using var source = new ActivitySource("app-" + Guid.NewGuid());
        using var listener = new ActivityListener { ShouldListenTo = candidate => candidate == source, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        var provider = new ScriptedChatClient("gpt-4o-mini", "openai");
        provider.Enqueue(ScriptedReply.Text("x").WithUsage(1_000_000, 0));
        using IChatClient client = new ChatClientBuilder(provider)
            .UseRedactedLogging(NullLoggerFactory.Instance, options => options.AddCostToActivity = true)
            .UseBudget(new CostTracker([Budget.Daily("day", null)])).Build();

        using Activity activity = source.StartActivity("request")!;
        await client.AskAsync(streaming);

        Assert.Equal(0.15, activity.GetTagItem(MeaiBudgetDiagnostics.UsageCostAmountTag));
        Assert.Equal("USD", activity.GetTagItem(MeaiBudgetDiagnostics.UsageCostCurrencyTag));
        Assert.Equal("local", activity.GetTagItem(MeaiBudgetDiagnostics.UsageCostSourceTag));
    }

    [Fact]
    public void TheApplicationsMeterFactoryIsUsedUntilItsContainerGoes()
    {
        string route = "r-" + Guid.NewGuid();
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        using var retries = new MetricCollector<long>(factory, MeaiBudgetDiagnostics.MeterName, MeaiBudgetDiagnostics.RetriesMetric);

        using (MeaiBudgetDiagnostics.UseMeterFactory(factory))
        {
            MeaiBudgetDiagnostics.RecordRetry(route, ChatFailureKind.Timeout);
        }

        MeaiBudgetDiagnostics.RecordRetry(route, ChatFailureKind.Timeout);

        Assert.Single(retries.GetMeasurementSnapshot(), measurement => Equals(measurement.Tags[MeaiBudgetDiagnostics.RouteTag], route));
    }

    [Fact]
    public void ASourceThatNobodyHoldsDisappears()
    {
        string budget = "gone-" + Guid.NewGuid();
        Register(budget);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        List<Metric> metrics = Collect(() => { });

        Assert.DoesNotContain(Points(metrics, MeaiBudgetDiagnostics.BudgetLimitMetric), point => Has(point, budget));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Register(string name) => MeaiBudgetDiagnostics.Observe(new Source(name));
    }

    [Fact]
    public void TheDashboardAsksForNothingButOurNamesAndShowsEachOfThem()
    {
        string text = File.ReadAllText(Path.Combine(Root(), "docs", "grafana-dashboard.json"));
        using var dashboard = JsonDocument.Parse(text);
        string[] expressions = [.. Strings(dashboard.RootElement, "expr")];
        Assert.NotEmpty(expressions);
        string[] ours = [.. MetricNames.Select(Prometheus)];
        string[] tags = [.. TagNames.Select(Prometheus)];

        foreach (string name in expressions.SelectMany(expression => PrometheusName().Matches(expression).Select(match => match.Value)))
        {
            string bare = Suffix().Replace(name, "");
            Assert.True(ours.Contains(bare) || tags.Contains(name), $"The dashboard asks for '{name}', which is no name of ours.");
        }

        foreach (string name in ours)
        {
            Assert.Contains(expressions, expression => expression.Contains(name, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void TheAlertExampleAsksForNothingButOurNames()
    {
        string text = File.ReadAllText(Path.Combine(Root(), "docs", "telemetry.md"));
        string[] used = [.. PrometheusName().Matches(text).Select(match => Suffix().Replace(match.Value, "")).Distinct()];
        Assert.NotEmpty(used);
        Assert.Empty(used.Except(MetricNames.Concat(TagNames).Select(Prometheus)));
        Assert.All(MetricNames, name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    [GeneratedRegex("meaibudget_[a-z_]+")]
    private static partial Regex PrometheusName();

    // The suffixes that the Prometheus exporters append.
    [GeneratedRegex("(_bucket|_sum|_count|_total|_seconds)$")]
    private static partial Regex Suffix();

    private static string Prometheus(string name) => name.Replace('.', '_');

    private static IEnumerable<string> Names(string ending) =>
        from field in typeof(MeaiBudgetDiagnostics).GetFields()
        where field.IsLiteral && field.Name.EndsWith(ending, StringComparison.Ordinal)
        select (string)field.GetRawConstantValue()!;

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MeaiBudget.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        Assert.SkipWhen(folder is null, "The documents are not beside the tests: run the tests from the repository.");
        return folder!;
    }

    private static IEnumerable<string> Strings(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property.Name == name && property.Value.ValueKind == JsonValueKind.String ? [property.Value.GetString()!] : Strings(property.Value, name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(item => Strings(item, name)),
        _ => [],
    };

    private static List<Metric> Collect(Action record)
    {
        var metrics = new List<Metric>();
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddMeter(MeaiBudgetDiagnostics.MeterName).AddInMemoryExporter(metrics).Build();
        record();
        provider.ForceFlush();
        return [.. metrics];
    }

    private static List<MetricPoint> Points(List<Metric> metrics, string name)
    {
        var points = new List<MetricPoint>();
        foreach (Metric metric in metrics.Where(metric => metric.Name == name))
        {
            foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
            {
                points.Add(point);
            }
        }

        return points;
    }

    private static MetricPoint Point(List<Metric> metrics, string name, string tagValue) => Points(metrics, name).Single(point => Has(point, tagValue));

    private static bool Has(MetricPoint point, string tagValue)
    {
        foreach (KeyValuePair<string, object?> tag in point.Tags)
        {
            if (Equals(tag.Value, tagValue))
            {
                return true;
            }
        }

        return false;
    }

    private sealed class Source(string name) : IMeasurementSource
    {
        public void MeasureBudgets(ICollection<BudgetMeasurement> into) => into.Add(new(name, "USD", 20m, 5m, 1m) { Keys = new(3, 1, 1, [0.9m]) });

        public void MeasureCircuits(ICollection<CircuitMeasurement> into) => into.Add(new(name, 2));

        public void MeasureCatalogAge(ICollection<TimeSpan> into) => into.Add(TimeSpan.FromDays(3));
    }
}
