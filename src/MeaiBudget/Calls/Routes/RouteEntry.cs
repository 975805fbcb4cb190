namespace MeaiBudget;

/// <summary>An attempt's admission to its route: by the circuit, and to one of the concurrency slots.</summary>
/// <remarks>Used by one flow. Only the slot can be released by another thread, when the attempt's token is cancelled.</remarks>
internal sealed class RouteEntry(AttemptRoute route, TimeProvider clock, CancellationToken token)
{
    private int _hasSlot;
    private int _isCounted;
    private bool _entered;
    private int _probe;

    /// <summary>Enters the circuit, then takes a slot. If all slots are taken, it waits for one.</summary>
    /// <param name="attemptTimeout">The timeout of the attempt. After it, the circuit lets another probe through.</param>
    /// <exception cref="CircuitOpenException">The circuit is open.</exception>
    public ValueTask EnterAsync(TimeSpan attemptTimeout)
    {
        EnterCircuit(attemptTimeout);
        if (Interlocked.Exchange(ref _isCounted, 1) == 0)
        {
            route.Count(1);
        }

        return route.Slots is { } slots ? TakeSlotAsync(slots, attemptTimeout) : ValueTask.CompletedTask;
    }

    /// <summary>Reports to the circuit that the provider answered.</summary>
    public void Succeeded(DateTimeOffset now)
    {
        route.Circuit.Succeeded(now, _probe);
        _entered = false;
    }

    /// <summary>Reports to the circuit that a stream has begun. A probe then counts as successful.</summary>
    public void ContentBegan()
    {
        if (_entered && _probe != 0)
        {
            route.Circuit.Succeeded(clock.GetUtcNow(), _probe);
            _probe = 0;
        }
    }

    /// <summary>Reports a failure to the circuit, if the attempt has entered it.</summary>
    public void Failed(ChatFailure failure)
    {
        if (_entered)
        {
            route.Circuit.Failed(clock.GetUtcNow(), failure, _probe);
            _entered = false;
        }
    }

    /// <summary>Releases the slot and leaves the circuit, if they are still held.</summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _isCounted, 0) != 0)
        {
            route.Count(-1);
        }

        LeaveSlot();
        if (_entered)
        {
            _entered = false;
            route.Circuit.Leave(_probe);
        }
    }

    private async ValueTask TakeSlotAsync(SemaphoreSlim slots, TimeSpan attemptTimeout)
    {
        bool hadToWait = !slots.Wait(0, CancellationToken.None);
        if (hadToWait)
        {
            await slots.WaitAsync(token);
        }

        // The caller of a stream may not dispose it. Its slot is then released when the attempt's token is cancelled by the timeout.
        _hasSlot = 1;
        token.UnsafeRegister(static entry => ((RouteEntry)entry!).LeaveSlot(), this);
        if (hadToWait && _probe == 0)
        {
            // Attempts before this one in the queue may have opened the circuit.
            EnterCircuit(attemptTimeout);
        }
    }

    private void EnterCircuit(TimeSpan attemptTimeout)
    {
        // A closed circuit needs no time, so the clock is not read.
        (_entered, _probe) = (false, 0);
        if (route.Circuit.State != CircuitState.Closed
            && !route.Circuit.TryEnter(clock.GetUtcNow(), out _probe, out TimeSpan retryAfter, attemptTimeout))
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
