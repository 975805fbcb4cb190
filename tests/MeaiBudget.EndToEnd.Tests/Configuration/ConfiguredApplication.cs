using System.Text;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>An application that is nothing but its appsettings.json, on the real SDKs against the simulator.</summary>
internal sealed class ConfiguredApplication : IAsyncDisposable
{
    public const string Key = "sk-proj-canary0123456789abcdefghijklmnopqrstuv";

    private readonly HttpMessageHandler _handler = ProviderSimulator.CreateHttpHandler();
    private readonly ReplaceableJson _json;

    private ConfiguredApplication(ProviderSimulator simulator, string json, Action<MeaiBudgetBuilder>? configure)
    {
        Simulator = simulator;
        _json = new ReplaceableJson(json);
        Configuration = new ConfigurationBuilder().Add(_json).AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = Key,
            ["MeaiBudget:Providers:anthropic:ApiKey"] = Key,
            ["MeaiBudget:Providers:openai:BaseUrl"] = simulator.OpenAIBaseUrl.ToString(),
            ["MeaiBudget:Providers:anthropic:BaseUrl"] = simulator.AnthropicBaseUrl.ToString(),
            ["MeaiBudget:Providers:ollama:BaseUrl"] = simulator.OllamaBaseUrl.ToString(),
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(Configuration);
        services.AddSingleton<ILoggerFactory>(new LoggerFactory([new FakeLoggerProvider(Log)]));
        services.AddSingleton<TimeProvider>(Clock);
        MeaiBudgetBuilder builder = services.AddMeaiBudget(Configuration.GetSection("MeaiBudget"))
            .AddOpenAI(options => options.HttpMessageHandler ??= _handler)
            .AddAnthropic(options => options.HttpMessageHandler ??= _handler)
            .AddLiteLLM(options => options.HttpMessageHandler ??= _handler)
            .AddOllama(options => options.HttpMessageHandler ??= _handler);
        configure?.Invoke(builder);
        Services = services.BuildServiceProvider();
    }

    public ProviderSimulator Simulator { get; }

    public IConfigurationRoot Configuration { get; }

    public ServiceProvider Services { get; }

    public WatchedClock Clock { get; } = new();

    public FakeLogCollector Log { get; } = new();

    public IChatClient Client => Services.GetRequiredService<IChatClient>();

    public CostTracker Tracker => Services.GetRequiredService<CostTracker>();

    public static async Task<ConfiguredApplication> StartAsync(string json, Action<MeaiBudgetBuilder>? configure = null) =>
        new(await ProviderSimulator.StartAsync(), json, configure);

    public IChatClient ClientFor(string model) => Services.GetRequiredKeyedService<IChatClient>(model);

    /// <summary>Writes another appsettings.json while the application runs.</summary>
    public void Change(string json)
    {
        _json.Json = json;
        Configuration.Reload();
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Simulator.DisposeAsync();
        _handler.Dispose();
    }

    private sealed class ReplaceableJson(string json) : IConfigurationSource
    {
        public string Json { get; set; } = json;

        public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(this);

        private sealed class Provider(ReplaceableJson source) : ConfigurationProvider
        {
            public override string ToString() => "JsonConfigurationProvider for 'appsettings.json' (Required)";

            public override void Load()
            {
                using var stream = new MemoryStream(Encoding.UTF8.GetBytes(source.Json));
                IConfigurationRoot parsed = new ConfigurationBuilder().AddJsonStream(stream).Build();
                Data = parsed.AsEnumerable().ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.OrdinalIgnoreCase);
            }
        }
    }
}
