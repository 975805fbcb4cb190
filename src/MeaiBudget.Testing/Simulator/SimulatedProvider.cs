namespace MeaiBudget.Testing;

/// <summary>The providers that a <see cref="ProviderSimulator"/> plays.</summary>
public enum SimulatedProvider
{
    /// <summary>OpenAI: chat completions and responses.</summary>
    OpenAI,

    /// <summary>Anthropic: messages.</summary>
    Anthropic,

    /// <summary>A LiteLLM proxy: OpenAI's chat completions with the proxy's headers and costs.</summary>
    LiteLLM,

    /// <summary>Ollama's own interface, not the one it offers in OpenAI's format.</summary>
    Ollama,
}
