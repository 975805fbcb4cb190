using System.Buffers;

namespace MeaiBudget;

/// <content>
/// Queries. Calls record what they reserve and cost under the lock of the history, so a query holds it for a moment at a time, reads what
/// changed meanwhile once, and allocates no memory for an attempt or a sum that it reads.
/// </content>
internal sealed partial class InMemoryHistory
{
    /// <summary>How many attempts a query reads before calls may record theirs.</summary>
    private const int EntriesAtOnce = 128;

    public IReadOnlyList<SpendRecord> Query(SpendQuery query)
    {
        query.Validate();
        var filter = new HistoryFilter(query);
        var sums = new SpendSums(query);
        bool hasAccounts = SpendSums.AsksForAccounts(query);
        HistoryEntry[] entries = CopyEntries(out int count, out long[] hours, query);
        try
        {
            var read = new Dictionary<long, long>(hours.Length);
            foreach (long hour in hours)
            {
                AddHour(hour, sums, filter, hasAccounts, read);
            }

            // An attempt that was moved to an hour before the hour was read is in its sums, and one that was moved later is not.
            foreach (ArraySegment<HistoryEntry> some in Parts(entries, count))
            {
                lock (_lock)
                {
                    foreach (HistoryEntry entry in some)
                    {
                        if (filter.IsAsked(entry) && !(entry.Moved > 0 && read.TryGetValue(HourOf(entry), out long moved) && entry.Moved <= moved))
                        {
                            Add(sums, entry, hasAccounts);
                        }
                    }
                }
            }
        }
        finally
        {
            ArrayPool<HistoryEntry>.Shared.Return(entries, clearArray: true);
        }

        return sums.ToRecords();
    }

    public IReadOnlyList<SpendRecord> ReadCalls(SpendQuery query)
    {
        query.Validate();
        HistoryPlace? after = query.After is { } cursor ? HistoryPlace.Parse(cursor) : null;
        var filter = new HistoryFilter(query);

        // The newest attempts, the oldest of them first.
        var newest = new PriorityQueue<HistoryEntry, HistoryPlace>();
        HistoryEntry[] entries = CopyEntries(out int count, out _, null);
        try
        {
            // The last ones are mostly the newest, so of those before them few are kept for a while.
            Array.Reverse(entries, 0, count);
            foreach (ArraySegment<HistoryEntry> some in Parts(entries, count))
            {
                lock (_lock)
                {
                    foreach (HistoryEntry entry in some)
                    {
                        if (!filter.IsAsked(entry) || !filter.IsOfBudget(entry) || (after is { } last && entry.Place.CompareTo(last) >= 0))
                        {
                            continue;
                        }

                        if (newest.Count < query.Take)
                        {
                            newest.Enqueue(entry, entry.Place);
                        }
                        else
                        {
                            newest.EnqueueDequeue(entry, entry.Place);
                        }
                    }
                }
            }
        }
        finally
        {
            ArrayPool<HistoryEntry>.Shared.Return(entries, clearArray: true);
        }

        var found = new HistoryEntry[newest.Count];
        for (int i = found.Length - 1; i >= 0; i--)
        {
            found[i] = newest.Dequeue();
        }

        var records = new SpendRecord[found.Length];
        for (int start = 0; start < found.Length; start += EntriesAtOnce)
        {
            lock (_lock)
            {
                for (int i = start; i < Math.Min(found.Length, start + EntriesAtOnce); i++)
                {
                    records[i] = found[i].ToRecord();
                }
            }
        }

        return records;
    }

    private static long HourOf(HistoryEntry entry) => entry.At / TimeSpan.TicksPerHour;

    private static IEnumerable<ArraySegment<HistoryEntry>> Parts(HistoryEntry[] entries, int count)
    {
        for (int start = 0; start < count; start += EntriesAtOnce)
        {
            yield return new ArraySegment<HistoryEntry>(entries, start, Math.Min(EntriesAtOnce, count - start));
        }
    }

    /// <summary>Copies the entries to an array of the pool, and finds the hours that a query asks for.</summary>
    private HistoryEntry[] CopyEntries(out int count, out long[] hours, SpendQuery? query)
    {
        lock (_lock)
        {
            count = _queue.Count;
            HistoryEntry[] entries = ArrayPool<HistoryEntry>.Shared.Rent(count);
            _queue.CopyTo(entries, 0);
            hours = query is null ? [] : [.. _hours.Keys.Where(hour => (hour + 1) * TimeSpan.TicksPerHour > query.From.UtcTicks && hour * TimeSpan.TicksPerHour < query.To.UtcTicks)];
            return entries;
        }
    }

    /// <summary>Adds the sums of an hour, and notes how many attempts had been moved when they were read.</summary>
    private void AddHour(long hour, SpendSums sums, HistoryFilter filter, bool hasAccounts, Dictionary<long, long> read)
    {
        KeyValuePair<HistoryKey, SpendRow>[] rows;
        int count;
        lock (_lock)
        {
            if (!_hours.TryGetValue(hour, out Dictionary<HistoryKey, SpendRow>? found))
            {
                return;
            }

            count = found.Count;
            rows = ArrayPool<KeyValuePair<HistoryKey, SpendRow>>.Shared.Rent(count);
            ((ICollection<KeyValuePair<HistoryKey, SpendRow>>)found).CopyTo(rows, 0);
            read.Add(hour, _moves);
        }

        try
        {
            foreach ((HistoryKey key, SpendRow row) in rows.AsSpan(0, count))
            {
                if (hasAccounts == (key.Account is not null) && filter.IsAsked(key))
                {
                    sums.Add(row, key.Account, key);
                }
            }
        }
        finally
        {
            ArrayPool<KeyValuePair<HistoryKey, SpendRow>>.Shared.Return(rows, clearArray: true);
        }
    }

    /// <summary>Adds the rows of one attempt: one, or one for each dollar account.</summary>
    private void Add(SpendSums sums, HistoryEntry entry, bool hasAccounts)
    {
        if (!hasAccounts)
        {
            if (Counts(entry))
            {
                sums.Add(entry.ToRow(entry.Amount, isFirst: entry.BaseOwner == entry.Id.Owner), null, entry);
            }

            return;
        }

        for (int i = 0; i < entry.Accounts; i++)
        {
            if (entry.IsDollars(i))
            {
                sums.Add(entry.ToRow(entry.AmountOf(i), isFirst: true), entry.AccountOf(i), entry);
            }
        }
    }

    /// <summary>The times and filters of a query, without those of accounts.</summary>
    private sealed class HistoryFilter(SpendQuery query)
    {
        private readonly (long From, long To) _time = (query.From.UtcTicks, query.To.UtcTicks);
        private readonly KeyValuePair<string, string>[] _where = [.. query.Where.Where(filter => !SpendSums.IsOfAccount(filter.Key) && filter.Key != "call")];
        private readonly Guid? _call = query.Where.TryGetValue("call", out string? call) ? Guid.Parse(call) : null;
        private readonly string? _budget = query.Where.GetValueOrDefault("budget");
        private readonly string? _key = query.Where.GetValueOrDefault("key");

        public bool IsAsked(HistoryEntry entry)
        {
            if (entry.At < _time.From || entry.At >= _time.To || (_call is { } call && entry.Id.CallId != call))
            {
                return false;
            }

            foreach ((string name, string value) in _where)
            {
                if (entry.Value(name) != value)
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>Returns true if sums of an hour are asked for. They have no calls.</summary>
        public bool IsAsked(HistoryKey key)
        {
            if (_call is not null)
            {
                return false;
            }

            foreach ((string name, string value) in _where)
            {
                if (!key.Value(name).SequenceEqual(value))
                {
                    return false;
                }
            }

            return true;
        }

        public bool IsOfBudget(HistoryEntry entry)
        {
            if (_budget is null)
            {
                return true;
            }

            for (int i = 0; i < entry.Accounts; i++)
            {
                if (entry.IsDollars(i) && SpendSums.IsOf(entry.AccountOf(i), _budget, _key))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
