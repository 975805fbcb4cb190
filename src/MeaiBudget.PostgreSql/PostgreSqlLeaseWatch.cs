using System.Diagnostics;

namespace MeaiBudget;

/// <summary>Remembers until when no open reservation's lease has ended, so that the server need not look at earlier ones again. Thread-safe.</summary>
/// <remarks>
/// A lease ends after it began, so leases that began after a look end after it. Once a minute all are looked at, and also after the clock was
/// set back: another process may have reserved by the earlier clock.
/// </remarks>
internal sealed class PostgreSqlLeaseWatch
{
    /// <summary>Leases that are shorter than the time from the lock to the commit are found nevertheless.</summary>
    private const long Margin = TimeSpan.TicksPerSecond;
    private static readonly TimeSpan LooksAtAllEvery = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private long _until = long.MinValue;
    private long _since = long.MinValue;
    private long _lookedAtAll;

    /// <summary>Gets the time after which a lease may have ended, in UTC ticks.</summary>
    public long Since
    {
        get
        {
            lock (_lock)
            {
                if (_since != long.MinValue && Stopwatch.GetElapsedTime(_lookedAtAll) >= LooksAtAllEvery)
                {
                    _since = long.MinValue;
                }

                return _since;
            }
        }
    }

    /// <summary>Says that none has ended between a value of <see cref="Since"/> and a time.</summary>
    public void Looked(long since, long until)
    {
        lock (_lock)
        {
            bool all = since == long.MinValue;
            if (all)
            {
                _lookedAtAll = Stopwatch.GetTimestamp();
            }

            if (until < _until)
            {
                _since = long.MinValue;
            }
            else if (all || _since != long.MinValue)
            {
                _since = until - Margin;
            }

            _until = until;
        }
    }
}
