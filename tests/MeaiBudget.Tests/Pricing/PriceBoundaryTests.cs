namespace MeaiBudget.Tests;

/// <summary>The values at which the arithmetic of prices changes its answer, on both sides.</summary>
public class PriceBoundaryTests
{
    private static readonly ModelPrice Price = ModelPrice.PerMillionTokens(1m, 10m);

    [Theory]
    [InlineData("9223372036.854775806", long.MaxValue - 1)]
    [InlineData("9223372036.854775807", long.MaxValue)]
    [InlineData("9223372036.854775808", long.MaxValue)]
    [InlineData("10000000000", long.MaxValue)]
    [InlineData("79228162514264337593543950335", long.MaxValue)]
    [InlineData("0.0000000005", 0)]
    [InlineData("0.0000000015", 2)]
    public void DollarsBecomeNanoDollarsUpToTheLargest(string dollars, long expected) =>
        Assert.Equal(expected, Money.ToNanoDollars(decimal.Parse(dollars, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(499_999_999, 0, 1)]
    [InlineData(500_000_000, 0, 1)]
    [InlineData(500_000_001, 1, 1)]
    [InlineData(999_999_999, 1, 1)]
    [InlineData(1_000_000_000, 1, 1)]
    [InlineData(1_000_000_001, 1, 2)]
    [InlineData(1_500_000_000, 2, 2)]
    [InlineData(2_500_000_000, 2, 3)]
    public void HalfANanoDollarIsRoundedToTheEvenOne(long attodollars, long even, long up)
    {
        Assert.Equal((even, up), (Money.RoundHalfEven(attodollars), Money.RoundUp(attodollars)));

        // Beyond the range of 64 bits the same holds.
        Int128 large = (Int128)10_000_000_000 * 1_000_000_000;
        Assert.Equal((10_000_000_000 + even, 10_000_000_000 + up), (Money.RoundHalfEven(large + attodollars), Money.RoundUp(large + attodollars)));
    }

    [Fact]
    public void SumsAboveTheLargestAmountBecomeTheLargest()
    {
        Int128 largest = (Int128)long.MaxValue * 1_000_000_000;

        Assert.Equal(long.MaxValue - 1, Money.RoundUp(largest - 1_000_000_000));
        Assert.Equal(long.MaxValue, Money.RoundUp(largest));
        Assert.Equal(long.MaxValue, Money.RoundUp(largest + 1));
        Assert.Equal(long.MaxValue, Money.RoundHalfEven(largest * 1_000));
    }

    [Fact]
    public void AttodollarsBecomeDollarsWithTheirFraction() => Assert.Equal(3.000000000000000002m, Money.FromAttodollars((Int128)3_000_000_000_000_000_002));

    [Fact]
    public void AFeeOfManyDollarsIsKeptInFull() => Assert.Equal(999.5m, Price.WithFees(perRequest: 999.5m).CostOf(new BillableUsage()).Amount);

    [Fact]
    public void TheOutputThatAnAmountPaysIsCountedAfterTheInput()
    {
        // 100 tokens of input cost 100,000 nano-dollars, a token of output 10,000.
        Assert.Equal(-1, Price.PayableOutputTokens(99_999, 100));
        Assert.Equal(0, Price.PayableOutputTokens(100_000, 100));
        Assert.Equal(0, Price.PayableOutputTokens(109_999, 100));
        Assert.Equal(1, Price.PayableOutputTokens(110_000, 100));
        Assert.Equal(long.MaxValue, ModelPrice.PerMillionTokens(1m, 0m).PayableOutputTokens(100_000, 100));
        Assert.Throws<ArgumentOutOfRangeException>(() => Price.PayableOutputTokens(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Price.WorstCaseNanoDollars(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Price.WorstCaseNanoDollars(0, -1));
    }

    [Fact]
    public void TheDearestOfSeveralPricesBoundsTheRequest()
    {
        ModelPrice either = Price.OrDearer([ModelPrice.PerMillionTokens(1m, 20m), ModelPrice.PerMillionTokens(2m, 1m)]);

        Assert.Equal(0, either.PayableOutputTokens(200_000, 100));
        Assert.Equal(5, either.PayableOutputTokens(205_000, 100));
        Assert.Equal(2_100_000, either.WorstCaseNanoDollars(100, 100));
        Assert.Equal(200_000, either.WorstCaseNanoDollars(100, 0));
    }

    [Fact]
    public void ABracketBeginsAboveItsThreshold()
    {
        ModelPrice whole = Price.WithBracket(100, ModelPrice.PerMillionTokens(2m, 30m));
        ModelPrice marginal = Price.WithMarginalBracket(100, ModelPrice.PerMillionTokens(3m, 30m));

        Assert.Equal(110_000, whole.WorstCaseNanoDollars(100, 1));
        Assert.Equal(232_000, whole.WorstCaseNanoDollars(101, 1));
        Assert.Equal(50_000, marginal.WorstCaseNanoDollars(50, 0));
        Assert.Equal(100_000, marginal.WorstCaseNanoDollars(100, 0));
        Assert.Equal(109_000, marginal.WorstCaseNanoDollars(103, 0));
        Assert.Equal(CostFlags.None, whole.CostOf(new BillableUsage { InputTokens = 100 }).Flags);
        Assert.Equal(CostFlags.LongContext, whole.CostOf(new BillableUsage { InputTokens = 101 }).Flags);
        Assert.Equal(CostFlags.LongContext, marginal.CostOf(new BillableUsage { InputTokens = 103 }).Flags);
        Assert.Equal(CostFlags.None, marginal.CostOf(new BillableUsage { InputTokens = 100 }).Flags);
        Assert.Equal(0.000109m, marginal.CostOf(new BillableUsage { InputTokens = 103 }).Amount);
    }

    [Fact]
    public void BracketsHoldInAnyOrder()
    {
        ModelPrice price = Price.WithMarginalBracket(200, ModelPrice.PerMillionTokens(3m, 10m)).WithMarginalBracket(100, ModelPrice.PerMillionTokens(2m, 10m));

        Assert.Equal(100_000 + 200_000 + 150_000, price.WorstCaseNanoDollars(250, 0));
        Assert.Equal(0.00045m, price.CostOf(new BillableUsage { InputTokens = 250 }).Amount);
    }

    [Theory]
    [InlineData("0.00999999", false)]
    [InlineData("0.01", true)]
    [InlineData("0", false)]
    [InlineData("10", true)]
    [InlineData("1000", true)]
    [InlineData("1000.01", false)]
    public void AStatedCostIsTakenFromAHundredthToAThousandTimes(string stated, bool isTaken)
    {
        decimal dollars = decimal.Parse(stated, System.Globalization.CultureInfo.InvariantCulture);

        Cost cost = Price.CostOf(new BillableUsage { InputTokens = 1_000_000, ProviderStatedCost = dollars });

        Assert.Equal(isTaken ? (dollars, CostKind.ProviderStated, CostFlags.None) : (1m, CostKind.Computed, CostFlags.StatedCostIgnored), (cost.Amount, cost.Kind, cost.Flags));
    }

    [Theory]
    [InlineData("10", true)]
    [InlineData("10.000000001", false)]
    public void AStatedCostOfUpToTenDollarsIsTakenForACheapRequest(string stated, bool isTaken)
    {
        Cost cost = Price.CostOf(new BillableUsage { InputTokens = 1_000, ProviderStatedCost = decimal.Parse(stated, System.Globalization.CultureInfo.InvariantCulture) });

        Assert.Equal(isTaken ? CostKind.ProviderStated : CostKind.Computed, cost.Kind);
    }

    [Fact]
    public void ZeroIsNoStatedCostOfARequestThatCostsLessThanAHundredNanoDollars()
    {
        var cheap = ModelPrice.PerMillionTokens(0.05m, 0.05m);

        Assert.Equal(CostFlags.StatedCostIgnored, cheap.CostOf(new BillableUsage { InputTokens = 1, ProviderStatedCost = 0m }).Flags);
        Assert.Equal(CostKind.ProviderStated, cheap.CostOf(new BillableUsage { InputTokens = 1, ProviderStatedCost = 0.000000001m }).Kind);
    }

    [Fact]
    public void ADoubtAboutTheUsageStaysWithAStatedCost()
    {
        Cost cost = Price.CostOf(new BillableUsage { InputTokens = 1_000_000, IsInconsistent = true, ProviderStatedCost = 1m });

        Assert.Equal((CostKind.ProviderStated, CostFlags.InconsistentUsage), (cost.Kind, cost.Flags));
        Assert.Equal(CostFlags.MissingFee, Price.CostOf(new BillableUsage { InputTokens = 1, HasUnknownFee = true }).Flags);
        Assert.Equal(CostFlags.None, Price.CostOf(new BillableUsage { InputTokens = 1, IsCacheWriteDurationAssumed = true }).Flags);
    }

    [Fact]
    public void TheLinesOfAStatedCostAreTheStatement()
    {
        CostLine line = Assert.Single(Price.Explain(new BillableUsage { InputTokens = 1_000_000, ProviderStatedCost = 0.9m }).Lines);

        Assert.Equal(new CostLine(PriceComponent.Stated, 1, 0.9m, 0.9m), line);
    }

    [Fact]
    public void EachLineHasItsUnitPriceAndItsPartOfTheRoundedTotal()
    {
        CostBreakdown found = Price.WithFees(perFileSearch: 0.0025m).Explain(new BillableUsage { InputTokens = 3, OutputTokens = 2, FileSearches = 4 });

        Assert.Equal(
            [new(PriceComponent.Input, 3, 0.000001m, 0.000003m), new(PriceComponent.Output, 2, 0.00001m, 0.00002m), new(PriceComponent.FileSearch, 4, 0.0025m, 0.01m)],
            found.Lines);
    }

    [Fact]
    public void FeesAreAddedForEachUse()
    {
        ModelPrice price = Price.WithFees(perRequest: 0.5m, perFileSearch: 0.25m, perCodeExecutionSession: 0.125m, perImage: 0.0625m, perPage: 2m, perAudioMinute: 6m, perMillionCharacters: 8m);
        var usage = new BillableUsage { FileSearches = 2, CodeExecutionSessions = 4, Images = 8, Pages = 3, AudioMilliseconds = 30_000, Characters = 500_000 };

        Cost cost = price.CostOf(usage);

        Assert.Equal(0.5m + 0.5m + 0.5m + 0.5m + 6m + 3m + 4m, cost.Amount);
        Assert.Equal(CostFlags.NoUsage & cost.Flags, cost.Flags);
    }

    [Fact]
    public void SearchesAreBilledByRequestByUseOrBoth()
    {
        var usage = new BillableUsage { InputTokens = 1_000_000, WebSearches = 3 };

        Assert.Equal(1.3m, Price.WithFees(perWebSearch: 0.1m).CostOf(usage).Amount);
        Assert.Equal(1.01m, Price.WithFees(perWebSearchRequest: 0.01m).CostOf(usage).Amount);
        Assert.Equal(1.31m, Price.WithFees(perWebSearch: 0.1m, perWebSearchRequest: 0.01m).CostOf(usage).Amount);
        Assert.Equal(1m, Price.WithFees(perWebSearch: 0.1m, perWebSearchRequest: 0.01m).CostOf(usage with { WebSearches = 0 }).Amount);
        Assert.Equal(CostFlags.MissingFee, Price.CostOf(usage).Flags);
    }

    [Fact]
    public void UsesThatCannotBeAreSaid()
    {
        ModelPrice price = Price.WithFees(perFileSearch: 0.25m, perAudioMinute: 6m);

        Assert.Equal(CostFlags.InconsistentUsage, price.CostOf(new BillableUsage { InputTokens = 1, FileSearches = -1 }).Flags);
        Assert.Equal(CostFlags.InconsistentUsage, price.CostOf(new BillableUsage { InputTokens = 1, AudioMilliseconds = -1 }).Flags);
        Assert.Equal(CostFlags.None, price.CostOf(new BillableUsage { InputTokens = 1, FileSearches = 1, AudioMilliseconds = 1 }).Flags);
        Assert.Equal(0.25m * int.MaxValue, price.CostOf(new BillableUsage { FileSearches = 1L + int.MaxValue }).Amount);
        Assert.Equal(CostFlags.InconsistentUsage, price.CostOf(new BillableUsage { InputTokens = 1, FileSearches = 1L + int.MaxValue }).Flags);
    }

    [Fact]
    public void AFeeOfZeroHasNoLine() =>
        Assert.Equal(PriceComponent.Input, Assert.Single(Price.WithFees(perFileSearch: 0m).Explain(new BillableUsage { InputTokens = 1, FileSearches = 2 }).Lines).Component);

    [Fact]
    public void APriceInTheUnitedStatesIsOnTopOfFastMode()
    {
        ModelPrice price = Price.WithServiceTier("fast", ModelPrice.PerMillionTokens(6m, 60m));

        Assert.Equal(1.1m, price.CostOf(new BillableUsage { InputTokens = 1_000_000, ServiceTier = "us_only" }).Amount);
        Assert.Equal(6.6m, price.CostOf(new BillableUsage { InputTokens = 1_000_000, ServiceTier = "fast+us_only" }).Amount);
        Assert.Equal(0m, ModelPrice.Free.CostOf(new BillableUsage { InputTokens = 1_000_000, ServiceTier = "fast+us_only" }).Amount);
    }

    [Fact]
    public void FastIsTheNewNameOfPriority()
    {
        ModelPrice price = Price.WithServiceTier("flex", ModelPrice.PerMillionTokens(0.5m, 5m)).WithServiceTier("priority", ModelPrice.PerMillionTokens(2m, 20m));

        Cost cost = price.CostOf(new BillableUsage { InputTokens = 1_000_000, ServiceTier = "fast" });

        Assert.Equal((2m, CostFlags.None), (cost.Amount, cost.Flags));
    }

    [Fact]
    public void AnAmountThatPaysMoreTokensThanCanBeCountedPaysTheMost() =>
        Assert.Equal(long.MaxValue, ModelPrice.PerMillionTokens(1m, 0.000_000_000_001m).PayableOutputTokens(long.MaxValue, 0));

    [Fact]
    public void AReservationHoldsALargeFeeInFull() => Assert.Equal(999_500_000_000, Price.WithFees(perRequest: 999.5m).WorstCaseNanoDollars(0, 0));

    [Fact]
    public void ADoubtIsSaidHoweverManyReasonsItHas()
    {
        ModelPrice price = Price.WithFees(perFileSearch: 0.25m, perAudioMinute: 6m, perPage: 1m);

        Assert.Equal(CostFlags.InconsistentUsage, price.CostOf(new BillableUsage { InputTokens = 1, IsInconsistent = true }).Flags);
        Assert.Equal(CostFlags.InconsistentUsage, price.CostOf(new BillableUsage { InputTokens = 1, FileSearches = -1, Pages = -1 }).Flags);
        Assert.Equal(CostFlags.InconsistentUsage, price.CostOf(new BillableUsage { InputTokens = 1, FileSearches = -1, AudioMilliseconds = -1 }).Flags);
        Assert.Equal(CostFlags.InconsistentUsage, price.CostOf(new BillableUsage { InputTokens = -1, OutputTokens = 1, CachedInputTokens = -1 }).Flags);
        Assert.Equal(CostFlags.MissingFee, Price.CostOf(new BillableUsage { InputTokens = 1, WebSearches = 1, FileSearches = 1 }).Flags);
        Assert.Equal(CostFlags.MissingFee, Price.CostOf(new BillableUsage { InputTokens = 1, WebSearches = 1, HasUnknownFee = true }).Flags);
        Assert.Equal(CostFlags.MissingFee, ModelPrice.Free.WithFees(perImage: 1m).CostOf(new BillableUsage { InputTokens = 1, HasUnknownFee = true }).Flags);
        Assert.Equal(CostFlags.AssumedCachePrice, Price.CostOf(new BillableUsage { InputTokens = 2, CachedInputTokens = 1, CacheWriteTokens = 1 }).Flags);
        Assert.Equal(
            CostFlags.AssumedCachePrice | CostFlags.AssumedMediaPrice,
            Price.CostOf(new BillableUsage { InputTokens = 2, CachedInputTokens = 2, InputAudioTokens = 2 }).Flags);
    }

    [Fact]
    public void ABracketOfAnAssumedTierIsAssumed()
    {
        ModelPrice whole = Price.WithBracket(100, ModelPrice.PerMillionTokens(2m, 30m));
        ModelPrice marginal = Price.WithMarginalBracket(100, ModelPrice.PerMillionTokens(2m, 30m)).WithServiceTier("flex", ModelPrice.PerMillionTokens(0.5m, 5m));

        Assert.Equal(CostFlags.LongContext | CostFlags.AssumedServiceTierPrice, whole.CostOf(new BillableUsage { InputTokens = 101, ServiceTier = "priority" }).Flags);
        Assert.Equal(CostFlags.LongContext | CostFlags.AssumedServiceTierPrice, marginal.CostOf(new BillableUsage { InputTokens = 101, ServiceTier = "flex" }).Flags);
        Assert.Equal(CostFlags.None, marginal.CostOf(new BillableUsage { InputTokens = 100, ServiceTier = "flex" }).Flags);
        Assert.Equal(CostFlags.LongContext, marginal.CostOf(new BillableUsage { InputTokens = 101 }).Flags);
    }

    [Fact]
    public void NothingIsAssumedOfAFreeModel() => Assert.All(
        (string[])["priority", "fast", "ultrafast", "flex", "us_only"],
        tier => Assert.Equal(CostFlags.None, ModelPrice.Free.CostOf(new BillableUsage { InputTokens = 1, ServiceTier = tier }).Flags));

    [Theory]
    [InlineData(0, 0, CostFlags.NoUsage)]
    [InlineData(-1, 0, CostFlags.NoUsage | CostFlags.InconsistentUsage)]
    [InlineData(0, -1, CostFlags.NoUsage | CostFlags.InconsistentUsage)]
    [InlineData(1, 0, CostFlags.None)]
    [InlineData(0, 1, CostFlags.None)]
    public void AUsageWithoutTokensIsNoUsage(long input, long output, CostFlags flags)
    {
        Assert.Equal(flags, Price.CostOf(new BillableUsage { InputTokens = input, OutputTokens = output }).Flags);
        Assert.Equal(CostFlags.None, ModelPrice.PerMillionTokens(0m, 1m).CostOf(new BillableUsage { InputTokens = 1 }).Flags);
        Assert.Equal(CostFlags.None, ModelPrice.PerMillionTokens(1m, 0m).CostOf(new BillableUsage { OutputTokens = 1 }).Flags);
    }

    [Fact]
    public void AUseThatDidNotHappenHasNoLine()
    {
        ModelPrice price = Price.WithFees(perRequest: 0.5m, perAudioMinute: 6m, perMillionCharacters: 8m, perFileSearch: 0.25m);

        Assert.Equal(
            [PriceComponent.Input, PriceComponent.Request],
            price.Explain(new BillableUsage { InputTokens = 1 }).Lines.Select(line => line.Component));
        Assert.Equal(
            [new CostLine(PriceComponent.Request, 1, 0.5m, 0.5m), new(PriceComponent.AudioMinute, 30_000, 0.0001m, 3m)],
            price.Explain(new BillableUsage { AudioMilliseconds = 30_000 }).Lines);
        Assert.Equal(0.5m, price.CostOf(new BillableUsage { AudioMilliseconds = -30_000, Characters = -5, FileSearches = -2 }).Amount);
        Assert.Equal(CostFlags.None, price.CostOf(new BillableUsage { InputTokens = 1, FileSearches = int.MaxValue }).Flags);
    }

    [Fact]
    public void AFeeForARequestAloneCoversItsSearches()
    {
        ModelPrice price = Price.WithFees(perWebSearchRequest: 0.01m);

        Assert.Equal(CostFlags.None, price.CostOf(new BillableUsage { InputTokens = 1, WebSearches = 3 }).Flags);
        Assert.Equal(0.01m, price.CostOf(new BillableUsage { WebSearches = 3 }).Amount);
        Assert.Equal(0m, price.CostOf(new BillableUsage { WebSearches = 0, FileSearches = 1 }).Amount);
        Assert.Equal(0m, price.CostOf(new BillableUsage { WebSearches = -1 }).Amount);
    }

    [Fact]
    public void PricesDifferByTheModeOfTheirBrackets()
    {
        var dear = ModelPrice.PerMillionTokens(2m, 30m);

        Assert.NotEqual(Price.WithBracket(100, dear), Price.WithMarginalBracket(100, dear));
        Assert.Equal(Price.WithMarginalBracket(100, dear), Price.WithMarginalBracket(100, dear));
        Assert.NotEqual(Price.WithMarginalBracket(100, dear), Price.WithMarginalBracket(101, dear));
        Assert.Equal(new RateCard(Price.StandardCard.Rates, [], PriceBracketMode.Marginal), Price.StandardCard);
    }

    [Fact]
    public void APriceSaysWhatAMillionTokensCost() =>
        Assert.Equal("ModelPrice { input 1.25 and output 10 US dollars per million tokens }", ModelPrice.PerMillionTokens(1.25m, 10m).ToString());
}
