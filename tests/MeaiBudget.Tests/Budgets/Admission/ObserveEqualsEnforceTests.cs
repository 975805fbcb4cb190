using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>An observing budget reports what an enforcing one would refuse, when the events come in the same order and nobody waits.</summary>
public sealed class ObserveEqualsEnforceTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task N12_TheCountsAreEqualOnTenThousandRandomCalls(int seed)
    {
        var random = new Random(seed);
        (Observer refused, Observer wouldBe) = (new Observer(BudgetEventKind.Refused), new Observer(BudgetEventKind.WouldHaveRefused));
        CostTracker enforcing = TrackerOf(Enforcement.Enforce, refused);
        CostTracker observing = TrackerOf(Enforcement.Observe, wouldBe);
        var open = new List<(SpendReservation Enforced, SpendReservation Observed)>();
        int count = 0;
        for (int call = 0; call < 10_000; call++)
        {
            if (random.Next(20) == 0)
            {
                _clock.Advance(TimeSpan.FromSeconds(random.Next(1, 600)));
            }

            SpendRequest request = SpendRequests.Of(random.Next(0, 400) / 100m, tags: new Dictionary<string, string> { ["tenant"] = $"{random.Next(5)}" }) with
            {
                OutputTokens = random.Next(500),
                Lease = TimeSpan.FromDays(1),
                ModelId = random.Next(50) == 0 ? "unknown" : SpendRequests.Model,
            };
            SpendReservation enforced = await enforcing.ReserveAsync(request);
            SpendReservation observed = await observing.ReserveAsync(request);
            Assert.True(observed.IsAdmitted);
            if (enforced.IsAdmitted)
            {
                open.Add((enforced, observed));
            }
            else
            {
                // The enforcing service never sent it. What it costs the observing one must not count against later calls.
                count++;
                await observing.SettleAsync(observed, SpendRequests.Used(random.Next(400) / 100m));
            }

            Assert.Equal(count, refused.Events.Count);
            Assert.True(count == wouldBe.Events.Count, $"call {call}: {wouldBe.Events.Count} instead of {count}; {enforced.Refusal}");
            while (open.Count > random.Next(12))
            {
                int one = random.Next(open.Count);
                await EndAsync(open[one], random.Next(6), random.Next(500) / 100m);
                open.RemoveAt(one);
            }
        }

        Assert.InRange(count, 500, 9_500);

        async Task EndAsync((SpendReservation Enforced, SpendReservation Observed) pair, int how, decimal cost)
        {
            if (how == 0)
            {
                await enforcing.ReleaseAsync(pair.Enforced);
                await observing.ReleaseAsync(pair.Observed);
                return;
            }

            await enforcing.SettleAsync(pair.Enforced, SpendRequests.Used(cost, isUnconfirmed: how == 1));
            await observing.SettleAsync(pair.Observed, SpendRequests.Used(cost, isUnconfirmed: how == 1));
        }
    }

    private CostTracker TrackerOf(Enforcement enforcement, ICallObserver observer) => new(
        [
            Budget.Hourly("hour", 60m) with { Enforcement = enforcement, MaxWait = TimeSpan.Zero },
            Budget.Daily("tenants", 90m).PerTag("tenant") with { Enforcement = enforcement, MaxWait = TimeSpan.Zero, TokenLimit = 80_000 },
            Budget.Rolling("window", 40m, TimeSpan.FromMinutes(30)) with { Enforcement = enforcement, MaxWait = TimeSpan.Zero, RequestLimit = 40 },
        ],
        SpendRequests.Catalog,
        new InMemorySpendLedger(_clock) { RememberedReservations = 100_000 },
        options => options.Observers.Add(observer));

    private sealed class Observer(BudgetEventKind kind) : ICallObserver
    {
        public List<BudgetEvent> Events { get; } = [];

        public void OnBudget(BudgetEvent budgetEvent)
        {
            if (budgetEvent.Kind == kind)
            {
                Events.Add(budgetEvent);
            }
        }
    }
}
