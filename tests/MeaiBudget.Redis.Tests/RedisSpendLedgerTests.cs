using System.Net;
using System.Text;
using CsCheck;
using Garnet;
using Garnet.server;
using Garnet.server.Auth.Settings;
using StackExchange.Redis;

namespace MeaiBudget.Tests;

public class RedisSpendLedgerTests
{
    private const string Secret = "s3cret-p4ss";

    public static TheoryData<RedisServerKind> Servers => [RedisServerKind.Redis, RedisServerKind.Garnet];

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task B4_AWriteWhoseAnswerWasLostIsAppliedOnceAndAnswered(RedisServerKind server)
    {
        await using var proxy = new CuttingProxy(RedisServer.Get(server).Port);
        await using var store = new RedisLedgerStore(proxy.Configuration);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        (LedgerReservationId first, LedgerReservationId second) = (NewId(), NewId());
        LedgerLine record = Line(ledger, 60) with { Account = "record", Limit = 10, Mode = LedgerLineMode.Record };
        foreach (LedgerReservationId id in new[] { first, second })
        {
            proxy.CutAfter(1);
            LedgerReservationResult reserved = await ledger.ReserveAsync(Reservation(id, Line(ledger, 60) with { Limit = 120 }, record));
            Assert.True(reserved.IsAdmitted);
            Assert.False(reserved.Lines[1].Fits);
        }

        await ExpectAsync(ledger, held: 120);
        proxy.CutAfter(1);
        LedgerSettlementResult settled = await ledger.SettleAsync(new LedgerSettlement { Id = first, Amounts = [20, 20] });
        Assert.True(settled.IsApplied);
        Assert.Equal((0, 120, 20, 60), (settled.Before[0].Charged, settled.Before[0].Held, settled.After[0].Charged, settled.After[0].Held));
        Assert.False((await ledger.SettleAsync(new LedgerSettlement { Id = first, Amounts = [20, 20] })).IsApplied);
        proxy.CutAfter(1);
        Assert.True(await ledger.ReleaseAsync(second));
        Assert.False(await ledger.ReleaseAsync(second));
        await ExpectAsync(ledger, charged: 20);
        proxy.CutAfter(1);
        Assert.True((await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = first, Amounts = [7, 7], Reason = "test" })).IsApplied);
        await ExpectAsync(ledger, charged: 7);
        proxy.CutAfter(1);
        var grant = new LedgerGrant { Id = Guid.NewGuid(), Account = "day", Amount = 5, ExpiresAt = ledger.Clock.GetUtcNow().AddDays(1), Reason = "test" };
        Assert.True(await ledger.GrantAsync(grant));
        Assert.False(await ledger.GrantAsync(grant));
        await ExpectAsync(ledger, charged: 7, granted: 5);
        Assert.Equal(6, proxy.Cuts);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AQuestionThatArrivesAfterItWasGivenBackIsNotTaken(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(RedisServer.Get(server).Configuration);
        var connection = new RedisLedgerConnection(multiplexer, "test", store.Options);
        LedgerReservationId id = NewId();
        var lines = new RedisLedgerBytes();
        lines.Add(new LedgerLine { Account = "day", Period = 1, FirstPeriod = 1, ForgetAfter = store.Clock.GetUtcNow().AddDays(1), Amount = 10 });
        RedisLedgerWords Ask(int sequence) => connection.Words().Add(id).Add($"here.{sequence}").Add(TimeSpan.FromMinutes(1)).Add(true).Add(store.Clock.GetUtcNow().AddDays(1)).Add(lines).Add("");
        async Task<string> AnswerAsync(int sequence) => Encoding.Latin1.GetString(await connection.RunAsync(RedisLedgerScript.Reserve, Ask(sequence), default));
        RedisLedgerWords release = connection.Words().Add(id).Add("here.5");
        await connection.RunAsync(RedisLedgerScript.Release, release, default);
        Assert.EndsWith("stale", await AnswerAsync(4), StringComparison.Ordinal);
        Assert.DoesNotContain("stale", await AnswerAsync(6), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AmountsOfAnySizeAreAddedExactly(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();

        // Any number of bits, and the edges where the halves of an amount carry and borrow. Five of them fit into the largest number.
        long[] powers = [1, 1L << 31, 1L << 32, 1L << 33, 1L << 53, 1L << 60];
        var amount = Gen.OneOf(
            Gen.Select(Gen.ULong, Gen.Int[4, 63], (bits, shift) => (long)(bits >> shift)),
            Gen.Select(Gen.Int[0, powers.Length - 1], Gen.Int[-1, 1], (index, more) => powers[index] + more),
            Gen.Select(Gen.Int[0, 3], Gen.Int[-1, 1], (high, more) => Math.Max(0, ((long)high << 32) + more)));
        await Gen.Select(amount, amount, amount, amount, amount).SampleAsync(
            async (first, second, billed, corrected, grant) =>
            {
                string account = Guid.NewGuid().ToString("N");
                LedgerLine Ask(long amount, long limit, bool isRolling = false) => Line(ledger, amount) with { Account = account, Limit = limit, FirstPeriod = isRolling ? 0 : 1 };
                async Task<bool> FitsAsync(LedgerReservationId id, LedgerLine line) => (await ledger.ReserveAsync(Reservation(id, line))).IsAdmitted;
                static long Beyond(long amount, long reserved) => Math.Max(0, amount - reserved);
                (LedgerReservationId one, LedgerReservationId two, LedgerReservationId three) = (NewId(), NewId(), NewId());
                Assert.False(await FitsAsync(one, Ask(first, first - 1)));
                Assert.True(await FitsAsync(one, Ask(first, first)));
                Assert.False(await FitsAsync(two, Ask(second, first + second - 1)));
                Assert.True(await FitsAsync(two, Ask(second, first + second)));
                LedgerSettlementResult unconfirmed = await ledger.SettleAsync(new LedgerSettlement { Id = one, Amounts = [billed], IsUnconfirmed = true });
                Assert.Equal(new LedgerLineState(0, first + second, 0, 0, 0, true), unconfirmed.Before[0]);
                Assert.Equal(new LedgerLineState(billed, second, billed, Beyond(billed, first), 0, true), unconfirmed.After[0]);
                await ledger.GrantAsync(new LedgerGrant { Id = Guid.NewGuid(), Account = account, Amount = grant + 1, ExpiresAt = ledger.Clock.GetUtcNow().AddDays(1), Reason = "test" });
                long limit = billed + second + corrected - grant - 1;
                Assert.False(await FitsAsync(three, Ask(corrected, limit - 1)));
                Assert.False(await FitsAsync(three, Ask(corrected, limit - 1, isRolling: true)));
                Assert.True(await FitsAsync(three, Ask(corrected, limit, isRolling: true)));
                LedgerSettlementResult settled = await ledger.SettleAsync(new LedgerSettlement { Id = two, Amounts = [first] });
                Assert.Equal(new LedgerLineState(billed + first, corrected, billed, Beyond(billed, first) + Beyond(first, second), grant + 1, true), settled.After[0]);
                LedgerSettlementResult adjusted = await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = two, Amounts = [corrected], Reason = "test" });
                Assert.Equal(new LedgerLineState(billed + corrected, corrected, billed, Beyond(billed, first) + Beyond(corrected, second), grant + 1, true), adjusted.After[0]);
                Assert.Equal(corrected, (await ledger.FindAsync(three))!.Amounts[0]);
                Assert.True(await ledger.ReleaseAsync(three));
                Assert.Equal(adjusted.After[0] with { Held = 0 }, (await ledger.ReadAsync([new LedgerAccountQuery(account, 0, 1)]))[0]);
            },
            iter: 300);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task LeasesAreMeasuredByTheServersTime(RedisServerKind server)
    {
        await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(RedisServer.Get(server).Configuration, new RedisSpendLedgerOptions { Name = $"test-{Guid.NewGuid():N}" });
        Assert.InRange(ledger.Clock.GetUtcNow(), TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));
        LedgerReservationId id = NewId();
        await ledger.ReserveAsync(Reservation(id, Line(ledger, 60)) with { Lease = TimeSpan.FromMilliseconds(1) });
        LedgerLineState state;
        do
        {
            state = await ReadAsync(ledger);
        }
        while (state.Held > 0);
        Assert.Equal((60, 60), (state.Charged, state.Unconfirmed));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task EveryKeyCarriesTheLedgersHashTagAndNothingIsLeftWhenNothingCounts(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        for (int i = 0; i < 50; i++)
        {
            LedgerReservationId id = NewId();
            await ledger.ReserveAsync(Reservation(id, Line(ledger, 60) with { Account = $"tenant {i % 10}" }));
            await (i % 3 == 0 ? ledger.ReleaseAsync(id) : i % 3 == 1 ? Settle(id) : new(true));
        }

        await ledger.GrantAsync(new LedgerGrant { Id = Guid.NewGuid(), Account = "day", Amount = 5, ExpiresAt = ledger.Clock.GetUtcNow().AddDays(1), Reason = "Ada: \"launch\" day" });
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(RedisServer.Get(server).Configuration);
        string prefix = $"meaibudget:{{{store.Options.Name}}}:";
        string[] keys = multiplexer.GetServers()[0].Keys(pattern: "*").Select(key => (string)key!).Where(key => key.Contains(store.Options.Name, StringComparison.Ordinal)).ToArray();
        Assert.Equal(6, keys.Length);
        Assert.All(keys, key => Assert.StartsWith(prefix, key, StringComparison.Ordinal));
        store.Advance(TimeSpan.FromDays(3));
        for (int i = 0; i < 20; i++)
        {
            await ledger.ReadAsync([]);
        }

        store.Advance(TimeSpan.FromDays(3));
        for (int i = 0; i < 20; i++)
        {
            await ledger.ReadAsync([]);
        }

        keys = [.. multiplexer.GetServers()[0].Keys(pattern: "*").Select(key => (string)key!).Where(key => key.Contains(store.Options.Name, StringComparison.Ordinal))];
        Assert.Equal(((string[])["accounts", "audit", "due", "names", "reservations", "spent"]).Select(key => prefix + key), keys.Order(StringComparer.Ordinal));
        IDatabase database = multiplexer.GetDatabase();

        // The mark of each key, by which a loss is noticed, and the id of the grant.
        Assert.Equal(
            (1L, 2L, 2L, 1L),
            (await database.HashLengthAsync(prefix + "accounts"), await database.HashLengthAsync(prefix + "reservations"), await database.SortedSetLengthAsync(prefix + "due"), await database.SortedSetLengthAsync(prefix + "names")));
        RedisAuditEntry entry = Assert.Single(await ledger.ReadAuditAsync());
        Assert.Equal("Ada: \"launch\" day", entry.Grant!.Reason);

        async ValueTask<bool> Settle(LedgerReservationId id) => (await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [5] })).IsApplied;
    }

    [Fact]
    public async Task AServerThatGoesAndComesBackIsFoundAgain()
    {
        RedisServerProcess? process = RedisServer.TryStartProcess();
        Assert.SkipWhen(process is null, "There is no redis-server on the PATH.");
        var options = new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromMilliseconds(50) };
        await using RedisSpendLedger patient = await RedisSpendLedger.ConnectAsync(process.Configuration, new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromMinutes(1) });
        await using RedisSpendLedger hasty = await RedisSpendLedger.ConnectAsync(process.Configuration, options);
        process.Dispose();
        LedgerReservationId failed = NewId();
        RedisSpendLedgerException exception = await Assert.ThrowsAsync<RedisSpendLedgerException>(async () => await hasty.ReserveAsync(Reservation(failed, Line(hasty, 1))));
        Assert.Equal(RedisLedgerProblem.Unavailable, exception.Problem);
        ValueTask<LedgerReservationResult> waiting = patient.ReserveAsync(Reservation(NewId(), Line(patient, 1)));
        using var again = RedisServerProcess.TryStart(process.Port, []);
        Assert.True((await waiting).IsAdmitted);

        // The failed reservation may still have arrived.
        await patient.ReleaseAsync(failed);
        await ExpectAsync(patient, held: 1);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AServerThatForgotItsScriptsLearnsThemAgain(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(RedisServer.Get(server).Configuration);
        await multiplexer.GetDatabase().ExecuteAsync("SCRIPT", "FLUSH");
        Assert.True((await ledger.ReserveAsync(Reservation(NewId(), Line(ledger, 1)))).IsAdmitted);
    }

    [Fact]
    public async Task AServerWithoutScriptsIsSaid()
    {
        int port = RedisServer.FreePort();
        using var server = new GarnetServer(new GarnetServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, port)], AuthSettings = new NoAuthSettings(), QuietMode = true });
        server.Start();
        RedisSpendLedgerException exception = await Assert.ThrowsAsync<RedisSpendLedgerException>(() => RedisSpendLedger.ConnectAsync($"127.0.0.1:{port}"));
        Assert.Equal(RedisLedgerProblem.ScriptsDisabled, exception.Problem);
        Assert.Contains("--lua", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task I5_NoMessageHoldsTheConnectionStringOrThePassword()
    {
        ArgumentException unreadable = await Assert.ThrowsAsync<ArgumentException>(() => RedisSpendLedger.ConnectAsync($"localhost,password=one,{Secret}=two"));
        Assert.DoesNotContain(Secret, unreadable.ToString(), StringComparison.Ordinal);
        RedisSpendLedgerException away = await Assert.ThrowsAsync<RedisSpendLedgerException>(() => RedisSpendLedger.ConnectAsync($"127.0.0.1:{RedisServer.FreePort()},password={Secret},connectRetry=0,connectTimeout=500"));
        Assert.Equal(RedisLedgerProblem.Unavailable, away.Problem);
        Assert.DoesNotContain(Secret, away.ToString(), StringComparison.Ordinal);
        using var process = RedisServerProcess.TryStart(RedisServer.FreePort(), ["--requirepass", "another"]);
        Assert.SkipWhen(process is null, "There is no redis-server on the PATH.");
        RedisSpendLedgerException denied = await Assert.ThrowsAsync<RedisSpendLedgerException>(() => RedisSpendLedger.ConnectAsync($"{process.Configuration},password={Secret},connectRetry=0"));
        Assert.DoesNotContain(Secret, denied.ToString(), StringComparison.Ordinal);
        Assert.Equal(RedisLedgerProblem.AccessDenied, denied.Problem);
    }

    [Fact]
    public async Task BadSettingsAreRejected()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => RedisSpendLedger.ConnectAsync("127.0.0.1", new RedisSpendLedgerOptions { Name = "a}b" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => RedisSpendLedger.ConnectAsync("127.0.0.1", new RedisSpendLedgerOptions { OperationTimeout = -TimeSpan.FromSeconds(1) }));
        await using var store = RedisLedgerStore.On(RedisServerKind.Garnet);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await ledger.ReserveAsync(Reservation(NewId(), Line(ledger, 1) with { Period = long.MaxValue })));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ledger.ReserveAsync(Reservation(NewId(), Line(ledger, 1)), new CancellationToken(true)));
        Assert.Empty(await ledger.ListAccountsAsync(""));
    }

    private static LedgerReservationId NewId() => new(Guid.NewGuid(), 1, "test");

    private static LedgerLine Line(RedisSpendLedger ledger, long amount) => new()
    {
        Account = "day",
        Period = 1,
        FirstPeriod = 1,
        ForgetAfter = ledger.Clock.GetUtcNow().AddDays(2),
        Amount = amount,
    };

    private static LedgerReservation Reservation(LedgerReservationId id, params LedgerLine[] lines) => new() { Id = id, Lease = TimeSpan.FromMinutes(2), Lines = lines };

    private static async Task<LedgerLineState> ReadAsync(RedisSpendLedger ledger) => (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)]))[0];

    private static async Task ExpectAsync(RedisSpendLedger ledger, long charged = 0, long held = 0, long granted = 0)
    {
        LedgerLineState state = await ReadAsync(ledger);
        Assert.Equal((charged, held, granted), (state.Charged, state.Held, state.Granted));
    }
}
