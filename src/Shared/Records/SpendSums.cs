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

/// <summary>What a row of a history is grouped and filtered by.</summary>
internal interface ISpendValues
{
    /// <summary>Returns the value of a group that is neither a time nor of an account.</summary>
    ReadOnlySpan<char> Value(string name);
}

/// <summary>
/// Makes the records of a query from rows: time zones, budgets, order and page. Rows are added one at a time, and only a new group
/// allocates memory, so a query over many rows of few groups is cheap. Not thread-safe.
/// </summary>
internal sealed class SpendSums
{
    private const char Separator = '\u001f';

    private readonly SpendQuery _query;
    private readonly string[] _groups;
    private readonly string? _budget;
    private readonly string? _key;
    private readonly Dictionary<string, Sum> _sums = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Sum>.AlternateLookup<ReadOnlySpan<char>> _found;
    private readonly Dictionary<(string Name, long Slot), string> _times = [];
    private readonly int[] _ends;
    private char[] _joined = new char[256];

    public SpendSums(SpendQuery query)
    {
        _query = query;
        _groups = [.. query.GroupBy];
        _ends = new int[_groups.Length];
        _budget = query.Where.GetValueOrDefault("budget");
        _key = query.Where.GetValueOrDefault("key");
        _found = _sums.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static bool IsTime(string name) => name is "hour" or "day" or "month";

    public static bool IsOfAccount(string name) => name is "budget" or "key";

    /// <summary>Gets a value indicating whether a query asks what budgets were charged.</summary>
    public static bool AsksForAccounts(SpendQuery query) => query.GroupBy.Any(IsOfAccount) || query.Where.Keys.Any(IsOfAccount);

    /// <summary>Adds up the rows of a store, which have the values of the query's groups.</summary>
    public static IReadOnlyList<SpendRecord> Of(SpendQuery query, IEnumerable<SpendRow> rows)
    {
        var sums = new SpendSums(query);
        var values = new RowValues([.. query.GroupBy.Where(name => !IsTime(name) && !IsOfAccount(name))]);
        foreach (SpendRow row in rows)
        {
            values.Row = row;
            sums.Add(row, row.Account, values);
        }

        return sums.ToRecords();
    }

    /// <summary>Adds a row to its group, unless the query asks for another budget or key.</summary>
    /// <param name="row">The sums. Its account and values are not read.</param>
    /// <param name="account">The account, unescaped; <see langword="null"/> for none.</param>
    /// <param name="values">The values of the groups.</param>
    public void Add(SpendRow row, string? account, ISpendValues values)
    {
        ReadOnlySpan<char> budget = default;
        ReadOnlySpan<char> key = default;
        if (account is not null)
        {
            (int nameEnd, int keyStart) = Split(account);
            budget = account.AsSpan(0, nameEnd).Contains('%') ? Parse(account).Budget : account.AsSpan(0, nameEnd);
            key = account.AsSpan(keyStart);
        }

        if ((_budget is not null && !budget.SequenceEqual(_budget)) || (_key is not null && !key.SequenceEqual(_key)))
        {
            return;
        }

        int length = 0;
        for (int i = 0; i < _groups.Length; i++)
        {
            string name = _groups[i];
            ReadOnlySpan<char> value = name switch
            {
                "budget" => budget,
                "key" => key,
                _ when IsTime(name) => TimeOf(name, row.Slot!.Value),
                _ => values.Value(name),
            };
            if (length + value.Length >= _joined.Length)
            {
                Array.Resize(ref _joined, Math.Max(_joined.Length * 2, length + value.Length + 1));
            }

            value.CopyTo(_joined.AsSpan(length));
            _ends[i] = length += value.Length;
            _joined[length++] = Separator;
        }

        ReadOnlySpan<char> joined = _joined.AsSpan(0, Math.Max(0, length - 1));
        if (!_found.TryGetValue(joined, out Sum? sum))
        {
            sum = New(joined);
        }

        sum.Add(row);
    }

    /// <summary>Makes the records, in the query's order and for its page.</summary>
    public IReadOnlyList<SpendRecord> ToRecords()
    {
        string order = _query.OrderBy ?? (_query.GroupBy.Count > 0 && IsTime(_query.GroupBy[0]) ? "group" : "spent");
        Sum[] ordered = [.. _sums.Values];
        Array.Sort(ordered, (one, other) => Compare(one.Order(order), one.Joined, other.Order(order), other.Joined));
        int start = 0;
        if (_query.After is { } after)
        {
            int end = after.IndexOf(Separator, StringComparison.Ordinal);
            if (end < 0 || !long.TryParse(after.AsSpan(0, end), CultureInfo.InvariantCulture, out long last))
            {
                throw new ArgumentException($"The cursor '{after}' is none of this query. Use the Cursor of a record of the page before.");
            }

            start = Array.FindIndex(ordered, sum => Compare(sum.Order(order), sum.Joined, last, after[(end + 1)..]) > 0);
        }

        return start < 0 ? [] : [.. ordered.Skip(start).Take(_query.Take).Select(sum => sum.ToRecord(order))];
    }

    private Sum New(ReadOnlySpan<char> joined)
    {
        string[] group = new string[_groups.Length];
        int start = 0;
        for (int i = 0; i < group.Length; i++)
        {
            group[i] = joined[start.._ends[i]].ToString();
            start = _ends[i] + 1;
        }

        var sum = new Sum(joined.ToString(), group);
        _sums.Add(sum.Joined, sum);
        return sum;
    }

    /// <summary>Parses the account of a dollar budget: its name and key.</summary>
    public static (string Budget, string Key) Parse(string account)
    {
        (int nameEnd, int keyStart) = Split(account);
        return keyStart == account.Length && nameEnd == account.Length
            ? (account, "")
            : (account[..nameEnd].Replace("%40", "@", StringComparison.Ordinal).Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal), account[keyStart..]);
    }

    /// <summary>Returns true if an account is that of a budget and, if one is named, of a key.</summary>
    public static bool IsOf(string account, string budget, string? key)
    {
        (int nameEnd, int keyStart) = Split(account);
        ReadOnlySpan<char> name = account.AsSpan(0, nameEnd);
        return (name.Contains('%') ? Parse(account).Budget : name).SequenceEqual(budget) && (key is null || account.AsSpan(keyStart).SequenceEqual(key));
    }

    /// <summary>Finds the end of an account's budget and the start of its key.</summary>
    private static (int NameEnd, int KeyStart) Split(string account)
    {
        int first = account.IndexOf('/', StringComparison.Ordinal);
        int second = first < 0 ? -1 : account.IndexOf('/', first + 1);
        return second < 0 ? (account.Length, account.Length) : (first, second + 1);
    }

    private string TimeOf(string name, long slot)
    {
        if (!_times.TryGetValue((name, slot), out string? text))
        {
            DateTimeOffset time = TimeZoneInfo.ConvertTime(new DateTimeOffset(slot * SpendRow.SlotTicks, TimeSpan.Zero), _query.TimeZone);
            text = time.ToString(name switch { "month" => "yyyy-MM", "day" => "yyyy-MM-dd", _ => "yyyy-MM-dd HH:00 zzz" }, CultureInfo.InvariantCulture);
            _times.Add((name, slot), text);
        }

        return text;
    }

    /// <summary>Higher numbers first, then by name.</summary>
    private static int Compare(long number, string name, long otherNumber, string otherName) =>
        number != otherNumber ? otherNumber.CompareTo(number) : string.CompareOrdinal(name, otherName);

    /// <summary>The values of a row that a store added up.</summary>
    private sealed class RowValues(string[] names) : ISpendValues
    {
        public SpendRow? Row { get; set; }

        public ReadOnlySpan<char> Value(string name) => Row!.Values[Array.IndexOf(names, name)];
    }

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
