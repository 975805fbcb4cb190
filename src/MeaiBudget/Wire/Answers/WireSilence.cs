namespace MeaiBudget;

/// <summary>
/// Measures how long reads wait, each and all of them without anything of the answer coming, and stops them. A caller that does not read is no silence.
/// </summary>
/// <remarks>One timer a body; a read costs no timer of its own. Thread-safe.</remarks>
internal sealed class WireSilence : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly Stream _body;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationToken _attemptToken;
    private CancellationTokenRegistration _attempt;
    private bool _isRegistered;
    private ITimer? _timer;
    private TimeSpan _readTimeout = Timeout.InfiniteTimeSpan;
    private long _waitingSince;
    private long _readingSince;
    private int _isReading;
    private volatile bool _isExceeded;
    private volatile bool _isReadTimedOut;
    private volatile bool _isDisposed;

    /// <summary>Makes a measure.</summary>
    /// <param name="body">The body; disposed where a read of it cannot be cancelled.</param>
    /// <param name="limit">The longest silence; infinite if there is no limit.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="attemptToken">Stops reads when the attempt is cancelled.</param>
    public WireSilence(Stream body, TimeSpan limit, TimeProvider timeProvider, CancellationToken attemptToken)
    {
        (_body, _limit, _timeProvider, _attemptToken) = (body, limit, timeProvider, attemptToken);
    }

    /// <summary>Makes a measure for the answer to an attempt; <see langword="null"/> if nothing is to stop reads.</summary>
    /// <param name="body">The body.</param>
    /// <param name="limit">The longest silence; infinite if there is no limit.</param>
    /// <param name="attempt">The attempt, for its clock and token.</param>
    public static WireSilence? Of(Stream body, TimeSpan limit, WireAttempt attempt) =>
        limit != Timeout.InfiniteTimeSpan || attempt.CancellationToken.CanBeCanceled ? new WireSilence(body, limit, attempt.TimeProvider, attempt.CancellationToken) : null;

    /// <summary>Gets what cancels a read that begins now. If the read does not end at once, <see cref="BeginRead"/> must follow.</summary>
    public CancellationToken Token => _attemptToken.IsCancellationRequested ? _attemptToken : _source.Token;

    /// <summary>Gets a value indicating whether reads were stopped because of silence.</summary>
    public bool IsExceeded => _isExceeded;

    /// <summary>Gets a value indicating whether a read was stopped because it waited for any byte for too long.</summary>
    public bool IsReadTimedOut => _isReadTimedOut;

    /// <summary>Gets or sets how long a read may wait for any byte; infinite if there is no limit. Set before the first read.</summary>
    public TimeSpan ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = value;
    }

    private bool IsBounded => _limit != Timeout.InfiniteTimeSpan || _readTimeout != Timeout.InfiniteTimeSpan;

    /// <summary>A read begins to wait.</summary>
    public void BeginRead()
    {
        long now = IsBounded ? Math.Max(1, _timeProvider.GetTimestamp()) : 0;
        Volatile.Write(ref _readingSince, now);
        Volatile.Write(ref _isReading, 1);
        if (!_isRegistered)
        {
            // Few answers that are there at once need it. A token that is cancelled by now calls back at once.
            _isRegistered = true;
            _attempt = _attemptToken.UnsafeRegister(static state => ((WireSilence)state!).Cancel(), this);
        }

        if (now == 0)
        {
            return;
        }

        if (Volatile.Read(ref _waitingSince) == 0)
        {
            Volatile.Write(ref _waitingSince, now);
        }

        _timer ??= _timeProvider.CreateTimer(static state => ((WireSilence)state!).Check(), this, Rest(TimeSpan.Zero, TimeSpan.Zero), Timeout.InfiniteTimeSpan);
    }

    /// <summary>The read ended.</summary>
    public void EndRead() => Volatile.Write(ref _isReading, 0);

    /// <summary>Bytes came that are nothing of the answer. Where they come faster than they are read, no read ever waits for the timer.</summary>
    /// <returns>True if nothing of the answer has come for too long.</returns>
    public bool IsSilent()
    {
        if (_limit == Timeout.InfiniteTimeSpan)
        {
            return false;
        }

        if (Volatile.Read(ref _waitingSince) is var since && since != 0)
        {
            return _isExceeded || _timeProvider.GetElapsedTime(since) >= _limit;
        }

        Volatile.Write(ref _waitingSince, Math.Max(1, _timeProvider.GetTimestamp()));
        return false;
    }

    /// <summary>Something of the answer came.</summary>
    public void OnProgress() => Volatile.Write(ref _waitingSince, 0);

    /// <summary>Stops reads.</summary>
    public void Cancel()
    {
        if (!_isDisposed)
        {
            _source.Cancel();
        }
    }

    /// <summary>Ends the watch. Reads are still stopped when the attempt is cancelled.</summary>
    public void StopTimer() => _timer?.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _timer?.Dispose();
        _attempt.Dispose();
    }

    private void Check()
    {
        long since = Volatile.Read(ref _waitingSince);
        long begun = Volatile.Read(ref _readingSince);
        bool isReading = Volatile.Read(ref _isReading) != 0;
        TimeSpan waited = since == 0 || !isReading ? TimeSpan.Zero : _timeProvider.GetElapsedTime(since);
        TimeSpan read = isReading ? _timeProvider.GetElapsedTime(begun) : TimeSpan.Zero;
        TimeSpan rest = Rest(waited, read);
        if (rest > TimeSpan.Zero)
        {
            if (!_isDisposed)
            {
                _timer?.Change(rest, Timeout.InfiniteTimeSpan);
            }

            return;
        }

        if (_limit != Timeout.InfiniteTimeSpan && waited >= _limit)
        {
            _isExceeded = true;
        }
        else
        {
            _isReadTimedOut = true;
        }

        Cancel();
        _body.Dispose();
    }

    /// <summary>How long it takes at least until one of the limits is passed.</summary>
    private TimeSpan Rest(TimeSpan waited, TimeSpan read)
    {
        TimeSpan rest = _limit == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : _limit - waited;
        return _readTimeout != Timeout.InfiniteTimeSpan && _readTimeout - read < rest ? _readTimeout - read : rest;
    }
}
