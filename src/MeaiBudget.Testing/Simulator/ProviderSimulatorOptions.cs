namespace MeaiBudget.Testing;

/// <summary>How a <see cref="ProviderSimulator"/> is set up.</summary>
public sealed class ProviderSimulatorOptions
{
    /// <summary>Gets or sets the clock of delays and of time stamps in answers.</summary>
    /// <value>The system's clock. A test that gives a fake one moves it once <see cref="ProviderSimulator.WaitForDelaysAsync"/> says that the delay has begun.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the only API key that is accepted; every other, or none, is answered with 401 as the provider does.</summary>
    /// <value>Null: any key will do. Ollama has no keys and never asks.</value>
    public string? AcceptedApiKey { get; set; }

    /// <summary>Gets or sets what the LiteLLM proxy says an answer cost, in US dollars, where its script does not say.</summary>
    /// <value>One dollar for a million input tokens, two for a million output tokens. A null result sends no cost.</value>
    public Func<string, SimulatedUsage, decimal?> LiteLLMCost { get; set; } =
        static (_, usage) => ((usage.InputTokens * 1m) + (usage.OutputTokens * 2m)) / 1_000_000m;
}
