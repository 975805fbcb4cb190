using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

/// <summary>Clients and trackers in a service provider: by key, and one pipeline for each scope.</summary>
public sealed class ServiceTests : IAsyncLifetime
{
    private ProviderSimulator _simulator = null!;

    public static TheoryData<SimulatedProvider> Providers => [.. Enum.GetValues<SimulatedProvider>()];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    [Fact]
    public async Task KeyedClientsSpendFromTheTrackersOfTheirKeys()
    {
        _simulator.OpenAI.Default = SimulatedResponse.Text("yes").WithUsage(1_000, 100);
        IServiceCollection services = new ServiceCollection()
            .AddKeyedSingleton("batch", new CostTracker(Budget.Daily("batch", 1m)))
            .AddKeyedSingleton("chat", new CostTracker(Budget.Daily("chat", 0.0001m)));
        foreach (string key in new[] { "batch", "chat" })
        {
            services.AddKeyedChatClient(key, OpenAi("gpt-4.1-mini")).Use((inner, provider) =>
                new ChatClientBuilder(inner).UseTokenEstimation().UseBudget(provider.GetRequiredKeyedService<CostTracker>(key)).Build(provider));
        }

        await using ServiceProvider provider = services.BuildServiceProvider();
        IChatClient batch = provider.GetRequiredKeyedService<IChatClient>("batch");

        await batch.AskAsync(streaming: false);
        await Assert.ThrowsAsync<BudgetExceededException>(() =>
            provider.GetRequiredKeyedService<IChatClient>("chat").AskAsync(streaming: false, options: new ChatOptions { MaxOutputTokens = 5_000 }));

        Assert.Equal(0.00056m, (await provider.GetRequiredKeyedService<CostTracker>("batch").GetStatusAsync("batch", cancellationToken: Token)).Spent);
        Assert.Same(provider.GetRequiredKeyedService<CostTracker>("batch"), batch.GetService<CostTracker>());
    }

    [Theory]
    [InlineData(ServiceLifetime.Scoped)]
    [InlineData(ServiceLifetime.Transient)]
    public async Task APipelineOfEachScopeSpendsFromTheTrackerOfAll(ServiceLifetime lifetime)
    {
        _simulator.OpenAI.Default = SimulatedResponse.Text("yes").WithUsage(1_000, 100);
        IServiceCollection services = new ServiceCollection().AddSingleton(new CostTracker(Budget.Daily("tenant", 1m).PerTag("tenant", required: true))).AddScoped<Tenant>();
        services.AddChatClient(OpenAi("gpt-4.1-mini"), lifetime)
            .Use((inner, provider) => new ConfigureOptionsChatClient(inner, options => (options.AdditionalProperties ??= [])["tenant"] = provider.GetRequiredService<Tenant>().Name))
            .UseTokenEstimation().UseBudget().UseRetry();
        await using ServiceProvider root = services.BuildServiceProvider(validateScopes: true);

        foreach (string tenant in new[] { "acme", "other", "acme" })
        {
            await using AsyncServiceScope scope = root.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<Tenant>().Name = tenant;
            Assert.Equal("yes", (await scope.ServiceProvider.GetRequiredService<IChatClient>().AskAsync(streaming: false)).Text);
        }

        CostTracker tracker = root.GetRequiredService<CostTracker>();
        Assert.Equal(2 * 0.00056m, (await tracker.GetStatusAsync("tenant", "acme", Token)).Spent);
        Assert.Equal(0.00056m, (await tracker.GetStatusAsync("tenant", "other", Token)).Spent);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task AClientThatAScopeDisposedWorksForTheNext(SimulatedProvider provider)
    {
        IChatClient shared = RealClients.Create(_simulator, provider, "gpt-4.1-mini");
        for (int scope = 0; scope < 2; scope++)
        {
            using IChatClient pipeline = new ChatClientBuilder(shared).UseTokenEstimation().UseRetry().Build();
            Assert.NotEmpty((await pipeline.AskAsync(streaming: scope == 1)).Text);
        }
    }

    [Fact]
    public async Task TheCircuitOfARouteIsSharedByThePipelinesOfItsScopes()
    {
        _simulator.OpenAI.Default = SimulatedResponse.ServerError();
        IChatClient shared = OpenAi("gpt-4.1-mini");
        for (int scope = 0; scope < 8; scope++)
        {
            using IChatClient pipeline = new ChatClientBuilder(shared).UseRetry(new RetryOptions { MaxRetries = 0 }).Build();
            await Assert.ThrowsAnyAsync<Exception>(() => pipeline.AskAsync(streaming: false));
        }

        Assert.Equal(5, _simulator.OpenAI.ChatRequests.Count);
    }

    private IChatClient OpenAi(string model) => RealClients.Create(_simulator, SimulatedProvider.OpenAI, model);

    private sealed class Tenant
    {
        public string Name { get; set; } = "";
    }
}
