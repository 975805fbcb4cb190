using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>Creates chat clients for OpenAI and compatible servers, based on OpenAI's SDK with its retries disabled.</summary>
/// <example>
/// <code>
/// IChatClient openAI = OpenAIChatClientFactory.Create(new() { ApiKey = key, ModelId = "gpt-4.1-mini" });
/// IChatClient client = new ChatClientBuilder(openAI).UseBudget(tracker).UseRetry().Build();
/// </code>
/// </example>
public static class OpenAIChatClientFactory
{
    internal const string DefaultBaseUrl = "https://api.openai.com/v1";

    internal const string ApiKeyName = "OPENAI_API_KEY";

    /// <summary>The fields for counting input tokens with the Responses API, which receives the chat request in its own format.</summary>
    private static readonly FrozenSet<string> CountedFields = FrozenSet.Create(
        "model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "conversation", "previous_response_id", "truncation", "parallel_tool_calls");

    /// <summary>Creates a client.</summary>
    /// <param name="options">The options; copied.</param>
    /// <returns>A client that classifies failures, reads exact usage and counts input tokens through <see cref="IChatClient.GetService"/>.</returns>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix.</exception>
    public static IChatClient Create(OpenAIChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var setup = new ProviderClientSetup(
            options, "OpenAI", "gpt-5-mini", DefaultBaseUrl, ApiKeyName, requiresApiKey: true, maxForwardTags: OpenAIChatClient.MetadataEntries);
        return Create(options, setup, ApiKeyAuthenticationPolicy.CreateBearerAuthorizationPolicy(new ApiKeyCredential(setup.ApiKey!)), providerName: null, deployments: null);
    }

    /// <summary>Creates a client for any service that speaks OpenAI's protocol.</summary>
    /// <param name="options">The options.</param>
    /// <param name="setup">The validated options.</param>
    /// <param name="authentication">Adds the key or token to requests.</param>
    /// <param name="providerName">The provider's name; <see langword="null"/> for the SDK's.</param>
    /// <param name="deployments">The models behind deployments; <see langword="null"/> for none.</param>
    internal static IChatClient Create(
        OpenAIChatClientOptions options, ProviderClientSetup setup, AuthenticationPolicy authentication, string? providerName, IEnumerable<KeyValuePair<string, string>>? deployments)
    {
        (string? organization, string? project) = (options.OrganizationId, options.ProjectId);
        HttpClient http = setup.CreateHttpClient(Timeout.InfiniteTimeSpan);
        return new OpenAIChatClient(
            options.UseResponsesApi ? CreateResponses(http) : CreateChat(http),
            setup,
            options.UseResponsesApi ? ChatApi.OpenAIResponses : ChatApi.OpenAIChat,
            setup.CreateTokenCounter("/responses", "/responses/input_tokens", CountedFields, "input_tokens", CreateResponses, OpenAIFailureClassifier.Instance),
            options.StoreResponses,
            providerName is null ? null : new ChatClientMetadata(providerName, setup.BaseUrl, setup.ModelId),
            deployments);

        IChatClient CreateChat(HttpClient transport) => new ChatClient(
            setup.ModelId,
            authentication,
            Configure(new OpenAIClientOptions { Endpoint = setup.BaseUrl, OrganizationId = organization, ProjectId = project }, setup.Timeout, transport)).AsIChatClient();

        IChatClient CreateResponses(HttpClient transport) => new ResponsesClient(
            authentication,
            Configure(new ResponsesClientOptions { Endpoint = setup.BaseUrl, OrganizationId = organization, ProjectId = project }, setup.Timeout, transport))
            .AsIChatClient(setup.ModelId);
    }

    private static T Configure<T>(T sdk, TimeSpan timeout, HttpClient http)
        where T : ClientPipelineOptions
    {
        sdk.NetworkTimeout = timeout;
        TimedBodyPolicy.AddTo(sdk, http);

        // Every retry costs money, so only the retry layer decides about them. The SDK's three retries would multiply with its own.
        sdk.RetryPolicy = NoRetryPolicy.Instance;

        // The SDK can log request and response bodies, so its logging stays disabled.
        sdk.ClientLoggingOptions = new() { EnableLogging = false };
        return sdk;
    }
}
