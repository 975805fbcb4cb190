using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Assertions about costs, and their messages.</summary>
public sealed class CostAssertTests
{
    private static readonly PriceCatalog Prices = PriceCatalog.Empty.With("small", ModelPrice.PerMillionTokens(input: 1m, output: 4m, cachedInput: 0.25m));

    [Fact]
    public async Task WithinTheLimitsTheReportIsReturned()
    {
        CostReport report = await CostAssert.AtMostAsync(Scenario("small"), expected: 0.01m, worst: 0.02m, calls: 2, attempts: 2, inputTokens: 10_000, outputTokens: 100);

        Assert.Equal(2, report.Calls);
    }

    [Fact]
    public async Task TheMessageNamesTheRequestThePartAndTheToolThatCostMost()
    {
        CostAssertException exception = await Assert.ThrowsAsync<CostAssertException>(() => CostAssert.AtMostAsync(Scenario("small"), expected: 0.0001m, calls: 1));

        Assert.Contains("The scenario 'lookup' costs more than allowed", exception.Message, StringComparison.Ordinal);
        Assert.Contains("calls 2, more than 1", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Most expensive request: 2 of 2, small", exception.Message, StringComparison.Ordinal);
        Assert.Contains("after the tool lookup", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Most expensive part: results", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Most expensive tool: lookup", exception.Message, StringComparison.Ordinal);
        Assert.Contains("[2] small:", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfManyRequestsTheMessageListsTheDearest()
    {
        var scenario = new CostScenario("many", () => new ScriptedChatClient("small", "openai") { Default = ScriptedReply.Text("Yes.") }, async client =>
        {
            for (int request = 1; request <= 60; request++)
            {
                await client.GetResponseAsync(request == 41 ? string.Join(' ', Enumerable.Repeat("and so on", 200)) : "Go on?", new ChatOptions { MaxOutputTokens = 10 });
            }
        })
        {
            Prices = Prices,
        };

        string message = (await Assert.ThrowsAsync<CostAssertException>(() => CostAssert.AtMostAsync(scenario, calls: 1))).Message;

        Assert.Contains("Most expensive request: 41 of 60", message, StringComparison.Ordinal);
        Assert.Contains("  [41] small:", message, StringComparison.Ordinal);
        Assert.EndsWith("  and 35 requests that cost less", message, StringComparison.Ordinal);
        Assert.Equal(25, message.Split("\n  [").Length - 1);
    }

    [Theory]
    [InlineData("expected")]
    [InlineData("worst")]
    [InlineData("calls")]
    [InlineData("attempts")]
    [InlineData("inputTokens")]
    [InlineData("outputTokens")]
    public async Task EachLimitIsChecked(string limit)
    {
        CostReport report = await Scenario("small").RunAsync();

        Assert.Throws<CostAssertException>(() => CostAssert.AtMost(
            report,
            limit == "expected" ? report.Expected - 0.000000001m : report.Expected,
            limit == "worst" ? report.Worst - 0.000000001m : report.Worst,
            limit == "calls" ? 1 : 2,
            limit == "attempts" ? 1 : 2,
            limit == "inputTokens" ? report.InputTokens - 1 : report.InputTokens,
            limit == "outputTokens" ? report.OutputTokens - 1 : report.OutputTokens));
    }

    [Fact]
    public async Task AnUnknownPriceFailsInsteadOfCountingAsZero()
    {
        CostAssertException exception = await Assert.ThrowsAsync<CostAssertException>(() => CostAssert.AtMostAsync(Scenario("never-heard-of"), expected: 1m));

        Assert.Contains("no price is known for the model 'never-heard-of'", exception.Message, StringComparison.Ordinal);
        await CostAssert.AtMostAsync(Scenario("never-heard-of"), calls: 2);
    }

    [Fact]
    public async Task AMisspelledModelOrTagDoesNotPass()
    {
        CostReport report = await Scenario("small").RunAsync();

        Assert.Contains("Correct the name", Assert.Throws<CostAssertException>(() => CostAssert.AtMost(report.ForModel("smal"), expected: 1m)).Message, StringComparison.Ordinal);
        Assert.Throws<CostAssertException>(() => CostAssert.AtMost(report.ForTag("tenant", "acme"), calls: 5));
        CostAssert.AtMost(report.ForModel("large"), calls: 0);
    }

    [Theory]
    [InlineData("order", "the tools are in another order")]
    [InlineData("date", "the system prompt contains a date, a time or an id that changes")]
    [InlineData("added", "the tool 'extra' was added")]
    [InlineData("definition", "the definition of the tool 'lookup' changed")]
    [InlineData("history", "an earlier part of the conversation changed")]
    public async Task ALostPrefixIsFoundWithItsReasonAndItsPrice(string kind, string reason)
    {
        CostReport report = await Conversation(kind).RunAsync();

        PrefixBreak found = Assert.Single(report.PrefixBreaks);
        Assert.Equal((1, 2, reason), (found.Earlier, found.Later, found.Reason));
        Assert.True(found.LostTokens > 1_024, found.ToString());
        Assert.Equal(found.LostTokens * 0.75m / 1_000_000m, found.Cost);
        CostAssertException exception = Assert.Throws<CostAssertException>(() => CostAssert.KeepsPrefix(report));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        CostAssert.KeepsPrefix(report, lost: 1m);
    }

    [Fact]
    public async Task AGrowingConversationKeepsItsPrefixAndOtherAgentsHaveTheirOwn()
    {
        CostReport report = await Conversation("none").RunAsync();

        Assert.Empty(report.PrefixBreaks);
        CostAssert.KeepsPrefix(report);
        Assert.True(report.SharedShare > 0.4m);
        Assert.True(report.WithCache < report.Expected);
    }

    [Fact]
    public async Task ADateThatChangesBetweenRunsIsFoundInJoinedRuns()
    {
        int day = 0;
        string rules = string.Join(' ', Enumerable.Repeat("Answer briefly and politely.", 400));
        var scenario = new CostScenario("dated", () => new ScriptedChatClient("small", "openai"), client =>
            client.GetResponseAsync("Hello", new ChatOptions { Instructions = $"Today is 2026-11-{++day:00}. {rules}" }))
        { Prices = Prices };

        IReadOnlyList<CostReport> runs = await scenario.RunAsync(2);

        Assert.All(runs, run => CostAssert.KeepsPrefix(run));
        var joined = CostReport.Join(runs);
        Assert.Equal((2, runs[0].Expected + runs[1].Expected), (joined.Calls, joined.Expected));
        Assert.Contains("a date, a time or an id", Assert.Throws<CostAssertException>(() => CostAssert.KeepsPrefix(joined)).Message, StringComparison.Ordinal);
    }

    private static CostScenario Scenario(string model) => new("lookup", () => new ScriptedChatClient(model, "openai")
        .Enqueue(ScriptedReply.ToolCall("lookup"), ScriptedReply.Text("Done.")),
        client => client.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync("Look it up", new ChatOptions
        {
            MaxOutputTokens = 50,
            Tools = [AIFunctionFactory.Create(() => string.Join(' ', Enumerable.Repeat("entry", 800)), "lookup", "Looks it up.")],
        }))
    { Prices = Prices };

    private static CostScenario Conversation(string broken) => new("conversation", () => new ScriptedChatClient("small", "openai"), async client =>
    {
        string rules = string.Join(' ', Enumerable.Repeat("Answer briefly and politely.", 400));
        AITool lookup = AIFunctionFactory.Create((string name) => name, "lookup", "Looks up a name.");
        AITool store = AIFunctionFactory.Create((string name) => name, "store", "Stores a name.");
        List<ChatMessage> messages = [new(ChatRole.System, broken == "date" ? "It is 10:15:01. " + rules : rules), new(ChatRole.User, "Who is it?"), new(ChatRole.User, broken == "history" ? rules : "Say it.")];
        ChatResponse first = await client.GetResponseAsync(messages, new ChatOptions { MaxOutputTokens = 20, Tools = [lookup, store] });
        messages.AddRange(first.Messages);
        messages.Add(new ChatMessage(ChatRole.User, "And where?"));
        if (broken == "date")
        {
            messages[0] = new ChatMessage(ChatRole.System, "It is 10:15:09. " + rules);
        }

        if (broken == "history")
        {
            messages[2] = new ChatMessage(ChatRole.User, "x" + rules);
        }

        AITool[] tools = broken switch
        {
            "order" => [store, lookup],
            "added" => [AIFunctionFactory.Create((string name) => name, "extra", "Does more."), lookup, store],
            "definition" => [AIFunctionFactory.Create((string name) => name, "lookup", "Looks up any name."), store],
            _ => [lookup, store],
        };
        await client.GetResponseAsync(messages, new ChatOptions { MaxOutputTokens = 20, Tools = tools });
        await client.GetResponseAsync([new ChatMessage(ChatRole.System, "Translate everything into Latin."), new ChatMessage(ChatRole.User, "Hello")], new ChatOptions { MaxOutputTokens = 20 });
    })
    { Prices = Prices };
}
