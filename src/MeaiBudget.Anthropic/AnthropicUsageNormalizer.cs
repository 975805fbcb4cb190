using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Adds one-hour cache writes, which cost more than five-minute ones, and the service tier, which MEAI's mapping of Anthropic's usage omits.</summary>
internal sealed class AnthropicUsageNormalizer : IUsageNormalizer
{
    public static AnthropicUsageNormalizer Instance { get; } = new();

    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation)
    {
        BillableUsage billable = IUsageNormalizer.Default.Normalize(usage, rawRepresentation);
        Usage? raw = UsageOf(rawRepresentation);
        if (raw is null)
        {
            return billable;
        }

        if (raw.ServiceTier?.Raw() is { } tier and not "standard")
        {
            billable = billable with { ServiceTier = tier };
        }

        if (raw.CacheCreation is not { } split)
        {
            return billable;
        }

        long written = billable.CacheWriteTokens + billable.CacheWriteOneHourTokens;
        long oneHour = Math.Clamp(split.Ephemeral1hInputTokens, 0, written);
        return billable with { CacheWriteTokens = written - oneHour, CacheWriteOneHourTokens = oneHour, IsCacheWriteDurationAssumed = false };
    }

    /// <summary>Returns the raw usage of a message, or of the first event of a stream; only these split cache writes by duration.</summary>
    internal static Usage? UsageOf(object? rawRepresentation) => rawRepresentation switch
    {
        Message message => message.Usage,
        RawMessageStartEvent start => start.Message.Usage,
        RawMessageStreamEvent streamEvent when streamEvent.TryPickStart(out RawMessageStartEvent? start) => start.Message.Usage,
        Usage usage => usage,
        _ => null,
    };
}
