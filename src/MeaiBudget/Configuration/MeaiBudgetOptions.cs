namespace MeaiBudget;

/// <summary>What <c>services.AddMeaiBudget(section)</c> reads from configuration; docs/configuration.md explains each section.</summary>
/// <remarks>
/// Names are compared without regard to case, as configuration does. Budgets and prices take effect again when the configuration
/// changes; everything else is read once. Not thread-safe while it is changed; what is handed out is not changed any more.
/// </remarks>
public sealed class MeaiBudgetOptions
{
    /// <summary>Gets or sets the logical model that the unkeyed client asks; may be left out where there is only one.</summary>
    public string? DefaultModel { get; set; }

    /// <summary>Gets or sets the temperature of requests that set none, from 0 to 2; <see langword="null"/> leaves it to the provider. Default: 0.3.</summary>
    public float? DefaultTemperature { get; set; } = ProviderClientOptions.StandardTemperature;

    /// <summary>Gets the services that are asked, by a name of your own.</summary>
    public IDictionary<string, ProviderSettings> Providers { get; } = Named<ProviderSettings>();

    /// <summary>Gets the ways to an answer, by name: a model of a provider.</summary>
    public IDictionary<string, RouteSettings> Routes { get; } = Named<RouteSettings>();

    /// <summary>Gets the classes of models that can stand in for each other: routes, in the order in which they are asked.</summary>
    public IDictionary<string, IList<string>> Classes { get; } = Named<IList<string>>();

    /// <summary>Gets the logical models, by the name that the application asks for.</summary>
    public IDictionary<string, ModelSettings> Models { get; } = Named<ModelSettings>();

    /// <summary>Gets the budgets, by the name that ledgers know them by. All must admit a call.</summary>
    public IDictionary<string, BudgetSettings> Budgets { get; } = Named<BudgetSettings>();

    /// <summary>Gets prices of your own, by the provider's model id or by a logical name; they win over every other.</summary>
    public IDictionary<string, PriceSettings> Prices { get; } = Named<PriceSettings>();

    /// <summary>Gets or sets a price file that lies over the package's own catalog and is read again when it changes; <see langword="null"/> for none.</summary>
    public string? PriceFile { get; set; }

    /// <summary>Gets or sets the factor, up or down, by which a known price may move in one reload; <see langword="null"/> for any. Default: 5.</summary>
    public decimal? LargestPriceChange { get; set; } = 5m;

    /// <summary>Gets or sets how attempts are admitted.</summary>
    public AdmissionSettings Admission { get; set; } = new();

    /// <summary>Gets or sets how failed attempts are made again.</summary>
    public RetrySettings Retry { get; set; } = new();

    /// <summary>Gets or sets when a route is left alone.</summary>
    public CircuitSettings Circuit { get; set; } = new();

    /// <summary>Gets or sets what is logged.</summary>
    public LoggingSettings Logging { get; set; } = new();

    /// <summary>Gets or sets how requests are estimated.</summary>
    public EstimationSettings Estimation { get; set; } = new();

    /// <summary>Gets or sets where spend is kept.</summary>
    public LedgerSettings Ledger { get; set; } = new();

    /// <summary>What could not be read, found before binding.</summary>
    internal IReadOnlyList<ConfigurationProblem> Unreadable { get; set; } = [];

    private static Dictionary<string, T> Named<T>() => new(StringComparer.OrdinalIgnoreCase);
}
