namespace MeaiBudget;

/// <summary>The configuration that <c>services.AddMeaiBudget(section)</c> reads; docs/configuration.md explains each section.</summary>
/// <remarks>
/// Names are compared without regard to case, as in all .NET configuration. Changes of <see cref="Budgets"/> and <see cref="Prices"/>
/// apply while the application runs; everything else is read once. Not thread-safe while it is changed; not changed after it was handed out.
/// </remarks>
public sealed class MeaiBudgetOptions
{
    /// <summary>Gets or sets the logical model of the client without a key; may be left out if there is only one model.</summary>
    public string? DefaultModel { get; set; }

    /// <summary>Gets or sets the temperature of requests that set none, from 0 to 2; <see langword="null"/> leaves it to the provider. Default: 0.3.</summary>
    public float? DefaultTemperature { get; set; } = ProviderClientOptions.StandardTemperature;

    /// <summary>Gets the providers, by a name of your own.</summary>
    public IDictionary<string, ProviderSettings> Providers { get; } = Named<ProviderSettings>();

    /// <summary>Gets the routes, by a name of your own. A route is a model of a provider.</summary>
    public IDictionary<string, RouteSettings> Routes { get; } = Named<RouteSettings>();

    /// <summary>Gets the classes of models that can replace each other: for each class its routes, in the order in which they are tried.</summary>
    public IDictionary<string, IList<string>> Classes { get; } = Named<IList<string>>();

    /// <summary>Gets the logical models, by the name that the application uses.</summary>
    public IDictionary<string, ModelSettings> Models { get; } = Named<ModelSettings>();

    /// <summary>Gets the budgets, by the name that the ledger uses. All must admit a call.</summary>
    public IDictionary<string, BudgetSettings> Budgets { get; } = Named<BudgetSettings>();

    /// <summary>Gets prices of your own, by the provider's model id or by a logical name. They replace all other prices.</summary>
    public IDictionary<string, PriceSettings> Prices { get; } = Named<PriceSettings>();

    /// <summary>Gets or sets a price file whose prices replace those of the package's catalog. It is read again when it changes. <see langword="null"/> for none.</summary>
    public string? PriceFile { get; set; }

    /// <summary>Gets or sets the factor, up or down, by which a known price may change in one reload; <see langword="null"/> for any. Default: 5.</summary>
    public decimal? LargestPriceChange { get; set; } = 5m;

    /// <summary>Gets or sets the options of the budget layer: how attempts are admitted and what they reserve.</summary>
    public BudgetOptions Admission { get; set; } = new();

    /// <summary>Gets or sets the options of the retry layer.</summary>
    public RetryOptions Retry { get; set; } = new();

    /// <summary>Gets or sets the options of every route's circuit.</summary>
    public CircuitOptions Circuit { get; set; } = new();

    /// <summary>Gets or sets what is logged.</summary>
    public LoggingSettings Logging { get; set; } = new();

    /// <summary>Gets or sets the options of the token estimator.</summary>
    public TokenEstimatorOptions Estimation { get; set; } = new();

    /// <summary>Gets or sets the ledger that stores the spend.</summary>
    public LedgerSettings Ledger { get; set; } = new();

    /// <summary>The values that could not be read, found before binding.</summary>
    internal IReadOnlyList<ConfigurationProblem> Unreadable { get; set; } = [];

    private static Dictionary<string, T> Named<T>() => new(StringComparer.OrdinalIgnoreCase);
}
