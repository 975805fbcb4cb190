using System.Globalization;

namespace MeaiBudget.Tests;

/// <summary>What every history must answer, whatever stores it: the same as adding up its own single attempts.</summary>
internal static class SpendHistoryCases
{
    private static readonly string[][] Groups =
    [
        [], ["hour"], ["day"], ["month"], ["model"], ["provider"], ["route"], ["class"], ["run"], ["outcome"], ["tag:tenant"], ["tag:a.b\"c"],
        ["day", "model"], ["model", "tag:tenant", "outcome"], ["budget"], ["budget", "key"], ["day", "budget", "key", "model"],
    ];

    private static readonly (string Name, string Value)[][] Filters =
    [
        [], [("model", "model 1")], [("provider", "")], [("tag:tenant", "b")], [("outcome", "released")], [("outcome", "ok"), ("route", "route 1")],
        [("budget", "day")], [("budget", "te/na@nt"), ("key", "a")],
    ];

    /// <summary>Fills a ledger with attempts of every kind, over two days.</summary>
    public static async Task FillAsync(ISpendLedger ledger, Action<TimeSpan> advance, int attempts = 120)
    {
        var random = new Random(20260314);
        for (int i = 0; i < attempts; i++)
        {
            advance(TimeSpan.FromMinutes(random.Next(1, 50)));
            DateTimeOffset now = ledger.Clock.GetUtcNow();
            string tenant = "abc".Substring(random.Next(3), 1);
            var tags = new Dictionary<string, string> { ["tenant"] = tenant };
            if (i % 5 == 0)
            {
                tags["a.b\"c"] = "quoted $ 'x'";
            }

            var id = new LedgerReservationId(Guid.NewGuid(), 1 + (i % 2), "tracker");
            long reserved = random.Next(1, 1_000) * 1_000_000L;
            await ledger.ReserveAsync(new LedgerReservation
            {
                Id = id,
                Lease = TimeSpan.FromMinutes(30),
                Lines =
                [
                    Line("day/usd/", reserved, now), Line($"te%2Fna%40nt/usd/{tenant}", reserved, now), Line("day/tokens/", 100, now),
                    Line("watch/usd-shadow/", reserved, now),
                ],
                Info = new LedgerCallInfo
                {
                    At = now,
                    ModelId = $"model {random.Next(3)}",
                    Provider = i % 7 == 0 ? null : $"provider {random.Next(2)}",
                    Route = $"route {random.Next(2)}",
                    ModelClass = i % 3 == 0 ? "small" : null,
                    RunId = i % 4 == 0 ? $"run {i / 16}" : null,
                    Tags = tags,
                    ReservedNanoDollars = reserved,
                },
            });
            long charged = reserved / 100 * random.Next(50, 130);
            var settlement = new LedgerSettlement
            {
                Id = id,
                Amounts = [charged, charged, 90, charged],
                Info = new LedgerSettlementInfo
                {
                    At = now,
                    Outcome = i % 9 == 0 ? "Timeout" : "ok",
                    ResponseModelId = "answering",
                    Usage = new BillableUsage { InputTokens = random.Next(1000), CachedInputTokens = random.Next(100), OutputTokens = random.Next(500), ReasoningTokens = 5, CacheWriteTokens = 7, CacheWriteOneHourTokens = 3 },
                },
            };
            switch (i % 10)
            {
                case 1:
                    await ledger.ReleaseAsync(id);
                    break;
                case 2:
                    // The lease ends.
                    break;
                case 3:
                    await ledger.SettleAsync(settlement with { IsUnconfirmed = true });
                    break;
                case 4:
                    await ledger.SettleAsync(settlement);
                    await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = id, Amounts = [charged + 1, charged + 1, 95, charged + 1], Reason = "bill" });
                    break;
                default:
                    await ledger.SettleAsync(settlement);
                    break;
            }
        }
    }

    /// <summary>Compares every group and filter with the attempts themselves.</summary>
    public static async Task SumsEqualTheAttemptsAsync(ISpendHistory history)
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromMinutes(345), "test", "test");
        foreach ((string Name, string Value)[] filter in Filters)
        {
            var query = new SpendQuery { Where = filter.ToDictionary(one => one.Name, one => one.Value), TimeZone = zone, Take = 100_000 };
            IReadOnlyList<SpendRecord> calls = await history.ReadCallsAsync(query);
            Assert.NotEmpty(calls);
            Assert.Equal(calls.OrderByDescending(call => call.First).Select(call => call.First), calls.Select(call => call.First));
            foreach (string[] groups in Groups)
            {
                IReadOnlyList<SpendRecord> sums = await history.QueryAsync(query with { GroupBy = groups });
                Dictionary<string, SpendRecord> expected = Sum(calls, groups, filter, zone);
                Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), sums.Select(sum => string.Join('|', sum.Group)).Order(StringComparer.Ordinal));
                foreach (SpendRecord sum in sums)
                {
                    SpendRecord right = expected[string.Join('|', sum.Group)];
                    Assert.Equal(
                        (right.Attempts, right.Released, right.Open, right.Unpriced, right.Spent, right.Unconfirmed, right.Held, right.First, right.Last, right.Usage),
                        (sum.Attempts, sum.Released, sum.Open, sum.Unpriced, sum.Spent, sum.Unconfirmed, sum.Held, sum.First, sum.Last, sum.Usage));
                }
            }
        }
    }

    /// <summary>Reads everything in small pages, which together are the whole.</summary>
    public static async Task PagesAddUpAsync(ISpendHistory history)
    {
        foreach (string? order in new[] { null, "group", "spent", "attempts", "tokens" })
        {
            var query = new SpendQuery { GroupBy = ["model", "tag:tenant", "route"], OrderBy = order, Take = 100_000 };
            IReadOnlyList<SpendRecord> whole = await history.QueryAsync(query);
            Assert.Equal(whole.Select(one => one.Cursor), (await PagesAsync(history.QueryAsync, query with { Take = 5 })).Select(one => one.Cursor));
        }

        var calls = new SpendQuery { Take = 100_000 };
        Assert.Equal((await history.ReadCallsAsync(calls)).Select(one => one.Id), (await PagesAsync(history.ReadCallsAsync, calls with { Take = 7 })).Select(one => one.Id));
        await Assert.ThrowsAsync<ArgumentException>(async () => await history.ReadCallsAsync(calls with { After = "nonsense" }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await history.QueryAsync(calls with { After = "nonsense" }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await history.QueryAsync(calls with { GroupBy = ["colour"] }));
    }

    /// <summary>An attempt that a tracker and a run record counts once; what was added to a reservation counts with its charge only.</summary>
    public static async Task AnAttemptCountsOnceAsync(ISpendLedger ledger, ISpendHistory history)
    {
        DateTimeOffset now = ledger.Clock.GetUtcNow();
        var call = Guid.NewGuid();
        foreach ((string owner, long amount) in new[] { ("tracker", 50L), ("tracker#1", 7), ("@run", 50) })
        {
            var id = new LedgerReservationId(call, 1, owner);
            await ledger.ReserveAsync(new LedgerReservation { Id = id, Lease = TimeSpan.FromMinutes(5), Lines = [Line($"{(owner[0] == '@' ? "%40run" : "once")}/usd/", amount, now)], Info = new LedgerCallInfo { At = now, ModelId = "once" } });
            await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [amount], Info = new LedgerSettlementInfo { At = now, Outcome = "ok" } });
        }

        SpendRecord sum = Assert.Single(await history.QueryAsync(new SpendQuery { Where = new Dictionary<string, string> { ["model"] = "once" } }));

        // "@run" sorts before "tracker", and each of both was charged for the whole attempt.
        Assert.Equal(1, sum.Attempts);
        Assert.InRange(sum.Spent, 0.000000050m, 0.000000057m);
    }

    private static async Task<List<SpendRecord>> PagesAsync(Func<SpendQuery, CancellationToken, ValueTask<IReadOnlyList<SpendRecord>>> read, SpendQuery query)
    {
        var all = new List<SpendRecord>();
        while (true)
        {
            IReadOnlyList<SpendRecord> page = await read(query, CancellationToken.None);
            all.AddRange(page);
            if (page.Count < query.Take)
            {
                return all;
            }

            query = query with { After = page[^1].Cursor };
        }
    }

    private static Dictionary<string, SpendRecord> Sum(IReadOnlyList<SpendRecord> calls, string[] groups, (string Name, string Value)[] filter, TimeZoneInfo zone)
    {
        bool byAccount = groups.Concat(filter.Select(one => one.Name)).Any(name => name is "budget" or "key");
        var sums = new Dictionary<string, SpendRecord>();
        foreach (SpendRecord call in calls)
        {
            (string Budget, string Key, decimal? Amount)[] accounts = byAccount
                ? [.. call.Accounts!.Where(one => one.Key.Contains("/usd/", StringComparison.Ordinal)).Select(one => (
                    one.Key.StartsWith("day", StringComparison.Ordinal) ? "day" : "te/na@nt", one.Key[(one.Key.LastIndexOf('/') + 1)..], (decimal?)(one.Value / 1_000_000_000m)))]
                : [("", "", null)];
            foreach ((string budget, string key, decimal? amount) in accounts)
            {
                if (Array.Exists(filter, one => (one.Name == "budget" && one.Value != budget) || (one.Name == "key" && one.Value != key)))
                {
                    continue;
                }

                string group = string.Join('|', groups.Select(name => Value(call, name, zone, budget, key)));
                SpendRecord sum = sums.GetValueOrDefault(group) ?? new SpendRecord();
                bool isCharged = call.State is "settled" or "unconfirmed" or "expired";
                decimal spent = isCharged ? amount ?? call.Spent : 0m;
                sums[group] = sum with
                {
                    Attempts = sum.Attempts + 1,
                    Released = sum.Released + call.Released,
                    Open = sum.Open + call.Open,
                    Unpriced = sum.Unpriced + (call.State is "settled" or "unconfirmed" && call.CostKind == CostKind.Unknown && spent == 0 ? 1 : 0),
                    Spent = sum.Spent + spent,
                    Unconfirmed = sum.Unconfirmed + (call.State is "unconfirmed" or "expired" ? spent : 0m),
                    Held = sum.Held + (call.State == "open" ? amount ?? call.Held : 0m),
                    First = sum.First < call.First ? sum.First : call.First,
                    Last = sum.Last > call.Last ? sum.Last : call.Last,
                    Usage = new BillableUsage
                    {
                        InputTokens = sum.Usage.InputTokens + call.Usage.InputTokens,
                        CachedInputTokens = sum.Usage.CachedInputTokens + call.Usage.CachedInputTokens,
                        OutputTokens = sum.Usage.OutputTokens + call.Usage.OutputTokens,
                        ReasoningTokens = sum.Usage.ReasoningTokens + call.Usage.ReasoningTokens,
                        CacheWriteTokens = sum.Usage.CacheWriteTokens + call.Usage.CacheWriteTokens,
                        CacheWriteOneHourTokens = sum.Usage.CacheWriteOneHourTokens + call.Usage.CacheWriteOneHourTokens,
                    },
                };
            }
        }

        return sums;
    }

    private static string Value(SpendRecord call, string name, TimeZoneInfo zone, string budget, string key)
    {
        DateTimeOffset at = TimeZoneInfo.ConvertTime(call.First!.Value, zone);
        return name switch
        {
            "hour" => at.ToString("yyyy-MM-dd HH:00 zzz", CultureInfo.InvariantCulture),
            "day" => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            "month" => at.ToString("yyyy-MM", CultureInfo.InvariantCulture),
            "budget" => budget,
            "key" => key,
            "model" => call.Call!.ModelId ?? "",
            "provider" => call.Call!.Provider ?? "",
            "route" => call.Call!.Route ?? "",
            "class" => call.Call!.ModelClass ?? "",
            "run" => call.Call!.RunId ?? "",
            "outcome" => call.Outcome ?? call.State!,
            _ => call.Call!.Tags?.GetValueOrDefault(name[4..]) ?? "",
        };
    }

    private static LedgerLine Line(string account, long amount, DateTimeOffset now) => new()
    {
        Account = account,
        Period = now.UtcTicks / TimeSpan.TicksPerDay,
        FirstPeriod = now.UtcTicks / TimeSpan.TicksPerDay,
        ForgetAfter = now.AddDays(40),
        Amount = amount,
    };
}
