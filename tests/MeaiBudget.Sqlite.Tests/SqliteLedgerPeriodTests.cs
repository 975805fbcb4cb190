namespace MeaiBudget.Tests;

public sealed class SqliteLedgerPeriodTests : IDisposable
{
    private static readonly PriceCatalog Prices = PriceCatalog.Empty.With("model", ModelPrice.PerMillionTokens(0m, 1_000m));

    private readonly SqliteLedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task C6_AProcessThatDiesAtTheEdgeOfAPeriodGetsNoFreeOne()
    {
        DateTimeOffset midnight = new(2026, 3, 15, 0, 0, 0, TimeSpan.Zero);
        await AtAsync(midnight.AddSeconds(-1), async tracker =>
        {
            Assert.True(await SpendAsync(tracker, 0.6m));
            await tracker.ReserveAsync(Request(0.4m));
        });

        // It died with a reservation open. The next process finds the old period full and the new one empty, whichever it asks first.
        await AtAsync(midnight.AddSeconds(-0.5), async tracker => Assert.False(await SpendAsync(tracker, 0.1m)));
        await AtAsync(midnight, async tracker => Assert.True(await SpendAsync(tracker, 1m)));
        await AtAsync(midnight, async tracker => Assert.False(await SpendAsync(tracker, 0.1m)));
        await AtAsync(midnight.AddSeconds(-0.5), async tracker => Assert.False(await SpendAsync(tracker, 0.1m)));
        await AtAsync(midnight.AddHours(1), async tracker => Assert.Equal((1m, 0m), await StandsAsync(tracker)));
        await AtAsync(midnight.AddSeconds(-0.5), async tracker => Assert.Equal((1m, 0m), await StandsAsync(tracker)));
    }

    private static async Task<(decimal Spent, decimal Held)> StandsAsync(CostTracker tracker)
    {
        BudgetStatus status = await tracker.GetStatusAsync("day");
        return (status.Spent, status.Held);
    }

    private static SpendRequest Request(decimal dollars) => new()
    {
        CallId = Guid.NewGuid(),
        Attempt = 1,
        ModelId = "model",
        Estimate = new TokenEstimate(0, 0, TokenEstimateSource.Exact),
        OutputTokens = (long)(dollars * 1_000),
    };

    private static async Task<bool> SpendAsync(CostTracker tracker, decimal dollars)
    {
        SpendReservation reservation = await tracker.ReserveAsync(Request(dollars));
        if (reservation.IsAdmitted)
        {
            await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { OutputTokens = reservation.Request.OutputTokens } });
        }

        return reservation.IsAdmitted;
    }

    /// <summary>Opens the file as another process would, at a time.</summary>
    private async Task AtAsync(DateTimeOffset now, Func<CostTracker, Task> work)
    {
        _folder.Advance(now - _folder.Clock.GetUtcNow());
        await using SqliteSpendLedger ledger = _folder.Open();
        await work(new CostTracker([Budget.Daily("day", 1m)], Prices, ledger));
    }
}
