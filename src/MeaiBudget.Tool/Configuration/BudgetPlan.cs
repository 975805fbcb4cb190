namespace MeaiBudget.Tool;

/// <summary>Budgets and prices of a file: an application's settings with a section MeaiBudget, or a file of budgets alone.</summary>
internal sealed class BudgetPlan
{
    public const string Description = "The app's appsettings.json (its section MeaiBudget; environment variables override it), or a JSON file of budgets.";

    private readonly Func<string?, IReadOnlyList<AlternateEntry>> _alternatesOf;

    private BudgetPlan(Budget[] budgets, PriceCatalog catalog, Func<string?, IReadOnlyList<AlternateEntry>> alternatesOf)
    {
        Budgets = budgets;
        Catalog = catalog;
        _alternatesOf = alternatesOf;
    }

    public IReadOnlyList<Budget> Budgets { get; }

    public PriceCatalog Catalog { get; }

    /// <summary>The smallest number of output tokens to which a reservation may be lowered; null to keep the recorded reservations.</summary>
    public long? OutputFloor { get; private init; }

    /// <summary>The routes of the application's models, in order; empty for a file of budgets.</summary>
    public IReadOnlyList<PlannedRoute> Routes { get; private init; } = [];

    /// <summary>The first route of each logical model, by the model's name.</summary>
    public IReadOnlyDictionary<string, PlannedRoute> FirstRoutes { get; private init; } = new Dictionary<string, PlannedRoute>();

    /// <exception cref="InvalidDataException">The file is invalid. The message has the file, the path within it, and what to write.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<BudgetPlan> ReadAsync(string path, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        if (!AppConfiguration.IsIn(path))
        {
            BudgetFile file = await BudgetFile.ReadAsync(path, cancellationToken);
            return new BudgetPlan(file.ToBudgets(), file.ToCatalog(), _ => file.Alternates) { OutputFloor = file.OutputFloor };
        }

        using var app = AppConfiguration.Read(path, environment);
        IReadOnlyList<ConfigurationProblem> problems = app.BudgetProblems();
        return problems.Count > 0 ? throw new InvalidDataException(AppConfiguration.Describe(app.Root, path, problems.Select(problem => problem.ToString()))) : Of(app);
    }

    /// <summary>Returns what is tried if a budget refuses a route.</summary>
    /// <param name="route">The recorded route.</param>
    public IReadOnlyList<AlternateEntry> AlternatesOf(string? route) => _alternatesOf(route);

    private static BudgetPlan Of(AppConfiguration app)
    {
        MeaiBudgetOptions options = app.Options;
        PriceCatalog catalog = ConfiguredPrices.CatalogOf(options);
        string[] models = [.. options.Models.Keys.OrderBy(model => model.Equals(options.DefaultModel, StringComparison.OrdinalIgnoreCase) ? 0 : 1)];
        string[][] chains = [.. models.Select(model => app.Facts.ChainOf(model).Where(name => !string.IsNullOrWhiteSpace(options.Routes[name].Model)).ToArray())];
        PlannedRoute[] routes =
        [
            .. chains.SelectMany(chain => chain).Concat(options.Routes.Keys).Distinct(StringComparer.OrdinalIgnoreCase)
                .Where(name => !string.IsNullOrWhiteSpace(options.Routes[name].Model)).Select(name => RouteOf(app, name, catalog)),
        ];
        return new BudgetPlan(
            [.. options.Budgets.Select(entry => entry.Value.ToBudget(entry.Key))], catalog,
            route => chains.FirstOrDefault(chain => chain.Contains(route, StringComparer.OrdinalIgnoreCase)) is { } chain
                ?
                [
                    .. chain.SkipWhile(name => !name.Equals(route, StringComparison.OrdinalIgnoreCase)).Skip(1)
                        .Select(name => routes.First(one => one.Name == name)).Where(one => options.Routes[one.Name].WhenOverBudget)
                        .Select(one => new AlternateEntry { Model = one.Model, Provider = one.Provider, Route = one.Name, Class = one.Class, IsFree = one.IsFree }),
                ]
                : [])
        {
            Routes = routes,
            FirstRoutes = models.Zip(chains).Where(one => one.Second.Length > 0)
                .ToDictionary(one => one.First, one => routes.First(route => route.Name == one.Second[0]), StringComparer.OrdinalIgnoreCase),

            // A record does not say whether the caller set the limit, so it is kept unless the file sets the floor itself.
            OutputFloor = app.Root[$"{AppConfiguration.Section}:{nameof(options.Admission)}:{nameof(options.Admission.OutputFloor)}"] is null ? null : options.Admission.OutputFloor,
        };
    }

    private static PlannedRoute RouteOf(AppConfiguration app, string name, PriceCatalog catalog)
    {
        RouteSettings route = app.Options.Routes[name];
        ProviderSettings? provider = app.Facts.ProviderOf(route);
        string model = provider?.Deployments.TryGetValue(route.Model!, out string? behind) == true ? behind : route.Model!;
        return new PlannedRoute(
            name, model, provider is null ? null : app.Facts.FactoryOf(provider)?.ProviderName,
            app.Options.Classes.FirstOrDefault(entry => entry.Value.Contains(name, StringComparer.OrdinalIgnoreCase)).Key,
            app.Facts.IsLocal(route), app.Facts.PriceOf(route, null, catalog) ?? catalog.Resolve(model));
    }
}

/// <summary>A route of an application's configuration.</summary>
/// <param name="Name">The route's name.</param>
/// <param name="Model">The model, also behind a deployment.</param>
/// <param name="Provider">The provider's name in receipts; null if the tool does not know its type.</param>
/// <param name="Class">The route's class; null for none.</param>
/// <param name="IsFree">True for a model on a machine of one's own.</param>
/// <param name="Price">The price that budgets use.</param>
internal sealed record PlannedRoute(string Name, string Model, string? Provider, string? Class, bool IsFree, PriceResolution Price);
