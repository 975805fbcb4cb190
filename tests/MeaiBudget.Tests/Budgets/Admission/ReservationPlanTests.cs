namespace MeaiBudget.Tests;

/// <summary>What an attempt takes from its budgets is worked out in objects that are used again: nothing of one attempt may get into another's.</summary>
public sealed class ReservationPlanTests
{
    private const int Tenants = 4;
    private const int Rounds = 500;

    [Fact]
    public async Task AttemptsOfManyTenantsAtOnceAreChargedToTheirOwnAccounts()
    {
        var tracker = new CostTracker(
            [
                Budget.Daily("tenant", 1_000m).PerTag("tenant"),
                Budget.Hourly("all", 100_000m) with { TokenLimit = 10_000_000_000 },
                Budget.Monthly("known", null) with { UnknownPriceBehavior = UnknownPriceBehavior.Deny },
            ],
            SpendRequests.Catalog);

        await Task.WhenAll(Enumerable.Range(0, Tenants).Select(tenant => Task.Run(async () =>
        {
            decimal dollars = (tenant + 1) * 0.001m;
            for (int round = 0; round < Rounds; round++)
            {
                SpendReservation reservation = await tracker.ReserveAsync(Of(tenant, dollars));
                Assert.Equal(dollars, reservation.NanoDollars / 1_000_000_000m);
                if (round % 3 == 0)
                {
                    // Refused on the way: more than the tenant may ever spend.
                    Assert.Equal("tenant", (await tracker.ReserveAsync(Of(tenant, 2_000m))).Refusal?.Budget);
                }

                if (round % 2 == 0)
                {
                    await tracker.SettleAsync(reservation, SpendRequests.Used(dollars));
                }
                else
                {
                    await tracker.ReleaseAsync(reservation);
                }
            }
        })));

        for (int tenant = 0; tenant < Tenants; tenant++)
        {
            BudgetStatus status = await tracker.GetStatusAsync("tenant", $"{tenant}");
            Assert.Equal((Rounds / 2 * (tenant + 1) * 0.001m, 0m), (status.Spent, status.Held));
        }

        BudgetStatus all = await tracker.GetStatusAsync("all");
        Assert.Equal((Rounds / 2 * 0.010m, 0m), (all.Spent, all.Held));
    }

    [Fact]
    public async Task WhatWasRefusedInBetweenLeavesNothingBehind()
    {
        var tracker = new CostTracker([Budget.Daily("day", 1_000m)], SpendRequests.Catalog);
        SpendReservation first = await tracker.ReserveAsync(Of(0, 0.5m));
        SpendReservation unknown = await tracker.ReserveAsync(Of(0, 0.5m) with { ModelId = "nobody-knows-it" });
        SpendReservation again = await tracker.ReserveAsync(Of(0, 0.25m));

        await tracker.SettleAsync(first, SpendRequests.Used(0.5m));
        await tracker.SettleAsync(again, SpendRequests.Used(0.25m));

        Assert.Equal(RefusalReason.UnknownPrice, unknown.Refusal?.Reason);
        Assert.Equal(0.75m, (await tracker.GetStatusAsync("day")).Spent);
    }

    private static SpendRequest Of(int tenant, decimal dollars) =>
        SpendRequests.Of(dollars, tags: new Dictionary<string, string> { ["tenant"] = $"{tenant}" });
}
