using System.ComponentModel;
using System.IO.Pipelines;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using FunctionResultContent = Microsoft.Extensions.AI.FunctionResultContent;

namespace MeaiBudget.Tests;

/// <summary>Agents over the whole pipeline: tool loops of Microsoft.Extensions.AI and Semantic Kernel, tools of the Model Context Protocol.</summary>
public sealed class AgentAppTests
{
    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes => RealPipeline.ProvidersAndModes;

    private static ChatOptions With(params AITool[] tools) => new() { Tools = tools, MaxOutputTokens = 100 };

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task ARunEndsAToolLoopWithAnAnswer(SimulatedProvider provider, bool streaming)
    {
        // A hundred tokens in and a thousand out are 0.0021 dollars a round; the loop would never end by itself.
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Default = SimulatedResponse.From(request => request.BodyText.Contains("is used up", StringComparison.Ordinal)
            ? SimulatedResponse.Text("This is what I found.").WithUsage(100, 50)
            : SimulatedResponse.ToolCall("look", new { where = "there" }).WithUsage(100, 1_000));
        int looked = 0;
        AIFunction look = AIFunctionFactory.Create((string where) => $"result {++looked} of {where}", "look");
        using IChatClient agent = new ChatClientBuilder(pipeline.PrimaryClient)
            .UseFunctionInvocation()
            .UseTokenEstimation()
            .UseBudget(pipeline.Tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp)
            .Build();
        using var run = BudgetRun.Begin("research", 0.02m);

        ChatResponse response = await agent.AskAsync(streaming, options: new ChatOptions { Tools = [look], MaxOutputTokens = 1_024 });

        Assert.Equal(MeaiBudgetFinishReasons.WrappedUp, response.FinishReason);
        Assert.EndsWith("This is what I found.", response.Text, StringComparison.Ordinal);
        Assert.InRange(looked, 2, 9);
        Assert.Equal(looked + 1, pipeline.Simulator.Requests.Count);
        Assert.Equal((looked * 0.0021m) + 0.0002m, run.Spent);
        Assert.Equal(0m, run.Held);
        await pipeline.AssertBalancedAsync(settled: looked + 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task SemanticKernelCallsItsFunctionsAndEveryRoundIsPaidFor(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Enqueue(
            SimulatedResponse.ToolCall("Weather_of", new { city = "Rome" }).WithUsage(100, 50),
            SimulatedResponse.Text("It is sunny in Rome.").WithUsage(200, 50));
        IChatCompletionService chat = new ChatClientBuilder(pipeline.PrimaryClient)
            .UseKernelFunctionInvocation()
            .UseTokenEstimation()
            .UseBudget(pipeline.Tracker)
            .Build()
            .AsChatCompletionService();
        string? asked = null;
        var kernel = new Kernel();
        kernel.Plugins.AddFromFunctions("Weather", [KernelFunctionFactory.CreateFromMethod((string city) => { asked = city; return "sunny"; }, "of")]);
        var settings = new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        var history = new ChatHistory("Be brief.");
        history.AddUserMessage("How is the weather in Rome?");

        string text = "";
        if (streaming)
        {
            await foreach (StreamingChatMessageContent update in chat.GetStreamingChatMessageContentsAsync(history, settings, kernel))
            {
                text += update.Content;
            }
        }
        else
        {
            text = (await chat.GetChatMessageContentAsync(history, settings, kernel)).Content!;
        }

        Assert.Equal(("It is sunny in Rome.", "Rome"), (text, asked));
        Assert.Equal(2, pipeline.Simulator.Requests.Count);
        Assert.Equal(0.0005m, (await pipeline.StatusAsync()).Spent);
        await pipeline.AssertBalancedAsync(settled: 2);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task ToolsOfTheModelContextProtocolAreCalledWithinTheRun(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Enqueue(
            SimulatedResponse.ToolCall("add", new { one = 20, other = 22 }).WithUsage(100, 50),
            SimulatedResponse.Text("It is 42.").WithUsage(200, 50));
        await using McpTools mcp = await McpTools.StartAsync(AIFunctionFactory.Create(
            [Description("Adds two numbers.")] (int one, int other) => one + other, "add"));
        using IChatClient agent = new ChatClientBuilder(pipeline.PrimaryClient).UseFunctionInvocation().UseTokenEstimation().UseBudget(pipeline.Tracker).Build();
        using var run = BudgetRun.Begin("sum", 0.01m);

        ChatResponse response = await agent.AskAsync(streaming, options: With([.. mcp.Tools]));

        Assert.EndsWith("It is 42.", response.Text, StringComparison.Ordinal);
        Assert.Contains("42", string.Concat(response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.Result?.ToString())), StringComparison.Ordinal);
        Assert.Equal(0.0005m, run.Spent);
        await pipeline.AssertBalancedAsync(settled: 2);
    }

    [Fact]
    public async Task WhatAToolOfTheModelContextProtocolAsksAModelIsPaidByTheRunAroundIt()
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(SimulatedProvider.OpenAI, hasAlternates: false);
        pipeline.Primary.Enqueue(
            SimulatedResponse.ToolCall("summarise", new { }).WithUsage(100, 50),
            SimulatedResponse.Text("Short.").WithUsage(100, 50),
            SimulatedResponse.Text("Done.").WithUsage(100, 50));
        using IChatClient model = new ChatClientBuilder(pipeline.PrimaryClient).UseTokenEstimation().UseBudget(pipeline.Tracker).Build();
        BudgetRun? run = null;

        // The server runs its tools in a flow of its own, so the run is handed over.
        await using McpTools mcp = await McpTools.StartAsync(AIFunctionFactory.Create(
            async () => (await model.GetResponseAsync("Summarise", new ChatOptions { MaxOutputTokens = 100 }.WithBudgetRun(run!))).Text, "summarise"));
        using IChatClient agent = model.AsBuilder().UseFunctionInvocation().Build();
        using (run = BudgetRun.Begin("sum", 0.01m))
        {
            await agent.GetResponseAsync("Go", With([.. mcp.Tools]));
        }

        Assert.Equal(0.0006m, run.Spent);
        await pipeline.AssertBalancedAsync(settled: 3);
    }

    /// <summary>A server of the Model Context Protocol in this process, and a client of it, with a pipe each way between them.</summary>
    private sealed class McpTools(McpServer server, Task running, McpClient client, IList<McpClientTool> tools) : IAsyncDisposable
    {
        public IList<McpClientTool> Tools => tools;

        public static async Task<McpTools> StartAsync(params AIFunction[] functions)
        {
            var toServer = new Pipe();
            var toClient = new Pipe();
            var server = McpServer.Create(
                new StreamServerTransport(toServer.Reader.AsStream(), toClient.Writer.AsStream()),
                new McpServerOptions { ToolCollection = [.. functions.Select(function => McpServerTool.Create(function))] });
            Task running = server.RunAsync();
            McpClient client = await McpClient.CreateAsync(new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream()));
            return new McpTools(server, running, client, await client.ListToolsAsync());
        }

        public async ValueTask DisposeAsync()
        {
            await client.DisposeAsync();
            await server.DisposeAsync();
            await running;
        }
    }
}
