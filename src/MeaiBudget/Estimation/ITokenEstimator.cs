using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Estimates, before anything is sent, how many tokens a chat request costs.</summary>
/// <remarks>Found through <see cref="IChatClient.GetService"/>. Implementations are thread-safe.</remarks>
public interface ITokenEstimator
{
    /// <summary>Estimates one request.</summary>
    /// <param name="messages">The messages; enumerated once and not changed.</param>
    /// <param name="options">The options; not changed.</param>
    /// <param name="target">The model that the request would go to.</param>
    /// <param name="cancellationToken">Cancels a question to a provider's counting endpoint.</param>
    /// <returns>The estimate.</returns>
    ValueTask<TokenEstimate> EstimateAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken = default);

    /// <summary>Learns from what a provider reported for a request that was estimated; called once an attempt, only with reported usage.</summary>
    /// <param name="estimate">The estimate that this estimator gave.</param>
    /// <param name="target">The model it was for.</param>
    /// <param name="reported">The usage that the provider reported.</param>
    void Learn(TokenEstimate estimate, TokenEstimationTarget target, in BillableUsage reported)
    {
    }

    /// <summary>Gives the output tokens that the model's answers stay under in 95 of 100 cases, learned so far.</summary>
    /// <param name="target">The model.</param>
    /// <returns>The tokens, or <see langword="null"/> if too few answers were seen.</returns>
    long? ExpectedOutputTokens(TokenEstimationTarget target) => null;
}
