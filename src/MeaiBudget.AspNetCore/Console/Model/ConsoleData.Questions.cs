namespace MeaiBudget;

/// <content>What pages and alerts ask beside budgets and spend over time: refusals, prices, health, settings.</content>
internal sealed partial class ConsoleData
{
    /// <summary>Reads what a budget spent in the last time.</summary>
    public Task<decimal> SpentAsync(string budget, TimeSpan within, CancellationToken cancellationToken) => _cache.GetAsync(
        $"spent {within.Ticks} {budget}",
        async token => SpendSum.Of(await QueryAsync(new SpendQuery { From = Now - within, Where = Filter("budget", budget) }, token)).Spent,
        cancellationToken);

    /// <summary>Counts what each budget refused in the last time.</summary>
    public Task<IReadOnlyList<(string Budget, long Count)>> RefusedWithinAsync(TimeSpan within, CancellationToken cancellationToken) => _cache.GetAsync(
        $"refused {within.Ticks}",
        async token => (IReadOnlyList<(string, long)>)[.. SpendSum.Merge(await QueryAsync(
            new SpendQuery { From = Now - within, GroupBy = ["budget"], Where = Filter("outcome", "refused"), OrderBy = "refused", Take = MostGroups }, token)).Select(record => (record.Group[0], record.Refused))],
        cancellationToken);

    /// <summary>Counts the attempts without a known price of each model in the last time.</summary>
    public Task<IReadOnlyList<(string Model, long Count)>> UnpricedWithinAsync(TimeSpan within, CancellationToken cancellationToken) => _cache.GetAsync(
        $"unpriced {within.Ticks}",
        async token => (IReadOnlyList<(string, long)>)[.. SpendSum.Merge(await QueryAsync(new SpendQuery { From = Now - within, GroupBy = ["model"], OrderBy = "attempts", Take = 1_000 }, token))
            .Where(record => record.Unpriced > 0).Select(record => (record.Group[0], record.Unpriced))],
        cancellationToken);

    /// <summary>Reads the state of the ledgers and prices.</summary>
    public Task<IReadOnlyList<ConsoleHealth>> HealthAsync(CancellationToken cancellationToken) => _cache.GetAsync(
        "health",
        async token =>
        {
            var health = new List<ConsoleHealth>();
            foreach (CostTracker tracker in Trackers)
            {
                long began = Time.GetTimestamp();
                string? problem = null;
                try
                {
                    await tracker.Ledger.ReadAsync([new LedgerAccountQuery("meaibudget/console", 0, 0)], token).AsTask().WaitAsync(TimeSpan.FromSeconds(5), Time, token);
                }
                catch (TimeoutException)
                {
                    problem = "The ledger did not answer within 5 seconds.";
                }
                catch (SpendLedgerException exception)
                {
                    Failed(exception);
                    problem = "The ledger failed. The log of this process has the reason.";
                }

                health.Add(new ConsoleHealth(
                    tracker.Name, tracker.Ledger.Name, problem is null, problem, Time.GetElapsedTime(began), tracker.PendingSettlements, tracker.History is not null,
                    tracker.Prices.Name, tracker.Prices.Age, tracker.Catalog.Date));
            }

            return (IReadOnlyList<ConsoleHealth>)health;
        },
        cancellationToken);

    /// <summary>Reads the settings of all ledgers whose names begin with a text, by ledger and name.</summary>
    public Task<IReadOnlyList<KeyValuePair<string, string>>> SettingsAsync(string prefix, CancellationToken cancellationToken) => _cache.GetAsync(
        "settings " + prefix,
        async token =>
        {
            var found = new List<KeyValuePair<string, string>>();
            foreach (ISpendLedger ledger in Trackers.Select(tracker => tracker.Ledger).Distinct())
            {
                found.AddRange((await ledger.ReadSettingsAsync(token)).Settings.Where(setting => setting.Key.StartsWith(prefix, StringComparison.Ordinal)));
            }

            return (IReadOnlyList<KeyValuePair<string, string>>)[.. found.DistinctBy(setting => setting.Key).OrderByDescending(setting => setting.Key, StringComparer.Ordinal)];
        },
        cancellationToken);

    /// <summary>Reads the stops and limits that are set in the ledgers, the newest first.</summary>
    public async Task<IReadOnlyList<ConsoleLimit>> LimitsAsync(CancellationToken cancellationToken) =>
        [.. (await SettingsAsync(ConsoleLimit.StopPrefix, cancellationToken)).Concat(await SettingsAsync(ConsoleLimit.LimitPrefix, cancellationToken))
            .Select(setting => ConsoleLimit.TryParse(setting.Key, setting.Value)).OfType<ConsoleLimit>().OrderByDescending(limit => limit.At)];

    /// <summary>Reads the same; none if a ledger is away, which the page shows elsewhere.</summary>
    public async Task<IReadOnlyList<ConsoleLimit>> LimitsOrNoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await LimitsAsync(cancellationToken);
        }
        catch (SpendLedgerException)
        {
            return [];
        }
    }

    /// <summary>Counts the refusals of a time by budget and key, the most first.</summary>
    public Task<IReadOnlyList<ConsoleRefused>> RefusedMostAsync(ConsoleRange range, CancellationToken cancellationToken) => _cache.GetAsync(
        $"refused most {range.From.UtcTicks} {range.To.UtcTicks}",
        async token => (await FactsAsync(range, token)).Total.Refused == 0
            ? []
            : (IReadOnlyList<ConsoleRefused>)[.. (await QueryAsync(
                new SpendQuery { From = range.From, To = range.To, GroupBy = ["budget", "key"], Where = Filter("outcome", "refused"), OrderBy = "refused", Take = MostGroups }, token))
                .GroupBy(record => (record.Group[0], record.Group[1]))
                .Select(same => new ConsoleRefused(TrackerOf(same.Key.Item1), same.Key.Item1, same.Key.Item2, same.Sum(record => record.Refused)))
                .OrderByDescending(one => one.Count).Take(50)],
        cancellationToken,
        _ => SpendersKeptFor);

    /// <summary>Adds up the attempts that a list of calls shows; <see langword="null"/> if no history can.</summary>
    public Task<SpendRecord?> SumAsync(ConsoleCallFilter filter, CancellationToken cancellationToken) => _cache.GetAsync(
        $"sum {filter with { After = null }}",
        async token =>
        {
            SortedDictionary<string, string> where = ConsoleCalls.WhereOf(filter);
            bool hasAccounts = where.ContainsKey("budget");
            SpendRecord? sum = HasHistory
                ? SpendSum.Of(await QueryAsync(new SpendQuery { From = filter.From ?? DateTimeOffset.MinValue, To = filter.To ?? DateTimeOffset.MaxValue, Where = where, TimeZone = Zone }, token))
                : null;
            return hasAccounts && !HasAccounts ? null : sum;
        },
        cancellationToken,
        _ => SpendersKeptFor);
}
