using System.Text;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>Adds what MEAI's mapping of OpenAI's usage drops: cache writes and the service tier.</summary>
internal sealed class OpenAIUsageNormalizer : IUsageNormalizer
{
    public static OpenAIUsageNormalizer Instance { get; } = new();

    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation)
    {
        ArgumentNullException.ThrowIfNull(usage);
        var billable = ReportedUsage.From(usage);
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

    /// <summary>The standard tier is told by no name: <c>default</c> is what OpenAI answers for it.</summary>
    internal static string? TierOf(string? tier) => tier is null or "default" or "auto" or "" ? null : tier;

    /// <summary>The raw JSON is the only place where the SDK keeps the fields that its types lack.</summary>
    internal static long? ReadCount(ChatTokenUsage usage, string name) =>
        usage.InputTokenDetails is { } details && details.Patch.TryGetValue(Encoding.UTF8.GetBytes("$." + name), out long count) && count > 0 ? count : null;

    private static BillableUsage WithChatUsage(BillableUsage billable, ChatTokenUsage? usage) =>
        usage is not null && ReadCount(usage, "cache_write_tokens") is { } written ? billable with { CacheWriteTokens = written } : billable;

    private static BillableUsage WithResponsesUsage(BillableUsage billable, ResponseTokenUsage? usage) =>
        usage?.InputTokenDetails?.CacheWriteTokenCount is { } written and > 0 ? billable with { CacheWriteTokens = written } : billable;
}
