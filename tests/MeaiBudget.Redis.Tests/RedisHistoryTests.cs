using StackExchange.Redis;

namespace MeaiBudget.Tests;

public sealed class RedisHistoryTests
{
    public static TheoryData<RedisServerKind> Servers => [RedisServerKind.Redis, RedisServerKind.Garnet];

    [Theory, MemberData(nameof(Servers))]
    public async Task SumsByTheHourAreOnTheServerAndFollowCorrections(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var first = (RedisSpendLedger)await store.OpenAsync();
        await using var second = (RedisSpendLedger)await store.OpenAsync();
        DateTimeOffset start = store.Clock.GetUtcNow();
        await SettleAsync(first, "gpt", "acme", 500);
        await SettleAsync(second, "gpt", "acme", 300);
        await SettleAsync(second, "gpt", "other", 70, isUnconfirmed: true);
        LedgerSettlement estimated = await SettleAsync(first, "haiku", "acme", 900, isUnconfirmed: true);
        await second.SettleAsync(estimated with { IsUnconfirmed = false, Amounts = [400, 400] });
        LedgerSettlement late = await SettleAsync(first, "late", "acme", 50, settles: false);
        store.Advance(TimeSpan.FromHours(1));
        await second.SettleAsync(late);
        await SettleAsync(first, "gpt", "acme", 11);
        await ((ISpendHistory)first).WriteAsync([Refusal(store.Clock.GetUtcNow(), 7)]);
        await first.QueryAsync(new SpendQuery());

        var query = new SpendQuery { GroupBy = ["hour", "model", "tag:tenant"], OrderBy = "group" };
        IReadOnlyList<SpendRecord> sums = await second.QueryAsync(query);
        string[] hours = [start.ToString("yyyy-MM-dd HH:00", null), start.AddHours(1).ToString("yyyy-MM-dd HH:00", null)];
        Assert.Equal(
            [
                $"{hours[0]} gpt acme: 2, 0, 800, 0, 20 in", $"{hours[0]} gpt other: 1, 0, 70, 70, 10 in", $"{hours[0]} haiku acme: 1, 0, 400, 0, 10 in",
                $"{hours[0]} late acme: 1, 0, 50, 0, 10 in", $"{hours[1]} gpt : 0, 7, 0, 0, 0 in", $"{hours[1]} gpt acme: 1, 0, 11, 0, 10 in",
            ],
            sums.Select(sum => FormattableString.Invariant(
                $"{sum.Group[0][..16]} {sum.Group[1]} {sum.Group[2]}: {sum.Attempts}, {sum.Refused}, {(long)(sum.Spent * 1_000_000_000m)}, {(long)(sum.Unconfirmed * 1_000_000_000m)}, {sum.Usage.InputTokens} in")));
        Assert.Equal(0.000001331m, (await second.QueryAsync(new SpendQuery())).Single().Spent);
        Assert.Equal(2, (await second.QueryAsync(query with { Where = new Dictionary<string, string> { ["tag:tenant"] = "acme", ["model"] = "gpt" } })).Count);
        Assert.Equal(0.000000011m, (await second.QueryAsync(new SpendQuery { From = start.AddMinutes(51) })).Single().Spent);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await first.ReadCallsAsync(new SpendQuery()));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await first.QueryAsync(new SpendQuery { GroupBy = ["budget"] }));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task AnHourHasTenThousandGroupsAndThenOther(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        DateTimeOffset now = store.Clock.GetUtcNow();
        for (int part = 0; part < 3; part++)
        {
            int from = part * 4_000;
            await ledger.WriteAsync([.. Enumerable.Range(from, 4_000).Select(i => Spent(now, $"tenant {i}"))]);
            await ledger.QueryAsync(new SpendQuery());
        }

        IReadOnlyList<SpendRecord> sums = await ledger.QueryAsync(new SpendQuery { GroupBy = ["model", "tag:tenant"], Take = 100_000 });

        Assert.InRange(sums.Count, RedisHourlySums.MostGroups, RedisHourlySums.MostGroups + 1);
        Assert.Equal(12_000, sums.Sum(sum => sum.Attempts));
        SpendRecord others = Assert.Single(sums, sum => sum.Group[0] == "other");
        Assert.Equal(2_000, others.Attempts);

        // A known group still counts by itself.
        await ledger.WriteAsync([Spent(now, "tenant 5")]);
        Assert.Equal(2, (await ledger.QueryAsync(new SpendQuery { Where = new Dictionary<string, string> { ["tag:tenant"] = "tenant 5" } })).Single().Attempts);
    }

    [Fact]
    public async Task ASumWhoseAnswerWasLostIsAddedOnce()
    {
        await using var proxy = new CuttingProxy(RedisServer.Get(RedisServerKind.Redis).Port);
        await using var store = new RedisLedgerStore(proxy.Configuration);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        for (int i = 0; i < 5; i++)
        {
            await ledger.WriteAsync([Spent(store.Clock.GetUtcNow(), "a")]);
            proxy.CutAfter(1);
            Assert.Equal(i + 1, (await ledger.QueryAsync(new SpendQuery())).Single().Attempts);
        }

        Assert.Equal(5, proxy.Cuts);
    }

    [Fact]
    public async Task WhatWaitsIsSentWhenTheLedgerIsDisposedAndOldHoursAreForgotten()
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Redis);
        await using (var ledger = (RedisSpendLedger)await store.OpenAsync())
        {
            await SettleAsync(ledger, "gpt", "acme", 500);
        }

        await using var other = (RedisSpendLedger)await store.OpenAsync();
        Assert.Equal(1, (await other.QueryAsync(new SpendQuery())).Single().Attempts);
        await other.WriteAsync([.. Enumerable.Range(0, 3_000).Select(i => Spent(store.Clock.GetUtcNow(), $"tenant {i}"))]);
        await other.QueryAsync(new SpendQuery());
        using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync(RedisServer.Get(RedisServerKind.Redis).Configuration);
        string prefix = $"meaibudget:{{{store.Options.Name}}}:hours";
        RedisValue old = Assert.Single(await admin.GetDatabase().HashKeysAsync(prefix));
        store.Advance(TimeSpan.FromDays(91));
        for (int flush = 0; flush < 20; flush++)
        {
            await SettleAsync(other, "gpt", "acme", 500);
            await other.QueryAsync(new SpendQuery { From = store.Clock.GetUtcNow() });
        }

        RedisValue hour = Assert.Single(await admin.GetDatabase().HashKeysAsync(prefix), value => value != "old");
        Assert.NotEqual(old, hour);
        Assert.False(await admin.GetDatabase().KeyExistsAsync($"{prefix}:{old}"));
        Assert.True(await admin.GetDatabase().KeyExistsAsync($"{prefix}:{hour}"));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task AHistoryBesideTheLedgerAnswersWhoWasRefusedAndWhatFellBack(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        var history = new InMemorySpendLedger(store.Clock) { KeepsRecords = true };
        await RecordedCalls.AnswerWhoWasRefusedAndWhatFellBackAsync(ledger, history, options => options.History = history);
    }

    [Fact]
    public async Task ASettlementTooOldToBeChargedIsInTheHistoryAndAnEvent()
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Redis);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        var history = new InMemorySpendLedger(store.Clock) { KeepsRecords = true };
        var observer = new Observer();
        PriceCatalog prices = PriceCatalog.Empty.With("m", ModelPrice.PerMillionTokens(1m, 1m));
        var tracker = new CostTracker([Budget.Monthly("month", 10m)], prices, ledger, options =>
        {
            options.History = history;
            options.Observers.Add(observer);
        });
        SpendReservation reservation = await tracker.ReserveAsync(new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = "m",
            Estimate = new TokenEstimate(1_000, 1_000, TokenEstimateSource.Exact),
            OutputTokens = 1_000,
        });
        await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 1_000, OutputTokens = 500 } });
        store.Advance(TimeSpan.FromHours(3));
        await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 1_000, OutputTokens = 900 } });

        SpendRecord record = Assert.Single(await history.ReadCallsAsync(new SpendQuery()));
        Assert.Equal((0.0019m, "settled", 900), (record.Spent, record.State, record.Usage.OutputTokens));
        Assert.Equal(0.0015m, Assert.Single(await tracker.GetStatusAsync()).Spent);
        Assert.Contains(observer.Events, one => one is { Kind: BudgetEventKind.UnknownSettlement, Amount: 0.0019m });

        // A correction reaches the history too, and an ended lease, which a settlement then replaces.
        SpendReservation lost = await tracker.ReserveAsync(reservation.Request with { CallId = Guid.NewGuid(), Lease = TimeSpan.FromMinutes(1) });
        store.Advance(TimeSpan.FromMinutes(2));
        await ledger.ReadAsync([]);
        await observer.Expired.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var query = new SpendQuery { Where = new Dictionary<string, string> { ["call"] = lost.Request.CallId.ToString() } };
        Assert.Equal(("expired", 0.002m), ((await history.ReadCallsAsync(query)).Single().State, (await history.ReadCallsAsync(query)).Single().Spent));
        await tracker.SettleAsync(lost, new SpendSettlement { Usage = new BillableUsage { InputTokens = 1_000, OutputTokens = 100 } });
        Assert.Equal(("settled", 0.0011m), ((await history.ReadCallsAsync(query)).Single().State, (await history.ReadCallsAsync(query)).Single().Spent));
        Assert.True(await tracker.AdjustAsync(lost.Request.CallId, 1, 0.0042m, "bill"));
        Assert.Equal(0.0042m, (await history.ReadCallsAsync(query)).Single().Spent);
    }

    private static async Task<LedgerSettlement> SettleAsync(RedisSpendLedger ledger, string model, string tenant, long amount, bool isUnconfirmed = false, bool settles = true)
    {
        DateTimeOffset now = ledger.Clock.GetUtcNow();
        var reservation = new LedgerReservation
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker"),
            Lease = TimeSpan.FromMinutes(30),
            At = now,
            Lines = [.. new[] { "day/usd/", $"tenant/usd/{tenant}" }.Select(account => new LedgerLine { Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = now.AddDays(200), Amount = 1_000 })],
            Info = new LedgerCallInfo { At = now, ModelId = model, Tags = new Dictionary<string, string> { ["tenant"] = tenant } },
        };
        await ledger.ReserveAsync(reservation);
        var settlement = new LedgerSettlement
        {
            Id = reservation.Id,
            Amounts = [amount, amount],
            IsUnconfirmed = isUnconfirmed,
            Reservation = reservation,
            Info = new LedgerSettlementInfo { At = now, Outcome = "ok", Usage = new BillableUsage { InputTokens = 10, OutputTokens = 2 } },
        };
        if (settles)
        {
            await ledger.SettleAsync(settlement);
        }

        return settlement;
    }

    private static SpendRecord Spent(DateTimeOffset now, string tenant) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker"),
        State = "settled",
        Call = new LedgerCallInfo { At = now, ModelId = "m", Tags = new Dictionary<string, string> { ["tenant"] = tenant } },
        SettledAt = now,
        Spent = 0.000000001m,
        Outcome = "ok",
    };

    private static SpendRecord Refusal(DateTimeOffset now, long refused) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker#refused"),
        State = "refused",
        Refused = refused,
        Call = new LedgerCallInfo { At = now, ModelId = "gpt" },
        Refusal = new SpendRefusal { Budget = "day", Reason = RefusalReason.Spent },
    };

    private sealed class Observer : ICallObserver
    {
        public List<BudgetEvent> Events { get; } = [];

        public TaskCompletionSource Expired { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnBudget(BudgetEvent budgetEvent)
        {
            lock (Events)
            {
                Events.Add(budgetEvent);
            }

            if (budgetEvent.Kind == BudgetEventKind.LeaseExpired)
            {
                Expired.TrySetResult();
            }
        }
    }
}
