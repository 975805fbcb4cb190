using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The model for which a request is estimated.</summary>
/// <param name="ModelId">The provider's model id, not a logical name; <see langword="null"/> if it is unknown.</param>
/// <param name="Metadata">The candidate client's metadata; <see langword="null"/> if it has none.</param>
/// <param name="Client">The candidate client, from which a counting endpoint is resolved; <see langword="null"/> if there is none.</param>
public sealed record TokenEstimationTarget(string? ModelId, ChatClientMetadata? Metadata = null, IChatClient? Client = null)
{
    /// <summary>Gets the wire format of the request; <see langword="null"/> to derive it from the client and its metadata.</summary>
    public ChatApi? Api { get; init; }
}
