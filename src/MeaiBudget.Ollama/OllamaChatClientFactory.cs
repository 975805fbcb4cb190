using Microsoft.Extensions.AI;
using OllamaSharp;

namespace MeaiBudget;

/// <summary>Creates chat clients for Ollama, based on OllamaSharp.</summary>
/// <example>
/// <code>
/// IChatClient home = OllamaChatClientFactory.Create(new() { BaseUrl = "http://localhost:11434", ModelId = "llama3.2", ContextLength = 16_384 });
/// IChatClient client = new ChatClientBuilder(openAi).UseBudget(tracker).UseFallback([new ChatRoute("home", home) { IsLocal = true }]).Build();
/// </code>
/// </example>
public static class OllamaChatClientFactory
{
    internal const string DefaultBaseUrl = "http://localhost:11434";

    internal const string ApiKeyName = "OLLAMA_API_KEY";

    /// <summary>Creates a client.</summary>
    /// <param name="options">The options; copied.</param>
    /// <returns>A client that classifies failures, removes usage without counts, and detects requests that the server truncated.</returns>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix.</exception>
    public static IChatClient Create(OllamaChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ContextLength <= 0)
        {
            throw new ProviderConfigurationException(
                "Ollama", nameof(options.ContextLength), "the context length is zero or less. Set ContextLength to the context window in tokens, or leave it null.");
        }

        var setup = new ProviderClientSetup(options, "Ollama", "llama3.2", DefaultBaseUrl, ApiKeyName);
        HttpClient http = setup.CreateHttpClient();

        // OllamaSharp resolves its paths relative to the base URL. Without a slash at the end, the last segment of the base URL would be lost.
        http.BaseAddress = new Uri(setup.BaseUrl.ToString().TrimEnd('/') + "/");
        if (setup.ApiKey is { } key)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

        return new OllamaChatClient(new OllamaApiClient(http, setup.ModelId), options, setup);
    }
}
