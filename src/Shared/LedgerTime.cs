namespace MeaiBudget;

/// <summary>Sums of UTC ticks that stay within what a date can be.</summary>
internal static class LedgerTime
{
    public static long Add(long ticks, TimeSpan span) => Math.Min(SaturatingMath.Add(ticks, span.Ticks), DateTime.MaxValue.Ticks);
}
