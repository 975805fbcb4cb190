namespace MeaiBudget;

/// <summary>Settlements and releases that a ledger failed to apply, kept and sent again until it applies them.</summary>
/// <remarks>
/// Meanwhile the ledger holds the reservation. If the process exits first, the reservation is charged in full when its lease ends.
/// Bounded: beyond the capacity the oldest message is dropped and reported. Thread-safe.
/// </remarks>
internal sealed class LedgerOutbox(ISpendLedger ledger, int capacity, Action<Exception> failed, Action<LedgerReservationId> dropped)
{
    private static readonly TimeSpan SendAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly LinkedList<Message> _messages = new();
    private readonly Dictionary<LedgerReservationId, Message> _releases = [];
    private ITimer? _timer;

    /// <summary>The message that is being sent, and a task that completes when that has succeeded or failed.</summary>
    private (Message Message, TaskCompletionSource Sent)? _current;
    private bool _isSending;

    private int _count;

    /// <summary>Gets how many messages are kept.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Keeps the release of a reservation that the ledger may have applied.</summary>
    public void Release(LedgerReservationId id) => Add(new Message(id, null, null));

    /// <summary>Removes a kept release before the same attempt reserves again: sent later, it would release the new reservation.</summary>
    public async ValueTask WithdrawReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task sent;
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

                sent = current.Sent.Task;
            }

            await sent.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Keeps a settlement, with its reservation if the ledger may not have it.</summary>
    public void Settle(LedgerReservation? reservation, LedgerSettlement settlement) => Add(new Message(settlement.Id, reservation, settlement));

    /// <summary>Sends the kept messages until one fails.</summary>
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
                    EndSending();
                }
            }
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                // To the end, so that one message that always fails does not block the others. Their order does not matter.
                if (message is not null && _messages.Remove(message))
                {
                    _messages.AddLast(message);
                }

                EndSending();
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

            Volatile.Write(ref _count, _messages.Count);
            _timer ??= ledger.Clock.CreateTimer(
                static state => _ = ((LedgerOutbox)state!).SendAsync(), this, SendAgainAfter, SendAgainAfter);
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

        Volatile.Write(ref _count, _messages.Count);
    }

    private void EndSending()
    {
        _current?.Sent.SetResult();
        _current = null;
    }

    private sealed record Message(LedgerReservationId Id, LedgerReservation? Reservation, LedgerSettlement? Settlement);
}
