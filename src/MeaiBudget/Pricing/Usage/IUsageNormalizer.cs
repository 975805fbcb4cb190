using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads the billed usage from a provider's answer, including counts that <see cref="UsageDetails"/> cannot contain.</summary>
/// <remarks>A provider's client returns it from <see cref="IChatClient.GetService"/>. Implementations are thread-safe and never throw.</remarks>
public interface IUsageNormalizer
{
    /// <summary>Gets the normalizer for the counts that <c>Microsoft.Extensions.AI</c> defines; thread-safe.</summary>
    static IUsageNormalizer Default => UsageNormalizer.Default;

    /// <summary>Converts a reported usage to <see cref="BillableUsage"/>.</summary>
    /// <param name="usage">The usage as the SDK reported it; read at once and not kept.</param>
    /// <param name="rawRepresentation">The SDK's own object: of the response or, in a stream, of the update or the usage content.</param>
    /// <returns>The billable usage.</returns>
    BillableUsage Normalize(UsageDetails usage, object? rawRepresentation);
}
