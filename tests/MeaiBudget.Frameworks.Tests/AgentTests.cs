using MeaiBudget.Testing;
using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Microsoft Agent Framework on top of a pipeline: tools, approval, workflows under one run, and runs that budgets end.</summary>
// A run that saw no call is logged by the logger of the process's last call outside of runs, which tests beside this one would replace.
[Collection("One after another")]
public sealed class AgentTests
{
    private readonly ScriptedChatClient _provider = new("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("done").WithUsage(1_000, 100) };
    private readonly CostTracker _tracker = new(Budget.Daily("day", 5m));

    [Fact]
    public async Task AnAgentWithToolsSpendsFromTheRun()
    {
        _provider.Enqueue(ScriptedReply.ToolCall("look").WithUsage(1_000, 100));
        AIAgent agent = Agent("researcher", tools: [AIFunctionFactory.Create(() => "a result", "look")]);
        using var run = BudgetRun.Begin("research", 0.50m);

        AgentResponse response = await agent.RunAsync("Find out.", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("done", response.Text);
        Assert.Equal(2, run.SettledAttempts);
        Assert.Equal(2 * CostOfCall, run.Spent);
        Assert.Equal(2_200, response.Usage!.TotalTokenCount);
        ChatResponse raw = Assert.IsType<ChatResponse>(response.RawRepresentation);
        Assert.True(raw.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(2 * CostOfCall, receipt.Cost);
    }

    [Fact]
    public async Task AStreamedAgentSpendsFromTheRun()
    {
        using var run = BudgetRun.Begin("research", 0.50m);
        string text = "";
        await foreach (AgentResponseUpdate update in Agent("writer").RunStreamingAsync("Write.", cancellationToken: TestContext.Current.CancellationToken))
        {
            text += update.Text;
        }

        Assert.Equal("done", text);
        Assert.Equal(CostOfCall, run.Spent);
    }

    [Fact]
    public async Task AnApprovalIsWaitedForWithoutMoneyHeld()
    {
        _provider.Enqueue(ScriptedReply.ToolCall("pay").WithUsage(1_000, 100));
        AIAgent agent = Agent("payer", tools: [new ApprovalRequiredAIFunction(AIFunctionFactory.Create(() => "paid", "pay"))]);
        using var run = BudgetRun.Begin("payment", 0.50m);
        AgentSession session = await agent.CreateSessionAsync(TestContext.Current.CancellationToken);

        AgentResponse asks = await agent.RunAsync("Pay.", session, cancellationToken: TestContext.Current.CancellationToken);
        ToolApprovalRequestContent request = asks.Messages.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        Assert.Equal((CostOfCall, 0m), (run.Spent, run.Held));

        AgentResponse answer = await agent.RunAsync(new ChatMessage(ChatRole.User, [request.CreateResponse(true)]), session, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("done", answer.Text);
        Assert.Equal(2 * CostOfCall, run.Spent);
    }

    [Fact]
    public async Task AnAgentAsAToolOfAnotherSpendsFromTheSameRun()
    {
        _provider.Enqueue(ScriptedReply.ToolCall("helper", new Dictionary<string, object?> { ["query"] = "help" }).WithUsage(1_000, 100));
        AIAgent helper = Agent("helper");
        AIAgent leader = Agent("leader", tools: [helper.AsAIFunction()]);
        using var run = BudgetRun.Begin("both", 0.50m);
        await leader.RunAsync("Lead.", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3 * CostOfCall, run.Spent);
    }

    [Theory]
    [InlineData("sequential")]
    [InlineData("concurrent")]
    public async Task AWorkflowSpendsFromOneRun(string kind)
    {
        AIAgent[] agents = [Agent("first"), Agent("second"), Agent("third")];
        AIAgent workflow = (kind == "sequential" ? AgentWorkflowBuilder.BuildSequential(agents) : AgentWorkflowBuilder.BuildConcurrent(agents)).AsAIAgent();
        using var run = BudgetRun.Begin("workflow", 0.50m);
        await workflow.RunAsync("Work.", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, run.SettledAttempts);
        Assert.Equal(3 * CostOfCall, run.Spent);
    }

    [Fact]
    public async Task AHandoffSpendsFromOneRun()
    {
        AIAgent triage = Agent("triage");
        AIAgent expert = Agent("expert");
        _provider.Enqueue(ScriptedReply.Respond(call => new ChatResponse(new ChatMessage(ChatRole.Assistant,
            [new FunctionCallContent("1", call.Options!.Tools!.Single().Name, new Dictionary<string, object?> { ["reasonForHandoff"] = "money" })]))
        { Usage = new UsageDetails { InputTokenCount = 1_000, OutputTokenCount = 100 } }));
        AIAgent workflow = AgentWorkflowBuilder.CreateHandoffBuilderWith(triage).WithHandoff(triage, expert, "about money").Build().AsAIAgent();
        using var run = BudgetRun.Begin("workflow", 0.50m);
        await workflow.RunAsync("Work.", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, run.SettledAttempts);
        Assert.Equal(2 * CostOfCall, run.Spent);
    }

    [Theory]
    [InlineData(ExceededBehavior.Stop)]
    [InlineData(ExceededBehavior.WrapUp)]
    public async Task M9_AnAgentThatABudgetEndsSaysSo(ExceededBehavior behavior)
    {
        _provider.Default = ScriptedReply.ToolCall("look").WithUsage(1_000, 100);
        AIAgent agent = Agent("researcher", behavior, tools: [AIFunctionFactory.Create(() => "a result", "look")]);
        using var run = BudgetRun.Begin("research", 0.01m);
        AgentResponse response = await agent.RunAsync("Find out.", cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(response.WasEndedByBudget(), $"{response.FinishReason}");
        Assert.True(run.WasRefused);
    }

    [Theory]
    [InlineData(ExceededBehavior.Stop)]
    [InlineData(ExceededBehavior.WrapUp)]
    public async Task M9_AWorkflowThatABudgetEndsSaysSo(ExceededBehavior behavior)
    {
        AIAgent workflow = AgentWorkflowBuilder.BuildSequential([Agent("first", behavior), Agent("second", behavior)]).AsAIAgent();
        using var run = BudgetRun.Begin("workflow", 0.0001m);
        AgentResponse response = await workflow.RunAsync("Work.", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0m, run.Spent);

        // A workflow passes on messages, not the finish reasons of its agents.
        Assert.True(run.WasRefused);
        Assert.Contains(response.Messages.SelectMany(message => message.Contents).OfType<ErrorContent>(), error => error.ErrorCode == MeaiBudgetFinishReasons.BudgetExceeded.Value);
        Assert.Equal(MeaiBudgetFinishReasons.BudgetExceeded.Value, response.AdditionalProperties?[MeaiBudgetFinishReasons.PropertyName]);
    }

    [Theory]
    [InlineData("sequential", ExceededBehavior.WrapUp, false)]
    [InlineData("sequential", ExceededBehavior.WrapUp, true)]
    [InlineData("concurrent", ExceededBehavior.WrapUp, false)]
    [InlineData("concurrent", ExceededBehavior.WrapUp, true)]
    [InlineData("sequential", ExceededBehavior.Stop, false)]
    [InlineData("sequential", ExceededBehavior.Stop, true)]
    [InlineData("concurrent", ExceededBehavior.Stop, false)]
    public async Task M9_AToolLoopInAWorkflowIsEndedWithinItsRunAndSaysSo(string kind, ExceededBehavior behavior, bool streaming)
    {
        _provider.Default = ScriptedReply.Respond(call => call.Options is { Tools.Count: > 0, ToolMode: not NoneChatToolMode }
            ? new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(Guid.NewGuid().ToString("N"), "look")])) { ResponseId = Guid.NewGuid().ToString("N"), FinishReason = ChatFinishReason.ToolCalls, Usage = new UsageDetails { InputTokenCount = 20, OutputTokenCount = 100 } }
            : new ChatResponse(new ChatMessage(ChatRole.Assistant, "as far as it came")) { ResponseId = Guid.NewGuid().ToString("N"), FinishReason = ChatFinishReason.Stop, Usage = new UsageDetails { InputTokenCount = 20, OutputTokenCount = 100 } });
        AITool[] tools = [AIFunctionFactory.Create(() => "a result", "look")];
        AIAgent[] agents = [Agent("first", behavior, tools), Agent("second", behavior, tools)];
        AIAgent workflow = (kind == "sequential" ? AgentWorkflowBuilder.BuildSequential(agents) : AgentWorkflowBuilder.BuildConcurrent(agents)).AsAIAgent();
        using var run = BudgetRun.Begin("workflow", 0.004m);

        AgentResponse response = streaming
            ? await workflow.RunStreamingAsync("Work.", cancellationToken: TestContext.Current.CancellationToken).ToAgentResponseAsync(TestContext.Current.CancellationToken)
            : await workflow.RunAsync("Work.", cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(run.WasRefused);
        Assert.InRange(run.Spent, 0.001m, 0.004m);
        Assert.Equal(
            (behavior == ExceededBehavior.WrapUp ? MeaiBudgetFinishReasons.WrappedUp : MeaiBudgetFinishReasons.BudgetExceeded).Value,
            response.AdditionalProperties?[MeaiBudgetFinishReasons.PropertyName]);
        Assert.Equal(behavior == ExceededBehavior.WrapUp, response.Text.Contains("as far as it came", StringComparison.Ordinal));
    }

    [Fact]
    public async Task M9_ARunThatBeginsAfterTheWorkflowIsNoticed()
    {
        var logs = new FakeLogCollector();
        using ServiceProvider services = new ServiceCollection().AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(logs))).BuildServiceProvider();
        Workflow workflow = AgentWorkflowBuilder.BuildSequential([Agent("first", services: services)]);
        await using StreamingRun started = await InProcessExecution.OpenStreamingAsync(workflow, cancellationToken: TestContext.Current.CancellationToken);
        using (var late = BudgetRun.Begin("late", 0.50m))
        {
            await started.TrySendMessageAsync(new List<ChatMessage> { new(ChatRole.User, "Work.") });
            await started.TrySendMessageAsync(new TurnToken(emitEvents: true));
            await foreach (WorkflowEvent one in started.WatchStreamAsync(TestContext.Current.CancellationToken))
            {
                // The workflow's own output comes after the agent's call has ended; an agent's updates come within it.
                if (one is WorkflowErrorEvent or (WorkflowOutputEvent and not AgentResponseUpdateEvent))
                {
                    break;
                }
            }

            Assert.SkipWhen(late.SettledAttempts > 0, "The workflow ran in the flow of its events, so that it saw the run.");
        }

        Assert.Contains(logs.GetSnapshot(), entry => entry.Id.Name == "BudgetRunSawNoCall" && entry.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task TheModelReadsWhatIsLeft()
    {
        _provider.Enqueue(ScriptedReply.ToolCall("remaining_budget").WithUsage(1_000, 100));
        var tracker = new CostTracker(Budget.Daily("tenant", 1m).PerTag("tenant"), Budget.Daily("models", 1m).PerModel());
        AIAgent agent = new ChatClientAgent(
            new ChatClientBuilder(_provider).UseFunctionInvocation().UseBudget(tracker).Build(), "Be brief.", "planner", tools: [tracker.CreateRemainingBudgetTool()]);
        await tracker.SpendAsync("gpt-4.1-mini", 1_000_000, 0, new Dictionary<string, string> { ["tenant"] = "acme" }, TestContext.Current.CancellationToken);
        using var run = BudgetRun.Begin("planning", 0.50m);
        using (BudgetRun.UseTags([new("tenant", "acme")]))
        {
            await agent.RunAsync("Plan.", cancellationToken: TestContext.Current.CancellationToken);
        }

        string result = _provider.Calls[1].Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single().Result!.ToString()!;
        Assert.Contains("This task: $0.49944 of $0.50 left.", result, StringComparison.Ordinal);
        Assert.Contains("Budget 'tenant': $0.59944 of $1 left", result, StringComparison.Ordinal);
        Assert.DoesNotContain("models", result, StringComparison.Ordinal);
    }

    private static decimal CostOfCall => ((0.4m * 1_000) + (1.6m * 100)) / 1_000_000;

    private ChatClientAgent Agent(string name, ExceededBehavior? behavior = null, IList<AITool>? tools = null, IServiceProvider? services = null) => new(
        new ChatClientBuilder(_provider).UseFunctionInvocation()
            .UseBudget(_tracker, options => (options.ExceededBehavior, options.DefaultOutputTokens, options.OutputFloor) = (behavior, 500, 100)).Build(services),
        "Be brief.", name, $"The {name}.", tools);
}

/// <summary>Finds out whether a budget ended an agent's answer.</summary>
internal static class AgentResponseExtensions
{
    public static bool WasEndedByBudget(this AgentResponse response) =>
        response.FinishReason is { } reason && (reason == MeaiBudgetFinishReasons.BudgetExceeded || reason == MeaiBudgetFinishReasons.WrappedUp);
}
