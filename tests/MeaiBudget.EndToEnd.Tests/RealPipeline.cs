using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

/// <summary>
/// The whole pipeline on the real SDKs against the simulator: a primary of the provider under test, an alternate of the same class
/// at another provider, one of another class, and a local model; all layers, one daily budget, a ledger that counts, a fake clock.
/// </summary>
internal sealed class RealPipeline : IAsyncDisposable
{
    private static readonly ModelPrice Price = ModelPrice.PerMillionTokens(1m, 2m);
    private static readonly ModelLimits Limits = new(ContextWindow: 128_000, MaxOutputTokens: 16_384, IsReasoning: false);

    public const string PrimaryModel = "primary-model";
    public const string AlternateModel = "alternate-model";
    public const string OtherClassModel = "large-model";
    public const string LocalModel = "local-model";

    private readonly HttpMessageHandler _handler = ProviderSimulator.CreateHttpHandler();

    private RealPipeline(ProviderSimulator simulator, SimulatedProvider provider, WatchedClock clock, decimal limit, bool hasAlternates)
    {
        Simulator = simulator;
        Provider = provider;
        AlternateProvider = provider == SimulatedProvider.Anthropic ? SimulatedProvider.OpenAI : SimulatedProvider.Anthropic;
        Clock = clock;
        Ledger = new CountingLedger(new InMemorySpendLedger(clock));
        Tracker = new CostTracker(
            [Budget.Daily("day", limit)],
            PriceCatalog.Empty.With(PrimaryModel, Price, Limits).With(AlternateModel, Price, Limits).With(OtherClassModel, Price, Limits),
            Ledger);
        PrimaryClient = CreateClient(provider, PrimaryModel);
        ChatRoute[] alternates =
        [
            new("other-class", CreateClient(SimulatedProvider.LiteLLM, OtherClassModel)) { ModelClass = "large" },
            new("local", CreateClient(SimulatedProvider.Ollama, LocalModel)) { IsLocal = true },
            new("alternate", CreateClient(AlternateProvider, AlternateModel)) { ModelClass = "fast" },
        ];
        Client = new ChatClientBuilder(PrimaryClient)
            .UseTokenEstimation()
            .UseBudget(Tracker)
            .UseRetry(new RetryOptions
            {
                MaxRetries = 2,
                BaseDelay = TimeSpan.Zero,
                MaxDelay = TimeSpan.Zero,
                RetryBudget = new RetryBudget(1, 1000),
            })
            .UseFallback(hasAlternates ? alternates : [], options => (options.PrimaryName, options.PrimaryModelClass) = ("primary", "fast"))
            .Build(new ServiceCollection().AddSingleton<TimeProvider>(clock).BuildServiceProvider());
    }

    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes
    {
        get
        {
            var data = new TheoryData<SimulatedProvider, bool>();
            foreach (SimulatedProvider provider in Enum.GetValues<SimulatedProvider>())
            {
                data.Add(provider, false);
                data.Add(provider, true);
            }

            return data;
        }
    }

    public static TheoryData<SimulatedProvider> Providers => [.. Enum.GetValues<SimulatedProvider>()];

    public ProviderSimulator Simulator { get; }

    public SimulatedProvider Provider { get; }

    public SimulatedProvider AlternateProvider { get; }

    public WatchedClock Clock { get; }

    public CountingLedger Ledger { get; }

    public CostTracker Tracker { get; }

    /// <summary>Gets the primary without any layer.</summary>
    public IChatClient PrimaryClient { get; }

    public IChatClient Client { get; }

    public ResponseScript Primary => Simulator.Script(Provider).ForModel(PrimaryModel);

    public ResponseScript Alternate => Simulator.Script(AlternateProvider).ForModel(AlternateModel);

    public ResponseScript Local => Simulator.Ollama.ForModel(LocalModel);

    public static async Task<RealPipeline> StartAsync(SimulatedProvider provider, decimal limit = 10m, bool hasAlternates = true)
    {
        var clock = new WatchedClock();
        ProviderSimulator simulator = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { TimeProvider = clock });
        return new RealPipeline(simulator, provider, clock, limit, hasAlternates);
    }

    public int RequestsFor(string model) => Simulator.Requests.Count(request => request.Model == model);

    public async Task<BudgetStatus> StatusAsync() => await Tracker.GetStatusAsync("day");

    /// <summary>Every admitted attempt was settled or released, once, and what was settled is what the budget says.</summary>
    public async Task AssertBalancedAsync(int settled)
    {
        Assert.Equal(settled, Ledger.Settled);
        Assert.Equal(Ledger.Admitted, Ledger.Settled + Ledger.Released);
        Assert.Equal(0, Ledger.Open);
        BudgetStatus status = await StatusAsync();
        Assert.Equal((Ledger.SettledNanoDollars / 1_000_000_000m, 0m), (status.Spent, status.Held));
    }

    public IChatClient CreateClient(SimulatedProvider provider, string modelId, Action<ProviderClientOptions>? configure = null) =>
        RealClients.Create(Simulator, provider, modelId, options =>
        {
            options.HttpMessageHandler = _handler;
            configure?.Invoke(options);
        });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Simulator.DisposeAsync();
        _handler.Dispose();
    }
}
