namespace MeaiBudget;

/// <summary>Puts right what a usage report cannot mean: a provider does not read more than it was sent, nor write more than it may.</summary>
internal static class PlausibleUsage
{
    // Scripted usage in an application's tests has a million tokens gladly; no window has ten times as many.
    private const long LargestUnchecked = 10_000_000;
    private const int LargestWindows = 10;
    private const int BytesOfLongTokens = 32;
    private const int UnnoticedTokens = 16;

    /// <summary>Fills in a count that a client reported as negative, or as far less than came.</summary>
    /// <param name="usage">The usage as the client reported it.</param>
    /// <param name="estimatedInput">The estimated input.</param>
    /// <param name="received">Counts what came.</param>
    public static BillableUsage Filled<TReceived>(in BillableUsage usage, long estimatedInput, TReceived received)
        where TReceived : IReceivedOutput
    {
        bool isInputMissing = usage is { IsInconsistent: true, InputTokens: 0 };
        bool isBelowText = received.ShownBytes() > (SaturatingMath.Add(usage.OutputTokens, UnnoticedTokens) * (Int128)BytesOfLongTokens);
        bool isOutputMissing = usage is { IsInconsistent: true, OutputTokens: 0 } || isBelowText;
        return !isInputMissing && !isOutputMissing
            ? usage
            : usage with
            {
                InputTokens = isInputMissing ? estimatedInput : usage.InputTokens,
                OutputTokens = isOutputMissing ? Math.Max(usage.OutputTokens, received.Tokens()) : usage.OutputTokens,
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
        if (usage is { InputTokens: <= LargestUnchecked, OutputTokens: <= LargestUnchecked, HasUnconfirmedParts: false })
        {
            return usage;
        }

        long window = limits?.ContextWindow ?? WireUsageRules.LargestPlausible;
        long most = Math.Clamp(window, LargestUnchecked / LargestWindows, WireUsageRules.LargestPlausible / LargestWindows) * LargestWindows;
        long sent = request is { Estimate.IsUnbounded: false } ? request.Estimate.InputUpperBound : window;
        long asked = request?.OutputTokens ?? window;
        BillableUsage plausible = usage;

        // Parts that are more than their whole were added to it. They are believed as far as the request allows.
        long wholeInput = usage.InputTokens - Math.Min(usage.InputTokens, CacheTokens(usage));
        long wholeOutput = usage.OutputTokens - Math.Min(usage.OutputTokens, usage.ReasoningTokens);
        bool isInputOfParts = usage.HasUnconfirmedParts && CacheTokens(usage) > wholeInput;
        bool isOutputOfParts = usage.HasUnconfirmedParts && usage.ReasoningTokens > wholeOutput;
        if (usage.InputTokens > (isInputOfParts ? wholeInput : most) && usage.InputTokens > sent)
        {
            long input = Math.Min(isInputOfParts ? Math.Max(sent, wholeInput) : sent, WireUsageRules.LargestPlausible);
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

        if (usage.OutputTokens > (isOutputOfParts ? wholeOutput : most) && usage.OutputTokens > asked)
        {
            long output = Math.Min(isOutputOfParts ? Math.Max(asked, wholeOutput) : asked, WireUsageRules.LargestPlausible);
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

    private static long CacheTokens(in BillableUsage usage) =>
        SaturatingMath.Add(usage.CachedInputTokens, SaturatingMath.Add(usage.CacheWriteTokens, SaturatingMath.Add(usage.CacheWriteOneHourTokens, usage.CacheWriteTwelveHoursTokens)));
}
