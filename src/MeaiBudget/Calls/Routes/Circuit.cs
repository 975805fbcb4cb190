namespace MeaiBudget;

/// <summary>The circuit breaker of a route, shared by all pipelines that use the route. Thread-safe.</summary>
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

    /// <summary>True if the circuit will still be open at the given time.</summary>
    public bool RestsAt(DateTimeOffset time)
    {
        lock (_lock)
        {
            return _state == CircuitState.Open && time < _openUntil;
        }
    }

    /// <summary>Returns true if an attempt may be sent. A half-open circuit admits one attempt, the probe.</summary>
    /// <remarks>A probe that has not reported a result after <paramref name="longest"/>, its timeout, is replaced by another one.</remarks>
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

    /// <summary>Withdraws an admitted attempt without a result. The next attempt can then be the probe.</summary>
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
                // The provider works: it responded, although it rejected this request.
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
                // A reset time in the past is ignored, because the quota is still used up.
                TimeSpan stated = failure.ResetsAt - now ?? failure.RetryAfter ?? TimeSpan.Zero;
                TimeSpan length = stated > TimeSpan.Zero ? stated : _options.OpenForQuota;
                Open(now, length < _options.MaxOpenFor ? length : _options.MaxOpenFor);
            }
            else if (_state == CircuitState.HalfOpen && !wasProbe)
            {
                // The attempt was sent before the circuit opened. The result of the running probe decides.
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
