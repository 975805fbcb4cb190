using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Samples;

namespace MeaiBudget.Tests;

/// <summary>Measuring the cost of scenarios.</summary>
public sealed class CostScenarioTests
{
    private const string Ticket = "Printer on fire\nIt started this morning.";
    private static readonly PriceCatalog Prices = PriceCatalog.Empty
        .With("small", ModelPrice.PerMillionTokens(input: 1m, output: 4m, cachedInput: 0.25m))
        .With("large", ModelPrice.PerMillionTokens(input: 10m, output: 40m, cachedInput: 2.5m));

    [Fact]
    public async Task WhatIsReportedIsChargedAndWhatIsReservedIsTheWorstCase()
    {
        using var model = new ScriptedChatClient("small", "openai");
        model.Enqueue(ScriptedReply.Text("The printer burns.").WithUsage(1_000, 200));
        var scenario = new CostScenario("summarize", model, client => new TicketSummarizer(client).SummarizeAsync(Ticket)) { Prices = Prices };

        CostReport report = await scenario.RunAsync();

        Assert.Equal((1, 1), (report.Calls, report.Attempts));
        Assert.Equal((1_000 * 1m / 1_000_000m) + (200 * 4m / 1_000_000m), report.Expected);
        CostCall request = Assert.Single(report.Requests);
        Assert.Equal(100, request.OutputLimit);
        Assert.True(report.Worst >= report.Expected);
        Assert.Equal("*/small", request.PriceEntry);
        Assert.Equal(200, request.Tokens.Output);
        Assert.True(request.Tokens.History > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WordsThatADoubleCountsAreReplacedByTokens(bool isStreaming)
    {
        using var model = new ScriptedChatClient("gpt-4.1-mini", "openai");
        model.Default = ScriptedReply.Text("Incomprehensibilities notwithstanding.");
        var scenario = new CostScenario("count", model, async client =>
        {
            var options = new ChatOptions { Instructions = "Antidisestablishmentarianism.", MaxOutputTokens = 50 };
            if (isStreaming)
            {
                await client.GetStreamingResponseAsync("Hello there", options).ToChatResponseAsync();
            }
            else
            {
                await client.GetResponseAsync("Hello there", options);
            }
        });

        CostCall request = Assert.Single((await scenario.RunAsync()).Requests);

        Assert.Equal(request.Tokens.Input, request.InputTokens);
        Assert.Equal(TokenCounters.ForModel("gpt-4.1-mini").Count("Incomprehensibilities notwithstanding."), request.Tokens.Output);
        Assert.Equal(TokenCounters.ForModel("gpt-4.1-mini").Count("Antidisestablishmentarianism."), request.Tokens.System);
    }

    [Fact]
    public async Task TheSimulatorsWordsAreReplacedByTokensAndItsUsageIsNot()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("Yes."), SimulatedResponse.Text("No.").WithUsage(777, 3));
        var scenario = new CostScenario("simulated", () => OpenAi(simulator), async client =>
        {
            await client.GetResponseAsync("Is incomprehensibility long?");
            await client.GetResponseAsync("Is incomprehensibility long?");
        });

        CostReport report = await scenario.RunAsync();

        Assert.Equal([report.Requests[0].Tokens.Input, 777L], report.Requests.Select(request => request.InputTokens));
        Assert.True(report.Requests[0].InputTokens > 8);
    }

    [Fact]
    public async Task RoundsOfAToolLoopAreCallsAndTheirTokensAreDividedByPart()
    {
        CostReport report = await Agent().RunAsync();

        Assert.Equal(3, report.Calls);
        Assert.Equal([["search"], ["search"], []], report.Requests.Select(request => request.ToolCalls.ToArray()));
        Assert.All(report.Requests, request => Assert.True(request.Tokens is { System: > 0, Tools: > 0 }));
        Assert.Equal([0, 1, 2], report.Requests.Select(request => request.Tokens.Results == 0 ? 0 : request.Tokens.Results < 20 ? 1 : 2));
        Assert.True(report.Requests[2].SharedTokens > report.Requests[1].SharedTokens && report.Requests[1].SharedTokens > 0);
        Assert.Empty(report.PrefixBreaks);
    }

    [Fact]
    public async Task FailedAttemptsAreAttemptsAndNoCalls()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.RateLimited("0"), SimulatedResponse.Text("Yes.").WithUsage(10, 1));
        var scenario = new CostScenario("retried", () => OpenAi(simulator), client =>
            client.AsBuilder().UseBudget(new CostTracker(Budget.Daily("own", 1m))).UseRetry().Build().GetResponseAsync("Is it?"));

        CostReport report = await scenario.RunAsync();

        Assert.Equal((1, 2), (report.Calls, report.Attempts));
        Assert.Equal(0m, report.Requests[0].Expected);
    }

    [Fact]
    public async Task PartsOfAReportAreForAModelAndForATag()
    {
        using var model = new ScriptedChatClient("small", "openai");
        model.Default = ScriptedReply.Text("ok").WithUsage(1_000_000, 0);
        var scenario = new CostScenario("mixed", model, async client =>
        {
            await client.GetResponseAsync("a", new ChatOptions { AdditionalProperties = new() { ["tenant"] = "acme" } });
            await client.GetResponseAsync("b", new ChatOptions { ModelId = "large", AdditionalProperties = new() { ["tenant"] = "bolt" } });
            await client.GetResponseAsync("c", new ChatOptions { ModelId = "large", AdditionalProperties = new() { ["tenant"] = "acme" } });
        })
        { Prices = Prices };

        CostReport report = await scenario.RunAsync();

        Assert.Equal(21m, report.Expected);
        Assert.Equal((1m, 20m), (report.ForModel("small").Expected, report.ForModel("LARGE").Expected));
        Assert.Equal((11m, 10m), (report.ForTag("tenant", "acme").Expected, report.ForTag("tenant", "bolt").Expected));
        Assert.Equal(0m, report.ForTag("tenant", "other").Expected);
    }

    [Fact]
    public async Task TheSameRunIsPricedWithOtherCatalogsAndOnOtherModels()
    {
        CostReport report = await Agent().RunAsync();

        CostReport doubled = report.PricedWith(Prices.With("small", ModelPrice.PerMillionTokens(input: 2m, output: 8m, cachedInput: 0.5m)));
        CostReport large = report.OnModel("large");

        Assert.Equal(report.Expected * 2, doubled.Expected);
        Assert.Equal(report.Worst * 2, doubled.Worst);
        Assert.Equal(report.Expected * 10, large.Expected);
        Assert.All(large.Requests, request => Assert.Equal("large", request.Model));
        Assert.Equal(report.Calls, large.Calls);
    }

    [Fact]
    public async Task APercentileIsTheRunAtTheNearestRank()
    {
        int run = 0;
        var scenario = new CostScenario("varying", () =>
        {
            var model = new ScriptedChatClient("small", "openai");
            model.Default = ScriptedReply.Text("ok").WithUsage(1_000 * ++run, 0);
            return model;
        }, client => client.GetResponseAsync("a"))
        { Prices = Prices };

        IReadOnlyList<CostReport> runs = await scenario.RunAsync(20);

        Assert.Equal(10_000, CostReport.Percentile(runs, 50).InputTokens);
        Assert.Equal(19_000, CostReport.Percentile(runs, 95).InputTokens);
        Assert.Equal(20_000, CostReport.Percentile(runs, 100).InputTokens);
    }

    [Fact]
    public async Task PipelinesWithoutAMeasuredClientAreMeasuredByTheirReceipts()
    {
        using var model = new ScriptedChatClient("small", "openai");
        model.Default = ScriptedReply.Text("ok").WithUsage(500, 10);
        var tracker = new CostTracker([Budget.Daily("own", 1m)], Prices);
        var scenario = new CostScenario("own pipeline", (_, cancellationToken) =>
            model.AsBuilder().UseBudget(tracker).Build().GetResponseAsync("a", cancellationToken: cancellationToken))
        { Prices = Prices };

        CostReport report = await scenario.RunAsync();

        Assert.Equal((1, 500L, 0.00054m), (report.Calls, report.InputTokens, report.Expected));
    }

    [Fact]
    public async Task AScenarioThatSendsNothingSaysWhatToDo()
    {
        using var model = new ScriptedChatClient();
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(() => new CostScenario("idle", model, _ => Task.CompletedTask).RunAsync());

        Assert.Contains("'idle'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("measured client", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FallbacksAreMeasuredWithTheModelThatAnswered()
    {
        using var first = new ScriptedChatClient("large", "openai");
        using var second = new ScriptedChatClient("small", "anthropic");
        first.Default = ScriptedReply.Throw(new HttpRequestException("gone", null, System.Net.HttpStatusCode.ServiceUnavailable));
        second.Default = ScriptedReply.Text("ok").WithUsage(1_000, 0);
        var scenario = new CostScenario("fallback", (meter, cancellationToken) => meter.Measure(first).AsBuilder()
            .UseBudget(new CostTracker([Budget.Daily("own", 10m)], Prices))
            .UseFallback(meter.Measure(second))
            .Build().GetResponseAsync("a", cancellationToken: cancellationToken))
        { Prices = Prices };

        CostReport report = await scenario.RunAsync();

        Assert.Equal((1, 2), (report.Calls, report.Attempts));
        Assert.Equal(0.001m, report.ForModel("small").Expected);
    }

    [Fact]
    public async Task ConcurrentRequestsKeepTheOrderInWhichTheyWereSent()
    {
        using var model = new ScriptedChatClient("small", "openai");
        var first = new TaskCompletionSource();
        model.Enqueue(ScriptedReply.Text("one").WithUsage(1, 1).WaitFor(first.Task), ScriptedReply.Text("two").WithUsage(2, 1));
        var scenario = new CostScenario("concurrent", model, async client =>
        {
            Task<ChatResponse> late = client.GetResponseAsync("a");
            await client.GetResponseAsync("b");
            first.SetResult();
            await late;
        })
        { Prices = Prices };

        CostReport report = await scenario.RunAsync();

        Assert.Equal([1L, 2L], report.Requests.Select(request => request.InputTokens));
    }

    [Fact]
    public async Task AStreamThatIsLeftIsMeasuredWithWhatABudgetCharges()
    {
        using var model = new ScriptedChatClient("small", "openai");
        model.Default = ScriptedReply.Text("one two three four five");
        var tracker = new CostTracker([Budget.Daily("own", 1m)], Prices);
        var scenario = new CostScenario("left", model, async client =>
        {
            using IChatClient budgeted = client.AsBuilder().UseBudget(tracker).Build();
            await foreach (ChatResponseUpdate _ in budgeted.GetStreamingResponseAsync("count"))
            {
                break;
            }
        })
        { Prices = Prices };

        CostReport report = await scenario.RunAsync();

        Assert.Equal((await tracker.GetStatusAsync("own")).Spent, report.Expected);
        Assert.True(report.Expected > 0m);
    }

    [Fact]
    public async Task AToolLoopBelowTheMeterIsRefusedWithWhatToDo()
    {
        using var model = new ScriptedChatClient("small", "openai");
        var scenario = new CostScenario("loop", model.AsBuilder().UseFunctionInvocation().Build(), client => client.GetResponseAsync("a"));

        Assert.Contains("on top of the measured client", (await Assert.ThrowsAsync<ArgumentException>(() => scenario.RunAsync())).Message, StringComparison.Ordinal);
    }

    private static IChatClient OpenAi(ProviderSimulator simulator) =>
        OpenAIChatClientFactory.Create(new() { ApiKey = "any", BaseUrl = simulator.OpenAIBaseUrl.ToString(), ModelId = "gpt-4.1-mini" });

    private static CostScenario Agent() => new("agent", () => new ScriptedChatClient("small", "openai")
        .Enqueue(
            ScriptedReply.ToolCall("search", new Dictionary<string, object?> { ["query"] = "first" }),
            ScriptedReply.ToolCall("search", new Dictionary<string, object?> { ["query"] = "second" }),
            ScriptedReply.Text("Found it.")),
        client => client.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync("Find it", new ChatOptions
        {
            Instructions = "Search before you answer.",
            MaxOutputTokens = 100,
            Tools = [AIFunctionFactory.Create((string query) => $"Nothing much was found for the {query} query.", "search", "Searches.")],
        }))
    { Prices = Prices };
}
