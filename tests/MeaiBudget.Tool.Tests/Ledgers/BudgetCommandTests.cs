using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class BudgetCommandTests : IDisposable
{
    private readonly ToolLedgers _ledgers = new();

    public void Dispose() => _ledgers.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    [InlineData("postgresql")]
    public async Task M11_ARunningServiceObeysLimitsStopsAndGrantsAtItsNextCall(string kind)
    {
        (string Ledger, string Name) one = _ledgers.New(kind);
        ISpendLedger ledger = await ToolLedgers.OpenAsync(one);
        PriceCatalog prices = PriceCatalog.Empty.With("m", ModelPrice.PerMillionTokens(1_000m, 1_000m));
        var tracker = new CostTracker([Budget.Monthly("tenants", 10m).PerTag("tenant"), Budget.Monthly("watch", 1m) with { Enforcement = Enforcement.Observe }], prices, ledger);

        Assert.True(await AdmitsAsync(tracker, "acme", 5));
        Assert.Equal(0, (await RunAsync(one, "stop", "tenants", "--key", "acme", "--reason", "Ada: runaway agent")).Code);
        Assert.False(await AdmitsAsync(tracker, "acme", 1));
        Assert.True(await AdmitsAsync(tracker, "other", 1));
        Assert.Contains("tenants [acme]  stopped", (await RunAsync(one, "list")).Output, StringComparison.Ordinal);
        Assert.Contains("Ada: runaway agent", (await RunAsync(one, "list")).Output, StringComparison.Ordinal);

        await RunAsync(one, "resume", "tenants", "--key", "acme");
        while (!await AdmitsAsync(tracker, "acme", 1))
        {
            // A refusal because of a stop reads the settings again after a quarter of a second.
            await Task.Yield();
        }

        await RunAsync(one, "set", "tenants", "3.5", "--reason", "less");
        Assert.False(await AdmitsAsync(tracker, "third", 4));
        Assert.True(await AdmitsAsync(tracker, "third", 3));
        string[] grant = ["grant", "tenants", "4", "--key", "third", "--until", ledger.Clock.GetUtcNow().AddDays(1).ToString("O"), "--id", Guid.NewGuid().ToString(), "--reason", "more"];
        Assert.Contains("has 4 USD more", (await RunAsync(one, grant)).Output, StringComparison.Ordinal);
        Assert.Contains("given before", (await RunAsync(one, grant)).Output, StringComparison.Ordinal);
        Assert.True(await AdmitsAsync(tracker, "third", 4));
        Assert.False(await AdmitsAsync(tracker, "third", 1));

        // A budget that observes has its grant in the account that counts what it would have admitted.
        await RunAsync(one, "grant", "watch", "7", "--until", ledger.Clock.GetUtcNow().AddDays(1).ToString("O"), "--reason", "more");
        Assert.Equal(7_000_000_000, (await ledger.ReadAsync([new LedgerAccountQuery("watch/usd-shadow/", 0, 0)]))[0].Granted);

        await RunAsync(one, "set", "tenants", "none", "--reason", "back");
        Assert.True(await AdmitsAsync(tracker, "fourth", 9));
        Assert.Equal(2, (await RunAsync(one, "set", "tenants", "-1", "--reason", "wrong")).Code);
        (ledger as IDisposable)?.Dispose();
    }

    private static async Task<bool> AdmitsAsync(CostTracker tracker, string tenant, int dollars)
    {
        SpendReservation reservation = await tracker.ReserveAsync(new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = "m",
            Estimate = new TokenEstimate(dollars * 1_000, dollars * 1_000, TokenEstimateSource.Exact),
            OutputTokens = 0,
            Tags = new Dictionary<string, string> { ["tenant"] = tenant },
        });
        if (reservation.IsAdmitted)
        {
            await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = dollars * 1_000 } });
        }

        return reservation.IsAdmitted;
    }

    private static Task<(int Code, string Output)> RunAsync((string Ledger, string Name) one, params string[] arguments) =>
        ToolLedgers.RunAsync(BudgetCommand.Create(), [arguments[0], one.Ledger, .. arguments[1..], "--name", one.Name]);
}
