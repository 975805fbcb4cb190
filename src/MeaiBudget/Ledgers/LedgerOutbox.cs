namespace MeaiBudget;

/// <summary>What a ledger could not be told, kept in order and told again until it has heard it.</summary>
/// <remarks>
/// If it is unclear whether the provider billed, nothing is refunded: a reservation whose settlement is kept here stands in the ledger meanwhile, and its lease
/// charges it in full if this process dies first. Bounded; beyond that the oldest is given up, loudly.
/// </remarks>
internal sealed class LedgerOutbox(ISpendLedger ledger, int capacity, Action<Exception> failed, Action<LedgerReservationId> dropped)
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly LinkedList<Message> _messages = new();
    private readonly Dictionary<LedgerReservationId, Message> _releases = [];
    private ITimer? _timer;

    /// <summary>The message that is being told, and what completes when it was.</summary>
    private (Message Message, TaskCompletionSource Told)? _current;
    private bool _isSending;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _messages.Count;
            }
        }
    }

    /// <summary>Keeps the release of a reservation that may have been made.</summary>
    public void Release(LedgerReservationId id) => Add(new Message(id, null, null));

    /// <summary>Takes a kept release back, since the same attempt is to be reserved again: told later, it would give back what that holds.</summary>
    public async ValueTask WithdrawReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task told;
            lock (_lock)
            {
                if (!_releases.TryGetValue(id, out Message? release))
                {
                    return;
                }

                if (_current is not { } current || !ReferenceEquals(current.Message, release))
                {
                    Remove(release);
                    return;
                }

                told = current.Told.Task;
            }

            await told.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Keeps a settlement; with its reservation where the ledger has not heard of that either.</summary>
    public void Settle(LedgerReservation? reservation, LedgerSettlement settlement) => Add(new Message(settlement.Id, reservation, settlement));

    /// <summary>Tells the ledger what is kept, until it fails again.</summary>
    public async Task SendAsync()
    {
        lock (_lock)
        {
            if (_isSending)
            {
                return;
            }

            _isSending = true;
        }

        Message? message = null;
        try
        {
            while (true)
            {
                lock (_lock)
                {
                    if (_messages.First is not { } first)
                    {
                        _timer?.Dispose();
                        _timer = null;
                        return;
                    }

                    message = first.Value;
                    _current = (message, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                }

                if (message.Reservation is not null)
                {
                    await ledger.ReserveAsync(message.Reservation);
                }

                if (message.Settlement is not null)
                {
                    await ledger.SettleAsync(message.Settlement);
                }
                else
                {
                    await ledger.ReleaseAsync(message.Id);
                }

                lock (_lock)
                {
                    Remove(message);
                    Told();
                }
            }
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                // To the back, so that one message that cannot be delivered does not hold up the others; their order is free.
                if (message is not null && _messages.Remove(message))
                {
                    _messages.AddLast(message);
                }

                Told();
            }

            failed(exception);
        }
        finally
        {
            lock (_lock)
            {
                _isSending = false;
            }
        }
    }

    private void Add(Message message)
    {
        LedgerReservationId? lost = null;
        lock (_lock)
        {
            if (message.Settlement is null && !_releases.TryAdd(message.Id, message))
            {
                return;
            }

            _messages.AddLast(message);
            if (_messages.Count > capacity)
            {
                lost = _messages.First!.Value.Id;
                Remove(_messages.First.Value);
            }

            _timer ??= ledger.Clock.CreateTimer(
                static state => _ = ((LedgerOutbox)state!).SendAsync(), this, TryAgainAfter, TryAgainAfter);
        }

        if (lost is { } id)
        {
            dropped(id);
        }
    }

    private void Remove(Message message)
    {
        if (_messages.Remove(message) && message.Settlement is null)
        {
            _releases.Remove(message.Id);
        }
    }

    private void Told()
    {
        _current?.Told.SetResult();
        _current = null;
    }

    private sealed record Message(LedgerReservationId Id, LedgerReservation? Reservation, LedgerSettlement? Settlement);
}
