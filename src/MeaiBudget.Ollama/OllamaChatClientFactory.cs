using Microsoft.Extensions.AI;
using OllamaSharp;

namespace MeaiBudget;

/// <summary>Creates chat clients for Ollama, based on OllamaSharp.</summary>
public static class OllamaChatClientFactory
{
    private const string Provider = "Ollama";

    internal const string DefaultBaseUrl = "http://localhost:11434";

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
                Provider, nameof(options.ContextLength), "the context length is zero or less. Set ContextLength to the context window in tokens, or leave it null.");
        }

        options.RequireForwardTags(Provider, 0);
        var http = ProviderHttp.CreateClient(options, options.RequireTimeout(Provider));

        // OllamaSharp resolves its paths relative to the base URL. Without a slash at the end, the last segment of the base URL would be lost.
        http.BaseAddress = new Uri(options.RequireBaseUrl(Provider, DefaultBaseUrl).ToString().TrimEnd('/') + "/");
        if (!string.IsNullOrEmpty(options.ApiKey))
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", options.RequireApiKey(Provider, "OLLAMA_API_KEY"));
        }

        var modelId = options.RequireModelId(Provider, "llama3.2");
        return new OllamaChatClient(new OllamaApiClient(http, modelId), options, modelId, http);
    }
}
