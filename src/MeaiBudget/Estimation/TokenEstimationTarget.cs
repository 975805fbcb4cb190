using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The model that a request is estimated for.</summary>
/// <param name="ModelId">The provider's model id, resolved (never a logical name); <see langword="null"/> if it is not known.</param>
/// <param name="Metadata">The candidate client's metadata; <see langword="null"/> if it has none.</param>
/// <param name="Client">The candidate client, through which a provider's counting endpoint is found; <see langword="null"/> if there is none.</param>
public sealed record TokenEstimationTarget(string? ModelId, ChatClientMetadata? Metadata = null, IChatClient? Client = null)
{
    /// <summary>Gets the wire format of the request; <see langword="null"/> to tell it from the client and its metadata.</summary>
    public ChatApi? Api { get; init; }
}
