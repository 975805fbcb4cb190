namespace MeaiBudget;

/// <summary>Puts right what a usage report cannot mean: a provider does not read more than it was sent, nor write more than it may.</summary>
internal static class PlausibleUsage
{
    // Prompts that a provider adds by itself are far smaller.
    private const long LargestHiddenPrompt = 100_000;
    private const long LargestFactor = 64;
    private const int BytesOfLongTokens = 32;
    private const int UnnoticedTokens = 16;

    /// <summary>Fills in a count that a client reported as negative, or as far less than came.</summary>
    /// <param name="usage">The usage as the client reported it.</param>
    /// <param name="estimatedInput">The estimated input.</param>
    /// <param name="shownBytes">The bytes of text that came.</param>
    /// <param name="received">Counts the output tokens that came.</param>
    public static BillableUsage Filled(in BillableUsage usage, long estimatedInput, long shownBytes, Func<long> received)
    {
        bool isInputMissing = usage is { IsInconsistent: true, InputTokens: 0 };
        bool isBelowText = shownBytes > (SaturatingMath.Add(usage.OutputTokens, UnnoticedTokens) * (Int128)BytesOfLongTokens);
        bool isOutputMissing = usage is { IsInconsistent: true, OutputTokens: 0 } || isBelowText;
        return !isInputMissing && !isOutputMissing
            ? usage
            : usage with
            {
                InputTokens = isInputMissing ? estimatedInput : usage.InputTokens,
                OutputTokens = isOutputMissing ? Math.Max(usage.OutputTokens, received()) : usage.OutputTokens,
                IsEstimated = true,
                IsInconsistent = true,
            };
    }

    /// <summary>Replaces counts that are beyond what the request and the model allow by what they allow.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="request">What was reserved for; null if nothing was.</param>
    /// <param name="limits">What the model can do; null if that is not known.</param>
    public static BillableUsage Of(in BillableUsage usage, SpendRequest? request, ModelLimits? limits)
    {
        TokenEstimate? estimate = request?.Estimate;
        bool isUnbounded = estimate is null or { IsUnbounded: true };
        Int128 window = limits?.ContextWindow ?? (Int128)WireUsageRules.LargestPlausible;
        Int128 sent = estimate?.InputUpperBound ?? (Int128)WireUsageRules.LargestPlausible;
        Int128 mostInput = WireUsageRules.LargestPlausible;
        if (!isUnbounded)
        {
            mostInput = Int128.Max(sent, Int128.Min(mostInput, Int128.Min(2 * window, (LargestFactor * sent) + LargestHiddenPrompt)));
        }

        Int128 asked = request?.OutputTokens ?? (Int128)WireUsageRules.LargestPlausible;

        // Of an answer in several rounds, the output is that of all of them.
        bool hasRounds = estimate is null || (estimate.Flags & TokenEstimateFlags.ServerTools) != 0;
        Int128 mostOutput = !hasRounds && limits?.MaxOutputTokens is { } most
            ? Int128.Min(2 * Int128.Max(asked, most), Int128.Max(asked, WireUsageRules.LargestPlausible))
            : Int128.Max(hasRounds ? 0 : asked, WireUsageRules.LargestPlausible);
        BillableUsage plausible = usage;
        if (usage.InputTokens > mostInput)
        {
            long input = (long)Int128.Min(long.MaxValue, isUnbounded ? window : sent);
            plausible = plausible with
            {
                InputTokens = input,
                CachedInputTokens = 0,
                CacheWriteTokens = 0,
                CacheWriteOneHourTokens = 0,
                InputAudioTokens = Math.Min(usage.InputAudioTokens, input),
                InputImageTokens = 0,
                IsEstimated = true,
                IsInconsistent = true,
            };
        }

        if (usage.OutputTokens > mostOutput)
        {
            long output = (long)Int128.Min(long.MaxValue, Int128.Min(asked, mostOutput));
            plausible = plausible with
            {
                OutputTokens = output,
                ReasoningTokens = Math.Min(usage.ReasoningTokens, output),
                OutputAudioTokens = Math.Min(usage.OutputAudioTokens, output),
                OutputImageTokens = 0,
                IsEstimated = true,
                IsInconsistent = true,
            };
        }

        return plausible;
    }
}
