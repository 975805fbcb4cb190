using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The call for which a fallback policy orders routes. Immutable.</summary>
/// <param name="Messages">The messages.</param>
/// <param name="Options">The caller's options; do not change them.</param>
/// <param name="Routes">All routes, the primary first.</param>
public sealed record FallbackContext(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options, IReadOnlyList<ChatRoute> Routes)
{
    /// <summary>Gets the primary route.</summary>
    public ChatRoute Primary => Routes[0];
}
