using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>A client for OpenAI and compatible servers, based on OpenAI's SDK.</summary>
internal sealed class OpenAIChatClient(IChatClient innerClient, ProviderClientSetup setup, ChatApi api, IChatTokenCounter counter)
    : ProviderChatClient(innerClient, setup, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance, counter, api)
{
    /// <summary>The maximum number of entries in a request's metadata. Source of this and of the maximum length: OpenAI's API reference.</summary>
    public const int MetadataEntries = 16;

    private const int MetadataLength = 512;

    protected override void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared)
    {
        ArgumentNullException.ThrowIfNull(tags);
        ArgumentNullException.ThrowIfNull(prepared);
        Func<IChatClient, object?>? original = prepared.RawRepresentationFactory;
        prepared.RawRepresentationFactory = client =>
        {
            object raw = original?.Invoke(client) ?? (api == ChatApi.OpenAIResponses ? new CreateResponseOptions() : new ChatCompletionOptions());
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
}
