using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>A client for OpenAI and compatible servers, based on OpenAI's SDK.</summary>
internal sealed class OpenAIChatClient : ProviderChatClient
{
    /// <summary>The maximum number of entries in a request's metadata. Source of this and of the maximum length: OpenAI's API reference.</summary>
    public const int MetadataEntries = 16;

    private const int MetadataLength = 512;

    private readonly bool _usesResponsesApi;

    public OpenAIChatClient(
        IChatClient innerClient, ProviderClientOptions options, bool usesResponsesApi, string defaultModelId, IDisposable owned, params object[] services)
        : base(innerClient, options, defaultModelId, owned, services) => _usesResponsesApi = usesResponsesApi;

    private protected override void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared)
    {
        var original = prepared.RawRepresentationFactory;
        prepared.RawRepresentationFactory = client =>
        {
            object raw = original?.Invoke(client) ?? (_usesResponsesApi ? new CreateResponseOptions() : new ChatCompletionOptions());
            var metadata = raw switch
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
