namespace MeaiBudget.Testing;

/// <summary>Options of <see cref="ProviderSimulator"/>.</summary>
public sealed class ProviderSimulatorOptions
{
    /// <summary>Gets or sets the clock of delays and of time stamps in responses.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>. With a fake clock, wait with <see cref="ProviderSimulator.WaitForDelaysAsync"/> for a delay to begin before you move it.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the port on the loopback address; 0 to 65535.</summary>
    /// <value>The default, 0, takes a free port.</value>
    public int Port { get; set; }

    /// <summary>Gets or sets the only accepted API key. Requests with another key, or none, receive the provider's status 401.</summary>
    /// <value>The default is <see langword="null"/>: every key is accepted. Ollama never checks keys.</value>
    public string? AcceptedApiKey { get; set; }

    /// <summary>
    /// Gets or sets the function that returns the cost in US dollars that the LiteLLM proxy states, if its script sets none. The function
    /// receives the model and the usage.
    /// </summary>
    /// <value>The default is one dollar per million input tokens and two dollars per million output tokens. If the function returns <see langword="null"/>, no cost is sent.</value>
    public Func<string, SimulatedUsage, decimal?> LiteLLMCost { get; set; } =
        static (_, usage) => ((usage.InputTokens * 1m) + (usage.OutputTokens * 2m)) / 1_000_000m;

    /// <summary>Gets or sets the prices at which the usage and cost interfaces of OpenAI and Anthropic state what was billed.</summary>
    /// <value>The default is the catalog of the package.</value>
    public PriceCatalog Prices { get; set; } = PriceCatalog.Default;
}
