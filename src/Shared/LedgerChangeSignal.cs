using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>
/// Wakes those of this process who wait for an account. What other processes give back is not seen here, so every wait also
/// ends after a short while: the signal is a hint, the ledger is asked again.
/// </summary>
internal sealed class LedgerChangeSignal
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiters = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly TimeSpan _longest;

    public LedgerChangeSignal(TimeProvider clock, TimeSpan longest)
    {
        _clock = clock;
        _longest = longest;
    }

    public async Task WaitAsync(string account, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = _waiters.GetOrAdd(account, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(waiter.Task, Task.Delay(_longest, _clock, timer.Token));
        await timer.CancelAsync();
        if (!waiter.Task.IsCompleted)
        {
            // Others who still wait on the same source are woken a little early, which a hint may do.
            _waiters.TryRemove(new(account, waiter));
            waiter.TrySetResult();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Wakes those who wait for an ended lease's accounts, and tells the ledger's listeners.</summary>
    public void Tell(LedgerLeaseExpiry expiry, Action<LedgerLeaseExpiry>? listeners)
    {
        foreach (var account in expiry.Accounts)
        {
            Changed(account);
        }

        try
        {
            listeners?.Invoke(expiry);
        }
#pragma warning disable CA1031 // The charge has been applied; a listener must not make an operation look failed, nor end the process.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>Something was given back, and the ledger's answer does not say to whom.</summary>
    public void ChangedAny()
    {
        foreach (var account in _waiters.Keys)
        {
            Changed(account);
        }
    }

    public void Changed(string account)
    {
        if (!_waiters.IsEmpty && _waiters.TryRemove(account, out var waiter))
        {
            waiter.TrySetResult();
        }
    }
}
