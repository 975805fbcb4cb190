namespace MeaiBudget;

/// <summary>Writes what budgets refused to a history, as a bounded number of records. Thread-safe.</summary>
/// <remarks>
/// Of each budget, key and reason the first refusals of a minute are written singly, and the others as one record with their number when
/// the minute is over. Beyond <see cref="MostGroups"/> in a minute, a budget's other keys are counted together.
/// </remarks>
internal sealed class RefusalRecords(HistoryQueue queue, TimeProvider clock)
{
    public const int SinglesOfAMinute = 10;
    public const int MostGroups = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Budget, string Key, RefusalReason Reason), Group> _groups = [];
    private long _minute;
    private ITimer? _timer;

    public void Add(LedgerReservationId id, LedgerCallInfo call, SpendRefusal refusal)
    {
        var records = new List<SpendRecord>();
        lock (_lock)
        {
            Count(id, call, refusal, records);
        }

        // Not under the lock: a history in memory raises events of its ledger.
        records.ForEach(queue.Add);
    }

    private void Count(LedgerReservationId id, LedgerCallInfo call, SpendRefusal refusal, List<SpendRecord> records)
    {
        long minute = call.At.UtcTicks / TimeSpan.TicksPerMinute;
        if (minute != _minute)
        {
            Flush(records);
            _minute = minute;
        }

        (string, string, RefusalReason) key = (refusal.Budget, refusal.Key, refusal.Reason);
        if (!_groups.TryGetValue(key, out Group? group))
        {
            if (_groups.Count >= MostGroups)
            {
                // Their tags and their run would say no more than one of them.
                call = call with { Tags = null, RunId = null };
                refusal = refusal with { Key = "other" };
                key = (refusal.Budget, refusal.Key, refusal.Reason);
            }

            if (!_groups.TryGetValue(key, out group))
            {
                _groups.Add(key, group = new Group());
            }
        }

        SpendRecord record = RecordOf(id, call, refusal);
        if (group.Singles < SinglesOfAMinute)
        {
            group.Singles++;
            records.Add(record);
            return;
        }

        group.Others++;
        group.Last = record;
        _timer ??= clock.CreateTimer(static state => ((RefusalRecords)state!).EndMinute(), this, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
    }

    private static SpendRecord RecordOf(LedgerReservationId id, LedgerCallInfo call, SpendRefusal refusal) => new()
    {
        // The attempt may be admitted later, with a reservation of its own.
        Id = id with { Owner = id.Owner + "#refused" },
        State = "refused",
        Call = call,
        Refused = 1,
        Refusal = refusal,
        Accounts = [KeyValuePair.Create(AccountName.Prefix(AccountName.Escape(refusal.Budget), BudgetUnit.Dollars, isShadow: false) + refusal.Key, 0L)],
    };

    private void EndMinute()
    {
        var records = new List<SpendRecord>();
        lock (_lock)
        {
            Flush(records);
        }

        records.ForEach(queue.Add);
    }

    private void Flush(List<SpendRecord> records)
    {
        _timer?.Dispose();
        _timer = null;
        foreach (Group group in _groups.Values)
        {
            if (group.Last is { } last)
            {
                records.Add(last with { Refused = group.Others });
                (group.Others, group.Last) = (0, null);
            }
        }

        _groups.Clear();
    }

    private sealed class Group
    {
        public int Singles { get; set; }

        public long Others { get; set; }

        public SpendRecord? Last { get; set; }
    }
}
