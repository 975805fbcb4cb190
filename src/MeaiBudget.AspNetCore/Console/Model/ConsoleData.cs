using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Everything that the console shows, read from the ledgers of the trackers through one cache.</summary>
/// <remarks>Thread-safe. A figure is computed once for all viewers, pages, the JSON API and CSV.</remarks>
internal sealed partial class ConsoleData
{
    /// <summary>How many groups of a chart have a colour of their own.</summary>
    private const int ShownGroups = 6;

    private const int MostGroups = 100;
    private const int MostKeys = 100_000;
    private const int MostStoppedKeys = 100;
    private const int KeysAtOnce = 10_000;

    /// <summary>How many keys of a budget are read in a second at most: 10,000 keys are read every five seconds.</summary>
    private const int KeysASecond = 2_000;
    private static readonly TimeSpan PaceOver = TimeSpan.FromHours(24);

    /// <summary>How long a pace, which is the average of a day, is kept.</summary>
    private static readonly TimeSpan PaceKeptFor = TimeSpan.FromSeconds(10);

    /// <summary>How long the keys that spent most are kept: all keys are added up for them.</summary>
    private static readonly TimeSpan SpendersKeptFor = TimeSpan.FromSeconds(5);

    /// <summary>How long sums of the days before today are kept. They change by late settlements and corrections.</summary>
    private static readonly TimeSpan PastKeptFor = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LoggedOncePer = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger;
    private readonly ConsoleCache _cache;
    private long _loggedAt = long.MinValue;
    private readonly BudgetConsoleOptions _options;
    private readonly RecentCalls? _recent;
    private readonly ConsoleHistory[] _histories;

    /// <summary>The history of each tracker; null for one whose attempts are recorded nowhere.</summary>
    private readonly ConsoleHistory?[] _historyOf;

    public ConsoleData(IReadOnlyList<CostTracker> trackers, RecentCalls? recent, TimeProvider time, BudgetConsoleOptions options, ILogger? logger = null)
    {
        _logger = logger ?? NullLogger.Instance;
        Trackers = trackers;
        Time = time;
        _recent = recent;
        _options = options;
        _cache = new ConsoleCache(time, options.RefreshInterval, Failed);

        // Trackers that share a ledger share its history: each call is listed once.
        var known = new Dictionary<object, ConsoleHistory>();
        _historyOf = [.. trackers.Select(tracker => tracker.History is { } history ? Known(known, history, tracker.Ledger.Name) : null)];
        _histories = [.. known.Values];
        Calls = new ConsoleCalls(_cache, _histories, recent, options.TimeZone);
    }

    public IReadOnlyList<CostTracker> Trackers { get; }

    public TimeProvider Time { get; }

    public ConsoleCalls Calls { get; }

    public bool HasHistory => _histories.Length > 0;

    /// <summary>Gets a value indicating whether every history can sum by budget and key. Known after the first such query.</summary>
    public bool HasAccounts => Array.TrueForAll(_histories, history => history.HasAccounts);

    public DateTimeOffset Now => Time.GetUtcNow();

    public TimeZoneInfo Zone => _options.TimeZone;

    public ConsoleRange Range(string? name) => ConsoleRange.Of(name, Now, Zone);

    /// <summary>Forgets what was read, so that a change shows at once.</summary>
    public void Refresh() => _cache.Clear();

    /// <summary>Finds a budget by its name and the number of its tracker; <see langword="null"/> if there is none.</summary>
    public (CostTracker Tracker, Budget Budget)? Find(int tracker, string? name) =>
        tracker >= 0 && tracker < Trackers.Count && Trackers[tracker].Budgets.FirstOrDefault(budget => budget.Name == name) is { } found ? (Trackers[tracker], found) : null;

    /// <summary>Returns whether the history of a tracker can sum by budget and key. Known after the first such query.</summary>
    public bool HasAccountsOf(int tracker) => _historyOf[tracker] is { HasAccounts: true };

    /// <summary>Finds the number of the first tracker that has a budget; -1 if none has.</summary>
    public int TrackerOf(string? budget)
    {
        for (int i = 0; i < Trackers.Count; i++)
        {
            if (Trackers[i].Budgets.Any(one => one.Name == budget))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Reads all budgets; those of runs last.</summary>
    public async Task<IReadOnlyList<ConsoleBudget>> BudgetsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<(string, DateTimeOffset), decimal> paces = await PacesAsync(cancellationToken);
        IReadOnlyDictionary<(string, string), long> refused = await RefusedAsync(cancellationToken);
        var budgets = new List<ConsoleBudget>();
        for (int i = 0; i < Trackers.Count; i++)
        {
            foreach (Budget budget in Trackers[i].Budgets)
            {
                budgets.Add(await BudgetAsync(i, budget, paces, refused, cancellationToken));
            }
        }

        return [.. budgets.OrderBy(budget => budget.IsRun)];
    }

    /// <summary>Reads the keys of a divided budget.</summary>
    public Task<ConsoleKeys> KeysAsync(int tracker, Budget budget, CancellationToken cancellationToken) => _cache.GetAsync(
        $"keys {tracker} {budget.Name}",
        async token =>
        {
            var statuses = new List<BudgetStatus>();
            string? cursor = null;
            do
            {
                (IReadOnlyList<BudgetStatus> page, cursor) = await Trackers[tracker].GetStatusPageAsync(budget.Name, isBySpent: true, cursor: cursor, count: KeysAtOnce, cancellationToken: token);
                statuses.AddRange(page);
            }
            while (cursor is not null && statuses.Count < MostKeys);

            // A key that was stopped and has no spend in this period is in no page, and can still be resumed.
            var known = statuses.Select(status => status.Key).ToHashSet(StringComparer.Ordinal);
            foreach (string key in (await LimitsAsync(token)).Where(limit => limit.IsStop && limit.Budget == budget.Name && limit.Key.Length > 0 && !known.Contains(limit.Key)).Select(limit => limit.Key).Take(MostStoppedKeys))
            {
                statuses.Add(await Trackers[tracker].GetStatusAsync(budget.Name, key, token));
            }

            return new ConsoleKeys(
                [.. statuses.Select(status => (Status: status, Share: ConsoleBudget.ShareOf(status))).OrderByDescending(one => one.Share ?? -1m).ThenByDescending(one => one.Status.Spent).Select(one => one.Status)],
                cursor is not null);
        },
        cancellationToken,
        static keys => keys.Statuses.Count / KeysASecond * TimeSpan.FromSeconds(1));

    /// <summary>Counts the refusals of today by budget and key; the empty key stands for all of a budget.</summary>
    public Task<IReadOnlyDictionary<(string Budget, string Key), long>> RefusedAsync(CancellationToken cancellationToken) => _cache.GetAsync(
        "refused",
        async token =>
        {
            var counts = new Dictionary<(string, string), long>();

            // Without a refusal in the sums of today there is nothing to count by budget and key.
            if (Array.TrueForAll(_histories, history => history.IsAccountsKnown) && (await FactsAsync(Range("today"), token)).Total.Refused == 0)
            {
                return (IReadOnlyDictionary<(string, string), long>)counts;
            }

            foreach (SpendRecord record in await QueryAsync(
                new SpendQuery { From = Range("today").From, GroupBy = ["budget", "key"], Where = Filter("outcome", "refused"), OrderBy = "refused", Take = 100_000 }, token))
            {
                counts[(record.Group[0], record.Group[1])] = counts.GetValueOrDefault((record.Group[0], record.Group[1])) + record.Refused;
                if (record.Group[1].Length > 0)
                {
                    counts[(record.Group[0], "")] = counts.GetValueOrDefault((record.Group[0], "")) + record.Refused;
                }
            }

            return (IReadOnlyDictionary<(string, string), long>)counts;
        },
        cancellationToken);

    /// <summary>Reads the sums of a time. What was before today is read once a minute, and once for all times that end today.</summary>
    public Task<ConsoleFacts> FactsAsync(ConsoleRange range, CancellationToken cancellationToken)
    {
        ConsoleRange today = Range("today");
        string key = $"facts {range.From.UtcTicks} {range.To.UtcTicks}";
        return range.To <= today.From ? _cache.GetAsync(key, token => ReadFactsAsync(range.From, range.To, "hour", token), cancellationToken, _ => PastKeptFor)
            : range.From >= today.From ? _cache.GetAsync(key, token => ReadFactsAsync(range.From, range.To, "hour", token), cancellationToken)
            : _cache.GetAsync(
                key,
                async token =>
                {
                    DateTimeOffset first = Range("30d").From;
                    ConsoleFacts past = await _cache.GetAsync($"past {first.UtcTicks}", inner => ReadFactsAsync(first, today.From, "day", inner), token, _ => PastKeptFor);
                    string day = TimeZoneInfo.ConvertTime(range.From, Zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                    return new ConsoleFacts([.. past.Records.Where(record => string.CompareOrdinal(record.Group[0], day) >= 0), .. (await FactsAsync(today, token)).Records]);
                },
                cancellationToken);
    }

    /// <summary>Adds up everything of a time.</summary>
    public async Task<SpendRecord> TotalAsync(ConsoleRange range, CancellationToken cancellationToken) => (await FactsAsync(range, cancellationToken)).Total;

    /// <summary>Reads spend over time by groups.</summary>
    public Task<ConsoleSpend> SpendAsync(ConsoleRange range, string by, CancellationToken cancellationToken) => _cache.GetAsync(
        $"spend {range.From.UtcTicks} {range.To.UtcTicks} {range.IsByHour} {by}",
        async token =>
        {
            var query = new SpendQuery { From = range.From, To = range.To, TimeZone = Zone };
            ConsoleFacts facts = await FactsAsync(range, token);
            bool isKnown = ConsoleFacts.Has(by);
            IReadOnlyList<SpendRecord> groups = isKnown ? facts.By(by) : SpendSum.Merge(await QueryAsync(query with { GroupBy = [by], OrderBy = "spent", Take = MostGroups }, token));
            DateTimeOffset[] slots = Slots(range);
            string time = range.IsByHour ? "hour" : "day";
            int shown = Math.Min(ShownGroups, groups.Count);
            decimal[][] amounts = [.. Enumerable.Range(0, shown + 1).Select(_ => new decimal[slots.Length])];
            foreach (SpendRecord record in facts.Records)
            {
                Add(amounts[shown], slots, record);
            }

            for (int i = 0; i < shown; i++)
            {
                // Each of the few groups on its own: together with the time, ten thousand tenants would be a quarter of a million sums.
                string group = groups[i].Group[0];
                foreach (SpendRecord record in isKnown
                    ? facts.Of(by, group)
                    : await QueryAsync(query with { GroupBy = [time], Where = Filter(by, group), Take = 2_000 }, token))
                {
                    Add(amounts[i], slots, record);
                }

                for (int slot = 0; slot < slots.Length; slot++)
                {
                    amounts[shown][slot] -= amounts[i][slot];
                }
            }

            for (int slot = 0; slot < slots.Length; slot++)
            {
                amounts[shown][slot] = Math.Max(0m, amounts[shown][slot]);
            }

            return new ConsoleSpend(range, by, groups.Count > MostGroups ? [.. groups.Take(MostGroups)] : groups, slots, amounts, facts.Total);
        },
        cancellationToken);

    /// <summary>
    /// Reads the keys of divided budgets that spent most in a time; in the period of their budget where the history has no keys. A key in
    /// several budgets is listed with the first.
    /// </summary>
    public Task<IReadOnlyList<ConsoleSpender>> SpendersAsync(ConsoleRange range, CancellationToken cancellationToken) => _cache.GetAsync(
        $"spenders {range.From.UtcTicks} {range.To.UtcTicks}",
        async token =>
        {
            var order = Trackers.SelectMany((tracker, i) => tracker.Budgets.Select(budget => (budget, i)))
                .Where(one => one.budget.IsDivided && one.budget.Period.Kind != BudgetPeriodKind.Run)
                .DistinctBy(one => one.budget.Name).Select((one, place) => (one.budget.Name, one.i, place)).ToDictionary(one => one.Name, StringComparer.Ordinal);
            IReadOnlyList<SpendRecord> records = await QueryAsync(new SpendQuery { From = range.From, To = range.To, GroupBy = ["budget", "key"], OrderBy = "spent", Take = 500 }, token);
            List<ConsoleSpender> spenders = [.. records.Where(record => order.ContainsKey(record.Group[0])).Select(record => new ConsoleSpender(order[record.Group[0]].i, record.Group[0], record.Group[1], record.Spent, record.Attempts))];
            foreach ((string name, (_, int tracker, _)) in order.Where(one => !HasAccountsOf(one.Value.i)))
            {
                ConsoleKeys keys = await KeysAsync(tracker, Trackers[tracker].Budgets.First(budget => budget.Name == name), token);
                spenders.AddRange(keys.Statuses.OrderByDescending(status => status.Spent).Take(50).Select(status => new ConsoleSpender(tracker, name, status.Key, status.Spent, null)));
            }

            return (IReadOnlyList<ConsoleSpender>)[.. spenders.Where(spender => spender.Key.Length > 0 && spender.Spent > 0m)
                .GroupBy(spender => spender.Key, StringComparer.Ordinal)
                .Select(key => key.MinBy(spender => order[spender.Budget].place)!)
                .OrderByDescending(spender => spender.Spent).Take(50)];
        },
        cancellationToken,
        _ => SpendersKeptFor);

    /// <summary>Gets the routes whose circuit is open in this process.</summary>
    public IReadOnlyList<string> OpenCircuits() => _recent?.Snapshot().OpenCircuits ?? [];

    /// <summary>Gets how many attempts this process has repeated since midnight UTC.</summary>
    public long Retries => _recent?.Retries ?? 0;

    private async Task<ConsoleBudget> BudgetAsync(
        int tracker, Budget budget, IReadOnlyDictionary<(string, DateTimeOffset), decimal> paces, IReadOnlyDictionary<(string, string), long> refused, CancellationToken cancellationToken)
    {
        BudgetStatus? status = null;
        ConsoleKeys? keys = null;
        try
        {
            if (budget.IsDivided || budget.Period.Kind == BudgetPeriodKind.Run)
            {
                keys = await KeysAsync(tracker, budget, cancellationToken);
            }
            else
            {
                status = await _cache.GetAsync($"status {tracker} {budget.Name}", async token => await Trackers[tracker].GetStatusAsync(budget.Name, "", token), cancellationToken);
            }
        }
        catch (SpendLedgerException)
        {
            return new ConsoleBudget(tracker, budget, null, null, null, null, null, "The ledger could not be read. The log has the reason.");
        }

        (decimal? perHour, DateTimeOffset? end) = status is null ? default : Pace(tracker, budget, status, paces);
        return new ConsoleBudget(tracker, budget, status, keys, perHour, end, HasAccountsOf(tracker) ? refused.GetValueOrDefault((budget.Name, "")) : null, null);
    }

    /// <summary>Returns the pace of a budget, and when its limit is spent at it: the average of the last 24 hours, or since the period began.</summary>
    private (decimal? PerHour, DateTimeOffset? RunsOutAt) Pace(int tracker, Budget budget, BudgetStatus status, IReadOnlyDictionary<(string Budget, DateTimeOffset Hour), decimal> paces)
    {
        DateTimeOffset now = Now;
        DateTimeOffset from = status.PeriodStart is { } start && start > now - PaceOver ? start : now - PaceOver;
        decimal hours = (decimal)Math.Max(1.0, (now - from).TotalHours);
        decimal spent = HasAccountsOf(tracker)
            ? paces.Where(pace => pace.Key.Budget == status.Budget && pace.Key.Hour >= from).Sum(pace => pace.Value)
            : status.PeriodStart is { } began ? status.Spent / (decimal)Math.Max(1.0, (now - began).TotalHours) * hours : 0m;
        decimal perHour = spent / hours;
        TimeSpan? rolling = budget.Period.Kind == BudgetPeriodKind.Rolling ? budget.Period.Span : null;
        return (perHour, SpendPace.RunsOut(status, perHour, now, rolling));
    }

    /// <summary>Reads what each budget spent in each of the last 24 hours.</summary>
    private Task<IReadOnlyDictionary<(string, DateTimeOffset), decimal>> PacesAsync(CancellationToken cancellationToken) => _cache.GetAsync(
        "paces",
        async token =>
        {
            var paces = new Dictionary<(string, DateTimeOffset), decimal>();
            foreach (SpendRecord record in await QueryAsync(new SpendQuery { From = Now - PaceOver, GroupBy = ["budget", "hour"], OrderBy = "spent", Take = 10_000 }, token))
            {
                if (record.First is { } first)
                {
                    (string, DateTimeOffset) place = (record.Group[0], first);
                    paces[place] = paces.GetValueOrDefault(place) + record.Spent;
                }
            }

            return (IReadOnlyDictionary<(string, DateTimeOffset), decimal>)paces;
        },
        cancellationToken,
        _ => PaceKeptFor);

    private async Task<ConsoleFacts> ReadFactsAsync(DateTimeOffset from, DateTimeOffset to, string time, CancellationToken cancellationToken) => new(
        await QueryAsync(new SpendQuery { From = from, To = to, TimeZone = Zone, GroupBy = [time, .. ConsoleFacts.Groups], OrderBy = "spent", Take = 100_000 }, cancellationToken));

    private async Task<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken)
    {
        var records = new List<SpendRecord>();
        foreach (ConsoleHistory history in _histories)
        {
            records.AddRange(await history.QueryAsync(query, cancellationToken));
        }

        return records;
    }

    /// <summary>Logs why a ledger could not be read, once a minute: pages are read again every second.</summary>
    private void Failed(Exception exception)
    {
        long now = Time.GetTimestamp();
        long before = Interlocked.Read(ref _loggedAt);
        if (exception is SpendLedgerException && (before == long.MinValue || Time.GetElapsedTime(before, now) >= LoggedOncePer) && Interlocked.CompareExchange(ref _loggedAt, now, before) == before)
        {
            LogFailed(exception);
        }
    }

    [LoggerMessage(EventId = 612, EventName = "LedgerNotRead", Level = LogLevel.Warning, Message = "The console could not read a ledger. It is read again while somebody looks; this is logged once a minute.")]
    private partial void LogFailed(Exception exception);

    private static ConsoleHistory Known(Dictionary<object, ConsoleHistory> known, ISpendHistory history, string name)
    {
        object key = history is ISpendLedger ledger and not InMemorySpendLedger ? (ledger.GetType(), ledger.Name) : history;
        if (!known.TryGetValue(key, out ConsoleHistory? found))
        {
            known.Add(key, found = new ConsoleHistory(history, name));
        }

        return found;
    }

    private static SortedDictionary<string, string> Filter(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

    private DateTimeOffset[] Slots(ConsoleRange range)
    {
        var slots = new List<DateTimeOffset>();
        for (DateTimeOffset at = range.From; at < range.To; at = range.IsByHour ? at.AddHours(1) : ConsoleRange.Of("today", at.AddHours(26), Zone).From)
        {
            slots.Add(at);
        }

        return [.. slots];
    }

    private static void Add(decimal[] amounts, DateTimeOffset[] slots, SpendRecord record)
    {
        int slot = record.First is { } first ? Array.FindLastIndex(slots, start => start <= first) : -1;
        if (slot >= 0)
        {
            amounts[slot] += record.Spent;
        }
    }
}
