using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace Samples;

/// <summary>Tests of an app that need no provider: on a scripted client, and through the real SDK on a simulator.</summary>
public sealed class TicketSummarizerTests
{
    private const string Ticket = "Printer on fire\nIt started this morning.";

    [Fact]
    public async Task TheModelsSummaryIsReturned()
    {
        using var model = new ScriptedChatClient("gpt-4.1-mini", "openai");
        model.Enqueue("The printer burns.");

        Assert.Equal("The printer burns.", await new TicketSummarizer(model).SummarizeAsync(Ticket));
        Assert.Contains("Printer on fire", model.Calls[0].Messages[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutBudgetTheFirstLineIsReturnedAndNothingIsSent()
    {
        using var model = new ScriptedChatClient("gpt-4.1-mini", "openai");
        using IChatClient client = new ChatClientBuilder(model).UseBudget(new CostTracker(Budget.Daily("none", 0m))).Build();

        Assert.Equal("Printer on fire", await new TicketSummarizer(client).SummarizeAsync(Ticket));
        Assert.Empty(model.Calls);
    }

    [Fact]
    public async Task ARateLimitIsRetriedAndBilledOnce()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(
            SimulatedResponse.RateLimited(retryAfter: "0"),
            SimulatedResponse.Text("The printer burns.").WithUsage(inputTokens: 100, outputTokens: 10));
        using IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = "any", BaseUrl = simulator.OpenAIBaseUrl.ToString(), ModelId = "gpt-4.1-mini" });
        var tracker = new CostTracker(Budget.Daily("all", 1m));
        using IChatClient client = new ChatClientBuilder(openAi).UseBudget(tracker).UseRetry().Build();

        Assert.Equal("The printer burns.", await new TicketSummarizer(client).SummarizeAsync(Ticket));
        Assert.Equal(2, simulator.OpenAI.ChatRequests.Count);
        Assert.Equal(0.000056m, (await tracker.GetStatusAsync("all")).Spent);   // 100 tokens at $0.40 and 10 at $1.60 a million
    }

    [Fact]
    public async Task ASummaryCostsLessThanATenthOfACentAndNotMoreThanBefore()
    {
        var scenario = new CostScenario(
            "summarize a ticket",
            () => new ScriptedChatClient("gpt-4.1-mini", "openai").Enqueue("The printer burns."),
            client => new TicketSummarizer(client).SummarizeAsync(Ticket));

        CostReport cost = await CostAssert.AtMostAsync(scenario, expected: 0.0001m, worst: 0.001m, calls: 1);
        CostAssert.NotDearer(cost);   // than cost.snapshot.json, which is beside this file
        cost.SaveSnapshot();
    }
}
