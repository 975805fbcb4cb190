using System.Globalization;
using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>
/// The sums of what was spent, by the hour, on the server: added up in this process and sent every second, so that a settlement costs the
/// server nothing more. Thread-safe.
/// </summary>
/// <remarks>
/// Bounded: an hour has at most <see cref="MostGroups"/> groups on the server, what comes after them is summed as <c>other</c>, and as many
/// wait here. A process that is killed loses a second of them; the ledger itself loses nothing.
/// </remarks>
internal sealed class RedisHourlySums : IDisposable
{
    public const int MostGroups = 10_000;

    /// <summary>The number at each place in the arrays of sums; the letter is its name on the server.</summary>
    private const string Letters = "arusdicoewh";

    private const long SlotsOfAnHour = TimeSpan.TicksPerHour / SpendRow.SlotTicks;
    private const char TagsMark = '\u001e';
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1);
    private static readonly string Others = HistoryKey.FactsOf(static _ => "other") + TagsMark;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly RedisLedgerConnection _connection;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _retention;
    private readonly string _instance = Guid.NewGuid().ToString("N")[..16];
    private Dictionary<(long Hour, string Group), long[]> _waiting = [];
    private Queue<(long Hour, long Number, KeyValuePair<string, long[]>[] Groups)> _sending = new();
    private ITimer? _timer;
    private long _number;
    private bool _isDisposed;

    public RedisHourlySums(RedisLedgerConnection connection, TimeProvider clock, TimeSpan retention)
    {
        _connection = connection;
        _clock = clock;
        _retention = retention;
    }

    /// <summary>Adds a settlement that was applied.</summary>
    /// <param name="settlement">The settlement.</param>
    /// <param name="before">What the attempt was charged before, as unconfirmed; null if it was open.</param>
    /// <param name="isExpired">True if that was the charge of an ended lease, which is in no sum.</param>
    public void Add(LedgerSettlement settlement, IReadOnlyList<long>? before, bool isExpired)
    {
        LedgerCallInfo? call = settlement.Reservation?.Info;
        if (settlement.Info is not { } info)
        {
            return;
        }

        bool isFirst = before is null || isExpired;
        long spent = Dollars(settlement, settlement.Amounts, info.Cost.NanoDollars);
        long was = isFirst ? 0 : Dollars(settlement, before!, 0);
        var row = new SpendRow
        {
            Values = [],
            Attempts = isFirst && !settlement.Id.Owner.Contains('#', StringComparison.Ordinal) ? 1 : 0,
            Unpriced = isFirst && info.Cost.Kind == CostKind.Unknown && spent == 0 ? 1 : 0,
            Spent = spent - was,
            Unconfirmed = (settlement.IsUnconfirmed ? spent : 0) - was,
        };

        // The tokens of a settlement that replaces an estimated one would count twice: those of the first stay.
        Add(call?.At ?? info.At, GroupOf(call, info, null), isFirst ? WithUsage(row, info.Usage) : row);
    }

    /// <summary>Adds a record: a refusal, or money that was spent without a reservation.</summary>
    public void Add(SpendRecord record)
    {
        (LedgerReservationId id, LedgerCallInfo call, _) = HistoryFacts.Of(record, ["open", "settled", "unconfirmed", "released", "expired", "refused"]);
        LedgerSettlementInfo? info = record.SettledAt is { } at
            ? new LedgerSettlementInfo { At = at, ResponseModelId = record.ResponseModelId, Usage = record.Usage, Outcome = record.Outcome }
            : null;
        long spent = HistoryFacts.NanoDollars(record.Spent);
        Add(call.At, GroupOf(call, info, record.Refusal), WithUsage(
            new SpendRow
            {
                Values = [],
                Attempts = record.Refusal is null && !id.Owner.Contains('#', StringComparison.Ordinal) ? 1 : 0,
                Refused = record.Refused,
                Spent = spent,
                Unconfirmed = record.State is "unconfirmed" or "expired" ? spent : 0,
            },
            record.Usage));
    }

    public async ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken)
    {
        if (SpendSums.AsksForAccounts(query))
        {
            throw new NotSupportedException(
                "The sums of a Redis ledger have no budgets and keys. Group by the tag that divides the budget, for example 'tag:tenant', or give the application a history with UseHistory.");
        }

        await FlushAsync(cancellationToken);
        var sums = new SpendSums(query);
        RedisValue[] hours = await _connection.RepeatAsync(() => _connection.Database.HashKeysAsync(_connection.Hours), cancellationToken);
        foreach (long hour in hours.Where(value => value != "old").Select(value => (long)value).Order())
        {
            if ((hour + 1) * TimeSpan.TicksPerHour <= query.From.UtcTicks || hour * TimeSpan.TicksPerHour >= query.To.UtcTicks)
            {
                continue;
            }

            HashEntry[] entries = await _connection.RepeatAsync(() => _connection.Database.HashGetAllAsync(_connection.Hour(hour)), cancellationToken);
            foreach (IGrouping<string, HashEntry> group in entries.Where(IsNumber).GroupBy(entry => ((string)entry.Name!)[..^1], StringComparer.Ordinal))
            {
                int mark = group.Key.IndexOf(TagsMark, StringComparison.Ordinal);
                var key = new HistoryKey(null, group.Key[..mark], group.Key[(mark + 1)..]);
                if (query.Where.All(filter => key.Value(filter.Key).SequenceEqual(filter.Value)))
                {
                    sums.Add(RowOf(hour, group), null, key);
                }
            }
        }

        return sums.ToRecords();
    }

    /// <summary>Sends what waits. A failure leaves it for the next time.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _flushing.WaitAsync(cancellationToken);
        try
        {
            lock (_lock)
            {
                // What could not be sent keeps its number, so that nothing is added twice.
                foreach (IGrouping<long, KeyValuePair<(long Hour, string Group), long[]>> hour in _waiting.GroupBy(one => one.Key.Hour))
                {
                    _sending.Enqueue((hour.Key, ++_number, [.. hour.Select(one => KeyValuePair.Create(one.Key.Group, one.Value))]));
                }

                _waiting = [];
            }

            while (_sending.TryPeek(out (long Hour, long Number, KeyValuePair<string, long[]>[] Groups) next))
            {
                RedisValue[] values = ValuesOf(next.Hour, next.Number, next.Groups);
                await _connection.RepeatAsync(() => _connection.EvaluateAsync(RedisLedgerScript.Sums, [_connection.Hours, _connection.Hour(next.Hour)], values), cancellationToken);
                _sending.Dequeue();
            }
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>Sends what waits and stops.</summary>
    public async ValueTask CloseAsync()
    {
        Dispose();
        try
        {
            await FlushAsync(CancellationToken.None);
        }
        catch (SpendLedgerException)
        {
            // The sums of the last second are lost, as if the process had been killed.
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    private static bool IsNumber(HashEntry entry) => ((string)entry.Name!) is { Length: > 1 } name && name[0] != '!' && name[^1] != '#';

    private static long Dollars(LedgerSettlement settlement, IReadOnlyList<long> amounts, long otherwise)
    {
        long? most = null;
        IReadOnlyList<LedgerLine> lines = settlement.Reservation?.Lines ?? [];
        for (int i = 0; i < lines.Count && i < amounts.Count; i++)
        {
            int first = lines[i].Account.IndexOf('/', StringComparison.Ordinal);
            if (first >= 0 && lines[i].Account.AsSpan(first + 1).StartsWith("usd/", StringComparison.Ordinal))
            {
                most = Math.Max(most ?? 0, amounts[i]);
            }
        }

        return most ?? otherwise;
    }

    private static string GroupOf(LedgerCallInfo? call, LedgerSettlementInfo? info, SpendRefusal? refusal) =>
        HistoryKey.FactsOf(name => HistoryFacts.Value(name, call, info, refusal)) + TagsMark + HistoryKey.TagsOf(call?.Tags);

    private static SpendRow WithUsage(SpendRow row, BillableUsage usage) => row with
    {
        InputTokens = usage.InputTokens,
        CachedInputTokens = usage.CachedInputTokens,
        OutputTokens = usage.OutputTokens,
        ReasoningTokens = usage.ReasoningTokens,
        CacheWriteTokens = usage.CacheWriteTokens,
        CacheWriteOneHourTokens = usage.CacheWriteOneHourTokens,
    };

    private static long[] NumbersOf(SpendRow row) =>
    [
        row.Attempts, row.Refused, row.Unpriced, row.Spent, row.Unconfirmed,
        row.InputTokens, row.CachedInputTokens, row.OutputTokens, row.ReasoningTokens, row.CacheWriteTokens, row.CacheWriteOneHourTokens,
    ];

    private static SpendRow RowOf(long hour, IEnumerable<HashEntry> entries)
    {
        long[] numbers = new long[Letters.Length];
        foreach (HashEntry entry in entries)
        {
            int place = Letters.IndexOf(((string)entry.Name!)[^1], StringComparison.Ordinal);
            if (place >= 0)
            {
                numbers[place] = (long)entry.Value;
            }
        }

        return new SpendRow
        {
            Slot = hour * SlotsOfAnHour,
            Values = [],
            Attempts = numbers[0],
            Refused = numbers[1],
            Unpriced = numbers[2],
            Spent = numbers[3],
            Unconfirmed = numbers[4],
            InputTokens = numbers[5],
            CachedInputTokens = numbers[6],
            OutputTokens = numbers[7],
            ReasoningTokens = numbers[8],
            CacheWriteTokens = numbers[9],
            CacheWriteOneHourTokens = numbers[10],
            First = hour * TimeSpan.TicksPerHour,
            Last = hour * TimeSpan.TicksPerHour,
        };
    }

    private void Add(DateTimeOffset at, string group, SpendRow row)
    {
        if (_retention <= TimeSpan.Zero)
        {
            return;
        }

        long[] added = NumbersOf(row);
        lock (_lock)
        {
            (long Hour, string Group) key = (at.UtcTicks / TimeSpan.TicksPerHour, group);
            if (_waiting.Count >= MostGroups && !_waiting.ContainsKey(key))
            {
                key.Group = Others;
            }

            if (!_waiting.TryGetValue(key, out long[]? numbers))
            {
                _waiting.Add(key, added);
            }
            else
            {
                for (int i = 0; i < added.Length; i++)
                {
                    numbers[i] = (long)Int128.Clamp((Int128)numbers[i] + added[i], long.MinValue, long.MaxValue);
                }
            }

            if (_timer is null && !_isDisposed)
            {
                _timer = _clock.CreateTimer(static state => _ = ((RedisHourlySums)state!).FlushLaterAsync(), this, FlushEvery, FlushEvery);
            }
        }
    }

    private async Task FlushLaterAsync()
    {
        try
        {
            await FlushAsync(CancellationToken.None);
        }
#pragma warning disable CA1031 // The next time sends it again; the ledger does not depend on it.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private RedisValue[] ValuesOf(long hour, long number, KeyValuePair<string, long[]>[] groups)
    {
        long kept = (long)_retention.TotalHours;
        var values = new List<RedisValue>(8 + (groups.Length * 12))
        {
            _instance, number, hour, hour - kept, MostGroups, Others,
        };
        foreach ((string group, long[] numbers) in groups)
        {
            values.Add(group);
            int place = values.Count;
            values.Add(0);
            int count = 0;
            for (int i = 0; i < numbers.Length; i++)
            {
                if (numbers[i] != 0)
                {
                    values.Add(Letters[i].ToString());
                    values.Add(numbers[i].ToString(CultureInfo.InvariantCulture));
                    count++;
                }
            }

            values[place] = count;
        }

        return [.. values];
    }
}
