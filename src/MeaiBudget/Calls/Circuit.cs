namespace MeaiBudget;

/// <summary>A route's circuit breaker. Thread-safe; shared by every pipeline that uses the route.</summary>
internal sealed class Circuit(CircuitOptions options)
{
    private readonly CircuitOptions _options = options.Validated();
    private readonly Lock _lock = new();
    private volatile CircuitState _state;
    private int _consecutive;
    private int _windowFailures;
    private int _windowAttempts;
    private DateTimeOffset _windowEnds;
    private DateTimeOffset _openUntil;

    public CircuitState State => _state;

    /// <summary>Lets an attempt pass, or says how long to stay away. Half-open lets exactly one pass, as the probe.</summary>
    public bool TryEnter(DateTimeOffset now, out bool isProbe, out TimeSpan retryAfter)
    {
        lock (_lock)
        {
            isProbe = false;
            retryAfter = TimeSpan.Zero;
            if (_state == CircuitState.Closed)
            {
                return true;
            }

            if (_state == CircuitState.Open && now >= _openUntil)
            {
                _state = CircuitState.HalfOpen;
                isProbe = true;
                return true;
            }

            retryAfter = _state == CircuitState.HalfOpen || _openUntil <= now ? TimeSpan.FromSeconds(1) : _openUntil - now;
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
                TimeSpan stated = failure.ResetsAt - now ?? failure.RetryAfter ?? _options.OpenForQuota;
                Open(now, stated < _options.MaxOpenFor ? stated : _options.MaxOpenFor);
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
        DateTimeOffset until = now + length;
        _openUntil = _state == CircuitState.Open && _openUntil > until ? _openUntil : until;
        _state = CircuitState.Open;
    }

    private void CountInWindow(DateTimeOffset now, bool failed)
    {
        if (now >= _windowEnds)
        {
            _windowEnds = now + _options.Window;
            _windowAttempts = _windowFailures = 0;
        }

        _windowAttempts++;
        _windowFailures += failed ? 1 : 0;
    }
}
