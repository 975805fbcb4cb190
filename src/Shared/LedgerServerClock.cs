namespace MeaiBudget;

/// <summary>An estimate of the server's time: the local clock, corrected by the time in each answer.</summary>
internal sealed class LedgerServerClock : TimeProvider
{
    private static readonly TimeSpan MeasureAgainAfter = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private long _offset;
    private long _uncertainty = long.MaxValue;
    private long _measuredAt;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _offset));

    /// <summary>Updates the offset with the time in an answer. The shorter the round trip, the more exact the offset.</summary>
    public void Learn(long serverTicks, long sentAt)
    {
        long answeredAt = System.GetTimestamp();
        long way = System.GetElapsedTime(sentAt, answeredAt).Ticks;
        if (way > Volatile.Read(ref _uncertainty) && System.GetElapsedTime(Volatile.Read(ref _measuredAt), answeredAt) < MeasureAgainAfter)
        {
            return;
        }

        lock (_lock)
        {
            Volatile.Write(ref _offset, serverTicks + (way / 2) - System.GetUtcNow().UtcTicks);
            Volatile.Write(ref _uncertainty, way);
            Volatile.Write(ref _measuredAt, answeredAt);
        }
    }
}
