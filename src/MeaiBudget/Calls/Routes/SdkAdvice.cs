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

    /// <summary>Returns the line that adds this library's HTTP handler to a client.</summary>
    public static string ChatWire(string? provider) => provider switch
    {
        "anthropic" => "new AnthropicClient { ... }.AddChatWire().AsIChatClient(model).WithAnthropicProvider(), from MeaiBudget.Anthropic.",
        "openai" or "azure.ai.openai" => "new OpenAIClientOptions { ... }.AddChatWire() for the SDK's client, and client.WithOpenAIProvider(), from MeaiBudget.OpenAI.",
        "ollama" => "new OllamaApiClient(ChatWireHandler.CreateClient(), model).WithOllamaProvider(), from MeaiBudget.Ollama.",
        _ => "create the client's HttpClient with ChatWireHandler.CreateClient(handler), and wrap the client: new ProviderChatClient(client, httpClient).",
    };

    /// <summary>How to stop a handler from repeating requests.</summary>
    public const string HandlerRetriesOff = "remove the resilience handler (AddStandardResilienceHandler, Polly) from the client's HttpMessageHandler, or set its retry and hedging attempts to 0.";

    /// <summary>Returns the call that adds a failure classifier to a client; null for an unknown provider.</summary>
    public static string? Classifier(string? provider) => provider switch
    {
        "anthropic" => "client.WithAnthropicProvider() from MeaiBudget.Anthropic.",
        "openai" => "client.WithOpenAIProvider() from MeaiBudget.OpenAI.",
        "ollama" => "client.WithOllamaProvider() from MeaiBudget.Ollama.",
        _ => null,
    };
}
