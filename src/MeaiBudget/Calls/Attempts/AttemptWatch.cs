using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Watches every attempt that runs by one clock, with a single timer: ends those that are out of time, and renews the leases of the others.</summary>
/// <remarks>
/// Thread-safe. The timer is left alone when an attempt ends, since the next one mostly ends later than what it is set to; it
/// finds out when it goes off. So an attempt costs no timer of its own, and an update of a stream need not set one anew.
/// </remarks>
internal sealed class AttemptWatch
{
    /// <summary>How often leases are renewed; well under the shortest lease.</summary>
    private static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(30);
    private static readonly ConditionalWeakTable<TimeProvider, AttemptWatch> Watches = [];

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly long _origin;
    private ITimer? _timer;
    private Watched? _newest;
    private TimeSpan _goesOffAt = TimeSpan.MaxValue;
    private TimeSpan _renewsAt;

    private AttemptWatch(TimeProvider clock)
    {
        _clock = clock;
        _origin = clock.GetTimestamp();
    }


    public static AttemptWatch For(TimeProvider clock) => Watches.GetValue(clock, static c => new AttemptWatch(c));

    /// <summary>Begins to watch.</summary>
    /// <param name="watched">What to watch.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="timestamp">The clock's timestamp from which that counts: now, or just before.</param>
    public void Add(Watched watched, TimeSpan timeout, long timestamp)
    {
        TimeSpan now = _clock.GetElapsedTime(_origin, timestamp);
        lock (_lock)
        {
            watched.Older = _newest;
            if (_newest is not null)
            {
                _newest.Newer = watched;
            }

            _newest = watched;
            watched.IsWatched = true;
            if (_goesOffAt == TimeSpan.MaxValue)
            {
                _renewsAt = now + RenewalInterval;
            }

            EndAt(watched, now, timeout);
        }
    }

    /// <summary>Sets another time-out, counted from now.</summary>
    public void Expect(Watched watched, TimeSpan timeout)
    {
        lock (_lock)
        {
            if (watched.IsWatched)
            {
                EndAt(watched, _clock.GetElapsedTime(_origin), timeout);
            }
        }
    }

    /// <summary>Ends the watch. What was removed is told nothing any more, but for what had begun.</summary>
    public void Remove(Watched watched)
    {
        if (watched.IsWatched)
        {
            lock (_lock)
            {
                Unlink(watched);
            }
        }
    }

    private void EndAt(Watched watched, TimeSpan now, TimeSpan timeout)
    {
        watched.EndsAt = timeout < TimeSpan.MaxValue - now ? now + timeout : TimeSpan.MaxValue;
        TimeSpan next = watched.EndsAt < _renewsAt ? watched.EndsAt : _renewsAt;
        if (next < _goesOffAt)
        {
            GoOffAt(next, now);
        }
    }

    private void Unlink(Watched watched)
    {
        if (!watched.IsWatched)
        {
            return;
        }

        watched.IsWatched = false;
        if (watched.Newer is null)
        {
            _newest = watched.Older;
        }
        else
        {
            watched.Newer.Older = watched.Older;
        }

        if (watched.Older is not null)
        {
            watched.Older.Newer = watched.Newer;
        }

        watched.Older = watched.Newer = null;
    }

    private void Look()
    {
        List<Watched>? ended = null;
        List<Watched>? renewed = null;
        lock (_lock)
        {
            TimeSpan now = _clock.GetElapsedTime(_origin);
            bool renews = now >= _renewsAt;
            TimeSpan next = _renewsAt = renews ? now + RenewalInterval : _renewsAt;
            Watched? older;
            for (Watched? watched = _newest; watched is not null; watched = older)
            {
                older = watched.Older;
                if (watched.EndsAt <= now)
                {
                    Unlink(watched);
                    (ended ??= []).Add(watched);
                    continue;
                }

                next = watched.EndsAt < next ? watched.EndsAt : next;
                if (renews)
                {
                    (renewed ??= []).Add(watched);
                }
            }

            if (_newest is null)
            {
                _goesOffAt = TimeSpan.MaxValue;
            }
            else
            {
                GoOffAt(next, now);
            }
        }

        foreach (Watched watched in ended ?? [])
        {
            End(watched);
        }

        foreach (Watched watched in renewed ?? [])
        {
            watched.Renew();
        }
    }

    /// <summary>What waits for an attempt may run on at once, and must not hold up the others; but who moves a clock by hand expects it done by then.</summary>
    private void End(Watched watched)
    {
        if (ReferenceEquals(_clock, TimeProvider.System))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static one => one.OutOfTime(), watched, preferLocal: false);
        }
        else
        {
            watched.OutOfTime();
        }
    }

    /// <summary>Sets the timer. The last thing to do under the lock: a clock may call back at once.</summary>
    private void GoOffAt(TimeSpan time, TimeSpan now)
    {
        _goesOffAt = time;
        if (_timer is null)
        {
            // What flows with the attempt that happens to be the first is not the timer's business.
            using AsyncFlowControl? none = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
            _timer = _clock.CreateTimer(static watch => ((AttemptWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        // Up to whole milliseconds, which is how far timers go: going off too early would mean setting it again and again.
        var due = TimeSpan.FromMilliseconds(Math.Ceiling((time - now).TotalMilliseconds));
        _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What is watched.</summary>
    internal abstract class Watched
    {
        // The watch's own notes, under its lock.
        internal Watched? Older;
        internal Watched? Newer;
        internal TimeSpan EndsAt;
        internal volatile bool IsWatched;

        /// <summary>The time is up; said once, and perhaps just after it was removed.</summary>
        internal abstract void OutOfTime();

        /// <summary>Time to renew leases.</summary>
        internal abstract void Renew();
    }
}
