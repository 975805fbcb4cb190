using System.Globalization;

namespace MeaiBudget;

/// <summary>
/// The history of a ledger in memory: the newest attempts, and sums by the hour of older ones. Bounded: beyond the capacity the oldest
/// attempt goes into the sums, and the oldest hours are forgotten. Thread-safe.
/// </summary>
internal sealed class InMemoryHistory(int mostCalls = InMemoryHistory.MostCalls)
{
    public const int MostCalls = 10_000;
    private const int MostSums = 100_000;
    private const int MostSumsOfAnHour = 10_000;
    private const long SlotsOfAnHour = TimeSpan.TicksPerHour / SpendRow.SlotTicks;
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(90);
    private static readonly HistoryKey Others = new(null, HistoryKey.FactsOf(static _ => "other"), "");

    private readonly Lock _lock = new();
    private readonly Queue<HistoryEntry> _queue = new();
    private readonly Dictionary<LedgerReservationId, HistoryEntry> _entries = [];
    private readonly SortedDictionary<long, Dictionary<HistoryKey, SpendRow>> _hours = [];
    private int _sums;

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
                    known.Replace(entry);
                }
            }
        }
    }

    public void Settled(LedgerSettlement settlement) => Change(
        settlement.Id, entry => entry.Charge(settlement.Amounts, settlement.IsUnconfirmed ? HistoryState.Unconfirmed : HistoryState.Settled, settlement.Info));

    public void Adjusted(LedgerAdjustment adjustment) => Change(adjustment.Reservation, entry => entry.Charge(adjustment.Amounts, HistoryState.Settled, null));

    public void Released(LedgerReservationId id) => Change(id, entry => entry.State = HistoryState.Released);

    public void Expired(LedgerLeaseExpiry expiry) => Change(expiry.Id, entry => entry.Charge(entry.Reserved, HistoryState.Expired, null));

    public IReadOnlyList<SpendRecord> Query(SpendQuery query)
    {
        query.Validate();
        bool hasAccounts = SpendSums.AsksForAccounts(query);
        string[] names = [.. query.GroupBy.Where(name => !SpendSums.IsTime(name) && !SpendSums.IsOfAccount(name))];
        var rows = new List<SpendRow>();
        lock (_lock)
        {
            Dictionary<(Guid, int), string> owners = FirstOwners();
            foreach (HistoryEntry entry in _queue)
            {
                if (IsAsked(query, entry))
                {
                    rows.AddRange(Rows(entry, hasAccounts, owners).Select(row => row with { Values = [.. names.Select(entry.Value)] }));
                }
            }

            foreach ((long hour, Dictionary<HistoryKey, SpendRow> sums) in _hours)
            {
                if (hour * TimeSpan.TicksPerHour < query.From.UtcTicks - TimeSpan.TicksPerHour || hour * TimeSpan.TicksPerHour >= query.To.UtcTicks)
                {
                    continue;
                }

                foreach ((HistoryKey key, SpendRow row) in sums)
                {
                    if (hasAccounts == (key.Account is not null) && query.Where.All(filter => SpendSums.IsOfAccount(filter.Key) || key.Value(filter.Key) == filter.Value))
                    {
                        rows.Add(row with { Values = [.. names.Select(key.Value)] });
                    }
                }
            }
        }

        return SpendSums.Of(query, rows);
    }

    public IReadOnlyList<SpendRecord> ReadCalls(SpendQuery query)
    {
        query.Validate();
        (long At, string Call, int Attempt, string Owner)? after = null;
        if (query.After is { } cursor)
        {
            string[] parts = cursor.Split(' ', 4);
            after = parts.Length == 4 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out long at) && int.TryParse(parts[2], CultureInfo.InvariantCulture, out int attempt)
                ? (at, parts[1], attempt, parts[3])
                : throw new ArgumentException($"The cursor '{cursor}' is none of this query. Use the Cursor of a record of the page before.");
        }

        lock (_lock)
        {
            return [.. _queue
                .Where(entry => IsAsked(query, entry) && IsOfBudget(query, entry) && (after is not { } last || Compare(entry.Place, last) < 0))
                .OrderDescending(Comparer<HistoryEntry>.Create((one, other) => Compare(one.Place, other.Place)))
                .Take(query.Take).Select(entry => entry.ToRecord())];
        }
    }

    private static int Compare((long At, string Call, int Attempt, string Owner) one, (long At, string Call, int Attempt, string Owner) other) =>
        one.At != other.At ? one.At.CompareTo(other.At)
        : string.CompareOrdinal(one.Call, other.Call) is not 0 and var calls ? calls
        : one.Attempt != other.Attempt ? one.Attempt.CompareTo(other.Attempt)
        : string.CompareOrdinal(one.Owner, other.Owner);

    private static bool IsAsked(SpendQuery query, HistoryEntry entry) =>
        entry.At >= query.From.UtcTicks && entry.At < query.To.UtcTicks
        && query.Where.All(filter => SpendSums.IsOfAccount(filter.Key) || entry.Value(filter.Key) == filter.Value || (filter.Key == "call" && Guid.Parse(filter.Value) == entry.Id.CallId));

    private static bool IsOfBudget(SpendQuery query, HistoryEntry entry) =>
        !query.Where.TryGetValue("budget", out string? budget)
        || entry.DollarAccounts().Any(account => SpendSums.Parse(account.Key) is var (name, key) && name == budget && (!query.Where.TryGetValue("key", out string? asked) || key == asked));

    /// <summary>Makes the rows of one attempt: one, or one for each dollar account.</summary>
    private static IEnumerable<SpendRow> Rows(HistoryEntry entry, bool hasAccounts, Dictionary<(Guid, int), string> owners)
    {
        if (hasAccounts)
        {
            foreach ((string account, long amount) in entry.DollarAccounts())
            {
                yield return entry.ToRow(amount, isFirst: true) with { Account = account };
            }
        }
        else if (entry.State == HistoryState.Refused || owners[(entry.Id.CallId, entry.Id.Attempt)] == entry.BaseOwner)
        {
            yield return entry.ToRow(entry.Amount, isFirst: entry.BaseOwner == entry.Id.Owner);
        }
    }

    /// <summary>Of several records of one attempt, by a tracker and a run, the first owner's counts.</summary>
    private Dictionary<(Guid CallId, int Attempt), string> FirstOwners()
    {
        var owners = new Dictionary<(Guid, int), string>();
        foreach (HistoryEntry entry in _queue.Where(entry => entry.State != HistoryState.Refused))
        {
            (Guid CallId, int Attempt) attempt = (entry.Id.CallId, entry.Id.Attempt);
            if (!owners.TryGetValue(attempt, out string? first) || string.CompareOrdinal(entry.BaseOwner, first) < 0)
            {
                owners[attempt] = entry.BaseOwner;
            }
        }

        return owners;
    }

    private void Add(HistoryEntry entry)
    {
        _entries.Add(entry.Id, entry);
        _queue.Enqueue(entry);
        for (int tries = _queue.Count; _queue.Count > mostCalls && tries > 0; tries--)
        {
            HistoryEntry oldest = _queue.Dequeue();
            if (oldest.State == HistoryState.Open)
            {
                // The ledger bounds how many are open.
                _queue.Enqueue(oldest);
                continue;
            }

            AddToHour(oldest);
            _entries.Remove(oldest.Id);
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

        bool counts = entry.State == HistoryState.Refused || !_entries.Values.Any(other => other != entry && other.State != HistoryState.Refused && other.Id.CallId == entry.Id.CallId && other.Id.Attempt == entry.Id.Attempt
            && string.CompareOrdinal(other.BaseOwner, entry.BaseOwner) < 0);
        if (counts)
        {
            AddTo(sums, entry.ToKey(null), entry.ToRow(entry.Amount, entry.BaseOwner == entry.Id.Owner));
        }

        foreach ((string account, long amount) in entry.DollarAccounts())
        {
            AddTo(sums, entry.ToKey(account), entry.ToRow(amount, isFirst: true) with { Account = account });
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
            row = row with { Account = key.Account };
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
