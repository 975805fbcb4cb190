namespace MeaiBudget;

/// <summary>
/// The history of a ledger in memory: the newest attempts, and sums by the hour of older ones. Bounded: beyond the capacity the oldest
/// attempt goes into the sums, and the oldest hours are forgotten. Thread-safe.
/// </summary>
internal sealed partial class InMemoryHistory(int mostCalls = InMemoryHistory.MostCalls)
{
    public const int MostCalls = 10_000;
    private const int MostSums = 100_000;
    private const int MostSumsOfAnHour = 10_000;

    /// <summary>How many open attempts a new one moves behind it at most. The rest follows with the next ones.</summary>
    private const int MostPassedOver = 16;

    private const long SlotsOfAnHour = TimeSpan.TicksPerHour / SpendRow.SlotTicks;
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(90);
    private static readonly HistoryKey Others = new(null, HistoryKey.FactsOf(static _ => "other"), "");

    private readonly Lock _lock = new();
    private readonly Queue<HistoryEntry> _queue = new();
    private readonly Dictionary<LedgerReservationId, HistoryEntry> _entries = [];
    private readonly SortedDictionary<long, Dictionary<HistoryKey, SpendRow>> _hours = [];

    /// <summary>The records of each attempt that was admitted, by a tracker and by runs: the newest, with the others behind it.</summary>
    private readonly Dictionary<(Guid CallId, int Attempt), HistoryEntry> _attempts = [];
    private int _sums;

    /// <summary>How many attempts were moved to the sums by the hour.</summary>
    private long _moves;

    public void Reserved(LedgerReservation reservation)
    {
        if (reservation.Info is not { } info)
        {
            return;
        }

        lock (_lock)
        {
            if (_entries.TryGetValue(reservation.Id, out HistoryEntry? known))
            {
                if (known.State != HistoryState.Released)
                {
                    return;
                }

                known.Reset(reservation, info);
                return;
            }

            Add(new HistoryEntry(reservation, info));
        }
    }

    /// <summary>Adds records that no reservation of this ledger describes, or replaces them.</summary>
    public void Write(IReadOnlyList<SpendRecord> records)
    {
        HistoryEntry[] entries = [.. records.Select(HistoryEntry.Of)];
        lock (_lock)
        {
            foreach (HistoryEntry entry in entries)
            {
                if (!_entries.TryGetValue(entry.Id, out HistoryEntry? known))
                {
                    Add(entry);
                }
                else if (entry.State == HistoryState.Settled || known.State != HistoryState.Settled)
                {
                    Unlink(known);
                    known.Replace(entry);
                    Link(known);
                }
            }
        }
    }

    public void Settled(LedgerSettlement settlement) => Change(
        settlement.Id, entry => entry.Charge(settlement.Amounts, settlement.IsUnconfirmed ? HistoryState.Unconfirmed : HistoryState.Settled, settlement.Info));

    public void Adjusted(LedgerAdjustment adjustment) => Change(adjustment.Reservation, entry => entry.Charge(adjustment.Amounts, HistoryState.Settled, null));

    public void Released(LedgerReservationId id) => Change(id, entry => entry.State = HistoryState.Released);

    public void Expired(LedgerLeaseExpiry expiry) => Change(expiry.Id, entry => entry.Charge(entry.Reserved, HistoryState.Expired, null));

    /// <summary>Returns true if an entry counts as its attempt: of several records of one, by a tracker and by runs, that of the first owner.</summary>
    private bool Counts(HistoryEntry entry)
    {
        if (entry.State == HistoryState.Refused || entry.IsCounted)
        {
            return !entry.IsCounted;
        }

        for (HistoryEntry? other = _attempts.GetValueOrDefault(AttemptOf(entry)); other is not null; other = other.Sibling)
        {
            if (other.State != HistoryState.Refused && string.CompareOrdinal(other.BaseOwner, entry.BaseOwner) < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static (Guid CallId, int Attempt) AttemptOf(HistoryEntry entry) => (entry.Id.CallId, entry.Id.Attempt);

    /// <summary>Adds an entry to those of its attempt. Refusals stand alone, and many may have one id.</summary>
    private void Link(HistoryEntry entry)
    {
        if (entry.State != HistoryState.Refused)
        {
            entry.Sibling = _attempts.GetValueOrDefault(AttemptOf(entry));
            _attempts[AttemptOf(entry)] = entry;
        }
    }

    private void Unlink(HistoryEntry entry)
    {
        HistoryEntry? before = null;
        for (HistoryEntry? one = _attempts.GetValueOrDefault(AttemptOf(entry)); one is not null; before = one, one = one.Sibling)
        {
            if (one != entry)
            {
                continue;
            }

            if (before is not null)
            {
                before.Sibling = entry.Sibling;
            }
            else if (entry.Sibling is { } next)
            {
                _attempts[AttemptOf(entry)] = next;
            }
            else
            {
                _attempts.Remove(AttemptOf(entry));
            }

            entry.Sibling = null;
            return;
        }
    }

    private void Add(HistoryEntry entry)
    {
        _entries.Add(entry.Id, entry);
        _queue.Enqueue(entry);
        Link(entry);
        for (int tries = Math.Min(_queue.Count, MostPassedOver); _queue.Count > mostCalls && tries > 0; tries--)
        {
            HistoryEntry oldest = _queue.Dequeue();
            if (oldest.State == HistoryState.Open)
            {
                // The ledger bounds how many are open.
                _queue.Enqueue(oldest);
                continue;
            }

            AddToHour(oldest);
            oldest.Moved = ++_moves;
            _entries.Remove(oldest.Id);
            Unlink(oldest);
        }
    }

    private void Change(LedgerReservationId id, Action<HistoryEntry> change)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(id, out HistoryEntry? entry))
            {
                change(entry);
            }
        }
    }

    private void AddToHour(HistoryEntry entry)
    {
        long hour = entry.At / TimeSpan.TicksPerHour;
        if (!_hours.TryGetValue(hour, out Dictionary<HistoryKey, SpendRow>? sums))
        {
            _hours.Add(hour, sums = []);
        }

        if (Counts(entry))
        {
            AddTo(sums, entry.ToKey(null), entry.ToRow(entry.Amount, entry.BaseOwner == entry.Id.Owner));
            for (HistoryEntry? other = _attempts.GetValueOrDefault(AttemptOf(entry)); other is not null; other = other.Sibling)
            {
                // A record of the same owner is a part of the attempt that was added to the reservation: it counts for itself.
                other.IsCounted |= other.BaseOwner != entry.BaseOwner && entry.State != HistoryState.Refused;
            }
        }
        else
        {
            // A query may still read this entry, after the one that counts.
            entry.IsCounted = true;
        }

        for (int i = 0; i < entry.Accounts; i++)
        {
            if (entry.IsDollars(i))
            {
                AddTo(sums, entry.ToKey(entry.AccountOf(i)), entry.ToRow(entry.AmountOf(i), isFirst: true));
            }
        }

        while (_hours.Count > 1 && (_sums > MostSums || _hours.First().Key * TimeSpan.TicksPerHour < entry.At - KeptFor.Ticks))
        {
            KeyValuePair<long, Dictionary<HistoryKey, SpendRow>> oldest = _hours.First();
            _sums -= oldest.Value.Count;
            _hours.Remove(oldest.Key);
        }
    }

    private void AddTo(Dictionary<HistoryKey, SpendRow> sums, HistoryKey key, SpendRow row)
    {
        if (sums.Count >= MostSumsOfAnHour && !sums.ContainsKey(key))
        {
            key = Others with { Account = key.Account is null ? null : "other/usd/" };
        }

        row = row with { Slot = row.Slot / SlotsOfAnHour * SlotsOfAnHour };
        if (sums.TryGetValue(key, out SpendRow? before))
        {
            sums[key] = before.Plus(row);
            return;
        }

        sums.Add(key, row);
        _sums++;
    }
}
