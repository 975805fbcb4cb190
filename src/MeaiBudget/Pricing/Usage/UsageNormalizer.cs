using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Normalizes what <see cref="UsageDetails"/> itself holds, for clients that bring no normalizer of their own.</summary>
/// <remarks>Thread-safe; never throws.</remarks>
public sealed class UsageNormalizer : IUsageNormalizer
{
    // The counts that adapters put beside the fixed ones: Anthropic's SDK, the wire names of Anthropic and OpenAI, AWS' SDK.
    private static readonly string[] CacheWrites =
        ["CacheCreationInputTokens", "cache_creation_input_tokens", "CacheWriteInputTokens", "cache_write_tokens", "InputTokenDetails.CacheWriteTokens", "CacheWriteTokens"];

    private static readonly string[] CacheWritesFiveMinutes = ["CacheCreation.Ephemeral5mInputTokens", "Ephemeral5mInputTokens", "ephemeral_5m_input_tokens"];
    private static readonly string[] CacheWritesOneHour = ["CacheCreation.Ephemeral1hInputTokens", "Ephemeral1hInputTokens", "ephemeral_1h_input_tokens"];
    private static readonly string[] CacheReads = ["CacheReadInputTokens", "cache_read_input_tokens", "InputTokenDetails.CachedTokenCount"];
    private static readonly string[] WebSearches = ["WebSearchRequests", "web_search_requests"];

    private UsageNormalizer()
    {
    }

    /// <summary>Gets the normalizer.</summary>
    public static UsageNormalizer Default { get; } = new();

    /// <summary>Turns one reported usage into <see cref="BillableUsage"/>.</summary>
    /// <remarks>
    /// Parts are made to lie within their whole: where cached and cache-write tokens are more than the input, the input is taken for the
    /// uncached rest; where reasoning is more than the output, or the total shows it, the output is taken for the visible rest.
    /// Cache writes without a stated duration are taken for five minutes, the provider's default, and marked as assumed.
    /// A missing count is worked out of the total where that is given.
    /// </remarks>
    /// <param name="usage">The usage as the SDK reported it; read at once and not kept.</param>
    /// <param name="rawRepresentation">Not read.</param>
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
        input = parts > input ? SaturatingMath.Add(parts, input) : input;
        output = reasoning > output ? SaturatingMath.Add(reasoning, output) : output;

        return new BillableUsage
        {
            InputTokens = input,
            CachedInputTokens = cached,
            CacheWriteTokens = writes - oneHour,
            CacheWriteOneHourTokens = oneHour,
            IsCacheWriteDurationAssumed = writes > 0 && fiveMinutes + oneHour == 0,
            OutputTokens = output,
            ReasoningTokens = reasoning,
#pragma warning disable MEAI001 // Audio costs many times what text does; should the experimental counts be renamed, the build tells.
            InputAudioTokens = Math.Max(0, usage.InputAudioTokenCount ?? 0),
            OutputAudioTokens = Math.Max(0, usage.OutputAudioTokenCount ?? 0),
#pragma warning restore MEAI001
            WebSearches = Count(more, WebSearches),
            IsEstimated = more is not null && (more.ContainsKey("meaibudget.estimated_output_tokens") || more.ContainsKey("meaibudget.estimated_input_tokens")),
        };
    }

    private static (long Input, long Output) Totals(UsageDetails usage, long reasoning)
    {
        long? input = usage.InputTokenCount;
        long? output = usage.OutputTokenCount;
        long? total = usage.TotalTokenCount;
        long knownInput = Math.Max(0, input ?? (total is { } all && output is { } part ? Math.Max(0, all - part) : 0));
        long knownOutput = Math.Max(0, output ?? (total is { } sum ? Math.Max(0, sum - knownInput) : 0));

        // xAI and Gemini count hidden reasoning beside the output; the total tells.
        bool isBeside = reasoning > 0 && output is not null && total is { } stated && stated == SaturatingMath.Add(SaturatingMath.Add(knownInput, knownOutput), reasoning);
        return (knownInput, isBeside && reasoning <= knownOutput ? SaturatingMath.Add(knownOutput, reasoning) : knownOutput);
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
