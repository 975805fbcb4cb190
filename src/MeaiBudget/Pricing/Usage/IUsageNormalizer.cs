using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads from a provider's answer what it bills, including what <see cref="UsageDetails"/> cannot hold.</summary>
/// <remarks>Served by a provider's client through <see cref="IChatClient.GetService"/>. Implementations are thread-safe and never throw.</remarks>
public interface IUsageNormalizer
{
    /// <summary>Turns one reported usage into <see cref="BillableUsage"/>.</summary>
    /// <param name="usage">The usage as the SDK reported it; read at once and not kept.</param>
    /// <param name="rawRepresentation">The provider's own object: of the response, or in a stream of the update or the usage content.</param>
    /// <returns>The billable usage.</returns>
    BillableUsage Normalize(UsageDetails usage, object? rawRepresentation);
}
