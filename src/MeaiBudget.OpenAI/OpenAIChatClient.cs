using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>A client on OpenAI's SDK, for OpenAI and servers that speak its protocol.</summary>
internal sealed class OpenAIChatClient : ProviderChatClient
{
    /// <summary>How many entries a request's metadata hold, and how long a value may be, by OpenAI's API reference.</summary>
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
                // What the application wrote into the raw request itself stays.
                metadata?.TryAdd(name, value.Length <= MetadataLength ? value : value[..MetadataLength]);
            }

            return raw;
        };
    }
}
