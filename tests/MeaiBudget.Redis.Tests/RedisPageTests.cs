using StackExchange.Redis;

namespace MeaiBudget.Tests;

public sealed class RedisPageTests
{
    private const string Prefix = "ten%2Fants/usd/";

    public static TheoryData<RedisServerKind> Servers => [RedisServerKind.Redis, RedisServerKind.Garnet];

    [Theory, MemberData(nameof(Servers))]
    public async Task PagesBySpendFollowEveryChange(RedisServerKind server)
    {
        await using var store = RedisLedgerStore.On(server);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        var random = new Random(20260314);
        var closed = new List<LedgerReservation>();
        for (int step = 0; step < 400; step++)
        {
            LedgerReservation reservation = Reservation(ledger, $"{Prefix}kéy {random.Next(60)}", random.Next(3), random.NextInt64(1, 1L << random.Next(1, 60)));
            await ledger.ReserveAsync(reservation);
            switch (random.Next(6))
            {
                case 0:
                    await ledger.ReleaseAsync(reservation.Id);
                    break;
                case 1:
                    store.Advance(TimeSpan.FromSeconds(20));
                    break;
                case 2 when closed.Count > 0:
                    await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = closed[random.Next(closed.Count)].Id, Amounts = [random.Next(1000)], Reason = "test" });
                    break;
                default:
                    await ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [random.Next(5) == 0 ? 0 : random.NextInt64(1L << random.Next(1, 60))], IsUnconfirmed = random.Next(3) == 0 });
                    closed.Add(reservation);
                    break;
            }
        }

        for (int period = 0; period < 3; period++)
        {
            await PagesAreSortedAsync(ledger, period, "");
            await PagesAreSortedAsync(ledger, period, "y 1");
        }
    }

    [Fact]
    public async Task AnEntryOfTheIndexThatIsWrongIsRepairedByThePageAndALostIndexByTheNextOperation()
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Redis);
        await using var ledger = (RedisSpendLedger)await store.OpenAsync();
        for (int i = 0; i < 20; i++)
        {
            LedgerReservation reservation = Reservation(ledger, $"{Prefix}{i}", 0, 100);
            await ledger.ReserveAsync(reservation);
            await ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [i] });
        }

        using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync(RedisServer.Get(RedisServerKind.Redis).Configuration);
        RedisKey spent = $"meaibudget:{{{store.Options.Name}}}:spent";
        await admin.GetDatabase().SortedSetAddAsync(spent, $"0|{Prefix} 0000000000000000 7", 0);
        await admin.GetDatabase().SortedSetAddAsync(spent, $"0|{Prefix} 0000000000000000 gone", 0);
        await ledger.ReadPageAsync(new LedgerAccountQuery(Prefix, 0, 0), "", true, null, 10);
        await PagesAreSortedAsync(ledger, 0, "");
        await admin.GetDatabase().KeyDeleteAsync(spent);
        await PagesAreSortedAsync(ledger, 0, "");
        Assert.Equal(1, ledger.RepairedEntries);
    }

    private static async Task PagesAreSortedAsync(RedisSpendLedger ledger, long period, string contains)
    {
        string[] names = [.. (await ledger.ListAccountsAsync(Prefix)).Where(name => name[Prefix.Length..].Contains(contains, StringComparison.Ordinal))];
        IReadOnlyList<LedgerLineState> states = await ledger.ReadAsync([.. names.Select(name => new LedgerAccountQuery(name, period, period))]);
        string[] expected = [.. names.Zip(states).Where(one => one.Second.Charged > 0 || one.Second.Held > 0)
            .OrderByDescending(one => one.Second.Charged).ThenBy(one => one.First, StringComparer.Ordinal).Select(one => $"{one.First} {one.Second.Charged}")];
        var read = new List<string>();
        KeyValuePair<string, LedgerLineState>? last = null;
        while (true)
        {
            IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await ledger.ReadPageAsync(new LedgerAccountQuery(Prefix, period, period), contains, true, last, 7);
            read.AddRange(page.Select(one => $"{one.Key} {one.Value.Charged}"));
            if (page.Count < 7)
            {
                break;
            }

            last = page[^1];
        }

        Assert.Equal(expected, read);
    }

    private static LedgerReservation Reservation(RedisSpendLedger ledger, string account, long period, long amount) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker"),
        Lease = TimeSpan.FromMinutes(1),
        Lines = [new LedgerLine { Account = account, Period = period, FirstPeriod = period, ForgetAfter = ledger.Clock.GetUtcNow().AddDays(2), Amount = amount }],
    };
}
