using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Tool;

/// <summary>The pipeline of a chat: from a configuration file, or else from environment variables, or else a simulator.</summary>
internal sealed class ChatPipeline : IAsyncDisposable
{
    private const string Section = AppConfiguration.Section;
    private const string DiscoveredModel = "chat";

    private readonly ServiceProvider _services;
    private readonly ProviderSimulator? _simulator;

    private ChatPipeline(IConfigurationRoot configuration, string description, TextWriter error, ProviderSimulator? simulator = null)
    {
        Description = description;
        _simulator = simulator;
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(new ChatLoggerFactory(error));
        AppConfiguration.AddMeaiBudget(services, configuration);
        _services = services.BuildServiceProvider();
    }

    /// <summary>A sentence about which providers answer, and why.</summary>
    public string Description { get; }

    public IChatClient Client => _services.GetRequiredService<IChatClient>();

    public CostTracker Tracker => _services.GetRequiredService<CostTracker>();

    /// <summary>The names of the logical models, the default one first.</summary>
    public IReadOnlyList<string> Models
    {
        get
        {
            MeaiBudgetOptions options = _services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<MeaiBudgetOptions>>().CurrentValue;
            return [.. options.Models.Keys.OrderBy(model => model.Equals(options.DefaultModel, StringComparison.OrdinalIgnoreCase) ? 0 : 1)];
        }
    }

    /// <summary>Returns the routes of a logical model, in order.</summary>
    public IReadOnlyList<ChatRoute> RoutesOf(string? model)
    {
        string name = Models.FirstOrDefault(known => known.Equals(model, StringComparison.OrdinalIgnoreCase)) ?? Models[0];
        return _services.GetRequiredKeyedService<IChatClient>(name).GetService<FallbackChatClient>()?.Routes ?? [];
    }

    /// <exception cref="MeaiBudgetConfigurationException">The configuration of environment variables is invalid.</exception>
    /// <exception cref="InvalidDataException">The file is invalid. The message names it and the path of each mistake.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<ChatPipeline> OpenAsync(
        string? file, IReadOnlyDictionary<string, string> environment, TextWriter error, CancellationToken cancellationToken)
    {
        file ??= AppConfiguration.InCurrentFolder();
        IConfigurationRoot? root = file is null ? null : AppConfiguration.ReadRoot(file, environment, reloads: true);
        ChatPipeline pipeline = root is not null
            ? new ChatPipeline(root, $"Configuration: {file}.", error)
            : await DiscoverAsync(environment, error, cancellationToken);
        try
        {
            // Report configuration errors before the first question.
            _ = pipeline.Tracker;
            if (pipeline.Models.Count == 0)
            {
                throw new MeaiBudgetConfigurationException(
                    Section, [$"{Section}:Models: the configuration has no model. Add providers, routes and a model; docs/configuration.md has an example."]);
            }

            _ = pipeline.Client;
            return pipeline;
        }
        catch (MeaiBudgetConfigurationException exception) when (root is not null)
        {
            await pipeline.DisposeAsync();
            throw new InvalidDataException(AppConfiguration.Describe(root, file!, exception.Failures), exception);
        }
        catch
        {
            await pipeline.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }
    }

    private static async Task<ChatPipeline> DiscoverAsync(IReadOnlyDictionary<string, string> environment, TextWriter error, CancellationToken cancellationToken)
    {
        var found = new DiscoveredConfiguration();
        foreach (DiscoveredProvider provider in await DiscoveredProvider.FindAsync(environment.GetValueOrDefault, cancellationToken))
        {
            found.Add(provider);
        }

        if (found.Providers is [{ Type: DiscoveredProvider.Ollama } local])
        {
            return new ChatPipeline(found.Build(), $"No configuration file and no key: the Ollama at {local.BaseUrl} answers, with {local.Model}.", error);
        }

        if (found.Providers.Count > 0)
        {
            return new ChatPipeline(found.Build(), $"No configuration file: {string.Join(", then ", found.Providers.Select(provider => provider.Name))}, from environment variables.", error);
        }

        ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        found.Add(new("simulator", DiscoveredProvider.OpenAI, "gpt-4.1-mini", simulator.OpenAIBaseUrl.ToString(), "a-key-the-simulator-takes"));
        return new ChatPipeline(
            found.Build(),
            "No configuration file, no key and no Ollama: a simulator on this machine answers, at the prices of gpt-4.1-mini. Nothing is sent to a provider, and nothing is paid. Set OPENAI_API_KEY, start Ollama, or give a file with --config.",
            error,
            simulator);
    }

    /// <summary>Builds a configuration from environment variables.</summary>
    private sealed class DiscoveredConfiguration
    {
        private readonly Dictionary<string, string?> _values = [];

        public List<DiscoveredProvider> Providers { get; } = [];

        public void Add(DiscoveredProvider provider)
        {
            string name = provider.Name;
            Set($"Providers:{name}:Type", provider.Type);
            Set($"Providers:{name}:BaseUrl", provider.BaseUrl);
            Set($"Providers:{name}:ApiKey", provider.ApiKey);
            Set($"Routes:{name}:Provider", name);
            Set($"Routes:{name}:Model", provider.Model);
            Set(Providers.Count == 0 ? $"Models:{DiscoveredModel}:Route" : $"Models:{DiscoveredModel}:Fallback:{Providers.Count - 1}", name);
            Providers.Add(provider);
        }

        public IConfigurationRoot Build()
        {
            // The tool registers two ledgers, but a chat without a file needs neither.
            Set("Ledger:Type", "InMemory");
            return new ConfigurationBuilder().AddInMemoryCollection(_values).Build();
        }

        private void Set(string path, string? value)
        {
            if (value is not null)
            {
                _values[$"{Section}:{path}"] = value;
            }
        }
    }

    /// <summary>Prints warnings of the configuration and the pipeline. Attempts are not printed, because receipts show them.</summary>
    private sealed class ChatLoggerFactory(TextWriter error) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) =>
            categoryName == typeof(RedactedLoggingChatClient).FullName ? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance : this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                error.WriteLine($"{logLevel}: {formatter(state, null)}");
            }
        }

        public void Dispose()
        {
        }
    }
}
