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
    private static readonly Lazy<Task<(Dictionary<string, List<Dictionary<string, string>>> Emitted, string Id)>> Emitted = new(EmitAsync);

    [Fact]
    public async Task R4_EveryQueryFindsSeriesThatAreEmitted()
    {
        (Dictionary<string, List<Dictionary<string, string>>> emitted, _) = await Emitted.Value;
        (string Query, string Text)[] queries = [.. Targets().Select(target => (target.Query, target.Legend)), .. Rules()];
        Assert.Equal(Count("grafana-dashboard.json", "\"expr\":") + Count("prometheus-alerts.yaml", "- alert:"), queries.Length);
        Assert.All(queries, query => Assert.Empty(ProblemsOf(query.Query, query.Text, emitted)));
    }

    /// <summary>The check finds a mistake of each kind, so it does not pass because it reads nothing.</summary>
    [Theory]
    [InlineData("sum(rate(meaibudget_budget_refusal_total[5m]))", "", "'meaibudget_budget_refusal_total' is not emitted")]
    [InlineData("sum(rate(http_requests_total[5m]))", "", "no metric of MeaiBudget")]
    [InlineData("sum by (meaibudget_budgets) (meaibudget_budget_limit)", "", "label 'meaibudget_budgets'")]
    [InlineData("sum(meaibudget_budget_limit) without (meaibudget_budgets)", "", "label 'meaibudget_budgets'")]
    [InlineData("sum by (meaibudget_route) (meaibudget_budget_limit) / on (meaibudget_route) sum by (meaibudget_route) (meaibudget_circuit_state)", "", "label 'meaibudget_route'")]
    [InlineData("max(meaibudget_budget_limit{meaibudget_budget_unit=\"EUR\"})", "", "meaibudget_budget_unit=\"EUR\"")]
    [InlineData("max(meaibudget_budget_limit{meaibudget_budget_unit=~\"USD|EUR\"})", "", "meaibudget_budget_unit=\"EUR\"")]
    [InlineData("max(meaibudget_budget_limit{unit!=\"USD\"})", "", "label 'unit'")]
    [InlineData("max by (meaibudget_budget) (meaibudget_budget_limit)", "{{meaibudget_route}}", "label 'meaibudget_route'")]
    [InlineData("max(meaibudget_budget_limit) > 1", "{{ $labels.meaibudget_budget }}", "label 'meaibudget_budget'")]
    public async Task R4_AMistakeInAQueryIsFound(string query, string text, string found)
    {
        (Dictionary<string, List<Dictionary<string, string>>> emitted, _) = await Emitted.Value;
        Assert.Contains(ProblemsOf(query, text, emitted), problem => problem.Contains(found, StringComparison.Ordinal));
    }

    [Fact]
    public void R4_EachPanelHasTheUnitOfItsQueries() => Assert.All(Targets(), target => Assert.True(
        target.Unit == UnitOf(target.Query), $"The panel '{target.Panel}' shows {target.Unit ?? "no unit"}, and its query is {UnitOf(target.Query)}: {target.Query}"));

    /// <summary>
    /// Two services may have budgets of one name and different limits. The largest spend of one over the largest limit of the other is the
    /// share of neither, so each series is divided by its own limit first. For that, both metrics have the same labels.
    /// </summary>
    [Fact]
    public async Task R4_AShareIsThatOfOneServiceAndNotOfTwoWithBudgetsOfOneName()
    {
        (Dictionary<string, List<Dictionary<string, string>>> emitted, _) = await Emitted.Value;
        string[] shares = [.. Targets().Select(target => target.Query).Concat(Rules().Select(rule => rule.Query)).Where(query => query.Contains("meaibudget_budget_spent", StringComparison.Ordinal) && query.Contains('/'))];
        Assert.Equal(2, shares.Length);
        Assert.All(shares, query => Assert.Contains("(meaibudget_budget_spent / meaibudget_budget_limit)", query, StringComparison.Ordinal));
        HashSet<string> spent = [.. emitted["meaibudget_budget_spent"].Select(LabelsOf)];
        Assert.All(emitted["meaibudget_budget_limit"].Select(LabelsOf), labels => Assert.Contains(labels, spent));
        static string LabelsOf(Dictionary<string, string> series) => string.Join(',', series.OrderBy(label => label.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task R4_ADividedBudgetHasAFixedNumberOfSeriesAndNoKeyInThem()
    {
        (Dictionary<string, List<Dictionary<string, string>>> emitted, string id) = await Emitted.Value;
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

            var unknown = new ScriptedChatClient("no-such-model", "nobody") { Default = ScriptedReply.Text("answer").WithUsage(10, 10) };
            using IChatClient unpriced = new ChatClientBuilder(unknown).UseBudget(Budget.Daily("watched-" + id, 1m) with { Enforcement = Enforcement.Warn }).Build();
            await unpriced.GetResponseAsync("question", new ChatOptions { MaxOutputTokens = 100 });
            MeaiBudgetDiagnostics.RecordRefusal("day-" + id, RefusalReason.Spent);
            MeaiBudgetDiagnostics.RecordRefusal("day-" + id, RefusalReason.Spent, isEnforced: false);
            MeaiBudgetDiagnostics.RecordRefusal("day-" + id, RefusalReason.LedgerUnavailable);
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

    /// <summary>Finds the metrics, labels and values of a query, and the labels of its legend or message, that are not emitted.</summary>
    private static List<string> ProblemsOf(string query, string text, Dictionary<string, List<Dictionary<string, string>>> emitted)
    {
        var problems = new List<string>();
        Match[] selectors = Selector().Matches(Grouping().Replace(query, "")).ToArray();
        if (selectors.Length == 0)
        {
            problems.Add($"The query has no metric of MeaiBudget: {query}");
        }

        HashSet<string>? common = null;
        foreach (Match selector in selectors)
        {
            string name = selector.Groups["name"].Value;
            if (!emitted.TryGetValue(name, out List<Dictionary<string, string>>? series))
            {
                problems.Add($"'{name}' is not emitted: {query}");
                continue;
            }

            var labels = series.SelectMany(one => one.Keys).ToHashSet(StringComparer.Ordinal);
            common = common is null ? labels : [.. common.Intersect(labels)];
            foreach (Match matcher in Matcher().Matches(selector.Groups["labels"].Value))
            {
                string label = matcher.Groups["label"].Value;
                if (!labels.Contains(label))
                {
                    problems.Add($"No series of '{name}' has the label '{label}': {query}");
                }
                else if (!matcher.Groups["not"].Success)
                {
                    problems.AddRange(matcher.Groups["value"].Value.Split('|').Where(value => !series.Exists(one => one.GetValueOrDefault(label) == value))
                        .Select(value => $"No series of '{name}' has {label}=\"{value}\": {query}"));
                }
            }
        }

        var grouped = Grouping().Matches(query).SelectMany(grouping => grouping.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
        problems.AddRange(grouped.Where(label => label != "le" && common?.Contains(label) != true).Select(label => $"Not every metric has the label '{label}': {query}"));

        // What is not in a grouping is gone from the result, so a legend or message cannot name it.
        problems.AddRange(Placeholder().Matches(text).Select(name => name.Groups["label"].Value).Where(label => !grouped.Contains(label)).Select(label => $"The text names the label '{label}', which the result has not: {query}"));
        return problems;
    }

    /// <summary>Returns the unit of a query's result, as Grafana names it.</summary>
    private static string UnitOf(string query) =>
        query.Contains("_seconds", StringComparison.Ordinal) ? "s"
        : query.EndsWith("* 60", StringComparison.Ordinal) ? "cpm"
        : query.Contains(" / ", StringComparison.Ordinal) || query.Contains("estimate_error", StringComparison.Ordinal) || query.Contains("key_share", StringComparison.Ordinal) ? "percentunit"
        : query.Contains("client_cost_sum", StringComparison.Ordinal) || query.Contains("client_cost_bucket", StringComparison.Ordinal) || query.Contains("budget_unit=\"USD\"", StringComparison.Ordinal) ? "currencyUSD"
        : "short";

    private static List<(string Panel, string Query, string Legend, string? Unit)> Targets()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(PathOf("grafana-dashboard.json")));
        var targets = new List<(string, string, string, string?)>();
        Add(dashboard.RootElement);
        return targets;

        void Add(JsonElement parent)
        {
            // A row has panels of its own.
            foreach (JsonElement panel in parent.TryGetProperty("panels", out JsonElement panels) ? panels.EnumerateArray() : default)
            {
                Add(panel);
                foreach (JsonElement target in panel.TryGetProperty("targets", out JsonElement found) ? found.EnumerateArray() : default)
                {
                    JsonElement config = panel.GetProperty("fieldConfig");
                    string? unit = config.GetProperty("overrides").EnumerateArray().Where(one => one.GetProperty("matcher").GetProperty("options").GetString() == target.GetProperty("refId").GetString())
                        .SelectMany(one => one.GetProperty("properties").EnumerateArray()).Where(property => property.GetProperty("id").GetString() == "unit").Select(property => property.GetProperty("value").GetString()).FirstOrDefault()
                        ?? (config.GetProperty("defaults").TryGetProperty("unit", out JsonElement own) ? own.GetString() : null);
                    targets.Add((panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!, unit));
                }
            }
        }
    }

    private static IEnumerable<(string Query, string Text)> Rules() =>
        Rule().Matches(File.ReadAllText(PathOf("prometheus-alerts.yaml"))).Select(rule => (rule.Groups["query"].Value, rule.Groups["text"].Value));

    private static int Count(string file, string text) => File.ReadAllText(PathOf(file)).Split(text).Length - 1;

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

    [GeneratedRegex(@"(?<label>\w+)(=~?|(?<not>!=|!~))""(?<value>[^""]*)""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\b(by|on|without|ignoring|group_left|group_right) *\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{\{ *(\$labels\.)?(?<label>[a-z_]+) *\}\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"expr: (\|\n)?(?<query>.+?)\n        (?=for:|labels:|annotations:)(?<text>.*?)(?=\n      - alert:|$)", RegexOptions.Singleline)]
    private static partial Regex Rule();
}
