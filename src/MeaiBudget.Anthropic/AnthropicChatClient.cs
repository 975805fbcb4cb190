using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Anthropic's client; hands on what a stream says about cache writes only in its first event.</summary>
internal sealed class AnthropicChatClient : ProviderChatClient
{
    public AnthropicChatClient(IChatClient innerClient)
        : base(innerClient, AnthropicFailureClassifier.Instance, AnthropicUsageNormalizer.Instance)
    {
    }

    public AnthropicChatClient(IChatClient innerClient, ProviderClientOptions options, string defaultModelId, IDisposable owned, IChatTokenCounter counter)
        : base(innerClient, options, defaultModelId, owned, AnthropicFailureClassifier.Instance, AnthropicUsageNormalizer.Instance, counter)
    {
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        WithCacheWrites(base.GetStreamingResponseAsync(messages, options, cancellationToken), cancellationToken);

    /// <summary>Claude takes a temperature or a nucleus, not both.</summary>
    private protected override bool TakesDefaultTemperature(ChatOptions? options) => options?.TopP is null;

    private static async IAsyncEnumerable<ChatResponseUpdate> WithCacheWrites(
        IAsyncEnumerable<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long oneHour = 0;
        await foreach (var update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (AnthropicUsageNormalizer.UsageOf(update.RawRepresentation) is { } usage)
            {
                oneHour = AnthropicUsageNormalizer.OneHourTokensOf(usage);
            }

            if (oneHour > 0 && update.Contents.OfType<UsageContent>().FirstOrDefault() is { Details: var details })
            {
                // The object is fresh from the SDK and nobody else has seen it yet.
                (details.AdditionalCounts ??= [])[ReportedUsage.CacheWriteOneHourCount] = oneHour;
                oneHour = 0;
            }

            yield return update;
        }
    }
}
