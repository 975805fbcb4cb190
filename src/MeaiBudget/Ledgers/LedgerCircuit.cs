namespace MeaiBudget;

/// <summary>Whether a ledger's store is away. While it is, operations fail at once and the store is probed every second.</summary>
/// <remarks>
/// Without it every call would wait for the time-out of the store's client. Thread-safe. One for each ledger, shared by all trackers
/// and runs that use it.
/// </remarks>
internal sealed class LedgerCircuit(ISpendLedger ledger)
{
    /// <summary>An operation that failed after this time has waited for the store already, so that it is not repeated; a probe that takes longer has failed.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ProbesEvery = TimeSpan.FromSeconds(1);

    /// <summary>Not an empty list, for which a ledger need not ask its store.</summary>
    private static readonly LedgerAccountQuery[] Probe = [new("meaibudget/probe", 0, 0)];

    private int _isProbing;
    private volatile LedgerAwayException? _away;

    /// <summary>Raised after the store was found to be away, and after it answered again: true if it is away.</summary>
    public event Action<bool, Exception?>? Changed;

    /// <summary>Gets the exception for operations while the store is away; <see langword="null"/> if it is not.</summary>
    public LedgerAwayException? Away => _away;

    /// <summary>Notes that an operation failed. A store that does not answer a probe at once is away.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="time">How long the operation took.</param>
    public void Failed(Exception exception, TimeSpan time)
    {
        if (_away is null && Interlocked.CompareExchange(ref _isProbing, 1, 0) == 0)
        {
            if (time >= Soon)
            {
                Open(exception);
            }

            _ = ProbeUntilItAnswersAsync(exception);
        }
    }

    /// <summary>Notes that the store answered.</summary>
    public void Succeeded()
    {
        if (_away is not null)
        {
            _away = null;
            Changed?.Invoke(false, null);
        }
    }

    private void Open(Exception exception)
    {
        _away = new LedgerAwayException(ledger.Name, exception);
        Changed?.Invoke(true, exception);
    }

    private async Task ProbeUntilItAnswersAsync(Exception exception)
    {
        try
        {
            Task probe = ProbeAsync();
            if (!probe.IsCompleted)
            {
                await Task.WhenAny(probe, Task.Delay(Soon, TimeProvider.System));
            }

            while (!probe.IsCompletedSuccessfully)
            {
                if (_away is null)
                {
                    Open(exception);
                }

                // The next probe begins a second after this one at the earliest, and never beside it.
                await Task.WhenAll(
                    probe.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default),
                    Task.WhenAny(Task.Delay(ProbesEvery, ledger.Clock), Task.Delay(ProbesEvery, TimeProvider.System)));
                if (_away is null)
                {
                    return;
                }

                if (!probe.IsCompletedSuccessfully)
                {
                    probe = ProbeAsync();
                    await probe.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            Succeeded();
        }
        finally
        {
            Volatile.Write(ref _isProbing, 0);
        }
    }

    private async Task ProbeAsync() => await ledger.ReadAsync(Probe, CancellationToken.None);
}
