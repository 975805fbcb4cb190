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
    private int _probe;

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
    /// <remarks>
    /// A probe that has not reported a result after <paramref name="longest"/>, its timeout, is replaced by another one. From then on, its
    /// result counts as that of an attempt that is no probe.
    /// </remarks>
    /// <param name="now">The time.</param>
    /// <param name="probe">The number of the probe; 0 if the attempt is none.</param>
    /// <param name="retryAfter">The time until an attempt may be sent.</param>
    /// <param name="longest">The timeout of the attempt.</param>
    public bool TryEnter(DateTimeOffset now, out int probe, out TimeSpan retryAfter, TimeSpan? longest = null)
    {
        lock (_lock)
        {
            probe = 0;
            retryAfter = TimeSpan.Zero;
            if (_state == CircuitState.Closed)
            {
                return true;
            }

            if (_state == CircuitState.Open ? now >= _openUntil : now >= _probeUntil)
            {
                _state = CircuitState.HalfOpen;
                _probeUntil = After(now, longest ?? LongestProbe);
                probe = _probe = _probe == int.MaxValue ? 1 : _probe + 1;
                return true;
            }

            retryAfter = _state == CircuitState.HalfOpen ? TimeSpan.FromSeconds(1) : _openUntil - now;
            return false;
        }
    }

    /// <summary>Withdraws an admitted attempt without a result. The next attempt can then be the probe.</summary>
    public void Leave(int probe)
    {
        if (probe == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (IsRunning(probe))
            {
                _state = CircuitState.Open;
            }
        }
    }

    public void Succeeded(DateTimeOffset now, int probe)
    {
        lock (_lock)
        {
            bool wasProbe = IsRunning(probe);
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

    public void Failed(DateTimeOffset now, ChatFailure failure, int probe)
    {
        if (!SpeaksAgainstTheRoute(failure.Kind))
        {
            if (failure.Kind is ChatFailureKind.Cancelled)
            {
                Leave(probe);
            }
            else
            {
                // The provider works: it responded, although it rejected this request.
                Succeeded(now, probe);
            }

            return;
        }

        lock (_lock)
        {
            bool wasProbe = IsRunning(probe);
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

    /// <summary>True if an attempt is the probe whose result decides.</summary>
    private bool IsRunning(int probe) => probe != 0 && probe == _probe && _state == CircuitState.HalfOpen;

    private static bool SpeaksAgainstTheRoute(ChatFailureKind kind) => kind is ChatFailureKind.Overloaded
        or ChatFailureKind.ServerError or ChatFailureKind.Timeout or ChatFailureKind.Network or ChatFailureKind.RateLimited
        or ChatFailureKind.QuotaExhausted or ChatFailureKind.Authentication or ChatFailureKind.Truncated or ChatFailureKind.Unknown;

    private void Open(DateTimeOffset now, TimeSpan length)
    {
        if (!_options.IsEnabled)
        {
            return;
        }

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
