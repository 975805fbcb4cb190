using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The default <see cref="ITokenEstimator"/>.</summary>
public sealed class TokenEstimator : ITokenEstimator
{
    /// <summary>Gets the estimator that the process shares.</summary>
    public static TokenEstimator Shared { get; } = new();

    /// <inheritdoc/>
    public ValueTask<TokenEstimate> EstimateAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        long characters = messages.Sum(message => (long)message.Text.Length) + (options?.Instructions?.Length ?? 0);
        long tokens = (characters / 4) + 8;
        return new(new TokenEstimate(tokens, tokens * 2, TokenEstimateSource.Heuristic) { MaxOutputTokens = options?.MaxOutputTokens });
    }
}
