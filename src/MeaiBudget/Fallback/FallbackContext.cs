using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What a fallback policy may look at. Immutable.</summary>
/// <param name="Messages">The messages.</param>
/// <param name="Options">The caller's options; not to be changed.</param>
/// <param name="Routes">All routes, the primary first.</param>
public sealed record FallbackContext(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options, IReadOnlyList<ChatRoute> Routes)
{
    /// <summary>Gets the primary.</summary>
    public ChatRoute Primary => Routes[0];
}
