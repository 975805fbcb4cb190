using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the input tokens of a request by the provider's own endpoint. Each count is an HTTP request, so it is off by default.</summary>
/// <remarks>
/// Found through <see cref="IChatClient.GetService"/>, and used if <see cref="TokenEstimatorOptions.CountMode"/> allows it. After an exception
/// or <see cref="TokenEstimatorOptions.CountTimeout"/> the local estimate is used. Implementations are thread-safe. The shape follows the
/// open proposal dotnet/extensions#7290.
/// </remarks>
public interface IChatTokenCounter
{
    /// <summary>Counts the input tokens of a request.</summary>
    /// <param name="messages">The messages; enumerated once, not changed.</param>
    /// <param name="options">The options; not changed.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The input tokens, zero or more; <see langword="null"/> if the endpoint cannot count this request.</returns>
    Task<long?> CountTokensAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken = default);
}
