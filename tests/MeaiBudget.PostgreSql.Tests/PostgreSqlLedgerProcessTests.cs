using System.Globalization;

namespace MeaiBudget.Tests;

public class PostgreSqlLedgerProcessTests
{
    [Fact]
    public async Task B6_FourProcessesOnOneDatabaseKeepEverythingTheyWereToldThoughOneIsKilledAgainAndAgain()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        string name = $"test-{Guid.NewGuid():N}";
        await LedgerHammer.RunAsync(
            processes: 4,
            kills: 2,
            ["postgresql", connectionString, name, "4"],
            async clock => await PostgreSqlSpendLedger.OpenAsync(connectionString, new PostgreSqlSpendLedgerOptions { Name = name, Clock = clock }));
    }

    [Fact]
    public async Task NothingIsLostOrAppliedTwiceThoughTheServerIsKilledAgainAndAgain()
    {
        using var server = PostgreSqlServer.StartOwn();
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(
            server.ConnectionString, new PostgreSqlSpendLedgerOptions { OperationTimeout = TimeSpan.FromMinutes(2) });
        int kills = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_SOAK_SECONDS") ?? "0", CultureInfo.InvariantCulture) > 0 ? 10 : 2;
        using var done = new CancellationTokenSource();
        int settled = 0;
        Task<(int Charged, int Released)>[] callers = [.. Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            int charged = 0, released = 0;
            for (int step = 0; !done.IsCancellationRequested; step++)
            {
                LedgerReservation reservation = Reservation("day", 10);
                Assert.True((await ledger.ReserveAsync(reservation)).IsAdmitted);
                if (step % 5 == 0)
                {
                    // If the first result is lost with the connection, the retry must return the same result.
                    Assert.True(await ledger.ReleaseAsync(reservation.Id));
                    released++;
                    continue;
                }

                if (step % 5 == 1)
                {
                    Assert.True((await ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", 1, 2, "test"))).IsApplied);
                    charged += 2;
                }

                Assert.True((await ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [3] })).IsApplied);
                charged += 3;
                Interlocked.Increment(ref settled);
            }

            return (charged, released);
        }))];
        for (int kill = 0; kill < kills; kill++)
        {
            int before = Volatile.Read(ref settled);
            while (Volatile.Read(ref settled) < before + 40 && !Array.Exists(callers, caller => caller.IsCompleted))
            {
                await Task.Yield();
            }

            server.Kill();
            server.Start();
        }

        await done.CancelAsync();
        (int Charged, int Released)[] sums = await Task.WhenAll(callers);

        LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)]))[0];
        Assert.Equal((sums.Sum(sum => sum.Charged), 0, 0), (state.Charged, state.Held, state.Overrun));
    }

    private static LedgerReservation Reservation(string account, long amount) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "test"),
        Lease = TimeSpan.FromMinutes(10),
        Lines = [new LedgerLine { Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), Amount = amount }],
    };
}
