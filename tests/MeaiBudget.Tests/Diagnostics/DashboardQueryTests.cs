using System.Text.Json;
using System.Text.RegularExpressions;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace MeaiBudget.Tests;

/// <summary>Every query of the dashboard and of the alert rules finds series that are really emitted, with the labels it names.</summary>
[Collection("one meter")]
public sealed partial class DashboardQueryTests
{
    [Fact]
    public async Task R4_EveryQueryFindsSeriesThatAreEmitted()
    {
        (Dictionary<string, List<Dictionary<string, string>>> emitted, _) = await EmitAsync();
        string[] queries = [.. Expressions("grafana-dashboard.json"), .. Rules("prometheus-alerts.yaml")];
        Assert.True(queries.Length > 20, $"{queries.Length} queries were found.");
        foreach (string query in queries)
        {
            var labels = new HashSet<string>(StringComparer.Ordinal);
            foreach (Match selector in Selector().Matches(Grouping().Replace(query, "")))
            {
                string name = selector.Groups["name"].Value;
                Assert.True(emitted.TryGetValue(name, out List<Dictionary<string, string>>? series), $"'{name}' is not emitted: {query}");
                labels.UnionWith(series.SelectMany(one => one.Keys));
                foreach (Match matcher in Matcher().Matches(selector.Groups["labels"].Value))
                {
                    (string label, string[] values) = (matcher.Groups["label"].Value, matcher.Groups["value"].Value.Split('|'));
                    Assert.All(values, value => Assert.True(series.Exists(one => one.GetValueOrDefault(label) == value), $"No series of '{name}' has {label}=\"{value}\": {query}"));
                }
            }

            foreach (Match grouping in Grouping().Matches(query))
            {
                Assert.All(
                    grouping.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                    label => Assert.True(labels.Contains(label) || label == "le", $"No series has the label '{label}': {query}"));
            }
        }
    }

    [Fact]
    public async Task R4_ADividedBudgetHasAFixedNumberOfSeriesAndNoKeyInThem()
    {
        (Dictionary<string, List<Dictionary<string, string>>> emitted, string id) = await EmitAsync();
        Assert.Equal(3, emitted["meaibudget_budget_keys"].Count(one => one["meaibudget_budget"] == "divided-" + id));
        Assert.Equal(5, emitted["meaibudget_budget_key_share"].Count(one => one["meaibudget_budget"] == "divided-" + id));
        Assert.DoesNotContain(emitted.Values.SelectMany(series => series).SelectMany(one => one.Values), value => value.StartsWith("tenant-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task R4_TheSharesOfADividedBudgetAreThoseOfItsWorstKeysWithTheirOwnLimits()
    {
        string name = "shares-" + Guid.NewGuid();
        var tracker = new CostTracker(Budget.Daily(name, 10m).PerTag("tenant") with { Enforcement = Enforcement.Warn });
        await tracker.SetLimitAsync(name, "tenant-3", 1m, "test", TestContext.Current.CancellationToken);
        for (int i = 1; i <= 7; i++)
        {
            await tracker.SpendAsync("gpt-4o-mini", 1_000_000L * i, 0, new Dictionary<string, string> { ["tenant"] = $"tenant-{i}" }, TestContext.Current.CancellationToken);
        }

        var measured = new List<BudgetMeasurement>();
        ((IMeasurementSource)tracker).MeasureBudgets(measured);
        BudgetKeysMeasurement keys = Assert.Single(measured, one => one.Keys is not null).Keys!;
        Assert.Equal((7, 0, 0), (keys.All, keys.Near, keys.Spent));
        Assert.Equal([0.45m, 0.105m, 0.09m, 0.075m, 0.06m], keys.Largest);
    }

    /// <summary>Lets budgets, retries, fallbacks and refusals happen, and reads what the SDK exports, by the names of the Prometheus exporter.</summary>
    private static async Task<(Dictionary<string, List<Dictionary<string, string>>> Emitted, string Id)> EmitAsync()
    {
        string id = Guid.NewGuid().ToString("N");
        var metrics = new List<Metric>();
        CostTracker tracker = new(
            [
                Budget.Daily("day-" + id, 10m),
                Budget.Daily("tokens-" + id, null) with { TokenLimit = 1_000_000_000 },
                Budget.Daily("requests-" + id, null) with { RequestLimit = 1_000 },
                Budget.Daily("divided-" + id, 1m).PerTag("tenant"),
            ],
            configure: options => options.Name = id);
        using (MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddMeter(MeaiBudgetDiagnostics.MeterName).AddInMemoryExporter(metrics).Build())
        {
            var busy = new ScriptedChatClient("gpt-4o", "openai") { Default = ScriptedReply.Throw(new HttpRequestException("busy", null, System.Net.HttpStatusCode.ServiceUnavailable)) };
            var local = new ScriptedChatClient("llama3.2", "ollama") { Default = ScriptedReply.Text("local").WithUsage(900, 80) };
            using IChatClient client = new ChatClientBuilder(busy).UseTokenEstimation().UseBudget(tracker)
                .UseRetry(configure: options => (options.MaxRetries, options.BaseDelay) = (1, TimeSpan.FromMilliseconds(1)))
                .UseFallback([new ChatRoute("local", local) { IsLocal = true }]).Build();
            for (int i = 0; i < 6; i++)
            {
                await client.GetResponseAsync("question", new ChatOptions { MaxOutputTokens = 100, AdditionalProperties = new() { ["tenant"] = $"tenant-{i}" } });
                await tracker.SpendAsync("gpt-4o-mini", 1_000_000L * (i + 2), 0, new Dictionary<string, string> { ["tenant"] = $"tenant-{i}" });
            }

            MeaiBudgetDiagnostics.RecordRefusal("day-" + id, RefusalReason.Spent);
            MeaiBudgetDiagnostics.RecordRefusal("day-" + id, RefusalReason.Spent, isEnforced: false);
            MeaiBudgetDiagnostics.RecordCatalogReload(id, isRefused: true);
            MeaiBudgetDiagnostics.RecordCountCache(1, 1);
            MeaiBudgetDiagnostics.RecordEstimateError(110, 100, "openai", id, TokenEstimateSource.Heuristic);
            MeaiBudgetDiagnostics.RecordHistory(1, 1);
            MeaiBudgetDiagnostics.RecordUnbudgeted("api.example", "no_pipeline", isRefused: true);
            provider.ForceFlush();
        }

        GC.KeepAlive(tracker);
        var emitted = new Dictionary<string, List<Dictionary<string, string>>>(StringComparer.Ordinal);
        foreach (Metric metric in metrics)
        {
            var series = new List<Dictionary<string, string>>();
            foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
            {
                var labels = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                {
                    labels[tag.Key.Replace('.', '_')] = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(tag.Value is bool flag ? flag ? "true" : "false" : tag.Value)}");
                }

                series.Add(labels);
            }

            string name = metric.Name.Replace('.', '_') + (metric.Unit == "s" ? "_seconds" : "");
            foreach (string exported in metric.MetricType switch
            {
                MetricType.Histogram => (string[])[name + "_bucket", name + "_sum", name + "_count"],
                MetricType.LongSum or MetricType.DoubleSum => [name + "_total"],
                _ => [name],
            })
            {
                emitted[exported] = series;
            }
        }

        return (emitted, id);
    }

    private static IEnumerable<string> Expressions(string file)
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(PathOf(file)));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    private static IEnumerable<string> Rules(string file)
    {
        string text = File.ReadAllText(PathOf(file));
        return Rule().Matches(text).Select(rule => rule.Groups["query"].Value);
    }

    private static string PathOf(string file)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MeaiBudget.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        Assert.SkipWhen(folder is null, "The documents are not beside the tests: run the tests from the repository.");
        return Path.Combine(folder!, "docs", file);
    }

    [GeneratedRegex(@"\b(?<name>meaibudget_\w+)(\{(?<labels>[^}]*)\})?")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(?<label>\w+)=~?""(?<value>[^""]*)""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\b(by|on) *\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"expr: (\|\n)?(?<query>.+?)(?=\n        (for|labels|annotations):)", RegexOptions.Singleline)]
    private static partial Regex Rule();
}
