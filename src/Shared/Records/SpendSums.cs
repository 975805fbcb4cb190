using System.Globalization;

namespace MeaiBudget;

/// <summary>One row that a store added up: the values that it grouped by, and the sums in nano-dollars and tokens.</summary>
internal sealed record SpendRow
{
    /// <summary>The length of the time of a row, in ticks. The offset of every time zone is a multiple of it.</summary>
    public const long SlotTicks = 15 * TimeSpan.TicksPerMinute;

    /// <summary>Gets the number of the 15 minutes since year 1; null if the query has no time.</summary>
    public long? Slot { get; init; }

    /// <summary>Gets the account, unescaped; null if the query has neither budget nor key.</summary>
    public string? Account { get; init; }

    /// <summary>Gets the values of the other groups, in the query's order.</summary>
    public required string[] Values { get; init; }

    public long Attempts { get; init; }

    public long Released { get; init; }

    public long Refused { get; init; }

    public long Open { get; init; }

    public long Unpriced { get; init; }

    public long InputTokens { get; init; }

    public long CachedInputTokens { get; init; }

    public long OutputTokens { get; init; }

    public long ReasoningTokens { get; init; }

    public long CacheWriteTokens { get; init; }

    public long CacheWriteOneHourTokens { get; init; }

    public long Spent { get; init; }

    public long Unconfirmed { get; init; }

    public long Held { get; init; }

    public long First { get; init; }

    public long Last { get; init; }

    /// <summary>Adds a row of the same group.</summary>
    public SpendRow Plus(SpendRow other) => this with
    {
        Attempts = Attempts + other.Attempts,
        Released = Released + other.Released,
        Refused = Refused + other.Refused,
        Open = Open + other.Open,
        Unpriced = Unpriced + other.Unpriced,
        InputTokens = SaturatingMath.Add(InputTokens, other.InputTokens),
        CachedInputTokens = SaturatingMath.Add(CachedInputTokens, other.CachedInputTokens),
        OutputTokens = SaturatingMath.Add(OutputTokens, other.OutputTokens),
        ReasoningTokens = SaturatingMath.Add(ReasoningTokens, other.ReasoningTokens),
        CacheWriteTokens = SaturatingMath.Add(CacheWriteTokens, other.CacheWriteTokens),
        CacheWriteOneHourTokens = SaturatingMath.Add(CacheWriteOneHourTokens, other.CacheWriteOneHourTokens),
        Spent = SaturatingMath.Add(Spent, other.Spent),
        Unconfirmed = SaturatingMath.Add(Unconfirmed, other.Unconfirmed),
        Held = SaturatingMath.Add(Held, other.Held),
        First = Math.Min(First, other.First),
        Last = Math.Max(Last, other.Last),
    };
}

/// <summary>Makes the records of a query from the rows that a store added up: time zones, budgets, order and page.</summary>
internal static class SpendSums
{
    private const char Separator = '\u001f';

    public static bool IsTime(string name) => name is "hour" or "day" or "month";

    public static bool IsOfAccount(string name) => name is "budget" or "key";

    /// <summary>Gets a value indicating whether a query asks what budgets were charged.</summary>
    public static bool AsksForAccounts(SpendQuery query) => query.GroupBy.Any(IsOfAccount) || query.Where.Keys.Any(IsOfAccount);

    public static IReadOnlyList<SpendRecord> Of(SpendQuery query, IEnumerable<SpendRow> rows)
    {
        var sums = new Dictionary<string, Sum>(StringComparer.Ordinal);
        foreach (SpendRow row in rows)
        {
            (string Budget, string Key) account = row.Account is null ? default : Parse(row.Account);
            if ((query.Where.TryGetValue("budget", out string? budget) && budget != account.Budget) || (query.Where.TryGetValue("key", out string? key) && key != account.Key))
            {
                continue;
            }

            int value = 0;
            string[] group = [.. query.GroupBy.Select(name => name switch
            {
                "budget" => account.Budget,
                "key" => account.Key,
                _ when IsTime(name) => Time(name, row.Slot!.Value, query.TimeZone),
                _ => row.Values[value++],
            })];
            string joined = string.Join(Separator, group);
            if (!sums.TryGetValue(joined, out Sum? sum))
            {
                sums.Add(joined, sum = new Sum(joined, group));
            }

            sum.Add(row);
        }

        string order = query.OrderBy ?? (query.GroupBy.Count > 0 && IsTime(query.GroupBy[0]) ? "group" : "spent");
        Sum[] ordered = [.. sums.Values];
        Array.Sort(ordered, (one, other) => Compare(one.Order(order), one.Joined, other.Order(order), other.Joined));
        int start = 0;
        if (query.After is { } after)
        {
            int end = after.IndexOf(Separator, StringComparison.Ordinal);
            if (end < 0 || !long.TryParse(after.AsSpan(0, end), CultureInfo.InvariantCulture, out long last))
            {
                throw new ArgumentException($"The cursor '{after}' is none of this query. Use the Cursor of a record of the page before.");
            }

            start = Array.FindIndex(ordered, sum => Compare(sum.Order(order), sum.Joined, last, after[(end + 1)..]) > 0);
        }

        return start < 0 ? [] : [.. ordered.Skip(start).Take(query.Take).Select(sum => sum.ToRecord(order))];
    }

    /// <summary>Parses the account of a dollar budget: its name and key.</summary>
    public static (string Budget, string Key) Parse(string account)
    {
        int first = account.IndexOf('/', StringComparison.Ordinal);
        int second = first < 0 ? -1 : account.IndexOf('/', first + 1);
        return second < 0
            ? (account, "")
            : (account[..first].Replace("%40", "@", StringComparison.Ordinal).Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal), account[(second + 1)..]);
    }

    private static string Time(string name, long slot, TimeZoneInfo timeZone)
    {
        DateTimeOffset time = TimeZoneInfo.ConvertTime(new DateTimeOffset(slot * SpendRow.SlotTicks, TimeSpan.Zero), timeZone);
        return time.ToString(name switch { "month" => "yyyy-MM", "day" => "yyyy-MM-dd", _ => "yyyy-MM-dd HH:00 zzz" }, CultureInfo.InvariantCulture);
    }

    /// <summary>Higher numbers first, then by name.</summary>
    private static int Compare(long number, string name, long otherNumber, string otherName) =>
        number != otherNumber ? otherNumber.CompareTo(number) : string.CompareOrdinal(name, otherName);

    /// <summary>The sum of one group.</summary>
    private sealed class Sum(string joined, string[] group)
    {
        private long _attempts, _released, _refused, _open, _unpriced, _input, _cached, _output, _reasoning, _write, _writeHour, _spent, _unconfirmed, _held;
        private long _first = long.MaxValue, _last;

        public string Joined => joined;

        public long Order(string by) => by switch { "group" => 0, "attempts" => _attempts, "refused" => _refused, "tokens" => SaturatingMath.Add(_input, _output), _ => _spent };

        public void Add(SpendRow row)
        {
            _attempts += row.Attempts;
            _released += row.Released;
            _refused += row.Refused;
            _open += row.Open;
            _unpriced += row.Unpriced;
            _input = SaturatingMath.Add(_input, row.InputTokens);
            _cached = SaturatingMath.Add(_cached, row.CachedInputTokens);
            _output = SaturatingMath.Add(_output, row.OutputTokens);
            _reasoning = SaturatingMath.Add(_reasoning, row.ReasoningTokens);
            _write = SaturatingMath.Add(_write, row.CacheWriteTokens);
            _writeHour = SaturatingMath.Add(_writeHour, row.CacheWriteOneHourTokens);
            _spent = SaturatingMath.Add(_spent, row.Spent);
            _unconfirmed = SaturatingMath.Add(_unconfirmed, row.Unconfirmed);
            _held = SaturatingMath.Add(_held, row.Held);
            _first = Math.Min(_first, row.First);
            _last = Math.Max(_last, row.Last);
        }

        public SpendRecord ToRecord(string order) => new()
        {
            Group = group,
            Attempts = _attempts,
            Released = _released,
            Refused = _refused,
            Open = _open,
            Unpriced = _unpriced,
            Usage = new BillableUsage
            {
                InputTokens = _input,
                CachedInputTokens = _cached,
                OutputTokens = _output,
                ReasoningTokens = _reasoning,
                CacheWriteTokens = _write,
                CacheWriteOneHourTokens = _writeHour,
            },
            Spent = _spent / 1_000_000_000m,
            Unconfirmed = _unconfirmed / 1_000_000_000m,
            Held = _held / 1_000_000_000m,
            First = _first == long.MaxValue ? null : new DateTimeOffset(_first, TimeSpan.Zero),
            Last = _last == 0 ? null : new DateTimeOffset(_last, TimeSpan.Zero),
            Cursor = string.Create(CultureInfo.InvariantCulture, $"{Order(order)}{Separator}{joined}"),
        };
    }
}
