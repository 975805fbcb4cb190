using StackExchange.Redis;

namespace MeaiBudget.Tests;

/// <summary>Servers that are full, evict keys, cannot be written, or come back empty. Nothing is admitted beyond the limit, and every failure has a type.</summary>
public sealed class RedisAttackTests
{
    private const long Limit = 1_000_000_000;

    [Fact]
    public async Task AFullServerRefusesAndLosesNothing()
    {
        using RedisServerProcess server = Start("--maxmemory", "4mb", "--maxmemory-policy", "noeviction");
        await using RedisSpendLedger ledger = await ConnectAsync(server);
        var admitted = new List<LedgerReservation>();
        RedisSpendLedgerException full = await Assert.ThrowsAsync<RedisSpendLedgerException>(async () =>
        {
            while (admitted.Count < 100_000)
            {
                LedgerReservation[] some = [.. Enumerable.Range(0, 100).Select(_ => Reservation(10, new string('x', 200)))];
                Task<LedgerReservationResult>[] asked = [.. some.Select(one => ledger.ReserveAsync(one).AsTask())];
                await Task.WhenAll(asked.Select(async (one, i) =>
                {
                    if ((await one).IsAdmitted)
                    {
                        lock (admitted)
                        {
                            admitted.Add(some[i]);
                        }
                    }
                }));
            }
        });

        Assert.Equal(RedisLedgerProblem.OutOfMemory, full.Problem);
        Assert.InRange(admitted.Count, 100, 99_999);
        RedisSpendLedgerException unsettled = await Assert.ThrowsAsync<RedisSpendLedgerException>(() => ledger.SettleAsync(Settlement(admitted[0], 7)).AsTask());
        Assert.Equal(RedisLedgerProblem.OutOfMemory, unsettled.Problem);

        // The operator gives it more memory. Everything that was admitted is still held, and settles once.
        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        await admin.GetServer(server.Configuration).ConfigSetAsync("maxmemory", "100mb");
        await admin.GetServer(server.Configuration).ConfigSetAsync("maxmemory-policy", "noeviction");
        Assert.Equal((0, 10L * admitted.Count), await ChargedAndHeldAsync(ledger));
        await Task.WhenAll(admitted.Select(one => ledger.SettleAsync(Settlement(one, 7)).AsTask()));
        await Task.WhenAll(admitted.Select(one => ledger.SettleAsync(Settlement(one, 7)).AsTask()));
        Assert.Equal((7L * admitted.Count, 0), await ChargedAndHeldAsync(ledger));
        Assert.Equal(0, ledger.RepairedEntries);
    }

    [Fact]
    public async Task AServerThatEvictsKeysForgetsAndNeverFailsOrTurnsNegative()
    {
        using RedisServerProcess server = Start("--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru");
        await Assert.ThrowsAsync<RedisSpendLedgerException>(() => ConnectAsync(server));
        await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(
            server.Configuration, new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromSeconds(5), AllowEviction = true });
        await using ConnectionMultiplexer other = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        int failures = 0;
        for (int round = 0; round < 30; round++)
        {
            // Another user of the server fills it, so that keys of the ledger are evicted.
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => other.GetDatabase().StringSetAsync($"other:{round}:{i}", new string('x', 20_000), flags: CommandFlags.FireAndForget)));
            LedgerReservation one = Reservation(10, "call");
            try
            {
                if ((await ledger.ReserveAsync(one)).IsAdmitted)
                {
                    await ledger.SettleAsync(Settlement(one, 10));
                }

                (long charged, long held) = await ChargedAndHeldAsync(ledger);
                Assert.InRange(charged, 0, 10 * (round + 1));
                Assert.InRange(held, 0, 10 * (round + 1));
            }
            catch (RedisSpendLedgerException exception) when (exception.Problem == RedisLedgerProblem.OutOfMemory)
            {
                failures++;
            }
        }

        Assert.InRange(failures, 0, 29);
    }

    [Fact]
    public async Task AReplicaThatCannotBeWrittenIsATypedErrorInTime()
    {
        using RedisServerProcess first = Start("--repl-diskless-sync-delay", "0");
        using RedisServerProcess replica = Start("--replicaof", "127.0.0.1", $"{first.Port}");
        await using RedisSpendLedger writable = await ConnectAsync(first);
        LedgerReservation one = Reservation(10, "call");
        await writable.ReserveAsync(one);

        RedisSpendLedgerException refused = await Assert.ThrowsAsync<RedisSpendLedgerException>(async () =>
        {
            await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(replica.Configuration, new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromSeconds(1) });
            await ledger.SettleAsync(Settlement(one, 5));
        });

        Assert.Equal(RedisLedgerProblem.Unavailable, refused.Problem);
        Assert.Equal((0, 10), await ChargedAndHeldAsync(writable));
    }

    [Fact]
    public async Task AServerThatComesBackEmptyChargesWhatIsSettledLaterOnce()
    {
        RedisServerProcess server = Start();
        int port = server.Port;
        await using RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(server.Configuration, new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromSeconds(20) });
        LedgerReservation[] all = [.. Enumerable.Range(0, 20).Select(_ => Reservation(10, "call"))];
        foreach (LedgerReservation one in all)
        {
            Assert.True((await ledger.ReserveAsync(one)).IsAdmitted);
        }

        await ledger.SettleAsync(Settlement(all[0], 10));
        server.Dispose();
        using var empty = RedisServerProcess.TryStart(port, []);

        // What was charged before is forgotten with the server's memory. What runs is charged when it ends, also if the settlement is repeated.
        foreach (LedgerReservation one in all[1..].Concat(all[1..]))
        {
            await ledger.SettleAsync(Settlement(one, 7));
        }

        Assert.Equal((19 * 7, 0), await ChargedAndHeldAsync(ledger));
    }

    [Fact]
    public async Task ThePageOfManyAccountsTakesFewRoundTrips()
    {
        int accounts = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_PAGE_ACCOUNTS") ?? "3000", System.Globalization.CultureInfo.InvariantCulture);
        using RedisServerProcess server = Start();
        await using RedisSpendLedger ledger = await ConnectAsync(server);
        foreach (int[] some in Enumerable.Range(0, accounts).Chunk(500))
        {
            await Task.WhenAll(some.Select(async i =>
            {
                LedgerReservation one = Reservation(10, "call", $"tenants/usd/{i}");
                await ledger.ReserveAsync(one);
                await ledger.SettleAsync(Settlement(one, i));
            }));
        }

        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        foreach (bool isByCharged in (bool[])[false, true])
        {
            await admin.GetServer(server.Configuration).ExecuteAsync("CONFIG", "RESETSTAT");
            IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await ledger.ReadPageAsync(new LedgerAccountQuery("tenants/usd/", 1, 1), "", isByCharged, null, 50);
            IGrouping<string, KeyValuePair<string, string>>[] stats = await admin.GetServer(server.Configuration).InfoAsync("commandstats");
            string scripts = string.Join("; ", stats.SelectMany(group => group).Where(one => one.Key.StartsWith("cmdstat_eval", StringComparison.Ordinal)).Select(one => $"{one.Key}: {one.Value}"));
            TestContext.Current.TestOutputHelper!.WriteLine($"{accounts} accounts, by {(isByCharged ? "spend" : "name")}: {scripts}");

            Assert.Equal(50, page.Count);
            Assert.Equal(isByCharged ? $"tenants/usd/{accounts - 1}" : "tenants/usd/1", page[0].Key);
            Assert.InRange(stats.SelectMany(group => group).Where(one => one.Key.StartsWith("cmdstat_eval", StringComparison.Ordinal)).Sum(one => int.Parse(one.Value.Split(',')[0]["calls=".Length..], System.Globalization.CultureInfo.InvariantCulture)), 1, 4);
        }
    }

    private static RedisServerProcess Start(params string[] options)
    {
        var server = RedisServerProcess.TryStart(RedisServer.FreePort(), options);
        Assert.SkipWhen(server is null, "There is no redis-server on the PATH.");
        return server;
    }

    private static Task<RedisSpendLedger> ConnectAsync(RedisServerProcess server) =>
        RedisSpendLedger.ConnectAsync(server.Configuration, new RedisSpendLedgerOptions { OperationTimeout = TimeSpan.FromSeconds(20) });

    private static LedgerReservation Reservation(long amount, string owner, string account = "day")
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new()
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, owner),
            Lines = [new LedgerLine { Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = now.AddDays(1), Amount = amount, Limit = Limit }],
            Lease = TimeSpan.FromMinutes(10),
            At = now,
        };
    }

    private static LedgerSettlement Settlement(LedgerReservation reservation, long amount) => new() { Id = reservation.Id, Amounts = [amount], Reservation = reservation };

    private static async Task<(long Charged, long Held)> ChargedAndHeldAsync(RedisSpendLedger ledger)
    {
        LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)]))[0];
        return (state.Charged, state.Held);
    }
}
