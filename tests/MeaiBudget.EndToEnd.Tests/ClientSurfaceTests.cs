using System.Reflection;
using System.Runtime.CompilerServices;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace MeaiBudget.Tests;

/// <summary>Whatever way an app asks a model, the ledger is asked first.</summary>
public sealed class ClientSurfaceTests
{
    private static readonly AIFunction Look = AIFunctionFactory.Create(() => "found", "look");

    private static readonly Dictionary<string, (int Requests, Func<RealPipeline, IChatClient, Task> Ask)> Surfaces = new()
    {
        ["chat"] = (1, (_, client) => client.GetResponseAsync("Hello")),
        ["stream"] = (1, (_, client) => client.GetStreamingResponseAsync("Hello").ToChatResponseAsync()),
        ["structured output"] = (1, (_, client) => client.GetResponseAsync<int>("Hello")),
        ["tool loop"] = (2, (pipeline, client) =>
        {
            pipeline.Primary.Enqueue(SimulatedResponse.ToolCall("look", new { }));
            return client.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync("Hello", new ChatOptions { Tools = [Look] });
        }
        ),
        ["streaming tool loop"] = (2, (pipeline, client) =>
        {
            pipeline.Primary.Enqueue(SimulatedResponse.ToolCall("look", new { }));
            return client.AsBuilder().UseFunctionInvocation().Build().GetStreamingResponseAsync("Hello", new ChatOptions { Tools = [Look] }).ToChatResponseAsync();
        }
        ),
        ["Semantic Kernel"] = (1, (_, client) => client.AsChatCompletionService().GetChatMessageContentAsync("Hello")),
        ["Semantic Kernel, stream"] = (1, (_, client) => client.AsChatCompletionService().GetStreamingChatMessageContentsAsync("Hello").ToListAsync().AsTask()),
        ["Semantic Kernel, prompt function"] = (1, (_, client) =>
        {
            IKernelBuilder kernel = Kernel.CreateBuilder();
            Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(kernel.Services, client.AsChatCompletionService());
            return kernel.Build().InvokePromptAsync("Hello");
        }
        ),
        ["reducer that asks the model"] = (1, async (_, client) =>
        {
#pragma warning disable MEAI001 // Chat reduction is experimental in Microsoft.Extensions.AI.
            await new SummarizingChatReducer(client, targetCount: 1, threshold: 0).ReduceAsync(
                [.. Enumerable.Range(0, 6).Select(i => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, $"message {i}"))], CancellationToken.None);
#pragma warning restore MEAI001
        }
        ),
    };

    public static TheoryData<string, SimulatedProvider> SurfacesAndProviders =>
        [.. from surface in Surfaces.Keys from provider in Enum.GetValues<SimulatedProvider>() select new TheoryDataRow<string, SimulatedProvider>(surface, provider)];

    [Theory, MemberData(nameof(SurfacesAndProviders))]
    public async Task A9_EveryWayToAskAModelGoesThroughTheLedger(string surface, SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Default = SimulatedResponse.Text("1").WithUsage(10, 10);

        (int requests, Func<RealPipeline, IChatClient, Task> ask) = Surfaces[surface];
        await ask(pipeline, pipeline.Client);

        Assert.Equal(requests, pipeline.Simulator.Requests.Count);
        Assert.Equal(requests, pipeline.Ledger.Admitted);
        await pipeline.AssertBalancedAsync(settled: requests);
    }

    [Theory, MemberData(nameof(SurfacesAndProviders))]
    public async Task A9_WithoutMoneyNoWayToAskAModelReachesIt(string surface, SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, limit: 0m, hasAlternates: false);

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => Surfaces[surface].Ask(pipeline, pipeline.Client));

        Assert.IsType<BudgetExceededException>(thrown is BudgetExceededException ? thrown : thrown.InnerException);
        Assert.Empty(pipeline.Simulator.Requests);
        Assert.Equal(0, pipeline.Ledger.Admitted);
    }

    /// <summary>A kind of client that a new version of Microsoft.Extensions.AI brings must get a budget, or a line in the limits.</summary>
    [Fact]
    public void A9_EveryKindOfClientHasABudgetOrStandsInTheLimits()
    {
        string limits = File.ReadAllText(RepositoryFolder.PathOf("docs", "limits.md"));
        Type[] kinds =
        [
            .. typeof(IChatClient).Assembly.GetExportedTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IDisposable))
                && type.GetMethod("GetService", [typeof(Type), typeof(object)]) is not null),
        ];
        HashSet<string> budgeted =
        [
            .. typeof(Budget).Assembly.GetExportedTypes().Where(type => type.IsAbstract && type.IsSealed)
                .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
                .Where(method => method.Name == "UseBudget" && method.IsDefined(typeof(ExtensionAttribute), inherit: false))
                .Select(method => "I" + method.GetParameters()[0].ParameterType.Name.Split("Builder")[0]),
        ];

        Assert.Contains(typeof(IChatClient), kinds);
        Assert.Contains(typeof(IEmbeddingGenerator), kinds);
        string[] without = [.. kinds.Select(kind => kind.Name).Where(kind => !budgeted.Contains(kind) && !limits.Contains($"`{kind}`", StringComparison.Ordinal))];
        Assert.Empty(without);
    }

    /// <summary>A request that a layer forgot to override would pass straight through to the provider.</summary>
    [Fact]
    public void A9_NoRequestOfALayerPassesAroundItsBudget()
    {
        Type[] layers =
        [
            .. typeof(Budget).Assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false }
                && type.Name.StartsWith("Budget", StringComparison.Ordinal) && type.GetMethod("GetService", [typeof(Type), typeof(object)]) is not null
                && type != typeof(BudgetAwareCachingChatClient)),
        ];

        Assert.True(layers.Length >= 5);
        foreach (Type layer in layers)
        {
            Assert.All(
                layer.GetMethods().Where(method => method.IsVirtual && (method.ReturnType.Name.StartsWith("Task", StringComparison.Ordinal) || method.ReturnType.Name.StartsWith("IAsyncEnumerable", StringComparison.Ordinal))),
                method => Assert.False(
                    method.DeclaringType!.Name.StartsWith("Delegating", StringComparison.Ordinal), $"{layer.Name}.{method.Name} is not overridden"));
        }
    }
}
