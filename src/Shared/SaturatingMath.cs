namespace MeaiBudget;

/// <summary>Sums and products that stop at the largest number and do not overflow.</summary>
internal static class SaturatingMath
{
    public static long Add(long left, long right)
    {
        long sum = unchecked(left + right);
        return ((left ^ sum) & (right ^ sum)) < 0 ? (left < 0 ? long.MinValue : long.MaxValue) : sum;
    }

    /// <summary>Multiplies two numbers that are not negative.</summary>
    public static long Multiply(long left, long right) => right != 0 && left > long.MaxValue / right ? long.MaxValue : left * right;

    /// <summary>Subtracts, but not below zero.</summary>
    public static long Take(long from, long amount) => Math.Max(0, from - amount);

    /// <summary>Replaces a part of a sum. The sum may be less than the part, because an adjustment lowered it; it stops at zero then.</summary>
    public static long Replace(long sum, long oldPart, long newPart) => Math.Max(0, sum < oldPart ? sum - oldPart + newPart : Add(sum - oldPart, newPart));

    /// <summary>Adds a signed amount to one that is not negative; null if the result would be negative.</summary>
    public static long? Adjust(long amount, long change) => change < 0 && amount + change < 0 ? null : Add(amount, change);
}
