namespace MeaiBudget;

/// <summary>Code examples for log messages, by the provider's name.</summary>
internal static class SdkAdvice
{
    public static string RetriesOff(string? provider) => provider switch
    {
        "anthropic" => "new AnthropicClient { MaxRetries = 0 }.",
        "openai" or "azure.ai.openai" => "OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0).",
        _ => "see docs/providers.md.",
    };

    /// <summary>Returns the call that adds a failure classifier to a client; null for an unknown provider.</summary>
    public static string? Classifier(string? provider) => provider switch
    {
        "anthropic" => "client.WithAnthropicProvider() from MeaiBudget.Anthropic.",
        "openai" => "client.WithOpenAIProvider() from MeaiBudget.OpenAI.",
        "ollama" => "client.WithOllamaProvider() from MeaiBudget.Ollama.",
        _ => null,
    };
}
