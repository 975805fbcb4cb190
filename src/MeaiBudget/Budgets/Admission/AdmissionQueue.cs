namespace MeaiBudget;

/// <summary>The calls of this process that wait for money that other calls hold, first come first served.</summary>
/// <remarks>
/// A call that fits although others wait may pass them, as long as it leaves what they want: a large request must not keep out small
/// ones that do not delay it.
/// A call gets one ticket at its first wait, for whatever account, and keeps it until it leaves. The call with the lowest ticket is
/// therefore first in every line, so two calls that want the same accounts in opposite orders cannot block each other. One queue
/// serves the whole process, since calls of several trackers may wait for the same accounts.
/// </remarks>
internal sealed class AdmissionQueue
{
    /// <summary>A place is removed if its call has not tried again for this long: its caller has left without notice.</summary>
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Place> _places = [];
    private readonly Dictionary<(ISpendLedger Ledger, string Account), WaitingLine> _lines = [];
    private long _tickets;
    private int _count;

    public static AdmissionQueue Shared { get; } = new();

    /// <summary>Gets how many calls wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>True if another call that came first waits for the account.</summary>
    public bool IsBehind(ISpendLedger ledger, string account, Guid callId)
    {
        if (Count == 0)
        {
            return false;
        }

        lock (_lock)
        {
            if (!_lines.TryGetValue((ledger, account), out WaitingLine? waiting))
            {
                return false;
            }

            List<Place> line = waiting.Places;
            while (line.Count > 0 && line[0].IsLost(ledger.Clock))
            {
                Remove(line[0]);
            }

            return line.Count > 0 && line[0].CallId != callId;
        }
    }

    /// <summary>Gets what the calls that wait for the account before this one want, and what has passed them since they wait.</summary>
    public Int128 WantedBefore(ISpendLedger ledger, string account, Guid callId)
    {
        lock (_lock)
        {
            if (!_lines.TryGetValue((ledger, account), out WaitingLine? line))
            {
                return 0;
            }

            Int128 wanted = 0;
            foreach (Place place in line.Places)
            {
                if (place.CallId == callId)
                {
                    break;
                }

                wanted += place.Wanted.GetValueOrDefault((ledger, account));
            }

            return wanted == 0 ? 0 : wanted + line.Passed;
        }
    }

    /// <summary>Notes that a call was admitted while others waited for the account. What passes them is bounded by what they leave.</summary>
    public void Passed(ISpendLedger ledger, string account, long amount)
    {
        lock (_lock)
        {
            if (_lines.TryGetValue((ledger, account), out WaitingLine? line))
            {
                line.Passed += amount;
            }
        }
    }

    /// <summary>Takes or keeps a place, and completes when it is worth reserving again.</summary>
    public async Task WaitAsync(
        ISpendLedger ledger,
        string account,
        Guid callId,
        Func<CancellationToken, ValueTask<bool>> hasChanged,
        CancellationToken cancellationToken,
        long wanted = long.MaxValue)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Place place = Enter(ledger, account, callId, wanted, out Task? turn);
        try
        {
            if (turn is not null)
            {
                await turn.WaitAsync(cancellationToken);
                return;
            }

            // Subscribe before reading, so that a change since the refusal is not missed.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task change = ledger.WaitForChangeAsync(account, stop.Token);
            if (await hasChanged(cancellationToken))
            {
                await stop.CancelAsync();
                await change.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            await change;
        }
        finally
        {
            lock (_lock)
            {
                place.Turn = null;
                place.TriedAt = ledger.Clock.GetTimestamp();
            }
        }
    }

    /// <summary>Removes the call from every line.</summary>
    public void Leave(Guid callId)
    {
        if (Count == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_places.TryGetValue(callId, out Place? place))
            {
                Remove(place);
            }
        }
    }

    private Place Enter(ISpendLedger ledger, string account, Guid callId, long wanted, out Task? turn)
    {
        lock (_lock)
        {
            if (!_places.TryGetValue(callId, out Place? place))
            {
                place = new Place(callId, ++_tickets);
                _places.Add(callId, place);
                Volatile.Write(ref _count, _places.Count);
            }

            (ISpendLedger, string) key = (ledger, account);
            if (!_lines.TryGetValue(key, out WaitingLine? waiting))
            {
                waiting = new WaitingLine();
                _lines.Add(key, waiting);
            }

            List<Place> line = waiting.Places;
            place.Wanted[key] = wanted;
            if (!line.Contains(place))
            {
                int index = line.FindIndex(other => other.Ticket > place.Ticket);
                line.Insert(index < 0 ? line.Count : index, place);
                place.Lines.Add(key);
            }

            turn = null;
            place.IsWaiting = true;
            if (!ReferenceEquals(line[0], place))
            {
                place.Turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                place.WaitsAt = key;
                turn = place.Turn.Task;
            }

            return place;
        }
    }

    private void Remove(Place place)
    {
        _places.Remove(place.CallId);
        Volatile.Write(ref _count, _places.Count);
        foreach ((ISpendLedger Ledger, string Account) key in place.Lines)
        {
            List<Place> line = _lines[key].Places;
            line.Remove(place);
            if (line.Count == 0)
            {
                _lines.Remove(key);
            }
            else if (line[0].Turn is { } next && line[0].WaitsAt == key)
            {
                next.TrySetResult();
            }
        }

        place.Lines.Clear();
    }

    /// <summary>The calls that wait for one account, first come first.</summary>
    private sealed class WaitingLine
    {
        public readonly List<Place> Places = [];

        /// <summary>The amounts of the calls that were admitted while others waited.</summary>
        public Int128 Passed;
    }

    private sealed class Place(Guid callId, long ticket)
    {
        /// <summary>What the call wants of each account that it waits for.</summary>
        public readonly Dictionary<(ISpendLedger, string), long> Wanted = new(1);

        public readonly Guid CallId = callId;
        public readonly long Ticket = ticket;
        public readonly List<(ISpendLedger Ledger, string Account)> Lines = new(1);
        public TaskCompletionSource? Turn;
        public (ISpendLedger, string) WaitsAt;
        public bool IsWaiting;

        /// <summary>When the last wait ended; the call tries to reserve right after it.</summary>
        public long TriedAt
        {
            get;
            set
            {
                field = value;
                IsWaiting = false;
            }
        }

        public bool IsLost(TimeProvider clock) => !IsWaiting && clock.GetElapsedTime(TriedAt) > LostAfter;
    }
}
