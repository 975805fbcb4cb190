using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>The routes that configuration names, one object each for all pipelines, so that they share circuits and slots. Made once; thread-safe.</summary>
internal sealed class ConfiguredRoutes : IDisposable
{
    private readonly HttpMessageHandler? _handler;
    private readonly Dictionary<string, ChatRoute> _routes = new(StringComparer.OrdinalIgnoreCase);

    public ConfiguredRoutes(IServiceProvider services, MeaiBudgetOptions options, PriceCatalog catalog, MeaiBudgetPipeline pipeline)
    {
        Facts = new ConfigurationFacts(options, services);
        _handler = HandlerOf(options.Logging, services);
        try
        {
            // In the order in which they are asked, then those that no model asks.
            IEnumerable<string> names = options.Models.Keys.OrderBy(model => model.Equals(options.DefaultModel, StringComparison.OrdinalIgnoreCase) ? 0 : 1)
                .SelectMany(Facts.ChainOf).Concat(options.Routes.Keys).Distinct(StringComparer.OrdinalIgnoreCase);
            var ordered = new List<ChatRoute>();
            foreach (string name in names)
            {
                _routes[name] = RouteOf(name, options.Routes[name], services, catalog, pipeline);
                ordered.Add(_routes[name]);
            }

            Ordered = ordered;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ConfigurationFacts Facts { get; }

    /// <summary>Gets all routes, those of the default model first.</summary>
    public IReadOnlyList<ChatRoute> Ordered { get; }

    public ChatRoute this[string name] => _routes[name];

    public IEnumerable<ChatRoute> ChainOf(string model) => Facts.ChainOf(model).Select(name => _routes[name]);

    public void Dispose()
    {
        foreach (ChatRoute route in _routes.Values)
        {
            route.Client.Dispose();
        }
    }

    private static RedactedHttpLoggingHandler? HandlerOf(LoggingSettings logging, IServiceProvider services) =>
        logging.Http && services.GetService<ILoggerFactory>() is { } loggers
            ? new RedactedHttpLoggingHandler(
                loggers.CreateLogger<RedactedHttpLoggingHandler>(), logging.ToHttpOptions(services.GetService<TimeProvider>() ?? TimeProvider.System))
            {
                InnerHandler = SharedHttpHandler.Instance,
            }
            : null;

    private ChatRoute RouteOf(string name, RouteSettings route, IServiceProvider services, PriceCatalog catalog, MeaiBudgetPipeline pipeline)
    {
        MeaiBudgetOptions options = Facts.Options;
        ProviderSettings provider = Facts.ProviderOf(route)!;
        IChatProviderFactory factory = Facts.FactoryOf(provider)!;
        var context = new ChatProviderContext(route.Provider!, route.Model!, provider, Facts.ApiKeyOf(provider), options.DefaultTemperature, services)
        {
            HttpMessageHandler = _handler,
        };
        IChatClient client = factory.CreateClient(context);
        ModelLimits? limits = Facts.PriceOf(route, null, catalog)?.Limits;
        return new ChatRoute(name, pipeline.BuildRoute(client, name, services))
        {
            ModelId = route.Model,
            ModelMap = Facts.ModelsThatAsk(name).ToDictionary(model => model, _ => route.Model!, StringComparer.OrdinalIgnoreCase),
            ModelClass = options.Classes.FirstOrDefault(entry => entry.Value.Contains(name, StringComparer.OrdinalIgnoreCase)).Key,
            IsLocal = Facts.IsLocal(route),
            Tags = [.. route.Tags],
            ContextWindow = route.ContextWindow ?? provider.ContextLength ?? (TakesWindowOfCatalog(factory) ? limits?.ContextWindow : null),
            MaxOutputTokens = route.MaxOutputTokens ?? ToInt(limits?.MaxOutputTokens),
            Capabilities = route.Capabilities.Count == 0 ? ChatCapabilities.All : route.Capabilities.Aggregate(ChatCapabilities.None, (all, one) => all | one),
            MaxConcurrency = route.MaxConcurrency,
            WhenFailed = route.WhenFailed,
            WhenOverBudget = route.WhenOverBudget,
            Circuit = options.Circuit,
        };
    }

    /// <summary>
    /// Where there is nobody to go on to, the provider itself is the better judge of what fits; and what an Ollama model could hold
    /// says nothing of what its server lets it.
    /// </summary>
    private bool TakesWindowOfCatalog(IChatProviderFactory factory) =>
        Facts.Options.Routes.Count > 1 && ProviderNames.Canonical(factory.ProviderName) != ProviderNames.Ollama;

    private static int? ToInt(long? tokens) => tokens is > 0 and <= int.MaxValue ? (int)tokens : null;
}
