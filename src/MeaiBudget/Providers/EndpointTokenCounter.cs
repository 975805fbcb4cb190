using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts by a provider's endpoint, through a chat client whose requests a <see cref="TokenCountHandler"/> turns into questions.</summary>
internal sealed class EndpointTokenCounter(ProviderChatClient client, IChatFailureClassifier classifier) : IChatTokenCounter, IDisposable
{
    public async Task<long?> CountTokensAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var answer = TokenCountHandler.Expect();
        try
        {
            await client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Every SDK ends the rewritten request with an exception of its own; what is not the expected one goes on, typed.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return answer.IsComplete
                ? answer.Tokens
                : throw new TokenCountException(ChatFailureClassification.Classify(exception, classifier, contentShown: false, cancellationToken), exception);
        }

        return answer.Tokens;
    }

    public void Dispose() => client.Dispose();
}
