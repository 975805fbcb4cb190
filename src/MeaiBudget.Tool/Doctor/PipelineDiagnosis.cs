using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Tool;

/// <summary>Builds the pipelines of a configuration, which checks the order of layers, and collects what they warn of. Nothing is sent.</summary>
internal static class PipelineDiagnosis
{
    private static readonly (Type Type, string Name)[] Layers =
    [
        (typeof(RedactedLoggingChatClient), "logging"), (typeof(TokenEstimatingChatClient), "token estimation"), (typeof(BudgetChatClient), "budget"),
        (typeof(RetryChatClient), "retry"), (typeof(FallbackChatClient), "fallback"),
    ];

    public static async Task CheckAsync(AppConfiguration app, DoctorFindings findings)
    {
        if (app.Options.Models.Count == 0 || app.Options.Providers.Values.Any(provider => app.Facts.FactoryOf(provider) is null))
        {
            findings.Warn("layers", "The pipelines were not built, because the tool does not know all providers of the settings.", "The app checks the order of its layers when it starts; look for warnings MB001 to MB010 in its log.");
            return;
        }

        var warnings = new WarningCollector();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(warnings);
        AppConfiguration.AddMeaiBudget(services, Harmless(app));
        await using ServiceProvider provider = services.BuildServiceProvider();
        foreach (string model in app.Options.Models.Keys)
        {
            try
            {
                IChatClient client = provider.GetRequiredKeyedService<IChatClient>(model);
                findings.Ok($"layers of {model}", string.Join(" > ", Layers.Where(layer => client.GetService(layer.Type) is not null).Select(layer => layer.Name)) + ". Layers that the app adds in code are not seen here.");
            }
            catch (Exception exception) when (exception is PipelineException or MeaiBudgetConfigurationException or ProviderConfigurationException)
            {
                findings.Add(FindingState.Fail, $"layers of {model}", exception.Message);
            }
        }

        foreach (string warning in warnings.Messages.Distinct())
        {
            findings.Add(FindingState.Warn, "layers", warning);
        }
    }

    /// <summary>Returns the settings with a ledger in memory and with a key where one is missing, so that nothing is opened and a missing key hides no other mistake.</summary>
    private static IConfigurationRoot Harmless(AppConfiguration app)
    {
        var changes = new Dictionary<string, string?>();
        string ledger = $"{AppConfiguration.Section}:Ledger:";
        foreach (string setting in app.Options.Ledger.SpecificSettings())
        {
            changes[ledger + setting] = null;
        }

        changes[ledger + "Type"] = LedgerSettings.InMemory;
        foreach ((string name, ProviderSettings settings) in app.Options.Providers)
        {
            if (app.Facts.ApiKeyOf(settings) is null)
            {
                changes[$"{AppConfiguration.Section}:Providers:{name}:ApiKey"] = "none";
            }
        }

        return new ConfigurationBuilder().AddConfiguration(app.Root).AddInMemoryCollection(changes).Build();
    }

    private sealed class WarningCollector : ILoggerFactory, ILogger
    {
        public List<string> Messages { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // A key in the file is reported by the check of keys.
            if (IsEnabled(logLevel) && eventId.Name != "KeyInFile")
            {
                Messages.Add(formatter(state, null));
            }
        }

        public void Dispose()
        {
        }
    }
}
