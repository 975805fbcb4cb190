namespace MeaiBudget;

/// <summary>Adds to UTC ticks, limited to the range of <see cref="DateTime"/>.</summary>
internal static class LedgerTime
{
    public static long Add(long ticks, TimeSpan span) => Math.Min(SaturatingMath.Add(ticks, span.Ticks), DateTime.MaxValue.Ticks);
}
