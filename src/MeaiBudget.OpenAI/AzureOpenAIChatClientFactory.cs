using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// Creates chat clients for deployments of Azure OpenAI and Azure AI Foundry, based on OpenAI's SDK with its retries disabled. They use the
/// <c>/openai/v1/</c> endpoints, which need no API version.
/// </summary>
public static class AzureOpenAIChatClientFactory
{
    internal const string ApiKeyName = "AZURE_OPENAI_API_KEY";

    /// <summary>The provider's name by OpenTelemetry's semantic conventions.</summary>
    internal const string ProviderName = "azure.ai.openai";

    private const string Path = "/openai/v1";

    /// <summary>Creates a client.</summary>
    /// <param name="options">The options; copied. <c>ModelId</c> is the name of a deployment.</param>
    /// <returns>A client that classifies failures, reads exact usage and counts input tokens through <see cref="IChatClient.GetService"/>.</returns>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix.</exception>
    public static IChatClient Create(AzureOpenAIChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Credential is not null && !string.IsNullOrEmpty(options.ApiKey))
        {
            throw new ProviderConfigurationException("AzureOpenAI", nameof(options.Credential), "both a credential and an API key are set. Set one of Credential and ApiKey.");
        }

        OpenAIChatClientOptions common = options.CopyTo(new OpenAIChatClientOptions
        {
            UseResponsesApi = options.UseResponsesApi,
            StoreResponses = options.StoreResponses,
        });
        common.BaseUrl = EndpointOf(options.BaseUrl);
        var setup = new ProviderClientSetup(
            common, "AzureOpenAI", "the name of a deployment", defaultBaseUrl: null, ApiKeyName, requiresApiKey: options.Credential is null,
            maxForwardTags: OpenAIChatClient.MetadataEntries);
        AuthenticationPolicy authentication = options.Credential is { } credential
            ? new BearerTokenPolicy(credential, options.CredentialScope)
            : ApiKeyAuthenticationPolicy.CreateHeaderApiKeyPolicy(new ApiKeyCredential(setup.ApiKey!), "api-key");
        return OpenAIChatClientFactory.Create(common, setup, authentication, ProviderName, options.Deployments);
    }

    /// <summary>Adds the path of the endpoints to a resource's address.</summary>
    private static string? EndpointOf(string? baseUrl)
    {
        string? address = baseUrl?.TrimEnd('/');
        return address is null || address.EndsWith("/v1", StringComparison.OrdinalIgnoreCase) ? address
            : address.EndsWith("/openai", StringComparison.OrdinalIgnoreCase) ? address + "/v1"
            : address + Path;
    }
}
