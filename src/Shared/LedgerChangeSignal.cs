using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>
/// Wakes the waiters of an account after a change by this process. Changes by other processes are not seen here, so every wait also
/// ends after a short time; the waiter then reserves again.
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
        TaskCompletionSource waiter = _waiters.GetOrAdd(account, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(waiter.Task, Task.Delay(_longest, _clock, timer.Token));
        await timer.CancelAsync();
        if (!waiter.Task.IsCompleted)
        {
            // Other waiters on the same source wake a little early; that is harmless.
            _waiters.TryRemove(new(account, waiter));
            waiter.TrySetResult();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Wakes the waiters of an ended lease's accounts, and raises the ledger's event.</summary>
    public void Tell(LedgerLeaseExpiry expiry, Action<LedgerLeaseExpiry>? listeners)
    {
        foreach (string account in expiry.Accounts)
        {
            Changed(account);
        }

        try
        {
            listeners?.Invoke(expiry);
        }
#pragma warning disable CA1031 // The charge has been applied. An exception of a handler must not make the operation fail.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>Wakes all waiters, after a change whose accounts are not known.</summary>
    public void ChangedAny()
    {
        foreach (string account in _waiters.Keys)
        {
            Changed(account);
        }
    }

    public void Changed(string account)
    {
        if (!_waiters.IsEmpty && _waiters.TryRemove(account, out TaskCompletionSource? waiter))
        {
            waiter.TrySetResult();
        }
    }
}
