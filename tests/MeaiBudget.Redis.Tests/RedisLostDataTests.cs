using StackExchange.Redis;

namespace MeaiBudget.Tests;

/// <summary>Many leases that end at once, lost keys, memory, and servers that would lose spend.</summary>
public class RedisLostDataTests
{
    private static readonly string[] Keys = ["accounts", "reservations", "due", "names", "spent"];

    public static TheoryData<RedisServerKind, string> LostKeys =>
        [.. from server in Enum.GetValues<RedisServerKind>() from key in (string[])[.. Keys, "accounts reservations", "reservations due", "accounts due names", "accounts reservations due names"] select (server, key)];

    [Fact]
    public async Task N1_LeasesThatEndTogetherAreSweptInPartsWithoutAnyTraffic()
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Redis);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        const int Count = 3_000;
        int expired = 0;
        ledger.LeaseExpired += _ => Interlocked.Increment(ref expired);
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => ledger.ReserveAsync(Reservation(Line(store, "all"), Line(store, $"tenant/{i % 100}"))).AsTask()));
        store.Advance(TimeSpan.FromMinutes(2));
        LedgerLineState first = await ReadAsync(ledger, "all");
        Assert.Equal(Count * 10, first.Charged + first.Held);
        Assert.InRange(first.Charged, 1, 1_000);

        // The client that saw that work is left goes on by itself.
        while (Volatile.Read(ref expired) < Count)
        {
            await Task.Yield();
        }

        Assert.Equal((Count * 10L, 0L, Count * 10L), await ChargedAsync(ledger, "all"));
    }

    [Theory]
    [MemberData(nameof(LostKeys))]
    public async Task N2_LostKeysHealAndNothingFails(RedisServerKind server, string lost)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        LedgerReservation settled = Reservation(Line(store, "day"));
        LedgerReservation unconfirmed = Reservation(Line(store, "day"));
        LedgerReservation open = Reservation(Line(store, "day"), Line(store, "tenant/a"));
        LedgerReservation due = Reservation(Line(store, "day")) with { Lease = TimeSpan.FromSeconds(1) };
        foreach (LedgerReservation one in (LedgerReservation[])[settled, unconfirmed, open, due])
        {
            Assert.True((await ledger.ReserveAsync(one)).IsAdmitted);
        }

        await ledger.SettleAsync(Settlement(settled, 4));
        await ledger.SettleAsync(Settlement(unconfirmed, 6) with { IsUnconfirmed = true });
        await LoseAsync(store, server, lost);
        store.Advance(TimeSpan.FromSeconds(30));

        // Every operation works, and reservations made from now on are counted exactly.
        LedgerReservation later = Reservation(Line(store, "other"), Line(store, "tenant/b"));
        Assert.True((await ledger.ReserveAsync(later)).IsAdmitted);
        Assert.InRange(ledger.RepairedEntries, 1, 100);
        await ledger.RenewAsync(open.Id, TimeSpan.FromMinutes(1));
        LedgerSettlementResult result = await ledger.SettleAsync(Settlement(open, 7));
        Assert.True(result.IsApplied);
        await ledger.SettleAsync(Settlement(due, 8));
        await ledger.SettleAsync(Settlement(unconfirmed, 5));
        await ledger.ReleaseAsync(later.Id);
        store.Advance(TimeSpan.FromHours(2));
        for (int i = 0; i < 5; i++)
        {
            await ledger.ReadAsync([]);
        }

        LedgerLineState day = await ReadAsync(ledger, "day");
        Assert.Equal(0, day.Held);

        // Of 24, what was settled before may be forgotten, or an unconfirmed charge whose reservation was lost cannot be replaced.
        Assert.InRange(day.Charged, 20, 30);
        Assert.Equal((7, 0), ((await ReadAsync(ledger, "tenant/a")).Charged, (await ReadAsync(ledger, "tenant/a")).Held));
        Assert.Equal(default, await ReadAsync(ledger, "other") with { Fits = false });
        Assert.Equal(["day", "tenant/a"], (await ledger.ListAccountsAsync("")).Order(StringComparer.Ordinal));
        Assert.Equal(2, (await ledger.ReadPageAsync(new LedgerAccountQuery("", 1, 1), "", false, null, 10)).Count);
        await using var another = (RedisSpendLedger)await store.OpenAsync();
        Assert.Equal(day, await ReadAsync(another, "day"));
    }

    [Fact]
    public async Task N2_ALostEntryOfOneReservationGivesBackWhatItHeld()
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Redis);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        LedgerReservation lost = Reservation(Line(store, "day"));
        LedgerReservation kept = Reservation(Line(store, "day"));
        await ledger.ReserveAsync(lost);
        await ledger.ReserveAsync(kept);
        await using ConnectionMultiplexer multiplexer = await ConnectAsync(RedisServerKind.Redis);
        await multiplexer.GetDatabase().HashDeleteAsync($"meaibudget:{{{store.Options.Name}}}:reservations", $"{lost.Id.CallId:N}:1:test");
        await ledger.RenewAsync(kept.Id, TimeSpan.FromHours(1));
        store.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(10, (await ReadAsync(ledger, "day")).Held);
        Assert.Equal(1, ledger.RepairedEntries);
    }

    [Theory]
    [InlineData(RedisServerKind.Redis)]
    [InlineData(RedisServerKind.Garnet)]
    public async Task N3_SettledReservationsLeaveAfterAnHour(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        for (int i = 0; i < 200; i++)
        {
            LedgerReservation one = Reservation(Line(store, "day"));
            await ledger.ReserveAsync(one);
            await ledger.SettleAsync(Settlement(one, 1) with { IsUnconfirmed = i % 10 == 0 });
        }

        store.Advance(TimeSpan.FromMinutes(61));
        for (int i = 0; i < 20; i++)
        {
            await ledger.ReadAsync([]);
        }

        await using ConnectionMultiplexer multiplexer = await ConnectAsync(server);

        // The unconfirmed ones and the mark.
        Assert.Equal(21, await multiplexer.GetDatabase().HashLengthAsync($"meaibudget:{{{store.Options.Name}}}:reservations"));
        Assert.Equal(200, (await ReadAsync(ledger, "day")).Charged);
    }

    [Fact]
    public async Task N6_ASettlementOfALostReservationIsChargedWithAnEvent()
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Redis);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        var events = new List<BudgetEvent>();
        var observer = new Observer(events);
        var tracker = new CostTracker([Budget.Daily("day", 1m)], PriceCatalog.Empty.With("m", ModelPrice.PerMillionTokens(1m, 1m)), ledger, options => options.Observers.Add(observer));
        var request = new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = "m",
            Estimate = new TokenEstimate(10, 10, TokenEstimateSource.Exact),
            OutputTokens = 100,
        };
        SpendReservation reservation = await tracker.ReserveAsync(request);
        await LoseAsync(store, RedisServerKind.Redis, "accounts reservations due names");
        await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 10, OutputTokens = 10 } });
        Assert.Equal(0.00002m, (await tracker.GetStatusAsync("day")).Spent);
        Assert.Equal(BudgetEventKind.UnknownSettlement, Assert.Single(events).Kind);
    }

    [Theory]
    [InlineData("allkeys-lru", false)]
    [InlineData("allkeys-random", false)]
    [InlineData("noeviction", true)]
    [InlineData("volatile-lru", true)]
    public async Task N13_AServerThatEvictsKeysIsRefused(string policy, bool connects)
    {
        using var process = RedisServerProcess.TryStart(RedisServer.FreePort(), ["--maxmemory", "50mb", "--maxmemory-policy", policy]);
        Assert.SkipWhen(process is null, "There is no redis-server on the PATH.");
        if (connects)
        {
            await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(process.Configuration);
            return;
        }

        RedisSpendLedgerException exception = await Assert.ThrowsAsync<RedisSpendLedgerException>(() => RedisSpendLedger.ConnectAsync(process.Configuration));
        Assert.Equal(RedisLedgerProblem.Misconfigured, exception.Problem);
        Assert.Contains(policy, exception.Message, StringComparison.Ordinal);
        await using RedisSpendLedger allowed = await RedisSpendLedger.ConnectAsync(process.Configuration, new RedisSpendLedgerOptions { AllowEviction = true });
    }

    [Fact]
    public async Task N13_TheDocumentedRightsAreEnoughAndAMissingOneIsFoundAtOnce()
    {
        using var process = RedisServerProcess.TryStart(RedisServer.FreePort(), []);
        Assert.SkipWhen(process is null, "There is no redis-server on the PATH.");
        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync(process.Configuration);
        string[] rights = ["on", ">secret", "~meaibudget:*", "+@connection", "+info", "+time", "+exists", "+eval", "+evalsha", "+@hash", "+@sortedset", "+@list"];
        await admin.GetDatabase().ExecuteAsync("ACL", ["SETUSER", "ledger", .. rights]);
        await using (RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync($"{process.Configuration},user=ledger,password=secret"))
        {
            LedgerReservation one = Reservation(Line(TimeProvider.System.GetUtcNow(), "day"));
            await ledger.ReserveAsync(one);
            await ledger.SettleAsync(Settlement(one, 3));
            await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = one.Id, Amounts = [2], Reason = "test" });
            await ledger.GrantAsync(new LedgerGrant { Id = Guid.NewGuid(), Account = "day", Amount = 1, ExpiresAt = ledger.Clock.GetUtcNow().AddDays(1), Reason = "test" });
            await ledger.WriteSettingAsync("limit/day", "1");
            await ledger.FindAllAsync(one.Id.CallId, 1);
            await ledger.ReadAuditAsync();
            Assert.Single(await ledger.ListAccountsAsync(""));
            Assert.Single(await ledger.ReadPageAsync(new LedgerAccountQuery("", 1, 1), "", true, null, 10));
        }

        foreach (string missing in new[] { "-time", "-@sortedset", "-evalsha", "-exists" })
        {
            await admin.GetDatabase().ExecuteAsync("ACL", ["SETUSER", "poor", "reset", .. rights, missing]);
            RedisSpendLedgerException exception = await Assert.ThrowsAsync<RedisSpendLedgerException>(
                () => RedisSpendLedger.ConnectAsync($"{process.Configuration},user=poor,password=secret"));
            Assert.Equal(RedisLedgerProblem.AccessDenied, exception.Problem);
        }
    }

    [Fact]
    public async Task N4_AServerThatHangsCostsOneTimeOutAndThenNothing()
    {
        using var process = RedisServerProcess.TryStart(RedisServer.FreePort(), []);
        Assert.SkipWhen(process is null, "There is no redis-server on the PATH.");
        await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(process.Configuration, new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromMilliseconds(300) });
        var tracker = new CostTracker([Budget.Daily("day", 1m)], PriceCatalog.Empty.With("m", ModelPrice.PerMillionTokens(1m, 1m)), ledger);
        await using (ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync($"{process.Configuration},allowAdmin=true"))
        {
            // The server answers nobody from now on.
            await admin.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "60000", "ALL");
            while (await tracker.AllowAsyncOrFalse())
            {
                await Task.Yield();
            }
        }

        process.Dispose();
        await Assert.ThrowsAnyAsync<SpendLedgerException>(async () => await tracker.GetStatusAsync());
        using var again = RedisServerProcess.TryStart(process.Port, []);
        while (!await tracker.AllowAsyncOrFalse())
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task N5_APromotedReplicaIsFound()
    {
        using var first = RedisServerProcess.TryStart(RedisServer.FreePort(), ["--repl-diskless-sync-delay", "0"]);
        Assert.SkipWhen(first is null, "There is no redis-server on the PATH.");
        using RedisServerProcess second = RedisServerProcess.TryStart(RedisServer.FreePort(), ["--replicaof", "127.0.0.1", $"{first.Port}"])!;
        await using ConnectionMultiplexer replica = await ConnectionMultiplexer.ConnectAsync($"{second.Configuration},allowAdmin=true");
        while (!((string)(await replica.GetDatabase().ExecuteAsync("ROLE"))[3]!).Equals("connected", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(
            $"{first.Configuration},{second.Configuration},abortConnect=false", new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromSeconds(20) });
        LedgerReservation one = Reservation(Line(TimeProvider.System.GetUtcNow(), "day"));
        Assert.True((await ledger.ReserveAsync(one)).IsAdmitted);
        first.Dispose();
        await replica.GetDatabase().ExecuteAsync("REPLICAOF", "NO", "ONE");

        // One operation, within its time-out. Before, the client looked for the new master once a minute.
        Assert.True((await ledger.ReserveAsync(Reservation(Line(TimeProvider.System.GetUtcNow(), "day")))).IsAdmitted);
    }

    private static LedgerLine Line(RedisLedgerStore store, string account) => Line(store.Clock.GetUtcNow(), account);

    private static LedgerLine Line(DateTimeOffset now, string account) => new()
    {
        Account = account,
        Period = 1,
        FirstPeriod = 1,
        ForgetAfter = now.AddDays(1),
        Amount = 10,
    };

    private static LedgerReservation Reservation(params LedgerLine[] lines) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "test"),
        Lines = lines,
        Lease = TimeSpan.FromMinutes(1),
        At = lines[0].ForgetAfter.AddDays(-1),
    };

    private static LedgerSettlement Settlement(LedgerReservation reservation, long amount) => new()
    {
        Id = reservation.Id,
        Amounts = [.. reservation.Lines.Select(_ => amount)],
        Reservation = reservation,
    };

    private static async Task<LedgerLineState> ReadAsync(ISpendLedger ledger, string account) => (await ledger.ReadAsync([new LedgerAccountQuery(account, 1, 1)]))[0];

    private static async Task<(long Charged, long Held, long Unconfirmed)> ChargedAsync(ISpendLedger ledger, string account)
    {
        LedgerLineState state = await ReadAsync(ledger, account);
        return (state.Charged, state.Held, state.Unconfirmed);
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(RedisServerKind server) => ConnectionMultiplexer.ConnectAsync(RedisServer.Get(server).Configuration);

    private static async Task LoseAsync(RedisLedgerStore store, RedisServerKind server, string keys)
    {
        await using ConnectionMultiplexer multiplexer = await ConnectAsync(server);
        foreach (string key in keys.Split(' '))
        {
            await multiplexer.GetDatabase().KeyDeleteAsync($"meaibudget:{{{store.Options.Name}}}:{key}");
        }
    }

    private sealed class Observer(List<BudgetEvent> events) : ICallObserver
    {
        public void OnBudget(BudgetEvent budgetEvent) => events.Add(budgetEvent);
    }
}

internal static class TrackerExtensions
{
    /// <summary>True if a call is allowed; false if the ledger is away.</summary>
    public static async Task<bool> AllowAsyncOrFalse(this CostTracker tracker)
    {
        try
        {
            return await tracker.AllowAsync("m", 1, 1);
        }
        catch (SpendLedgerException)
        {
            return false;
        }
    }
}
