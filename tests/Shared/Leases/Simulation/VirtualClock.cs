namespace MeaiBudget.Simulation;

/// <summary>The clock of one machine: its wall clock is wrong by some time, and its monotonic clock a little fast or slow.</summary>
internal sealed class VirtualClock(VirtualTime time, TimeSpan skew, long driftInMillionths) : TimeProvider
{
    /// <summary>Gets or sets how wrong the wall clock is.</summary>
    public TimeSpan Skew { get; set; } = skew;

    /// <summary>Gets or sets a value indicating whether the machine has died: its timers do nothing any more.</summary>
    public bool IsDead { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => VirtualTime.Start.AddTicks(time.Now) + Skew;

    public override long GetTimestamp() => time.Now + (time.Now / 1_000_000 * driftInMillionths);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                clock.Run(dueTime, () => Fire(version, period));
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire(int version, TimeSpan period)
        {
            if (version != _version || clock.IsDead)
            {
                return;
            }

            if (period != Timeout.InfiniteTimeSpan)
            {
                clock.Run(period, () => Fire(version, period));
            }

            callback(state);
        }
    }

    private void Run(TimeSpan after, Action action) => time.After(after, action);
}
