using System.Diagnostics;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MeaiBudget.Tests;

/// <summary>Costs on activities add up to the spend, and metric tags have a bounded number of values.</summary>
[Collection("one meter")]
public sealed class CostOnSpansTests
{
    private static readonly string[] CostNames = ["gen_ai.usage.cost.amount", "meaibudget.usage.cost.amount"];

    public static TheoryData<bool> Modes => StreamModes.Both;

    [Theory, MemberData(nameof(Modes))]
    public async Task M4_TheCostsOfAllActivitiesAddUpToTheSpend(bool streaming)
    {
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        var provider = new ScriptedChatClient("gpt-4.1-mini", "openai");
        provider.Enqueue(ScriptedReply.Text("one").WithUsage(100_000, 20), ScriptedReply.Text("two").WithUsage(100, 20), ScriptedReply.Throw(new TimeoutException()));
        using IChatClient client = new ChatClientBuilder(provider).UseRedactedLogging(configure: options => options.AddCostToActivity = true).UseTokenEstimation().UseBudget(tracker).Build();
        List<Activity> spans = await TraceAsync(async () =>
        {
            await client.AskAsync(streaming);
            await client.AskAsync(streaming);
            await Assert.ThrowsAsync<TimeoutException>(() => client.AskAsync(streaming));
        });

        decimal spent = (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent;
        Assert.True(spent > 0.04m);
        Assert.Equal((double)spent, spans.Sum(span => (double?)span.GetTagItem("gen_ai.usage.cost.amount") ?? 0), 12);
        Assert.Equal(3, spans.Count(span => span.GetTagItem("gen_ai.usage.cost.amount") is not null));
        Assert.All(spans.Where(span => span.GetTagItem("gen_ai.usage.cost.amount") is not null), span =>
        {
            Assert.Equal(MeaiBudgetDiagnostics.AttemptActivityName, span.OperationName);
            Assert.Equal("USD", span.GetTagItem("gen_ai.usage.cost.currency"));
            Assert.Equal("local", span.GetTagItem("gen_ai.usage.cost.source"));
        });
        Assert.Equal((double)spent, (double)spans.Single(span => span.OperationName == "request").GetTagItem(MeaiBudgetDiagnostics.CostSumTag)!, 12);
        Assert.Equal((double)spent, spans.Where(span => span.OperationName == MeaiBudgetDiagnostics.CallActivityName).Sum(span => (double)span.GetTagItem(MeaiBudgetDiagnostics.CostSumTag)!), 12);
        Assert.All(spans.Where(span => span.OperationName != "request"), span => Assert.Equal("chat", span.GetTagItem("gen_ai.operation.name")));
    }

    [Fact]
    public async Task M4_TheOperationStandsBesideEachNameOfTheConventionsInMetrics()
    {
        List<Metric> metrics = [];
        using (MeterProvider meter = Sdk.CreateMeterProviderBuilder().AddMeter(MeaiBudgetDiagnostics.MeterName).AddInMemoryExporter(metrics).Build())
        {
            using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("x").WithUsage(1_000, 0) })
                .UseTokenEstimation().UseBudget(new CostTracker()).UseRetry().Build();
            await client.GetResponseAsync("x");
            meter.ForceFlush();
        }

        int seen = 0;
        foreach (Metric metric in metrics)
        {
            foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
            {
                List<string> names = [];
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                {
                    names.Add(tag.Key);
                }

                bool hasConventions = names.Exists(name => name.StartsWith("gen_ai.", StringComparison.Ordinal));
                seen += hasConventions ? 1 : 0;
                Assert.True(!hasConventions || names.Contains("gen_ai.operation.name"), $"{metric.Name}: {string.Join(", ", names)}");
            }
        }

        Assert.True(seen >= 2, "Neither a cost nor an estimate was measured.");
    }

    [Fact]
    public async Task M4_ParallelCallsAddUpOnTheActivityOfTheApplication()
    {
        var provider = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("x").WithUsage(1_000, 0) };
        using IChatClient client = new ChatClientBuilder(provider).UseRedactedLogging(configure: options => options.AddCostToActivity = true).UseBudget(new CostTracker()).Build();
        List<Activity> spans = await TraceAsync(() => Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetResponseAsync("x"))));
        Assert.Equal(50 * 0.0004, (double)spans.Single(span => span.OperationName == "request").GetTagItem(MeaiBudgetDiagnostics.CostSumTag)!, 12);
    }

    [Fact]
    public async Task M4_CacheTokensHaveTheNamesOfTheConventions()
    {
        var provider = new ScriptedChatClient("claude-haiku-4-5", "anthropic");
        provider.Enqueue(ScriptedReply.Text("x").WithUsage(new UsageDetails { InputTokenCount = 120, OutputTokenCount = 5, CachedInputTokenCount = 40, AdditionalCounts = new() { ["CacheCreationInputTokens"] = 70 } }));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(new CostTracker()).Build();
        Activity attempt = (await TraceAsync(() => client.GetResponseAsync("x"))).Single(span => span.OperationName == MeaiBudgetDiagnostics.AttemptActivityName);
        Assert.Equal(40L, attempt.GetTagItem("gen_ai.usage.cache_read.input_tokens"));
        Assert.Equal(70L, attempt.GetTagItem("gen_ai.usage.cache_creation.input_tokens"));
    }

    [Fact]
    public async Task M4_ASwitchTurnsTheNamesOfTheConventionsOff()
    {
        AppContext.SetSwitch(MeaiBudgetDiagnostics.ConventionNamesSwitch, false);
        try
        {
            using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("x").WithUsage(1_000_000, 0) })
                .UseBudget(new CostTracker()).Build();
            Activity attempt = (await TraceAsync(() => client.GetResponseAsync("x"))).Single(span => span.OperationName == MeaiBudgetDiagnostics.AttemptActivityName);
            Assert.Equal([null, 0.4], CostNames.Select(attempt.GetTagItem));
        }
        finally
        {
            AppContext.SetSwitch(MeaiBudgetDiagnostics.ConventionNamesSwitch, true);
        }
    }

    [Fact]
    public async Task M4_MetricTagsAreAllowedByNameAndHaveAtMost200Values()
    {
        string tag = "team-" + Guid.NewGuid().ToString("N");
        var tracker = new CostTracker([Budget.Daily("day", null)], configure: options => options.MetricTags.Add(tag));
        var provider = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("x").WithUsage(1_000, 0) };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        var metrics = new List<Metric>();
        using (MeterProvider meters = Sdk.CreateMeterProviderBuilder().AddMeter(MeaiBudgetDiagnostics.MeterName).AddInMemoryExporter(metrics).Build())
        {
            for (int i = 0; i < 250; i++)
            {
                await client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 5, AdditionalProperties = new() { [tag] = i, ["secret"] = "not allowed" } }, TestContext.Current.CancellationToken);
            }

            meters.ForceFlush();
        }

        var values = new List<string>();
        foreach (ref readonly MetricPoint point in metrics.Last(metric => metric.Name == MeaiBudgetDiagnostics.CostMetric).GetMetricPoints())
        {
            foreach (KeyValuePair<string, object?> one in point.Tags)
            {
                Assert.NotEqual("not allowed", one.Value);
                if (one.Key == MeaiBudgetDiagnostics.CallTagPrefix + tag)
                {
                    values.Add((string)one.Value!);
                }
            }
        }

        Assert.Equal(201, values.Distinct().Count());
        Assert.Contains("other", values);
    }

    private static async Task<List<Activity>> TraceAsync(Func<Task> call)
    {
        using var source = new ActivitySource("app-" + Guid.NewGuid());
        var spans = new List<Activity>();
        ActivityTraceId trace;
        using (TracerProvider tracing = Sdk.CreateTracerProviderBuilder().AddSource(source.Name, MeaiBudgetDiagnostics.ActivitySourceName).AddInMemoryExporter(spans).Build())
        {
            using (Activity request = source.StartActivity("request")!)
            {
                trace = request.TraceId;
                await call();
            }

            tracing.ForceFlush();
        }

        return [.. spans.ToArray().Where(span => span.TraceId == trace)];
    }
}
