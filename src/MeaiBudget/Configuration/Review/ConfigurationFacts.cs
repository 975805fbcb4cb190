using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget;

/// <summary>What a configuration comes to, together with the factories that the application registered. Answers as well as it can where there are mistakes.</summary>
internal sealed class ConfigurationFacts(MeaiBudgetOptions options, IServiceProvider services)
{
    private readonly IConfiguration? _application = services.GetService<IConfiguration>();

    public MeaiBudgetOptions Options { get; } = options;

    public IReadOnlyList<IChatProviderFactory> ProviderFactories { get; } = [.. services.GetServices<IChatProviderFactory>()];

    public IReadOnlyList<ISpendLedgerFactory> LedgerFactories { get; } = [.. services.GetServices<ISpendLedgerFactory>()];

    /// <summary>The factory of a provider's type; null if there is none.</summary>
    public IChatProviderFactory? FactoryOf(ProviderSettings provider) =>
        ProviderFactories.FirstOrDefault(factory => factory.Type.Equals(provider.Type, StringComparison.OrdinalIgnoreCase));

    public ISpendLedgerFactory? LedgerFactory =>
        LedgerFactories.FirstOrDefault(factory => factory.Type.Equals(Options.Ledger.Type, StringComparison.OrdinalIgnoreCase));

    /// <summary>The provider's own key, else the one that lies under the usual name.</summary>
    public string? ApiKeyOf(ProviderSettings provider)
    {
        if (!string.IsNullOrWhiteSpace(provider.ApiKey))
        {
            return provider.ApiKey;
        }

        return FactoryOf(provider)?.ApiKeyName is { } name && _application?[name] is { } key && !string.IsNullOrWhiteSpace(key) ? key : null;
    }

    public ProviderSettings? ProviderOf(RouteSettings route) =>
        route.Provider is { } name && Options.Providers.TryGetValue(name, out ProviderSettings? provider) ? provider : null;

    public bool IsLocal(RouteSettings route) => route.Local ?? IsKnownFree(route);

    /// <summary>The price that a budget would reckon with; null where a mistake leaves nothing to ask for.</summary>
    public PriceResolution? PriceOf(RouteSettings route, string? logicalName, PriceCatalog catalog) =>
        ProviderOf(route) is { } provider && FactoryOf(provider) is { } factory && !string.IsNullOrWhiteSpace(route.Model)
            ? RequestPrices.PriceOf(catalog, ModelOf(provider, route), logicalName, factory.ProviderName, EndpointOf(provider), IsLocal(route))
            : null;

    /// <summary>The routes that are asked for a logical model, in order, each once; empty where nothing is right.</summary>
    public IReadOnlyList<string> ChainOf(string model)
    {
        var chain = new List<string>();
        AddChain(model, chain, []);
        return chain;
    }

    /// <summary>The logical models for which a route can be asked.</summary>
    public IEnumerable<string> ModelsThatAsk(string route) =>
        Options.Models.Keys.Where(model => ChainOf(model).Contains(route, StringComparer.OrdinalIgnoreCase));

    private bool IsKnownFree(RouteSettings route) =>
        ProviderOf(route) is { } provider && FactoryOf(provider) is { } factory
        && LocalModel.IsKnownFree(factory.ProviderName, EndpointOf(provider), ModelOf(provider, route));

    private Uri? EndpointOf(ProviderSettings provider) =>
        Uri.TryCreate(provider.BaseUrl ?? FactoryOf(provider)?.DefaultBaseUrl, UriKind.Absolute, out Uri? endpoint) ? endpoint : null;

    private void AddChain(string model, List<string> chain, HashSet<string> open)
    {
        if (!Options.Models.TryGetValue(model, out ModelSettings? settings) || !open.Add(model.ToUpperInvariant()))
        {
            return;
        }

        Add(PrimaryOf(settings));
        if (settings.Fallback is null)
        {
            foreach (string route in ClassMatesOf(settings))
            {
                Add(route);
            }

            foreach (string route in Options.Routes.Where(route => IsLocal(route.Value)).Select(route => route.Key))
            {
                Add(route);
            }
        }

        foreach (string name in settings.Fallback ?? [])
        {
            if (Options.Routes.ContainsKey(name))
            {
                Add(name);
            }
            else
            {
                AddChain(name, chain, open);
            }
        }

        void Add(string? route)
        {
            if (route is not null && Options.Routes.ContainsKey(route) && !chain.Contains(route, StringComparer.OrdinalIgnoreCase))
            {
                // As the route is called, not as it was written here.
                chain.Add(Options.Routes.Keys.First(name => name.Equals(route, StringComparison.OrdinalIgnoreCase)));
            }
        }
    }

    private string? PrimaryOf(ModelSettings model) =>
        model.Route ?? (model.Class is { } name && Options.Classes.TryGetValue(name, out IList<string>? members) ? members.FirstOrDefault() : null);

    private IEnumerable<string> ClassMatesOf(ModelSettings model)
    {
        if (model.Class is { } name)
        {
            return Options.Classes.TryGetValue(name, out IList<string>? members) ? members : [];
        }

        return model.Route is { } route ? Options.Classes.Values.FirstOrDefault(mates => mates.Contains(route, StringComparer.OrdinalIgnoreCase)) ?? [] : [];
    }

    /// <summary>Returns the model behind a route's deployment, or else the route's model.</summary>
    private static string ModelOf(ProviderSettings provider, RouteSettings route) =>
        provider.Deployments.TryGetValue(route.Model!, out string? model) ? model : route.Model!;
}
