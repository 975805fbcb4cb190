namespace MeaiBudget.Tool;

/// <summary>Divides whole amounts in proportion, so that the parts add up exactly.</summary>
internal static class CorrectionShares
{
    /// <summary>Divides an amount of any sign by weights. If all weights are zero, the parts are equal.</summary>
    public static long[] Divide(long amount, IReadOnlyList<long> weights)
    {
        Int128 total = 0;
        foreach (long weight in weights)
        {
            total += weight;
        }

        long[] parts = new long[weights.Count];
        Int128 before = 0;
        long given = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            before += total == 0 ? 1 : weights[i];
            Int128 product = (Int128)amount * before;
            Int128 all = total == 0 ? parts.Length : total;

            // The part up to here, rounded half away from zero, less what was given before. So the last one gets the exact rest.
            long upTo = (long)((product + (amount < 0 ? -all / 2 : all / 2)) / all);
            parts[i] = upTo - given;
            given = upTo;
        }

        return parts;
    }
}
