namespace MeaiBudget;

/// <summary>Settlements and releases that a ledger failed to apply, kept and sent again until it applies them.</summary>
/// <remarks>
/// Meanwhile the ledger holds the reservation. If the process exits first, the reservation is charged in full when its lease ends.
/// Bounded: beyond the capacity the oldest message is dropped and reported. Thread-safe.
/// </remarks>
internal sealed class LedgerOutbox(ISpendLedger ledger, int capacity)
{
    private static readonly TimeSpan SendAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After this time, a settlement whose answer was lost is not reserved again: the ledger may have applied it and forgotten it, an
    /// hour after at the earliest.
    /// </summary>
    private static readonly TimeSpan ReservesAgainFor = TimeSpan.FromMinutes(50);

    private readonly Lock _lock = new();
    private readonly LinkedList<Message> _messages = new();
    private readonly Dictionary<LedgerReservationId, Message> _releases = [];
    private ITimer? _timer;

    /// <summary>The message that is being sent, and a task that completes when that has succeeded or failed.</summary>
    private (Message Message, TaskCompletionSource Sent)? _current;
    private bool _isSending;

    private int _count;

    /// <summary>Gets what to do with the exception of a message that the ledger failed to apply.</summary>
    public Action<Exception> Failed { get; init; } = static _ => { };

    /// <summary>Gets what to do if a message is dropped because the outbox is full.</summary>
    public Action<LedgerReservationId> Dropped { get; init; } = static _ => { };

    /// <summary>Gets what to do after the ledger applied a message.</summary>
    public Action Answered { get; init; } = static () => { };

    /// <summary>Gets what to do with the result of a settlement that was sent again.</summary>
    public Action<LedgerSettlement, LedgerSettlementResult> Settled { get; init; } = static (_, _) => { };

    /// <summary>Gets how many messages are kept.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Keeps the release of a reservation that the ledger may have applied.</summary>
    public void Release(LedgerReservationId id) => Add(new Message(id, null, null));

    /// <summary>True if the release of a reservation is kept.</summary>
    public bool HasRelease(LedgerReservationId id)
    {
        lock (_lock)
        {
            return _releases.ContainsKey(id);
        }
    }

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

    /// <summary>Keeps a settlement.</summary>
    /// <param name="settlement">The settlement.</param>
    /// <param name="isReserved">False if the ledger never received the reservation, so that it is sent before the settlement.</param>
    public void Settle(LedgerSettlement settlement, bool isReserved) =>
        Add(new Message(settlement.Id, isReserved ? null : settlement.Reservation, settlement));

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

                (LedgerSettlement Settlement, LedgerSettlementResult Result)? settled = await SendAsync(message);

                lock (_lock)
                {
                    Remove(message);
                    EndSending();
                }

                Answered();
                if (settled is { } one)
                {
                    Settled(one.Settlement, one.Result);
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

            Failed(exception);
        }
        finally
        {
            lock (_lock)
            {
                _isSending = false;
            }
        }
    }

    private async Task<(LedgerSettlement Settlement, LedgerSettlementResult Result)?> SendAsync(Message message)
    {
        if (message.Settlement is not { } settlement)
        {
            await ledger.ReleaseAsync(message.Id);
            return null;
        }

        if (message.Reservation is { } reservation)
        {
            DateTimeOffset now = ledger.Clock.GetUtcNow();
            if (message.SettledAt is null || now - message.SettledAt < ReservesAgainFor)
            {
                await ledger.ReserveAsync(reservation);
            }

            // The ledger cannot have charged it before the settlement was sent for the first time.
            message.SettledAt ??= now;
            settlement = settlement with { Reservation = reservation with { At = message.SettledAt } };
        }

        return (settlement, await ledger.SettleAsync(settlement));
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
            Dropped(id);
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

    private sealed record Message(LedgerReservationId Id, LedgerReservation? Reservation, LedgerSettlement? Settlement)
    {
        /// <summary>Gets or sets when the settlement was sent for the first time; <see langword="null"/> if it was not.</summary>
        public DateTimeOffset? SettledAt { get; set; }
    }
}
