using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Asks the candidate's own counting endpoint, within a deadline; whatever goes wrong, the local estimate stands.</summary>
internal sealed class ProviderTokenCount(TimeSpan timeout, TimeProvider timeProvider)
{
    public async Task<TokenEstimate> CountAsync(
        TokenEstimate local, IReadOnlyList<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken)
    {
        if (target.Client?.GetService(typeof(IChatTokenCounter)) is not IChatTokenCounter endpoint)
        {
            return local;
        }

        using var deadline = new CancellationTokenSource(timeout, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            ChatOptions? asked = options;
            if (target.ModelId is { } model && options?.ModelId != model)
            {
                asked = options?.Clone() ?? new ChatOptions();
                asked.ModelId = model;
            }

            // An endpoint that does not heed its token must not hold up the call.
            long? tokens = await endpoint.CountTokensAsync(messages, asked, linked.Token).WaitAsync(linked.Token);
            return tokens is > 0
                ? new TokenEstimate(tokens.Value, tokens.Value + (tokens.Value / 50) + 8, TokenEstimateSource.Provider)
                {
                    MaxOutputTokens = local.MaxOutputTokens,
                    Flags = local.Flags & ~(TokenEstimateFlags.UnknownContent | TokenEstimateFlags.UnknownMediaSize | TokenEstimateFlags.HostedFiles | TokenEstimateFlags.ServerSideHistory),
                    Breakdown = local.Breakdown,
                    LearningKey = local.LearningKey,
                }
                : local;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return local;
        }
    }
}
