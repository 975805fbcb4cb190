namespace MeaiBudget.Tests;

public class CostArithmeticTests
{
    private static readonly ModelPrice Sonnet = ModelPrice.PerMillionTokens(3m, 15m, cachedInput: 0.30m, cacheWrite: 3.75m, cacheWriteOneHour: 6m);

    [Fact]
    public void AFeeOutOfRangeIsNamedAsItsParameter()
    {
        Assert.Equal("perRequest", Assert.Throws<ArgumentOutOfRangeException>(() => Sonnet.WithFees(perRequest: -0.01m)).ParamName);
        Assert.Equal("perWebSearch", Assert.Throws<ArgumentOutOfRangeException>(() => Sonnet.WithFees(perWebSearch: 1_001m)).ParamName);
        Assert.Equal("perFileSearch", Assert.Throws<ArgumentOutOfRangeException>(() => Sonnet.WithFees(perFileSearch: -1m)).ParamName);
        Assert.Equal("perCodeExecutionSession", Assert.Throws<ArgumentOutOfRangeException>(() => Sonnet.WithFees(perCodeExecutionSession: -1m)).ParamName);
    }

    [Fact]
    public void D1_CachedTokensAreNotBilledAtTheInputPriceAsWell()
    {
        var price = ModelPrice.PerMillionTokens(1.25m, 10m, cachedInput: 0.625m);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 262_960, CachedInputTokens = 257_955, OutputTokens = 1_744 });

        // 5,005 x 1.25 + 257,955 x 0.625 + 1,744 x 10
        Assert.Equal(0.184918125m, cost.Amount);
        Assert.Equal(CostKind.Computed, cost.Kind);
    }

    [Fact]
    public void D2_CacheWritesAreBilledOnce()
    {
        Cost cost = Sonnet.CostOf(new BillableUsage { InputTokens = 3 + 12_304, CacheWriteTokens = 12_304, OutputTokens = 550 });

        Assert.Equal(0.054399m, cost.Amount);
    }

    [Fact]
    public void D3_APromptThatIsNearlyAllCachedCostsTheCachedPrice()
    {
        var price = ModelPrice.PerMillionTokens(1.4m, 4.4m, cachedInput: 0.26m);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 27_147, CachedInputTokens = 27_146, OutputTokens = 351 });

        Assert.Equal(0.00860376m, cost.Amount);
    }

    [Theory]
    [InlineData(0.5, 0.05, 0.5, 3, 20_212, 16_298, 0, 931, "0.0055649")]
    [InlineData(1.25, 0.125, 1.25, 10, 51_232 + 1_188_096, 1_188_096, 0, 12_909, "0.341642")]
    [InlineData(1, 0.1, 1.25, 5, 17_111, 17_102, 0, 0, "0.0017192")]
    [InlineData(5, 0.5, 6.25, 25, 6 + 159_217, 0, 159_217, 2_745, "1.063761250")]
    public void D4_KnownOverchargesOfOthersComeOutRight(double input, double cached, double write, double output, long tokens, long read, long written, long answer, string expected)
    {
        var price = ModelPrice.PerMillionTokens((decimal)input, (decimal)output, cachedInput: (decimal)cached, cacheWrite: (decimal)write);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = tokens, CachedInputTokens = read, CacheWriteTokens = written, OutputTokens = answer });

        Assert.Equal(decimal.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), cost.Amount);
    }

    [Fact]
    public void D5_ImageTokensInsideTheCachedPartAreNotBilledTwice()
    {
        var price = ModelPrice.PerMillionTokens(1m, 2m, cachedInput: 0.1m);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 100, CachedInputTokens = 90, InputImageTokens = 80, OutputTokens = 10 });

        Assert.Equal(0.000039m, cost.Amount);
    }

    [Fact]
    public void D6_TheUncachedSliceGivenAsTheWholeIsNeverANegativeCost()
    {
        Cost cost = Sonnet.CostOf(new BillableUsage { InputTokens = 3, CachedInputTokens = 5_000, CacheWriteTokens = 1_000, OutputTokens = 10 });

        Assert.Equal((5_000 * 0.30m + 1_000 * 3.75m + 10 * 15m) / 1_000_000m, cost.Amount);
        Assert.True(cost.Flags.HasFlag(CostFlags.InconsistentUsage));
    }

    [Fact]
    public void D6_NegativeCountsAreBilledAsNothingAndFlagged()
    {
        Cost cost = Sonnet.CostOf(new BillableUsage { InputTokens = -5, CachedInputTokens = -1, OutputTokens = long.MinValue });

        Assert.Equal(0, cost.NanoDollars);
        Assert.True(cost.Flags.HasFlag(CostFlags.InconsistentUsage));
    }

    [Fact]
    public void D7_AnHoursCacheWriteHasItsOwnPrice()
    {
        Cost split = Sonnet.CostOf(new BillableUsage { InputTokens = 1_000, CacheWriteTokens = 400, CacheWriteOneHourTokens = 600 });
        Cost unstated = Sonnet.CostOf(new BillableUsage { InputTokens = 1_000, CacheWriteTokens = 1_000, IsCacheWriteDurationAssumed = true });

        Assert.Equal((400 * 3.75m + 600 * 6m) / 1_000_000m, split.Amount);
        Assert.Equal(CostFlags.None, split.Flags);
        Assert.Equal(CostFlags.AssumedCacheWriteDuration, unstated.Flags);
    }

    [Fact]
    public void D7_AReservationReckonsWithTheDearestWayToBillInput() =>
        Assert.Equal(6_000_000, Sonnet.WorstCaseNanoDollars(1_000, 0));

    [Fact]
    public void D8_AMissingCacheWritePriceFallsBackToTheInputPriceOrMore()
    {
        var price = ModelPrice.PerMillionTokens(3m, 15m, cachedInput: 0.30m);

        Cost fiveMinutes = price.CostOf(new BillableUsage { InputTokens = 1_000_000, CacheWriteTokens = 1_000_000 });
        Cost oneHour = price.CostOf(new BillableUsage { InputTokens = 1_000_000, CacheWriteOneHourTokens = 1_000_000 });

        Assert.Equal((3m, CostFlags.AssumedCachePrice), (fiveMinutes.Amount, fiveMinutes.Flags));
        Assert.Equal((6m, CostFlags.AssumedCachePrice), (oneHour.Amount, oneHour.Flags));
    }

    [Fact]
    public void D9_AMissingCachedPriceIsTheInputPriceAndNotZero()
    {
        Cost cost = ModelPrice.PerMillionTokens(3m, 15m).CostOf(new BillableUsage { InputTokens = 1_000_000, CachedInputTokens = 1_000_000 });

        Assert.Equal((3m, CostFlags.AssumedCachePrice), (cost.Amount, cost.Flags));
    }

    [Theory]
    [InlineData("flex", 0.625, CostFlags.None)]
    [InlineData("Flex", 0.625, CostFlags.None)]
    [InlineData("priority", 2.5, CostFlags.None)]
    [InlineData(null, 1.25, CostFlags.None)]
    [InlineData("default", 1.25, CostFlags.None)]
    [InlineData("standard", 1.25, CostFlags.None)]
    [InlineData("batch", 1.25, CostFlags.AssumedServiceTierPrice)]
    public void D10_TheServiceTierThatAnsweredIsBilled(string? tier, double expected, CostFlags flags)
    {
        ModelPrice price = ModelPrice.PerMillionTokens(1.25m, 10m)
            .WithServiceTier("flex", ModelPrice.PerMillionTokens(0.625m, 5m))
            .WithServiceTier("priority", ModelPrice.PerMillionTokens(2.5m, 20m));

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 1_000_000, ServiceTier = tier });

        Assert.Equal(((decimal)expected, flags), (cost.Amount, cost.Flags));
    }

    [Fact]
    public void D11_ATierWithoutALongContextBracketTakesTheStandardOneInItsProportion()
    {
        ModelPrice price = ModelPrice.PerMillionTokens(2.5m, 15m)
            .WithBracket(272_000, ModelPrice.PerMillionTokens(5m, 22.5m))
            .WithServiceTier("priority", ModelPrice.PerMillionTokens(5m, 30m));

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 300_000, OutputTokens = 1_000, ServiceTier = "priority" });

        Assert.Equal((300_000 * 10m + 1_000 * 45m) / 1_000_000m, cost.Amount);
        Assert.Equal(CostFlags.LongContext | CostFlags.AssumedServiceTierPrice, cost.Flags);
    }

    [Fact]
    public void D11_ATierBracketThatIsStatedIsUsedAsItStands()
    {
        ModelPrice price = ModelPrice.PerMillionTokens(2.5m, 15m)
            .WithServiceTier("priority", ModelPrice.PerMillionTokens(5m, 30m).WithBracket(272_000, ModelPrice.PerMillionTokens(9m, 40m)))
            .WithBracket(272_000, ModelPrice.PerMillionTokens(5m, 22.5m));

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 300_000, ServiceTier = "priority" });

        Assert.Equal((2.7m, CostFlags.LongContext), (cost.Amount, cost.Flags));
    }

    [Fact]
    public void D11_ADearTierWithoutAnyPriceIsReckonedAtTheDearestKnownProportion()
    {
        var price = ModelPrice.PerMillionTokens(2m, 8m);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 1_000_000, ServiceTier = "priority" });

        Assert.Equal((5m, CostFlags.AssumedServiceTierPrice), (cost.Amount, cost.Flags));
        Assert.Equal(5_000_000_000, price.WorstCaseNanoDollars(1_000_000, 0, "priority"));
    }

    [Theory]
    [InlineData(199_999, 3, 15, CostFlags.None)]
    [InlineData(200_000, 3, 15, CostFlags.None)]
    [InlineData(200_001, 6, 22.5, CostFlags.LongContext)]
    public void D12_TheBracketBeginsOneTokenAboveItsThresholdAndCountsCachedInput(long input, double rate, double outputRate, CostFlags flags)
    {
        ModelPrice price = ModelPrice.PerMillionTokens(3m, 15m, cachedInput: 0.3m).WithBracket(200_000, ModelPrice.PerMillionTokens(6m, 22.5m, cachedInput: 0.6m));

        Cost cost = price.CostOf(new BillableUsage { InputTokens = input, CachedInputTokens = 150_000, OutputTokens = 1_000 });

        decimal expected = ((input - 150_000) * (decimal)rate + 150_000 * (decimal)rate / 10m + 1_000 * (decimal)outputRate) / 1_000_000m;
        Assert.Equal((expected, flags), (cost.Amount, cost.Flags));
    }

    [Theory]
    [InlineData(199_999, 0)]
    [InlineData(200_000, 0)]
    [InlineData(200_001, 1)]
    [InlineData(250_000, 50_000)]
    public void D12b_AMarginalBracketBillsOnlyTheTokensBeyondIt(long input, long beyond)
    {
        ModelPrice price = ModelPrice.PerMillionTokens(3m, 15m, cachedInput: 0.3m)
            .WithBracket(200_000, ModelPrice.PerMillionTokens(6m, 99m, cachedInput: 0.6m), PriceBracketMode.Marginal);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = input, CachedInputTokens = 150_000, OutputTokens = 1_000 });

        decimal expected = (150_000 * 0.3m + (input - 150_000 - beyond) * 3m + beyond * 6m + 1_000 * 15m) / 1_000_000m;
        Assert.Equal(expected, cost.Amount);
    }

    [Fact]
    public void D12b_AMarginalBracketMayCutThroughTheCachedPart()
    {
        ModelPrice price = ModelPrice.PerMillionTokens(3m, 15m, cachedInput: 0.3m)
            .WithBracket(100, ModelPrice.PerMillionTokens(6m, 15m, cachedInput: 0.6m), PriceBracketMode.Marginal);

        CostBreakdown breakdown = price.Explain(new BillableUsage { InputTokens = 200, CachedInputTokens = 150 });

        Assert.Equal((100 * 0.3m + 50 * 0.6m + 50 * 6m) / 1_000_000m, breakdown.Cost.Amount);
        Assert.Equal([100L, 50L, 50L], breakdown.Lines.Select(line => line.Quantity));
    }

    [Fact]
    public void D13_ReasoningIsBilledAsOutputOnce()
    {
        var same = ModelPrice.PerMillionTokens(1m, 10m);
        var distinct = ModelPrice.PerMillionTokens(1m, 10m, reasoning: 4m);
        var usage = new BillableUsage { InputTokens = 100, OutputTokens = 1_000, ReasoningTokens = 800 };

        Assert.Equal((100 * 1m + 1_000 * 10m) / 1_000_000m, same.CostOf(usage).Amount);
        Assert.Equal((100 * 1m + 200 * 10m + 800 * 4m) / 1_000_000m, distinct.CostOf(usage).Amount);
        Assert.Equal(CostFlags.None, same.CostOf(usage).Flags);
    }

    [Fact]
    public void D14_ImageAndAudioOutputHaveTheirOwnPrices()
    {
        var price = ModelPrice.PerMillionTokens(0.3m, 2.5m, outputAudio: 12m, outputImage: 30m, inputAudio: 1m);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 300, InputAudioTokens = 100, OutputTokens = 1_400, OutputImageTokens = 1_290, OutputAudioTokens = 10 });

        Assert.Equal((200 * 0.3m + 100 * 1m + 100 * 2.5m + 1_290 * 30m + 10 * 12m) / 1_000_000m, cost.Amount);
        Assert.Equal(CostFlags.None, cost.Flags);
    }

    [Fact]
    public void D14_MediaWithoutAPriceOfItsOwnIsFlagged() =>
        Assert.Equal(CostFlags.AssumedMediaPrice, ModelPrice.PerMillionTokens(1m, 2m).CostOf(new BillableUsage { InputTokens = 10, InputAudioTokens = 10, OutputTokens = 1 }).Flags);

    [Fact]
    public void B7_APriceAboveADollarATokenIsRefusedNamingTheUnit()
    {
        // 2.50 dollars a million tokens, written down as if for one.
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(() => ModelPrice.PerMillionTokens(2_500_000m, 10m));
        ArgumentOutOfRangeException thousand = Assert.Throws<ArgumentOutOfRangeException>(() => ModelPrice.PerThousandTokens(1_000.01m, 10m));

        Assert.Contains("US dollars per million tokens", exception.Message, StringComparison.Ordinal);
        Assert.Contains("US dollars per thousand tokens", thousand.Message, StringComparison.Ordinal);
        Assert.Equal(1_000_000m, ModelPrice.PerMillionTokens(1_000_000m, 1m).InputPerMillion);
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelPrice.PerMillionTokens(1m, -0.01m));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelPrice.PerThousandTokens(decimal.MaxValue, 1m));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelPrice.PerMillionTokens(1m, 1m).WithFees(perRequest: 1_001m));
    }

    [Fact]
    public void FeesAreBilledForEachUseAndMissingOnesAreFlagged()
    {
        ModelPrice price = ModelPrice.PerMillionTokens(1m, 1m).WithFees(perRequest: 0.005m, perWebSearch: 0.01m);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 1_000, WebSearches = 3, CodeExecutionSessions = 1 });

        Assert.Equal((0.001m + 0.005m + 0.03m, CostFlags.MissingFee), (cost.Amount, cost.Flags));
        Assert.Equal(6_000_000, price.WorstCaseNanoDollars(1_000, 0));
    }

    [Fact]
    public void AStatedCostWinsButAStatedZeroOfAPricedModelDoesNot()
    {
        var price = ModelPrice.PerMillionTokens(1m, 2m);
        var usage = new BillableUsage { InputTokens = 1_000, OutputTokens = 1_000 };

        Cost stated = price.CostOf(usage with { ProviderStatedCost = 0.0123456789m });
        Cost zero = price.CostOf(usage with { ProviderStatedCost = 0m });
        Cost negative = price.CostOf(usage with { ProviderStatedCost = -1m });

        Assert.Equal((12_345_679, CostKind.ProviderStated), (stated.NanoDollars, stated.Kind));
        Assert.Equal((0.003m, CostKind.Computed, CostFlags.StatedCostIgnored), (zero.Amount, zero.Kind, zero.Flags));
        Assert.Equal((0.003m, CostFlags.StatedCostIgnored), (negative.Amount, negative.Flags));
        Assert.Equal(CostKind.ProviderStated, ModelPrice.Free.CostOf(usage with { ProviderStatedCost = 0m }).Kind);
    }

    [Fact]
    public void AnEstimatedUsageIsAnEstimatedCost() =>
        Assert.Equal(CostKind.Estimated, Sonnet.CostOf(new BillableUsage { InputTokens = 1, IsEstimated = true }).Kind);

    [Fact]
    public void NoUsageOfAPricedModelIsNotSilentlyZero()
    {
        Assert.True(default(BillableUsage).IsEmpty);
        Assert.Equal(CostFlags.NoUsage, Sonnet.CostOf(default).Flags);
        Assert.Equal(CostFlags.None, ModelPrice.Free.CostOf(default).Flags);
    }

    [Theory]
    [InlineData(0.0000005, 0)]
    [InlineData(0.0000015, 2)]
    [InlineData(0.0000025, 2)]
    [InlineData(0.0000035, 4)]
    public void SettlingRoundsHalfToEvenAndReservingUp(double perThousand, long settled)
    {
        // One token costs half a nano-dollar and so on.
        var price = ModelPrice.PerThousandTokens((decimal)perThousand, 0m);

        Assert.Equal(settled, price.CostOf(new BillableUsage { InputTokens = 1 }).NanoDollars);
        Assert.Equal((long)Math.Ceiling((decimal)perThousand * 1_000_000m), price.WorstCaseNanoDollars(1, 0));
    }

    [Fact]
    public void WhatCannotBeHeldIsTheLargestAmountAndFlagged()
    {
        var price = ModelPrice.PerMillionTokens(1_000_000m, 1_000_000m);

        Cost cost = price.CostOf(new BillableUsage { InputTokens = long.MaxValue, OutputTokens = long.MaxValue });

        Assert.Equal(long.MaxValue, cost.NanoDollars);
        Assert.True(cost.Flags.HasFlag(CostFlags.Saturated));
        Assert.Equal(long.MaxValue, price.WorstCaseNanoDollars(long.MaxValue, long.MaxValue));
    }
}
