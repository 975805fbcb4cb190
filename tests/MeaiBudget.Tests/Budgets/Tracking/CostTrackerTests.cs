namespace MeaiBudget.Tests;

public sealed class CostTrackerTests : CostTrackerScene
{
    [Fact]
    public async Task WhatWasUsedIsChargedAndTheRestGivenBack()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        Assert.True(reservation.IsAdmitted);
        Assert.Equal(0.4m, (await tracker.GetStatusAsync("day")).Held);

        Cost cost = await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m));
        Assert.Equal(0.3m, cost.Amount);
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.3m, 0m, 0.7m, 1m), (status.Spent, status.Held, status.Remaining, status.Coverage));
        Assert.Equal(new DateTimeOffset(2026, 3, 11, 0, 0, 0, TimeSpan.Zero), status.ResetsAt);
    }

    [Fact]
    public void AllowReservesNothingAndSpendCharges()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        Assert.True(tracker.Allow(SpendRequests.Model, 500, 500));
        Assert.True(tracker.Allow(SpendRequests.Model, 500, 500));
        Assert.False(tracker.Allow(SpendRequests.Model, 501, 500));
        Assert.Equal(0.8m, tracker.Spend(SpendRequests.Model, 300, 500).Amount);
        Assert.False(tracker.Allow(SpendRequests.Model, 201, 0));
        Assert.True(tracker.Allow(SpendRequests.Model, 200, 0));

        // Money that was spent already is charged beyond the limit.
        Assert.Equal(5m, tracker.Spend(SpendRequests.Model, 5000, 0).Amount);
        Assert.Throws<ArgumentOutOfRangeException>(() => tracker.Allow(SpendRequests.Model, -1, 0));
        Assert.Throws<ArgumentException>(() => tracker.Spend(" ", 1, 0));
    }

    [Fact]
    public async Task A2_ParallelFirstCallsOfAnUnknownTenantAreBoundByItsDefaultLimit()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("tenant", 0m).PerTag("tenant"));
        var tags = new Dictionary<string, string> { ["tenant"] = "never seen" };
        SpendReservation[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(() => tracker.ReserveAsync(SpendRequests.Of(0.01m, tags: tags)).AsTask())));
        Assert.DoesNotContain(answers, answer => answer.IsAdmitted);
        Assert.All(answers, answer => Assert.Equal("never seen", answer.Refusal!.Key));
        Assert.Equal(0, Ledger.AccountCount);
    }

    [Fact]
    public async Task A4_AModelWithoutAKnownPriceIsRefusedForThatReason()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation refused = await tracker.ReserveAsync(SpendRequests.Of(0.1m) with { ModelId = "who knows" });
        Assert.Equal(RefusalReason.UnknownPrice, refused.Refusal!.Reason);
        Assert.Equal("day", refused.Refusal.Budget);
    }

    [Fact]
    public async Task A4_AnAssumedPriceIsReservedAndCharged()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m) with
        {
            UnknownPriceBehavior = UnknownPriceBehavior.AssumePrice(ModelPrice.PerThousandTokens(2m, 2m)),
        });
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.3m) with { ModelId = "who knows" });
        Assert.Equal(600_000_000, reservation.NanoDollars);
        Cost cost = await tracker.SettleAsync(reservation, SpendRequests.Used(0.2m));
        Assert.Equal((0.4m, CostKind.Estimated), (cost.Amount, cost.Kind));
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.4m, 0m), (status.Spent, status.Coverage));
    }

    [Fact]
    public async Task D15_WhatPassesUnpricedLowersTheCoverage()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m) with { UnknownPriceBehavior = UnknownPriceBehavior.AllowUnpriced });
        await SpendAsync(tracker, SpendRequests.Of(0.3m), 0.3m);
        await SpendAsync(tracker, SpendRequests.Of(0.1m) with { ModelId = "who knows" }, 0.1m);
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.3m, 0.75m), (status.Spent, status.Coverage));
        Assert.Single(Observer.Of(BudgetEventKind.Unpriced));
    }

    [Fact]
    public async Task A6_ALongPromptIsReservedAtThePriceOfItsBracket()
    {
        PriceCatalog catalog = PriceCatalog.Empty.With(
            "long", ModelPrice.PerMillionTokens(1m, 1m).WithBracket(272_000, ModelPrice.PerMillionTokens(2m, 2m)));
        var tracker = new CostTracker([Budget.Daily("day", 0.6m)], catalog, Ledger);
        SpendReservation reservation = await tracker.ReserveAsync(new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = "long",
            Estimate = new TokenEstimate(300_000, 300_000, TokenEstimateSource.Exact),
            OutputTokens = 0,
        });
        Assert.Equal(600_000_000, reservation.NanoDollars);
        Assert.True(reservation.IsAdmitted);
    }

    [Fact]
    public async Task A7_WhatDoesNotFitIsNeverAdmittedButToldWhatWould()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        await SpendAsync(tracker, SpendRequests.Of(0.8m), 0.8m);
        SpendReservation held = await tracker.ReserveAsync(SpendRequests.Of(0.05m));
        SpendReservation refused = await tracker.ReserveAsync(SpendRequests.Of(0.1m) with { OutputTokens = 500 });

        SpendRefusal refusal = refused.Refusal!;
        Assert.Equal(RefusalReason.Spent, refusal.Reason);
        Assert.Equal((1m, 0.8m, 0.05m, 0.6m), (refusal.Limit, refusal.Spent, refusal.Held, refusal.Wanted));
        Assert.Equal((100, 50), (refusal.PayableOutputTokens, refusal.FreeOutputTokens));
        Assert.Equal(new DateTimeOffset(2026, 3, 11, 0, 0, 0, TimeSpan.Zero), refusal.ResetsAt);
        Assert.Equal(TimeSpan.FromHours(12), refusal.RetryAfter);

        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.1m) with { OutputTokens = 50 })).IsAdmitted);
        SpendRefusal notEvenInput = (await tracker.ReserveAsync(SpendRequests.Of(0.3m))).Refusal!;
        Assert.Equal((-1, -1), (notEvenInput.PayableOutputTokens, notEvenInput.FreeOutputTokens));
        await tracker.ReleaseAsync(held);
    }

    [Fact]
    public async Task HeldIsNotSpent()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation open = await tracker.ReserveAsync(SpendRequests.Of(0.9m));
        SpendRefusal refusal = (await tracker.ReserveAsync(SpendRequests.Of(0.2m))).Refusal!;
        Assert.Equal(RefusalReason.Held, refusal.Reason);
        Assert.NotNull(refusal.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(2), refusal.MaxWait);
        await tracker.ReleaseAsync(open);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.2m))).IsAdmitted);
    }

    [Fact]
    public async Task A8_ZeroBlocksEverythingPaidAndNullNothing()
    {
        CostTracker none = TrackerOf(Budget.Daily("none", 0m));
        Assert.Equal(RefusalReason.Spent, (await none.ReserveAsync(SpendRequests.Of(0.001m))).Refusal!.Reason);
        Assert.True((await none.ReserveAsync(SpendRequests.Of(0.001m) with { IsFree = true, ModelId = "local" })).IsAdmitted);
        CostTracker unlimited = TrackerOf(Budget.Daily("unlimited", null));
        SpendReservation reservation = await unlimited.ReserveAsync(SpendRequests.Of(1_000_000m));
        Assert.True(reservation.IsAdmitted);
        Assert.False(reservation.IsEnforced);
    }

    [Fact]
    public async Task A13_AnExhaustedBudgetStillAdmitsWhatIsKnownToBeFree()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation over = await tracker.ReserveAsync(SpendRequests.Of(1m));
        await tracker.SettleAsync(over, SpendRequests.Used(2m));
        SpendRequest local = SpendRequests.Of(100m) with
        {
            ModelId = "llama3.2",
            Provider = "ollama",
            ProviderUri = new Uri("http://localhost:11434"),
            OutputTokens = 10_000,
        };
        SpendReservation reservation = await tracker.ReserveAsync(local);
        Assert.True(reservation.IsAdmitted);
        Assert.Equal(PriceMatch.Free, reservation.Price.Match);
        Assert.Equal(0m, (await tracker.SettleAsync(reservation, SpendRequests.Used(100m))).Amount);
        Assert.Equal(2m, (await tracker.GetStatusAsync("day")).Spent);

        SpendReservation cloud = await tracker.ReserveAsync(local with { CallId = Guid.NewGuid(), ModelId = "gpt-oss:120b-cloud" });
        Assert.Equal(RefusalReason.UnknownPrice, cloud.Refusal!.Reason);
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.01m))).IsAdmitted);
    }

    [Theory]
    [InlineData("flex", null, 0.5)]
    [InlineData("flex", "default", 1.0)]
    [InlineData("flex", "priority", 2.0)]
    [InlineData(null, "flex", 0.5)]
    [InlineData(null, null, 1.0)]
    public async Task D10_TheTierThatAnsweredIsBilledElseTheOneThatWasAskedFor(string? asked, string? answered, double expected)
    {
        ModelPrice price = ModelPrice.PerThousandTokens(1m, 1m)
            .WithServiceTier("flex", ModelPrice.PerThousandTokens(0.5m, 0.5m)).WithServiceTier("priority", ModelPrice.PerThousandTokens(2m, 2m));
        var tracker = new CostTracker([Budget.Daily("day", 10m)], PriceCatalog.Empty.With("tiered", price), Ledger);
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(1m) with { ModelId = "tiered", ServiceTier = asked });

        Cost cost = await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 1000, ServiceTier = answered } });

        Assert.Equal(((decimal)expected, (decimal)expected), (cost.Amount, (await tracker.GetStatusAsync("day")).Spent));
    }

    [Fact]
    public async Task TheModelThatAnsweredIsChargedUnlessTheApplicationGaveAPrice()
    {
        PriceCatalog catalog = PriceCatalog.Default;
        var tracker = new CostTracker([Budget.Daily("day", 100m)], catalog, Ledger);
        SpendRequest request = SpendRequests.Of(1m) with { ModelId = "gpt-4o" };
        BillableUsage usage = new() { InputTokens = 1_000_000 };
        SpendReservation reservation = await tracker.ReserveAsync(request);
        Cost cost = await tracker.SettleAsync(reservation, new SpendSettlement { Usage = usage, ResponseModelId = "gpt-4o-mini" });
        Assert.Equal(catalog.Resolve("gpt-4o-mini").Price!.CostOf(usage).Amount, cost.Amount);

        // D17: the dated id of the answer must not lose the price that was given for the configured one.
        var own = new CostTracker([Budget.Daily("day", 100m)], catalog.With("gpt-4o", ModelPrice.PerMillionTokens(7m, 7m)), new InMemorySpendLedger(Clock));
        reservation = await own.ReserveAsync(request);
        cost = await own.SettleAsync(reservation, new SpendSettlement { Usage = usage, ResponseModelId = "gpt-4o-2024-08-06" });
        Assert.Equal(7m, cost.Amount);
    }

    [Fact]
    public async Task InputThatCannotBeBoundedIsRefusedOrReservedAtTheWindow()
    {
        SpendRequest files = SpendRequests.Of(0.1m) with
        {
            ModelId = "gpt-4o",
            Estimate = new TokenEstimate(100, 100, TokenEstimateSource.Exact) { Flags = TokenEstimateFlags.HostedFiles },
        };
        var refusing = new CostTracker([Budget.Daily("day", 100m)], null, Ledger);
        Assert.Equal(RefusalReason.UnboundedInput, (await refusing.ReserveAsync(files)).Refusal!.Reason);

        var reserving = new CostTracker(
            [Budget.Daily("day", 100m) with { UnboundedInputBehavior = UnboundedInputBehavior.ReserveContextWindow }], null, Ledger);
        SpendReservation reservation = await reserving.ReserveAsync(files);
        PriceResolution price = PriceCatalog.Default.Resolve("gpt-4o");
        Assert.Equal(price.Price!.WorstCaseNanoDollars(price.Limits!.ContextWindow!.Value, 0), reservation.NanoDollars);
        Assert.True((await refusing.ReserveAsync(files with { IsFree = true, ModelId = "local" })).IsAdmitted);
    }

    [Fact]
    public async Task TokenAndRequestLimitsHoldToo()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", null) with { TokenLimit = 1000, RequestLimit = 2 });
        SpendRefusal tokens = (await tracker.ReserveAsync(SpendRequests.Of(0.9m) with { OutputTokens = 200 })).Refusal!;
        Assert.Equal(("tokens", 1000m, 1100m, 100L), (tokens.Unit, tokens.Limit, tokens.Wanted, tokens.PayableOutputTokens));
        await SpendAsync(tracker, SpendRequests.Of(0.1m), 0.1m);
        await SpendAsync(tracker, SpendRequests.Of(0.1m), 0.1m);
        Assert.Equal("requests", (await tracker.ReserveAsync(SpendRequests.Of(0.1m))).Refusal!.Unit);
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((200L, 2L), (status.Tokens, status.Requests));
    }

    [Fact]
    public async Task AQuoteIsWhatReservingWouldSay()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        await tracker.ReserveAsync(SpendRequests.Of(0.7m));
        foreach (decimal dollars in new[] { 0.1m, 0.3m, 0.301m, 2m })
        {
            SpendRequest request = SpendRequests.Of(dollars);
            BudgetQuote quote = await tracker.QuoteAsync(request);
            Assert.Equal(dollars, quote.WorstCase);
            Assert.Equal(dollars, quote.ExpectedInput.Amount);
            SpendReservation answer = await tracker.ReserveAsync(request);
            Assert.Equal(answer.IsAdmitted, quote.IsAdmitted);
            Assert.Equal(answer.Refusal, quote.Refusal);
            if (answer.IsAdmitted)
            {
                await tracker.ReleaseAsync(answer);
            }
        }
    }

    [Fact]
    public async Task ManyTenantsInTurnsKeepTheirAccountsAndPeriods()
    {
        const int Tenants = 600;
        CostTracker tracker = TrackerOf(Budget.Daily("day", 100_000m), Budget.Monthly("tenants", 10m).PerTag("tenant"), Budget.Daily("teams", 1_000m).PerTag("team"));
        for (int day = 0; day < 2; day++)
        {
            for (int i = 0; i < 2 * Tenants; i++)
            {
                int tenant = i * 7 % Tenants;
                var tags = new Dictionary<string, string> { ["tenant"] = $"t{tenant}", ["team"] = $"t{tenant % 3}" };
                await SpendAsync(tracker, SpendRequests.Of(1m, tags: tags), 0.5m);
            }

            Assert.Equal(Tenants, (await tracker.GetStatusAsync("day")).Spent);
            Assert.Equal(Tenants / 3, (await tracker.GetStatusAsync("teams", "t1")).Spent);
            Clock.Advance(TimeSpan.FromDays(1));
        }

        for (int tenant = 0; tenant < Tenants; tenant++)
        {
            Assert.Equal((2m, 0m), ((await tracker.GetStatusAsync("tenants", $"t{tenant}")).Spent, (await tracker.GetStatusAsync("tenants", $"t{tenant}")).Held));
        }
    }

    [Fact]
    public async Task CallsWhoseIdsHaveTheSamePartsInAnotherOrderAreDifferent()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 10m));
        Guid[] calls = [new(1, 0, 0, new byte[8]), new(0, 1, 0, new byte[8]), new(0, 0, 0, [1, 0, 0, 0, 0, 0, 0, 0])];
        var reservations = new List<SpendReservation>();
        foreach (Guid call in calls)
        {
            reservations.Add(await tracker.ReserveAsync(SpendRequests.Of(1m, call)));
            reservations.Add(await tracker.ReserveAsync(SpendRequests.Of(1m, call, attempt: 2)));
        }

        Assert.Equal(6m, (await tracker.GetStatusAsync("day")).Held);
        foreach (SpendReservation reservation in reservations)
        {
            await tracker.SettleAsync(reservation, SpendRequests.Used(0.25m));
        }

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((1.5m, 0m), (status.Spent, status.Held));
    }
}
