namespace MeaiBudget;

/// <summary>A route's circuit breaker. Thread-safe; shared by every pipeline that uses the route.</summary>
internal sealed class Circuit(CircuitOptions options)
{
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMinutes(15);

    private readonly CircuitOptions _options = options.Validated();
    private readonly Lock _lock = new();
    private volatile CircuitState _state;
    private int _consecutive;
    private int _windowFailures;
    private int _windowAttempts;
    private DateTimeOffset _windowEnds;
    private DateTimeOffset _openUntil;
    private DateTimeOffset _probeUntil;

    public CircuitState State => _state;

    /// <summary>Whether the route is known to rest at a time to come.</summary>
    public bool RestsAt(DateTimeOffset time)
    {
        lock (_lock)
        {
            return _state == CircuitState.Open && time < _openUntil;
        }
    }

    /// <summary>Lets an attempt pass, or says how long to stay away. Half-open lets exactly one pass, as the probe.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isProbe">Whether the attempt is the probe.</param>
    /// <param name="retryAfter">How long to stay away.</param>
    /// <param name="longest">The longest that the attempt may take: a probe that is never heard of again gives its place to another then.</param>
    public bool TryEnter(DateTimeOffset now, out bool isProbe, out TimeSpan retryAfter, TimeSpan? longest = null)
    {
        lock (_lock)
        {
            isProbe = false;
            retryAfter = TimeSpan.Zero;
            if (_state == CircuitState.Closed)
            {
                return true;
            }

            if (_state == CircuitState.Open ? now >= _openUntil : now >= _probeUntil)
            {
                _state = CircuitState.HalfOpen;
                _probeUntil = After(now, longest ?? LongestProbe);
                isProbe = true;
                return true;
            }

            retryAfter = _state == CircuitState.HalfOpen ? TimeSpan.FromSeconds(1) : _openUntil - now;
            return false;
        }
    }

    /// <summary>Gives back an entry that was not used: no verdict, and a probe's place is free again.</summary>
    public void Leave(bool wasProbe)
    {
        if (!wasProbe)
        {
            return;
        }

        lock (_lock)
        {
            if (_state == CircuitState.HalfOpen)
            {
                _state = CircuitState.Open;
            }
        }
    }

    public void Succeeded(DateTimeOffset now, bool wasProbe)
    {
        lock (_lock)
        {
            if (wasProbe || _state == CircuitState.Closed)
            {
                _state = CircuitState.Closed;
                _consecutive = 0;
                if (wasProbe)
                {
                    _windowAttempts = _windowFailures = 0;
                }

                CountInWindow(now, failed: false);
            }
        }
    }

    public void Failed(DateTimeOffset now, ChatFailure failure, bool wasProbe)
    {
        if (!SpeaksAgainstTheRoute(failure.Kind))
        {
            if (failure.Kind is ChatFailureKind.Cancelled)
            {
                Leave(wasProbe);
            }
            else
            {
                // The provider is up: it answered, if only to say that this request is wrong.
                Succeeded(now, wasProbe);
            }

            return;
        }

        lock (_lock)
        {
            _consecutive++;
            CountInWindow(now, failed: true);
            if (failure.Kind == ChatFailureKind.QuotaExhausted)
            {
                // A time that is over already is as good as none: the quota is still used up.
                TimeSpan stated = failure.ResetsAt - now ?? failure.RetryAfter ?? TimeSpan.Zero;
                TimeSpan length = stated > TimeSpan.Zero ? stated : _options.OpenForQuota;
                Open(now, length < _options.MaxOpenFor ? length : _options.MaxOpenFor);
            }
            else if (_state == CircuitState.HalfOpen && !wasProbe)
            {
                // It was sent before the circuit opened. The probe, which is under way, knows better.
            }
            else if (wasProbe
                || _consecutive >= _options.ConsecutiveFailures
                || (_windowAttempts >= _options.MinimumAttempts && _windowFailures >= _options.FailureRatio * _windowAttempts))
            {
                Open(now, _options.OpenFor);
            }
        }
    }

    private static bool SpeaksAgainstTheRoute(ChatFailureKind kind) => kind is ChatFailureKind.Overloaded
        or ChatFailureKind.ServerError or ChatFailureKind.Timeout or ChatFailureKind.Network or ChatFailureKind.RateLimited
        or ChatFailureKind.QuotaExhausted or ChatFailureKind.Authentication or ChatFailureKind.Truncated or ChatFailureKind.Unknown;

    private void Open(DateTimeOffset now, TimeSpan length)
    {
        DateTimeOffset until = After(now, length);
        _openUntil = _state == CircuitState.Open && _openUntil > until ? _openUntil : until;
        _state = CircuitState.Open;
    }

    private static DateTimeOffset After(DateTimeOffset now, TimeSpan length) =>
        length < DateTimeOffset.MaxValue - now ? now + length : DateTimeOffset.MaxValue;

    private void CountInWindow(DateTimeOffset now, bool failed)
    {
        if (now >= _windowEnds)
        {
            _windowEnds = After(now, _options.Window);
            _windowAttempts = _windowFailures = 0;
        }

        _windowAttempts++;
        _windowFailures += failed ? 1 : 0;
    }
}
