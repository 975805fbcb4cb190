using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Tokens of a usage by component, each token counted once.</summary>
[InlineArray(TokenRates.Count)]
internal struct BilledQuantities
{
    // A larger count is invalid. With this limit, sums of products stay far below the maximum of Int128.
    private const long LargestCount = 1_000_000_000_000_000;

    private long _element;

    internal long InputTokens
    {
        get
        {
            long sum = 0;
            for (int i = 0; i <= (int)PriceComponent.InputImage; i++)
            {
                sum += this[i];
            }

            return sum;
        }
    }

    /// <summary>Splits a usage into components that do not overlap.</summary>
    internal static BilledQuantities Split(in BillableUsage usage, ref CostFlags flags)
    {
        BilledQuantities result = default;
        long total = Clamp(usage.InputTokens, ref flags);
        long read = Clamp(usage.CachedInputTokens, ref flags);
        long write = Clamp(usage.CacheWriteTokens, ref flags);
        long writeOneHour = Clamp(usage.CacheWriteOneHourTokens, ref flags);
        long writeTwelveHours = Clamp(usage.CacheWriteTwelveHoursTokens, ref flags);
        long audio = Clamp(usage.InputAudioTokens, ref flags);
        long image = Clamp(usage.InputImageTokens, ref flags);

        long uncached = total - read - write - writeOneHour - writeTwelveHours;
        if (uncached < 0)
        {
            // The total does not include its parts. Bill the parts, with zero remaining tokens instead of a negative number.
            flags |= CostFlags.InconsistentUsage;
            uncached = 0;
        }

        // Providers do not report which kind of token was cached. Media is assigned to the uncached part as far as it fits, the rest
        // to the cached part. A cached image is billed like any cached token.
        long uncachedAudio = Math.Min(audio, uncached);
        long uncachedImage = Math.Min(image, uncached - uncachedAudio);
        long cachedAudio = Math.Min(audio - uncachedAudio, read);
        if (audio + image > total)
        {
            flags |= CostFlags.InconsistentUsage;
        }

        result[(int)PriceComponent.CachedInput] = read - cachedAudio;
        result[(int)PriceComponent.CachedInputAudio] = cachedAudio;
        result[(int)PriceComponent.CacheWrite] = write;
        result[(int)PriceComponent.CacheWriteOneHour] = writeOneHour;
        result[(int)PriceComponent.CacheWriteTwelveHours] = writeTwelveHours;
        result[(int)PriceComponent.InputAudio] = uncachedAudio;
        result[(int)PriceComponent.InputImage] = uncachedImage;
        result[(int)PriceComponent.Input] = uncached - uncachedAudio - uncachedImage;

        long output = Clamp(usage.OutputTokens, ref flags);
        long reasoning = Clamp(usage.ReasoningTokens, ref flags);
        long outputAudio = Clamp(usage.OutputAudioTokens, ref flags);
        long outputImage = Clamp(usage.OutputImageTokens, ref flags);
        long text = output - reasoning - outputAudio - outputImage;
        if (text < 0)
        {
            flags |= CostFlags.InconsistentUsage;
            text = 0;
        }

        result[(int)PriceComponent.Output] = text;
        result[(int)PriceComponent.Reasoning] = reasoning;
        result[(int)PriceComponent.OutputAudio] = outputAudio;
        result[(int)PriceComponent.OutputImage] = outputImage;
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Clamp(long count, ref CostFlags flags)
    {
        if ((ulong)count <= LargestCount)
        {
            return count;
        }

        flags |= CostFlags.InconsistentUsage;
        return count < 0 ? 0 : LargestCount;
    }
}
