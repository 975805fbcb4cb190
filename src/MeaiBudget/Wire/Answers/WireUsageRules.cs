namespace MeaiBudget;

/// <summary>Turns the figures of an answer into what is billed, by the rules of its protocol.</summary>
internal static class WireUsageRules
{
    /// <summary>No model reads or writes more in one request.</summary>
    public const long LargestPlausible = 100_000_000;

    private const int BytesOfLongTokens = 32;
    private const int UnnoticedTokens = 16;

    /// <summary>A run of spaces or of one character is the longest text that is a single token.</summary>
    private const int BytesOfLongestToken = 128;

    /// <summary>Fractions are rounded up one by one.</summary>
    private const int RoundedTokens = 2;

    private const WireFlags AlreadyOdd = WireFlags.NegativeCount | WireFlags.AbsurdCount | WireFlags.PartsExceedWhole;

    /// <summary>Gives the billable usage.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="figures">The figures.</param>
    /// <param name="textBytes">The bytes of text that came.</param>
    /// <param name="flags">What was odd is added.</param>
    /// <returns>The usage without cost and tier; <see langword="null"/> if no tokens were told.</returns>
    public static BillableUsage? Normalize(WireProtocol protocol, in WireFigures figures, long textBytes, ref WireFlags flags)
    {
        if (!figures.IsTold)
        {
            return null;
        }

        if (figures.IsZero)
        {
            flags |= WireFlags.UsageOfZeros;
            return null;
        }

        long fiveMinutes = figures[WireCount.CacheWriteFiveMinutes];
        long day = figures[WireCount.CacheWriteDay];
        long longer = SaturatingMath.Add(figures[WireCount.CacheWriteOneHour], day);
        long split = SaturatingMath.Add(fiveMinutes, longer);
        long writes = Math.Max(figures[WireCount.CacheWrite], split);
        long cached = figures[WireCount.CacheRead];
        long reasoning = figures[WireCount.Reasoning];
        flags |= day > 0 ? WireFlags.LongCacheWrite : 0;

        (long input, long output) = protocol switch
        {
            WireProtocol.AnthropicMessages => (Sum(figures[WireCount.Input], cached, writes), Math.Max(figures[WireCount.Output], reasoning)),
            WireProtocol.GeminiContent or WireProtocol.GeminiEmbeddings => Gemini(figures, ref flags),
            _ => Inclusive(protocol, figures, Sum(cached, writes), ref flags),
        };
        if (figures[WireCount.InputAudio] > input || figures[WireCount.InputImage] > input || figures[WireCount.OutputAudio] > output || figures[WireCount.OutputImage] > output)
        {
            flags |= WireFlags.PartsExceedWhole;
        }

        // Less text suffices to take zero or one for a placeholder than a number that may be right.
        if (textBytes > (SaturatingMath.Add(output, UnnoticedTokens) * (decimal)BytesOfLongTokens)
            || (output <= 1 && figures.Has(WireCount.Output) && textBytes > (output == 0 ? 0 : BytesOfLongestToken)))
        {
            flags |= WireFlags.OutputBelowText;
        }

        return new BillableUsage
        {
            InputTokens = input,
            CachedInputTokens = cached,
            CacheWriteTokens = writes - longer,
            CacheWriteOneHourTokens = longer,
            IsCacheWriteDurationAssumed = writes > 0 && split == 0,
            OutputTokens = output,
            ReasoningTokens = Math.Min(reasoning, output),
            InputAudioTokens = Math.Min(figures[WireCount.InputAudio], input),
            OutputAudioTokens = Math.Min(figures[WireCount.OutputAudio], output),
            InputImageTokens = Math.Min(figures[WireCount.InputImage], input),
            OutputImageTokens = Math.Min(figures[WireCount.OutputImage], output),
            AudioMilliseconds = figures[WireCount.AudioMilliseconds],
        };
    }

    /// <summary>The input holds what was cached; thinking is within the output, beside it, or told by the total alone.</summary>
    private static (long Input, long Output) Inclusive(WireProtocol protocol, in WireFigures figures, long parts, ref WireFlags flags)
    {
        if (figures.Has(WireCount.BilledInput) || figures.Has(WireCount.BilledOutput))
        {
            return (figures[WireCount.BilledInput], figures[WireCount.BilledOutput]);
        }

        long input = figures[WireCount.Input];
        long output = figures[WireCount.Output];
        long total = figures[WireCount.Total] <= LargestPlausible ? figures[WireCount.Total] : 0;
        if (protocol == WireProtocol.Embeddings)
        {
            return (Math.Max(input, total), 0);
        }

        long reasoning = figures[WireCount.Reasoning];
        bool isBeside = total == Sum(input, parts, output) || total == SaturatingMath.Add(Sum(input, parts, output), reasoning);
        if (parts > input || isBeside)
        {
            flags |= isBeside ? 0 : WireFlags.PartsExceedWhole;
            input = SaturatingMath.Add(input, parts);
        }

        if (total > SaturatingMath.Add(input, output))
        {
            flags |= WireFlags.OutputFromTotal;
            output = total - input;
        }
        else if (total > 0 && total < SaturatingMath.Add(input, output) - RoundedTokens && total != SaturatingMath.Add(input, output) - parts && (flags & AlreadyOdd) == 0)
        {
            // Some servers leave what was cached out of the total.
            flags |= WireFlags.TotalBelowParts;
        }

        if (reasoning > output)
        {
            flags |= WireFlags.PartsExceedWhole;
            output = SaturatingMath.Add(output, reasoning);
        }

        return (input, output);
    }

    /// <summary>Thinking is beside the candidates, and what tools added beside the prompt.</summary>
    private static (long Input, long Output) Gemini(in WireFigures figures, ref WireFlags flags)
    {
        long input = Sum(Math.Max(figures[WireCount.Input], figures[WireCount.CacheRead]), figures[WireCount.ToolInput]);
        long output = SaturatingMath.Add(figures[WireCount.Output], figures[WireCount.Reasoning]);
        long total = figures[WireCount.Total];
        if (total <= LargestPlausible && total > SaturatingMath.Add(input, output))
        {
            flags |= WireFlags.OutputFromTotal;
            output = total - input;
        }

        return (input, output);
    }

    private static long Sum(long first, long second, long third = 0) => SaturatingMath.Add(SaturatingMath.Add(first, second), third);
}
