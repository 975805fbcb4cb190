using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Estimates the tokens of a chat request before it is sent.</summary>
/// <remarks>
/// Set on a pipeline with <c>UseTokenEstimation</c>, else found through <see cref="IChatClient.GetService"/>, else <see cref="TokenEstimator.Shared"/>.
/// Implementations are thread-safe.
/// </remarks>
public interface ITokenEstimator
{
    /// <summary>Estimates one request.</summary>
    /// <param name="messages">The messages; enumerated once, not changed.</param>
    /// <param name="options">The options; not changed.</param>
    /// <param name="target">The model of the request.</param>
    /// <param name="cancellationToken">Cancels a request to a provider's counting endpoint.</param>
    /// <returns>The estimate. A budget reserves its <see cref="TokenEstimate.InputUpperBound"/>. Every part that was not counted sets a flag.</returns>
    ValueTask<TokenEstimate> EstimateAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken = default);

    /// <summary>Learns from the usage that a provider reported. Called at most once an attempt, and only with reported usage. An exception is logged.</summary>
    /// <param name="estimate">The estimate of the request. With several estimators on a path it may be another one's.</param>
    /// <param name="target">The model.</param>
    /// <param name="reported">The usage that the provider reported.</param>
    void Learn(TokenEstimate estimate, TokenEstimationTarget target, in BillableUsage reported)
    {
    }

    /// <summary>Returns the output length that 95 % of the model's answers do not exceed. An exception is logged.</summary>
    /// <param name="target">The model.</param>
    /// <returns>The length in tokens; <see langword="null"/> if too few answers were seen.</returns>
    long? ExpectedOutputTokens(TokenEstimationTarget target) => null;
}
