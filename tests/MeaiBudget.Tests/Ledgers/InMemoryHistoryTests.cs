using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public class InMemoryHistoryTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 14, 15, 9, 26, TimeSpan.Zero);

    [Fact]
    public async Task SumsEqualTheAttemptsInEveryGroupAndPagesAddUp()
    {
        var clock = new FakeTimeProvider(Start);
        var ledger = new InMemorySpendLedger(clock) { KeepsRecords = true };
        await SpendHistoryCases.FillAsync(ledger, clock.Advance);
        await SpendHistoryCases.SumsEqualTheAttemptsAsync(ledger);
        await SpendHistoryCases.ACallIsFoundByItsIdAsync(ledger);
        await SpendHistoryCases.PagesAddUpAsync(ledger);
        await SpendHistoryCases.AnAttemptCountsOnceAsync(ledger, ledger);
        await SpendHistoryCases.WrittenRecordsComeBackAsync(ledger, clock.GetUtcNow());
    }

    [Theory]
    [InlineData("model", "tag:tenant", "outcome")]
    [InlineData("hour", "budget", "key", "provider")]
    [InlineData]
    public void AttemptsThatLeaveTheRingStayInTheSums(params string[] groups)
    {
        (InMemoryHistory small, InMemoryHistory large) = (new InMemoryHistory(20), new InMemoryHistory());
        for (int i = 0; i < 500; i++)
        {
            DateTimeOffset at = Start.AddMinutes(7 * i);
            var reservation = new LedgerReservation
            {
                Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker"),
                Lease = TimeSpan.FromMinutes(1),
                Lines = [new LedgerLine { Account = $"day/usd/{i % 3}", Period = 1, FirstPeriod = 1, ForgetAfter = at, Amount = 1_000 }],
                Info = new LedgerCallInfo { At = at, ModelId = $"model {i % 4}", Provider = $"provider {i % 2}", Tags = new Dictionary<string, string> { ["other"] = "x", ["tenant"] = $"{i % 5}" } },
            };

            // Every other attempt is also recorded by a run, before the tracker or after it: it counts once, also while one record is in the sums.
            LedgerReservation run = reservation with { Id = reservation.Id with { Owner = i % 4 == 0 ? "a run" : "z run" }, Lines = [reservation.Lines[0] with { Account = $"run/usd/{i}" }] };
            LedgerReservation[] records = i % 2 == 1 ? [reservation] : i % 8 < 4 ? [run, reservation] : [reservation, run];
            foreach (InMemoryHistory history in new[] { small, large })
            {
                foreach (LedgerReservation record in records)
                {
                    history.Reserved(record);
                    if (i % 6 == 0)
                    {
                        history.Released(record.Id);
                        continue;
                    }

                    history.Settled(new LedgerSettlement { Id = record.Id, Amounts = [i], Info = new LedgerSettlementInfo { At = at, Outcome = "ok", Usage = new BillableUsage { InputTokens = i, OutputTokens = 1 } } });
                }

                Assert.Equal(i + 1, history.Query(new SpendQuery()).Sum(sum => sum.Attempts));
            }
        }

        var query = new SpendQuery { GroupBy = groups, Take = 10_000 };
        Assert.Equal(20, small.ReadCalls(query).Count);
        Assert.Equal(large.Query(query).Select(Facts), small.Query(query).Select(Facts));
        static (string, long, long, decimal, BillableUsage) Facts(SpendRecord sum) => (string.Join('|', sum.Group), sum.Attempts, sum.Released, sum.Spent, sum.Usage);
    }

    [Fact]
    public void AnHourThatEndsWhereAQueryBeginsIsNotInItsSum()
    {
        var history = new InMemoryHistory(1);
        var midnight = new DateTimeOffset(2026, 3, 15, 0, 0, 0, TimeSpan.Zero);
        foreach (int minutes in (int[])[-30, 30, 90])
        {
            Settle(history, midnight.AddMinutes(minutes), 1_000_000_000);
        }

        Assert.Equal(2m, Assert.Single(history.Query(new SpendQuery { From = midnight })).Spent);
        Assert.Equal(1m, Assert.Single(history.Query(new SpendQuery { To = midnight })).Spent);
        Assert.Equal(1m, Assert.Single(history.Query(new SpendQuery { From = midnight.AddHours(1), GroupBy = ["budget", "key"] })).Spent);
    }

    [Fact]
    public async Task QueriesCountEachAttemptOnceWhileAttemptsMoveToTheSums()
    {
        var history = new InMemoryHistory(50);
        int settled = 0;
        var calls = Task.Run(
            () =>
            {
                for (int i = 0; i < 20_000; i++)
                {
                    Settle(history, Start.AddSeconds(i), 1_000_000_000);
                    Volatile.Write(ref settled, i + 1);
                }
            },
            TestContext.Current.CancellationToken);
        do
        {
            foreach (string[] groups in (string[][])[[], ["budget"]])
            {
                int before = Volatile.Read(ref settled);
                decimal spent = history.Query(new SpendQuery { GroupBy = groups }).Sum(sum => sum.Spent);

                // An attempt that begins during the query may or may not be in it.
                Assert.InRange(spent, before, Volatile.Read(ref settled) + 1);
            }
        }
        while (!calls.IsCompleted);

        await calls;
        Assert.Equal(20_000m, Assert.Single(history.Query(new SpendQuery())).Spent);
    }

    [Fact]
    public void PagesOfCallsOfOneMomentAreInOneOrderAndComplete()
    {
        var history = new InMemoryHistory();
        Guid[] calls = [.. Enumerable.Range(0, 300).Select(_ => Settle(history, Start, 1))];
        var found = new List<Guid>();
        string? after = null;
        do
        {
            IReadOnlyList<SpendRecord> page = history.ReadCalls(new SpendQuery { Take = 70, After = after });
            found.AddRange(page.Select(record => record.Id!.Value.CallId));
            after = page.Count == 70 ? page[^1].Cursor : null;
        }
        while (after is not null);

        Assert.Equal(calls.Select(call => call.ToString("D")).OrderDescending(StringComparer.Ordinal), found.Select(call => call.ToString("D")));
    }

    private static Guid Settle(InMemoryHistory history, DateTimeOffset at, long amount)
    {
        var reservation = new LedgerReservation
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker"),
            Lease = TimeSpan.FromMinutes(1),
            Lines = [new LedgerLine { Account = "day/usd/", Period = 1, FirstPeriod = 1, ForgetAfter = at, Amount = amount }],
            Info = new LedgerCallInfo { At = at, ModelId = "m" },
        };
        history.Reserved(reservation);
        history.Settled(new LedgerSettlement { Id = reservation.Id, Amounts = [amount], Info = new LedgerSettlementInfo { At = at, Outcome = "ok" } });
        return reservation.Id.CallId;
    }

    [Fact]
    public async Task ALedgerWithoutAHistorySaysSo()
    {
        var ledger = new InMemorySpendLedger();

        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(async () => await ledger.QueryAsync(new SpendQuery()));

        Assert.Contains("KeepsRecords", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLedgerOfConfigurationKeepsAHistoryThatServicesHandOut()
    {
        var services = new ServiceCollection();
        services.AddMeaiBudget(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MeaiBudget:Budgets:day:Limit"] = "10",
            ["MeaiBudget:Prices:dollar-a-thousand:Input"] = "1000",
            ["MeaiBudget:Prices:dollar-a-thousand:Output"] = "1000",
        }).Build().GetSection("MeaiBudget"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        provider.GetRequiredService<CostTracker>().Spend("dollar-a-thousand", 500, 0);

        SpendRecord sum = Assert.Single(await provider.GetRequiredService<ISpendHistory>().QueryAsync(new SpendQuery { GroupBy = ["budget", "model"] }));

        Assert.Equal(["day", "dollar-a-thousand"], sum.Group);
        Assert.Equal((0.50m, 1, 500), (sum.Spent, sum.Attempts, sum.Usage.InputTokens));
    }

    [Fact]
    public async Task TheHistoryAnswersWhoWasRefusedAndWhatFellBack()
    {
        var ledger = new InMemorySpendLedger(new FakeTimeProvider(Start)) { KeepsRecords = true };
        await RecordedCalls.AnswerWhoWasRefusedAndWhatFellBackAsync(ledger, ledger);
    }

    [Fact]
    public async Task AFloodOfRefusalsBecomesABoundedNumberOfRecordsThatCountAll()
    {
        var clock = new FakeTimeProvider(Start);
        var ledger = new InMemorySpendLedger(clock) { KeepsRecords = true };
        PriceCatalog prices = PriceCatalog.Empty.With("m", ModelPrice.PerMillionTokens(1m, 1m));
        var tracker = new CostTracker([Budget.Daily("day", 0m).PerTag("user")], prices, ledger);
        SpendRequest request = new() { CallId = Guid.NewGuid(), Attempt = 1, ModelId = "m", Estimate = new TokenEstimate(10, 10, TokenEstimateSource.Exact), OutputTokens = 10 };
        for (int i = 0; i < 5_000; i++)
        {
            Assert.False((await tracker.ReserveAsync(request with { CallId = Guid.NewGuid(), Tags = new Dictionary<string, string> { ["user"] = "alice" } })).IsAdmitted);
        }

        for (int i = 0; i < 3_000; i++)
        {
            await tracker.ReserveAsync(request with { CallId = Guid.NewGuid(), Tags = new Dictionary<string, string> { ["user"] = $"user {i}" } });
        }

        clock.Advance(TimeSpan.FromMinutes(2));

        IReadOnlyList<SpendRecord> alice = await ledger.ReadCallsAsync(new SpendQuery { Where = new Dictionary<string, string> { ["tag:user"] = "alice" } });
        Assert.Equal(RefusalRecords.SinglesOfAMinute + 1, alice.Count);
        Assert.Equal(5_000, alice.Sum(record => record.Refused));
        IReadOnlyList<SpendRecord> all = await ledger.ReadCallsAsync(new SpendQuery { Take = 100_000 });
        Assert.Equal(8_000, all.Sum(record => record.Refused));
        Assert.InRange(all.Count, RefusalRecords.MostGroups, RefusalRecords.MostGroups + (2 * (RefusalRecords.SinglesOfAMinute + 1)));
        Assert.Contains(all, record => record.Refusal!.Key == "other");
    }

    [Fact]
    public async Task AHistoryThatTheApplicationGivesIsWrittenAndHandedOut()
    {
        var history = new InMemorySpendLedger { KeepsRecords = true };
        var services = new ServiceCollection();
        services.AddMeaiBudget(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MeaiBudget:Budgets:day:Limit"] = "10",
            ["MeaiBudget:Prices:dollar-a-thousand:Input"] = "1000",
            ["MeaiBudget:Prices:dollar-a-thousand:Output"] = "1000",
        }).Build().GetSection("MeaiBudget")).UseHistory(_ => history);
        await using ServiceProvider provider = services.BuildServiceProvider();
        provider.GetRequiredService<CostTracker>().Spend("dollar-a-thousand", 500, 0);

        Assert.Same(history, provider.GetRequiredService<ISpendHistory>());
        Assert.Equal(0.50m, Assert.Single(await history.ReadCallsAsync(new SpendQuery { Where = new Dictionary<string, string> { ["budget"] = "day" } })).Spent);
    }

    [Fact]
    public async Task AHistoryThatIsAwayGetsTheRecordsLaterInOrderAndTheOldestAreDroppedBeyondTheBound()
    {
        var clock = new FakeTimeProvider(Start);
        var history = new AwayHistory();
        var queue = HistoryQueue.Of(history, clock);
        for (int i = 0; i < HistoryQueue.Capacity + 25; i++)
        {
            queue.Add(new SpendRecord { Attempts = i });
        }

        await queue.Writing;
        Assert.Equal(HistoryQueue.Capacity, queue.Count);
        history.IsAway = false;
        clock.Advance(TimeSpan.FromMinutes(1));
        await queue.Writing;

        Assert.Equal(0, queue.Count);
        Assert.Equal(Enumerable.Range(25, HistoryQueue.Capacity), history.Written);
    }

    private sealed class AwayHistory : ISpendHistory
    {
        public bool IsAway { get; set; } = true;

        public List<int> Written { get; } = [];

        public ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default) => new([]);

        public ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default) => new([]);

        public ValueTask WriteAsync(IReadOnlyList<SpendRecord> records, CancellationToken cancellationToken = default)
        {
            if (IsAway)
            {
                throw new SpendLedgerException("history", "away");
            }

            Written.AddRange(records.Select(record => (int)record.Attempts));
            return default;
        }
    }
}
