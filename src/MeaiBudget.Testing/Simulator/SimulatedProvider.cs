namespace MeaiBudget.Testing;

/// <summary>The providers that a <see cref="ProviderSimulator"/> simulates.</summary>
public enum SimulatedProvider
{
    /// <summary>OpenAI: chat completions and the Responses API.</summary>
    OpenAI,

    /// <summary>Anthropic: the Messages API.</summary>
    Anthropic,

    /// <summary>A LiteLLM proxy: OpenAI's chat completions with the proxy's headers and costs.</summary>
    LiteLLM,

    /// <summary>Ollama's native API, not its OpenAI-compatible one.</summary>
    Ollama,
}
