namespace MeaiBudget;

/// <summary>One route, in configuration: a model of a provider.</summary>
public sealed class RouteSettings
{
    /// <summary>Gets or sets the provider's name in <see cref="MeaiBudgetOptions.Providers"/>.</summary>
    public string? Provider { get; set; }

    /// <summary>Gets or sets the provider's id of the model.</summary>
    public string? Model { get; set; }

    /// <summary>Gets or sets whether the route runs on a machine of your own: it costs nothing and is tried last. Default: true for an Ollama at a local address.</summary>
    public bool? Local { get; set; }

    /// <summary>Gets the tags that a request can require, for example <c>eu</c>.</summary>
    public IList<string> Tags { get; } = [];

    /// <summary>Gets or sets the context window in tokens. Default: that of the price catalog, or the provider's <see cref="ProviderSettings.ContextLength"/>.</summary>
    public long? ContextWindow { get; set; }

    /// <summary>Gets or sets the most output tokens that the model accepts. Default: that of the price catalog.</summary>
    public int? MaxOutputTokens { get; set; }

    /// <summary>Gets the capabilities of the route. An empty list means all.</summary>
    public IList<ChatCapabilities> Capabilities { get; } = [];

    /// <summary>Gets or sets the most attempts at a time. Default: no limit, 4 for a local route.</summary>
    public int? MaxConcurrency { get; set; }

    /// <summary>Gets or sets a value indicating whether the route is tried when the routes before it failed. Default: true.</summary>
    public bool WhenFailed { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether the route is tried when budgets refused the routes before it. Default: true.</summary>
    public bool WhenOverBudget { get; set; } = true;
}
