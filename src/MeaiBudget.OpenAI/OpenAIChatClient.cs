using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>A client for OpenAI and compatible servers, based on OpenAI's SDK.</summary>
internal sealed class OpenAIChatClient(
    IChatClient innerClient,
    ProviderClientSetup setup,
    ChatApi api,
    IChatTokenCounter counter,
    bool? store,
    ChatClientMetadata? metadata = null,
    IEnumerable<KeyValuePair<string, string>>? deployments = null)
    : ProviderChatClient(
        innerClient,
        setup,
        [OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance, counter, api, .. metadata is null ? Array.Empty<object>() : [metadata]])
{
    private readonly FrozenDictionary<string, string> _deployments = (deployments ?? []).ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The maximum number of entries in a request's metadata. Source of this and of the maximum length: OpenAI's API reference.</summary>
    public const int MetadataEntries = 16;

    private const int MetadataLength = 512;

    protected override string? KnownModelOf(string? modelId) => modelId is null ? null : _deployments.GetValueOrDefault(modelId, modelId);

    protected override ChatOptions? Prepare(ChatOptions? options)
    {
        ChatOptions? prepared = base.Prepare(options);
        return store is { } stores ? WithStore(stores, ReferenceEquals(prepared, options) ? options?.Clone() ?? new ChatOptions() : prepared!) : prepared;
    }

    /// <summary>A method of its own, so that only requests with the option create the function.</summary>
    private ChatOptions WithStore(bool stores, ChatOptions prepared)
    {
        Func<IChatClient, object?>? original = prepared.RawRepresentationFactory;
        string? modelId = ResolveModelId(prepared.ModelId);
        prepared.RawRepresentationFactory = client =>
        {
            object raw = original?.Invoke(client) ?? NewRequest();
            switch (raw)
            {
                case ChatCompletionOptions chat:
                    chat.StoredOutputEnabled ??= stores;
                    break;
                case CreateResponseOptions response:
                    response.StoredOutputEnabled ??= stores;

                    // Without storing, reasoning models can only continue their reasoning if it travels with the conversation. Other models reject the field.
                    if (response.StoredOutputEnabled == false && modelId is not null && !AcceptsTemperature(modelId)
                        && !response.IncludedProperties.Contains(IncludedResponseProperty.ReasoningEncryptedContent))
                    {
                        response.IncludedProperties.Add(IncludedResponseProperty.ReasoningEncryptedContent);
                    }

                    break;
            }

            return raw;
        };
        return prepared;
    }

    protected override void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared)
    {
        ArgumentNullException.ThrowIfNull(tags);
        ArgumentNullException.ThrowIfNull(prepared);
        Func<IChatClient, object?>? original = prepared.RawRepresentationFactory;
        prepared.RawRepresentationFactory = client =>
        {
            object raw = original?.Invoke(client) ?? NewRequest();
            IDictionary<string, string>? metadata = raw switch
            {
                ChatCompletionOptions chat => chat.Metadata,
                CreateResponseOptions response => response.Metadata,
                _ => null,
            };
            foreach ((string name, string value) in tags)
            {
                // Keep metadata that the application set in the raw request.
                metadata?.TryAdd(name, value.Length <= MetadataLength ? value : value[..MetadataLength]);
            }

            return raw;
        };
    }

    private object NewRequest() => api == ChatApi.OpenAIResponses ? new CreateResponseOptions() : new ChatCompletionOptions();
}
