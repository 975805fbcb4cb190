using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>Adds cache writes and the service tier, which MEAI's mapping of OpenAI's usage omits.</summary>
internal sealed class OpenAIUsageNormalizer : IUsageNormalizer
{
    public static OpenAIUsageNormalizer Instance { get; } = new();

    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation)
    {
        BillableUsage billable = IUsageNormalizer.Default.Normalize(usage, rawRepresentation);
        return rawRepresentation switch
        {
            ChatCompletion completion => WithChatUsage(billable, completion.Usage) with { ServiceTier = TierOf(completion.ServiceTier?.ToString()) },
            StreamingChatCompletionUpdate update => WithChatUsage(billable, update.Usage) with { ServiceTier = TierOf(update.ServiceTier?.ToString()) },
            ChatTokenUsage chat => WithChatUsage(billable, chat),
            ResponseResult response => WithResponsesUsage(billable, response.Usage) with { ServiceTier = TierOf(response.ServiceTier?.ToString()) },
            StreamingResponseCompletedUpdate completed => WithResponsesUsage(billable, completed.Response?.Usage) with
            {
                ServiceTier = TierOf(completed.Response?.ServiceTier?.ToString()),
            },
            ResponseTokenUsage responses => WithResponsesUsage(billable, responses),
            _ => billable,
        };
    }

    /// <summary>Returns the service tier; null for the standard tier, which OpenAI reports as <c>default</c>.</summary>
    internal static string? TierOf(string? tier) => tier is null or "default" or "auto" or "" ? null : tier;

    /// <summary>Adds cache writes from the raw JSON, because the SDK's types do not have the field.</summary>
    private static BillableUsage WithChatUsage(BillableUsage billable, ChatTokenUsage? usage) =>
        usage?.InputTokenDetails is { } details && details.Patch.TryGetValue("$.cache_write_tokens"u8, out long written)
            ? WithCacheWrites(billable, written)
            : billable;

    private static BillableUsage WithResponsesUsage(BillableUsage billable, ResponseTokenUsage? usage) =>
        usage?.InputTokenDetails is { } details ? WithCacheWrites(billable, details.CacheWriteTokenCount) : billable;

    /// <summary>Adds cache writes. They are part of the input tokens, but not of the cached (read) tokens.</summary>
    private static BillableUsage WithCacheWrites(BillableUsage billable, long written) => written <= 0
        ? billable
        : billable with { CacheWriteTokens = Math.Min(written, Math.Max(0, billable.InputTokens - billable.CachedInputTokens)) };
}
