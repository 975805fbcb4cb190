using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads what <see cref="UsageDetails"/> itself holds; a provider's normaliser adds what it loses.</summary>
internal static class ReportedUsage
{
    /// <summary>The additional count in which a provider's client hands on cache writes of one hour, as part of all cache writes; function invocation sums it.</summary>
    public const string CacheWriteOneHourCount = "meaibudget.cache_write_one_hour_tokens";

    /// <summary>Copies the counts; what is missing or negative counts as none.</summary>
    public static BillableUsage From(UsageDetails usage)
    {
        var oneHour = Additional(usage, CacheWriteOneHourCount);
        return new()
        {
            InputTokens = AtLeastZero(usage.InputTokenCount),
            CachedInputTokens = AtLeastZero(usage.CachedInputTokenCount),
            OutputTokens = AtLeastZero(usage.OutputTokenCount),
            ReasoningTokens = AtLeastZero(usage.ReasoningTokenCount),
            CacheWriteTokens = Math.Max(0, Additional(usage, "CacheCreationInputTokens") - oneHour),
            CacheWriteOneHourTokens = oneHour,
            InputAudioTokens = Additional(usage, "InputTokenDetails.AudioTokenCount"),
            OutputAudioTokens = Additional(usage, "OutputTokenDetails.AudioTokenCount"),
            WebSearches = Additional(usage, "WebSearchRequests"),
        };
    }

    private static long Additional(UsageDetails usage, string name) =>
        usage.AdditionalCounts is { } counts && counts.TryGetValue(name, out var count) ? AtLeastZero(count) : 0;

    private static long AtLeastZero(long? count) => Math.Max(0, count ?? 0);
}
