namespace MeaiBudget.Tests;

public sealed class InMemorySpendLedgerTests
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task B1_NothingIsLeftOpenWhereverCallsAreCancelledOrFail()
    {
        var ledger = new InMemorySpendLedger(_clock);
        var tracker = new CostTracker([Budget.Daily("day", 1_000_000m), Budget.Monthly("month", 1_000_000m)], SpendRequests.Catalog, ledger);
        var random = new Random(11);
        decimal spent = 0;
        for (int i = 0; i < 10_000; i++)
        {
            using var cancellation = new CancellationTokenSource();
            int where = random.Next(4);
            if (where == 0)
            {
                await cancellation.CancelAsync();
            }

            try
            {
                SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(1m), cancellation.Token);
                switch (where)
                {
                    case 1:
                        await tracker.ReleaseAsync(reservation);
                        break;
                    case 2:
                        await tracker.SettleAsync(reservation, SpendRequests.Used(0.5m, isUnconfirmed: true));
                        spent += 0.5m;
                        break;
                    default:
                        await tracker.SettleAsync(reservation, SpendRequests.Used(0.25m));
                        spent += 0.25m;
                        break;
                }
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(0, where);
            }
        }

        await tracker.SendOutboxAsync();
        Assert.Equal(0, ledger.OpenCount);
        BudgetStatus status = await tracker.GetStatusAsync("month");
        Assert.Equal((spent, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task B2_UnderLoadTheCounterIsTheSumOfWhatWasSettled()
    {
        var ledger = new InMemorySpendLedger();
        long settled = 0;
        long overLimit = 0;
        const long Limit = 50_000;
        DateTimeOffset forget = ledger.Clock.GetUtcNow().AddDays(2);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 4_000; i++)
            {
                var id = new LedgerReservationId(Guid.NewGuid(), 1, "stress");
                string[] accounts = worker % 2 == 0 ? ["a", "b"] : ["b", "a"];
                LedgerReservationResult result = await ledger.ReserveAsync(new LedgerReservation
                {
                    Id = id,
                    Lease = TimeSpan.FromMinutes(2),
                    Lines = [.. accounts.Select(account => new LedgerLine
                    {
                        Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = forget, Amount = 10, Limit = Limit,
                    })],
                });
                if (result.Lines.Any(line => line.Held + line.Charged > Limit))
                {
                    Interlocked.Increment(ref overLimit);
                }

                if (!result.IsAdmitted)
                {
                    continue;
                }

                if (random.Next(3) == 0)
                {
                    await ledger.ReleaseAsync(id);
                    continue;
                }

                long amount = random.Next(0, 11);
                Interlocked.Add(ref settled, amount);
                await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [amount, amount] });
            }
        })));
        IReadOnlyList<LedgerLineState> states = await ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1), new LedgerAccountQuery("b", 1, 1)]);
        Assert.Equal(0, overLimit);
        Assert.All(states, state => Assert.Equal((settled, 0L), (state.Charged, state.Held)));
        Assert.Equal(0, ledger.OpenCount);
    }

    [Fact]
    public async Task OnlyTheNewestClosedReservationsAreRemembered()
    {
        var ledger = new InMemorySpendLedger(_clock) { RememberedReservations = 10 };
        LedgerReservationId[] ids = [.. Enumerable.Range(0, 20).Select(_ => new LedgerReservationId(Guid.NewGuid(), 1, "x"))];
        foreach (LedgerReservationId id in ids)
        {
            await ReserveAsync(ledger, id, 10);
            await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [5] });
        }

        Assert.Null(await ledger.FindAsync(ids[9]));
        Assert.NotNull(await ledger.FindAsync(ids[10]));
        Assert.False((await ledger.SettleAsync(new LedgerSettlement { Id = ids[0], Amounts = [5] })).IsApplied);
        Assert.Equal(100, (await ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1)]))[0].Charged);
    }

    [Fact]
    public async Task AListenerThatThrowsDoesNotMakeAnOperationFail()
    {
        var ledger = new InMemorySpendLedger(_clock);
        ledger.LeaseExpired += _ => throw new InvalidOperationException("listeners may be broken");
        await ReserveAsync(ledger, new LedgerReservationId(Guid.NewGuid(), 1, "x"), 10);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True(await ReserveAsync(ledger, new LedgerReservationId(Guid.NewGuid(), 1, "x"), 10));
    }

    [Fact]
    public async Task ManyLeasesOfManyLengthsEndEachAtItsTime()
    {
        var ledger = new InMemorySpendLedger(_clock);
        var random = new Random(3);
        var ends = new List<int>();
        for (int i = 0; i < 3_000; i++)
        {
            int seconds = random.Next(1, 500);
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "x");
            await ReserveAsync(ledger, id, 1, TimeSpan.FromSeconds(seconds));
            switch (random.Next(4))
            {
                case 0:
                    await ledger.ReleaseAsync(id);
                    break;
                case 1:
                    seconds = random.Next(1, 500);
                    await ledger.RenewAsync(id, TimeSpan.FromSeconds(seconds));
                    ends.Add(seconds);
                    break;
                default:
                    ends.Add(seconds);
                    break;
            }
        }

        for (int second = 1; second <= 500; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1)]))[0];
            Assert.Equal((ends.Count(end => end <= second), ends.Count(end => end > second)), (state.Charged, state.Held));
        }

        Assert.Equal(0, ledger.OpenCount);
    }

    private async Task<bool> ReserveAsync(InMemorySpendLedger ledger, LedgerReservationId id, long amount, TimeSpan? lease = null) =>
        (await ledger.ReserveAsync(new LedgerReservation
        {
            Id = id,
            Lease = lease ?? TimeSpan.FromMinutes(2),
            Lines =
            [
                new LedgerLine { Account = "a", Period = 1, FirstPeriod = 1, ForgetAfter = _clock.GetUtcNow().AddDays(2), Amount = amount, Limit = 1_000_000 },
            ],
        })).IsAdmitted;
}
