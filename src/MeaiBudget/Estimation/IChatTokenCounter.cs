using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Asks a provider's own endpoint how many input tokens a request has. Costs a round trip, so never on the hot path by default.</summary>
/// <remarks>Found through <see cref="IChatClient.GetService"/>; shaped as the open proposal dotnet/extensions#7290. Implementations are thread-safe.</remarks>
public interface IChatTokenCounter
{
    /// <summary>Counts the input tokens of a request.</summary>
    /// <param name="messages">The messages; enumerated once and not changed.</param>
    /// <param name="options">The options; not changed.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The input tokens, or <see langword="null"/> if the endpoint cannot count this request.</returns>
    Task<long?> CountTokensAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken = default);
}
