using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Converts <see cref="UsageDetails"/> to <see cref="BillableUsage"/>, for clients without their own normalizer.</summary>
/// <remarks>Thread-safe; never throws.</remarks>
internal sealed class UsageNormalizer : IUsageNormalizer
{
    // Names of additional counts: those of Anthropic's SDK, the wire names of Anthropic and OpenAI, and those of the AWS SDK.
    private static readonly string[] CacheWrites =
        ["CacheCreationInputTokens", "cache_creation_input_tokens", "CacheWriteInputTokens", "cache_write_tokens", "InputTokenDetails.CacheWriteTokens", "CacheWriteTokens"];

    private static readonly string[] CacheWritesFiveMinutes = ["CacheCreation.Ephemeral5mInputTokens", "Ephemeral5mInputTokens", "ephemeral_5m_input_tokens"];
    private static readonly string[] CacheWritesOneHour = ["CacheCreation.Ephemeral1hInputTokens", "Ephemeral1hInputTokens", "ephemeral_1h_input_tokens"];
    private static readonly string[] CacheReads = ["CacheReadInputTokens", "cache_read_input_tokens", "InputTokenDetails.CachedTokenCount"];
    private static readonly string[] WebSearches = ["WebSearchRequests", "web_search_requests"];

    private UsageNormalizer()
    {
    }

    /// <summary>Gets the shared instance.</summary>
    public static UsageNormalizer Default { get; } = new();

    /// <summary>Converts a reported usage to <see cref="BillableUsage"/>.</summary>
    /// <remarks>
    /// Totals are corrected to include their parts. If cached and cache-write tokens exceed the input, the input is assumed to be only the
    /// uncached tokens. If reasoning tokens exceed the output, or the total count shows it, the output is assumed to be only the visible
    /// tokens. If a total count contradicts it, the usage is marked as inconsistent. Cache writes without a stated duration are assumed to be five-minute cache writes, the provider's default, and marked as
    /// assumed. A missing count is derived from the total count if there is one.
    /// </remarks>
    /// <param name="usage">The usage as the SDK reported it; read at once and not kept.</param>
    /// <param name="rawRepresentation">Not used.</param>
    /// <returns>The billable usage.</returns>
    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation = null)
    {
        if (usage is null)
        {
            return default;
        }

        AdditionalPropertiesDictionary<long>? more = usage.AdditionalCounts;
        long cached = Math.Max(0, usage.CachedInputTokenCount ?? Count(more, CacheReads));
        long fiveMinutes = Count(more, CacheWritesFiveMinutes);
        long oneHour = Count(more, CacheWritesOneHour);
        long writes = Math.Max(Count(more, CacheWrites), SaturatingMath.Add(fiveMinutes, oneHour));
        long reasoning = Math.Max(0, usage.ReasoningTokenCount ?? 0);
        (long input, long output) = Totals(usage, reasoning);

        long parts = SaturatingMath.Add(cached, writes);
        bool isUnconfirmed = parts > input || reasoning > output;
        input = parts > input ? SaturatingMath.Add(parts, input) : input;
        output = reasoning > output ? SaturatingMath.Add(reasoning, output) : output;

        // A total that is the sum of all confirms that the parts stand beside their whole.
        isUnconfirmed &= usage.TotalTokenCount is not { } total || total != SaturatingMath.Add(input, output);

        return new BillableUsage
        {
            InputTokens = input,
            CachedInputTokens = cached,
            CacheWriteTokens = writes - oneHour,
            CacheWriteOneHourTokens = oneHour,
            IsCacheWriteDurationAssumed = writes > 0 && fiveMinutes + oneHour == 0,
            OutputTokens = output,
            ReasoningTokens = reasoning,
#pragma warning disable MEAI001 // Audio is much more expensive than text, so its counts are needed. If they are renamed, the build fails.
            InputAudioTokens = Math.Max(0, usage.InputAudioTokenCount ?? 0),
            OutputAudioTokens = Math.Max(0, usage.OutputAudioTokenCount ?? 0),
#pragma warning restore MEAI001
            WebSearches = Count(more, WebSearches),
            HasUnconfirmedParts = isUnconfirmed,
            IsInconsistent = (isUnconfirmed && usage.TotalTokenCount is > 0) || usage.InputTokenCount < 0 || usage.OutputTokenCount < 0 || usage.CachedInputTokenCount < 0 || usage.ReasoningTokenCount < 0
                || (more is not null && more.Values.Any(count => count < 0)),
            IsEstimated = more is not null && (more.ContainsKey("meaibudget.estimated_output_tokens") || more.ContainsKey("meaibudget.estimated_input_tokens")),
        };
    }

    private static (long Input, long Output) Totals(UsageDetails usage, long reasoning)
    {
        long? input = usage.InputTokenCount;
        long? output = usage.OutputTokenCount;
        long? total = usage.TotalTokenCount;
        long knownInput = Math.Max(0, input ?? (total is { } all && output is { } part ? all - part : 0));
        long knownOutput = Math.Max(0, output ?? (total is { } sum ? sum - knownInput : 0));

        // xAI and Gemini do not include hidden reasoning in the output count. The total count shows it.
        bool isBeside = total is { } stated && stated == SaturatingMath.Add(SaturatingMath.Add(knownInput, knownOutput), reasoning);
        return (knownInput, isBeside ? SaturatingMath.Add(knownOutput, reasoning) : knownOutput);
    }

    private static long Count(AdditionalPropertiesDictionary<long>? counts, string[] names)
    {
        if (counts is not null)
        {
            foreach (string name in names)
            {
                if (counts.TryGetValue(name, out long count))
                {
                    return Math.Max(0, count);
                }
            }
        }

        return 0;
    }
}
