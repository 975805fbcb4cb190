using Microsoft.Extensions.AI;
using OllamaSharp;

namespace MeaiBudget;

/// <summary>Makes chat clients for Ollama on OllamaSharp.</summary>
public static class OllamaChatClientFactory
{
    private const string Provider = "Ollama";

    internal const string DefaultBaseUrl = "http://localhost:11434";

    /// <summary>Makes a client.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <returns>A client that classifies failures, drops usage that Ollama did not count, and notices requests that the server cut.</returns>
    /// <exception cref="ProviderConfigurationException">A setting is missing or cannot work; the message says what to do.</exception>
    public static IChatClient Create(OllamaChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ContextLength <= 0)
        {
            throw new ProviderConfigurationException(
                Provider, nameof(options.ContextLength), "the context length is not more than zero. Set ContextLength to the tokens the model should hold, or leave it out.");
        }

        options.RequireForwardTags(Provider, 0);
        var http = ProviderHttp.CreateClient(options, options.RequireTimeout(Provider));

        // OllamaSharp resolves its paths against the base, which loses a last segment that does not end in a slash.
        http.BaseAddress = new Uri(options.RequireBaseUrl(Provider, DefaultBaseUrl).ToString().TrimEnd('/') + "/");
        if (!string.IsNullOrEmpty(options.ApiKey))
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", options.RequireApiKey(Provider, "OLLAMA_API_KEY"));
        }

        var modelId = options.RequireModelId(Provider, "llama3.2");
        return new OllamaChatClient(new OllamaApiClient(http, modelId), options, modelId, http);
    }
}
