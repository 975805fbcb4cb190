using System.Globalization;

namespace MeaiBudget.Tests;

/// <summary>What every history must answer, whatever stores it: the same as adding up its own single attempts.</summary>
internal static class SpendHistoryCases
{
    private static readonly string[][] Groups =
    [
        [], ["hour"], ["day"], ["month"], ["model"], ["provider"], ["route"], ["class"], ["run"], ["outcome"], ["tag:tenant"], ["tag:a.b\"c"],
        ["day", "model"], ["model", "tag:tenant", "outcome"], ["free"], ["response"], ["tier"], ["price"], ["fallback"], ["from", "route", "cause"], ["outcome", "cause"], ["budget"], ["budget", "key"], ["day", "budget", "key", "model"],
    ];

    private static readonly (string Name, string Value)[][] Filters =
    [
        [], [("model", "model 1")], [("provider", "")], [("tag:tenant", "b")], [("outcome", "released")], [("outcome", "ok"), ("route", "route 1")],
        [("budget", "day")], [("budget", "te/na@nt"), ("key", "a")], [("outcome", "refused")], [("fallback", "yes")], [("cause", "Spent"), ("tag:tenant", "a")],
        [("tier", "flex")], [("budget", "te/na@nt"), ("key", "a"), ("outcome", "refused")], [("response", "")],
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
                    FallbackFrom = i % 6 == 0 ? "primary" : null,
                    FallbackReason = i % 6 == 0 ? "RateLimited (HTTP 429)" : null,
                    IsFree = i % 11 == 0,
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
                    Usage = new BillableUsage { InputTokens = random.Next(1000), CachedInputTokens = random.Next(100), OutputTokens = random.Next(500), ReasoningTokens = 5, CacheWriteTokens = 7, CacheWriteOneHourTokens = 3, ServiceTier = i % 8 == 0 ? "flex" : null },
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

            if (i % 3 == 0)
            {
                await ((ISpendHistory)ledger).WriteAsync([Refusal(now, tenant, 1 + (i % 5)), OfAnotherLedger(now, tenant, reserved)]);
            }
        }
    }

    /// <summary>The record of a refusal, as a tracker writes it.</summary>
    public static SpendRecord Refusal(DateTimeOffset now, string tenant, long refused = 1) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker#refused"),
        State = "refused",
        Refused = refused,
        Call = new LedgerCallInfo { At = now, ModelId = "model 1", Route = "route 1", Tags = new Dictionary<string, string> { ["tenant"] = tenant } },
        Refusal = new SpendRefusal { Budget = "te/na@nt", Key = tenant, Reason = RefusalReason.Spent, Limit = 5m, Spent = 4.999999999m, Held = 0.1m, Wanted = 0.25m, ResetsAt = now.AddHours(3), RetryAfter = TimeSpan.FromHours(3) },
        Accounts = [KeyValuePair.Create($"te%2Fna%40nt/usd/{tenant}", 0L)],
    };

    /// <summary>A record of a shared ledger without a history of its own.</summary>
    private static SpendRecord OfAnotherLedger(DateTimeOffset now, string tenant, long nanoDollars) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "elsewhere"),
        State = "settled",
        Call = new LedgerCallInfo { At = now, ModelId = "model 2", Route = "route 0", ReservedNanoDollars = nanoDollars, Tags = new Dictionary<string, string> { ["tenant"] = tenant } },
        SettledAt = now,
        ResponseModelId = "answering",
        Usage = new BillableUsage { InputTokens = 11, OutputTokens = 5, ServiceTier = "flex" },
        Spent = nanoDollars / 1_000_000_000m,
        CostKind = CostKind.Computed,
        PriceMatch = PriceMatch.Exact,
        Outcome = "ok",
        PriceId = "3f1c08a2b5d96e47:openai/gpt-4o",
        Accounts = [KeyValuePair.Create("day/usd/", nanoDollars), KeyValuePair.Create("day/tokens/", 16L)],
    };

    /// <summary>Written records come back as they were, also if they are written twice; a settled one is not replaced by an earlier state.</summary>
    public static async Task WrittenRecordsComeBackAsync(ISpendHistory history, DateTimeOffset now)
    {
        SpendRecord refusal = Refusal(now, "back \"x\" \\ \u2028") with { Id = new LedgerReservationId(Guid.NewGuid(), 2, "tracker \ud83d\ude00#refused") };
        SpendRecord settled = OfAnotherLedger(now, "back", 123_456_789_012);
        await history.WriteAsync([refusal, settled with { State = "unconfirmed", Unconfirmed = settled.Spent }]);
        await history.WriteAsync([settled, refusal, settled with { State = "expired", Spent = 1m }]);
        await history.WriteAsync([settled with { State = "open" }]);

        SpendRecord[] read = [.. (await history.ReadCallsAsync(new SpendQuery { From = now, To = now.AddTicks(1) })).Where(call => call.Id == refusal.Id || call.Id == settled.Id)];

        Assert.Equal(2, read.Length);
        SpendRecord back = Assert.Single(read, call => call.Id == refusal.Id);
        Assert.Equal((refusal.Refusal, 1L, 0L, "refused"), (back.Refusal, back.Refused, back.Attempts, back.State));
        back = Assert.Single(read, call => call.Id == settled.Id);
        Assert.Equal(
            (settled.State, settled.Spent, settled.Usage, settled.CostKind, settled.PriceMatch, settled.PriceId, settled.SettledAt, settled.ResponseModelId, settled.Outcome, 1),
            (back.State, back.Spent, back.Usage, back.CostKind, back.PriceMatch, back.PriceId, back.SettledAt, back.ResponseModelId, back.Outcome, back.Attempts));
        Assert.Equal(settled.Accounts, back.Accounts);
        await Assert.ThrowsAsync<ArgumentException>(async () => await history.WriteAsync([new SpendRecord { State = "settled" }]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await history.WriteAsync([refusal with { State = "lost" }]));
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
                        (right.Attempts, right.Refused, right.Released, right.Open, right.Unpriced, right.Spent, right.Unconfirmed, right.Held, right.First, right.Last, right.Usage),
                        (sum.Attempts, sum.Refused, sum.Released, sum.Open, sum.Unpriced, sum.Spent, sum.Unconfirmed, sum.Held, sum.First, sum.Last, sum.Usage));
                }
            }
        }
    }

    /// <summary>Reads calls by their ids: those that were admitted, those that were refused, and none.</summary>
    public static async Task ACallIsFoundByItsIdAsync(ISpendHistory history)
    {
        IReadOnlyList<SpendRecord> all = await history.ReadCallsAsync(new SpendQuery { Take = 100_000 });
        SpendRecord[] some = [all[0], all[^1], all.First(record => record.State == "refused")];
        foreach (Guid call in some.Select(record => record.Id!.Value.CallId))
        {
            var query = new SpendQuery { Where = new Dictionary<string, string> { ["call"] = call.ToString("D") }, Take = 100_000 };
            Assert.Equal(all.Where(record => record.Id!.Value.CallId == call).Select(record => record.Id), (await history.ReadCallsAsync(query)).Select(record => record.Id));
            Assert.Equal(all.Where(record => record.Id!.Value.CallId == call).Sum(record => record.Attempts), (await history.QueryAsync(query)).Sum(record => record.Attempts));
        }

        Assert.Empty(await history.ReadCallsAsync(new SpendQuery { Where = new Dictionary<string, string> { ["call"] = Guid.NewGuid().ToString("D") } }));
    }

    /// <summary>Reads everything in small pages, which together are the whole.</summary>
    public static async Task PagesAddUpAsync(ISpendHistory history)
    {
        foreach (string? order in new[] { null, "group", "spent", "attempts", "tokens", "refused" })
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
                    Attempts = sum.Attempts + call.Attempts,
                    Refused = sum.Refused + call.Refused,
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
            "free" => call.Call!.IsFree ? "yes" : "",
            "outcome" => call.Outcome ?? call.State!,
            "response" => call.ResponseModelId ?? "",
            "tier" => call.Usage.ServiceTier ?? "",
            "price" => call.PriceId ?? "",
            "fallback" => call.Call!.FallbackFrom is null ? "" : "yes",
            "from" => call.Call!.FallbackFrom ?? "",
            "cause" => call.Refusal?.Reason.ToString() ?? call.Call!.FallbackReason ?? "",
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
