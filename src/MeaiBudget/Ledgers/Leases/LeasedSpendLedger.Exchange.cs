namespace MeaiBudget;

/// <summary>When slices are exchanged, and the end.</summary>
public sealed partial class LeasedSpendLedger
{
    private const int MostLastExchanges = 20;
    private static readonly TimeSpan RetryLastAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MostLastWait = TimeSpan.FromSeconds(10);

    private readonly Lock _turn = new();
    private readonly ITimer _timer;
    private Task<Exception?>? _running;
    private long _sentAt;
    private long _exchanges;
    private bool _isArmed;
    private long _armedFor;
    private bool _isDisposed;

    /// <summary>
    /// Reports what was charged in slices, returns what no call holds, and disposes the shared ledger. Calls that are not settled yet are
    /// charged in full when the leases end. While the shared ledger is away, this waits for it for as long as a lease lasts, 10 seconds.
    /// </summary>
    /// <returns>A task that completes when the shared ledger was disposed.</returns>
    public async ValueTask DisposeAsync()
    {
        lock (_turn)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        await _timer.DisposeAsync();
        _ledger.LeaseExpired -= OnFarLeaseExpired;
        await (_running ?? Task.CompletedTask);

        // Slices whose calls still run stay open. After a lease, the far ledger has charged in full what was not returned.
        long started = _rules.Clock.GetTimestamp();
        for (int exchanges = 0; exchanges < MostLastExchanges && _book.IsActive;)
        {
            if (await ExchangeAsync(isLast: true) is null)
            {
                exchanges++;
            }
            else if (_rules.Clock.GetElapsedTime(started) + RetryLastAfter > MostLastWait)
            {
                break;
            }
            else
            {
                await Task.Delay(RetryLastAfter, _rules.Clock);
            }
        }

        if (_ledger is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            (_ledger as IDisposable)?.Dispose();
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>; blocks meanwhile.</summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>Exchanges at once, or joins the exchange that runs. Returns why the exchange failed; <see langword="null"/> if it did not.</summary>
    internal Task<Exception?> ExchangeSoonAsync()
    {
        lock (_turn)
        {
            return _isDisposed ? Task.FromResult<Exception?>(null) : _running ?? Start();
        }
    }

    /// <summary>Waits for the exchange that runs, and returns how many began.</summary>
    private async ValueTask<long> ExchangedAsync(CancellationToken cancellationToken)
    {
        Task? running;
        lock (_turn)
        {
            running = _running;
        }

        if (running is not null)
        {
            await running.WaitAsync(cancellationToken);
        }

        return Volatile.Read(ref _exchanges);
    }

    /// <summary>Raises the ended leases that an operation found, and sees to the next exchange.</summary>
    private void AfterOperation()
    {
        if (_book.TakeExpired() is { } expired && LeaseExpired is { } listeners)
        {
            foreach (LedgerLeaseExpiry expiry in expired)
            {
                try
                {
                    listeners(expiry);
                }
                catch (Exception)
                {
                    // The operation that found the ended lease has been applied. An exception of a handler must not make it fail.
                }
            }
        }

        if (_book.TakeUrgency())
        {
            lock (_turn)
            {
                Arm(_rules.Spacing);
            }
        }
    }

    /// <summary>Sets the timer so that the next exchange begins after a time since the last one, unless it begins earlier anyway.</summary>
    private void Arm(TimeSpan after)
    {
        if (_isDisposed || _running is not null)
        {
            return;
        }

        long at = _sentAt + _rules.Timestamps(after);
        if (_isArmed && at >= _armedFor)
        {
            return;
        }

        (_isArmed, _armedFor) = (true, at);
        TimeSpan due = _rules.Clock.GetElapsedTime(_rules.Clock.GetTimestamp(), at);
        _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_turn)
        {
            _isArmed = false;
            if (!_isDisposed && _running is null)
            {
                Start();
            }
        }
    }

    private Task<Exception?> Start()
    {
        var done = new TaskCompletionSource<Exception?>();
        _running = done.Task;
        _sentAt = _rules.Clock.GetTimestamp();
        _ = RunAsync(done);
        return done.Task;
    }

    private async Task RunAsync(TaskCompletionSource<Exception?> done)
    {
        Exception? failure = null;
        try
        {
            failure = await ExchangeAsync(isLast: false);
        }
        finally
        {
            lock (_turn)
            {
                _running = null;
                if (_book.IsActive)
                {
                    Arm(_book.TakeUrgency() ? _rules.Spacing : _rules.Every);
                }
            }

            done.SetResult(failure);
        }

        AfterOperation();
    }

    /// <summary>Exchanges once. If the far ledger failed, so that nobody knows whether it applied the exchange, returns why.</summary>
    private async Task<Exception?> ExchangeAsync(bool isLast)
    {
        if (_book.Begin(isLast) is not { } exchange)
        {
            return null;
        }

        Interlocked.Increment(ref _exchanges);
        long version;
        IReadOnlyList<LedgerReservationResult> answers;
        try
        {
            (version, answers) = await _far.ExchangeAsync(exchange.Sequence, exchange.Sent, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // The next exchange tells all of it again. Until then the slices keep what they are sure of.
            return failure;
        }

        _book.End(exchange, version, answers);
        return null;
    }
}
