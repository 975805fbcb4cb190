namespace MeaiBudget;

/// <summary>What to write for each SDK that the library knows by its provider's name.</summary>
internal static class SdkAdvice
{
    public static string RetriesOff(string? provider) => provider switch
    {
        "anthropic" => "new AnthropicClient { MaxRetries = 0 }.",
        "openai" or "azure.ai.openai" => "OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0).",
        _ => "see docs/providers.md.",
    };

    /// <summary>The call that gives a client its classifier; null for a provider that the library does not know.</summary>
    public static string? Classifier(string? provider) => provider switch
    {
        "anthropic" => "client.WithAnthropicProvider() from MeaiBudget.Anthropic.",
        "openai" => "client.WithOpenAIProvider() from MeaiBudget.OpenAI.",
        "ollama" => "client.WithOllamaProvider() from MeaiBudget.Ollama.",
        _ => null,
    };
}
