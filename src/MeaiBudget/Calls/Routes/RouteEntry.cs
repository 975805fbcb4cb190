namespace MeaiBudget;

/// <summary>An attempt's place on its route: let through by the circuit, and holding one of the route's slots.</summary>
/// <remarks>One flow uses it; only the slot may be given back by another thread, when the attempt's token is cancelled.</remarks>
internal sealed class RouteEntry(AttemptRoute route, TimeProvider clock, CancellationToken token)
{
    private int _hasSlot;
    private bool _entered;
    private bool _isProbe;

    /// <summary>Passes the circuit, then takes a slot, waiting for one if all are taken.</summary>
    /// <param name="attemptTimeout">How long the attempt may take; the circuit lets another probe through after that.</param>
    /// <exception cref="CircuitOpenException">The circuit is open.</exception>
    public ValueTask EnterAsync(TimeSpan attemptTimeout)
    {
        EnterCircuit(attemptTimeout);
        return route.Slots is { } slots ? TakeSlotAsync(slots, attemptTimeout) : ValueTask.CompletedTask;
    }

    /// <summary>Reports to the circuit that the provider answered.</summary>
    public void Succeeded(DateTimeOffset now)
    {
        route.Circuit.Succeeded(now, _isProbe);
        _entered = false;
    }

    /// <summary>Reports to the circuit that a stream has begun, which is all that a probe has to find out.</summary>
    public void ContentBegan()
    {
        if (_entered && _isProbe)
        {
            route.Circuit.Succeeded(clock.GetUtcNow(), wasProbe: true);
            _isProbe = false;
        }
    }

    /// <summary>Reports a failure to the circuit, if the attempt passed it.</summary>
    public void Failed(ChatFailure failure)
    {
        if (_entered)
        {
            route.Circuit.Failed(clock.GetUtcNow(), failure, _isProbe);
            _entered = false;
        }
    }

    /// <summary>Gives back the slot and the place in the circuit, if they are still held.</summary>
    public void Leave()
    {
        LeaveSlot();
        if (_entered)
        {
            _entered = false;
            route.Circuit.Leave(_isProbe);
        }
    }

    private async ValueTask TakeSlotAsync(SemaphoreSlim slots, TimeSpan attemptTimeout)
    {
        bool hadToWait = !slots.Wait(0, CancellationToken.None);
        if (hadToWait)
        {
            await slots.WaitAsync(token);
        }

        // The caller of a stream may leave without disposing it: its slot is given back when its time is up.
        _hasSlot = 1;
        token.UnsafeRegister(static entry => ((RouteEntry)entry!).LeaveSlot(), this);
        if (hadToWait && !_isProbe)
        {
            // Attempts before this one in the queue may have opened the circuit.
            EnterCircuit(attemptTimeout);
        }
    }

    private void EnterCircuit(TimeSpan attemptTimeout)
    {
        // Where the circuit is closed, the clock need not be asked.
        _entered = _isProbe = false;
        if (route.Circuit.State != CircuitState.Closed
            && !route.Circuit.TryEnter(clock.GetUtcNow(), out _isProbe, out TimeSpan retryAfter, attemptTimeout))
        {
            throw new CircuitOpenException(route.Name, retryAfter);
        }

        _entered = true;
    }

    private void LeaveSlot()
    {
        if (Interlocked.Exchange(ref _hasSlot, 0) != 0)
        {
            route.Slots!.Release();
        }
    }
}
