using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts tokens with a provider's endpoint, through a chat client whose requests a <see cref="TokenCountHandler"/> redirects.</summary>
internal sealed class EndpointTokenCounter(ProviderChatClient client, IChatFailureClassifier classifier) : IChatTokenCounter, IDisposable
{
    public async Task<long?> CountTokensAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        TokenCountHandler.Answer answer = TokenCountHandler.Expect();
        try
        {
            await client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Each SDK ends the redirected request with its own exception type. Unexpected exceptions are rethrown as TokenCountException.
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
