namespace MeaiBudget.Tests;

/// <summary>How the counts of a usage become quantities that are billed once each.</summary>
public sealed class BilledQuantitiesTests
{
    private const long Largest = 1_000_000_000_000_000;

    // What comes out: input, cached, cache writes of 5 minutes, 1 hour and 12 hours, audio, cached audio, image; output, reasoning, audio, image.
    [Theory]
    [InlineData("100,0,0,0,0,0,0", "100,0,0,0,0,0,0,0", false)]
    [InlineData("100,40,10,5,4,0,0", "41,40,10,5,4,0,0,0", false)]
    [InlineData("100,80,10,6,4,0,0", "0,80,10,6,4,0,0,0", false)]
    [InlineData("99,80,10,6,4,0,0", "0,80,10,6,4,0,0,0", true)]
    [InlineData("100,0,0,0,0,30,20", "50,0,0,0,0,30,0,20", false)]
    [InlineData("100,0,0,0,0,60,40", "0,0,0,0,0,60,0,40", false)]
    [InlineData("100,0,0,0,0,60,41", "0,0,0,0,0,60,0,40", true)]
    [InlineData("100,40,10,5,5,50,10", "0,30,10,5,5,40,10,0", false)]
    [InlineData("100,40,0,0,0,50,10", "0,40,0,0,0,50,0,10", false)]
    [InlineData("100,40,0,0,0,40,30", "0,40,0,0,0,40,0,20", false)]
    [InlineData("100,100,0,0,0,0,20", "0,100,0,0,0,0,0,0", false)]
    [InlineData("100,100,0,0,0,120,0", "0,0,0,0,0,0,100,0", true)]
    public void EachInputTokenIsBilledOnce(string counts, string billed, bool isInconsistent)
    {
        long[] all = [.. counts.Split(',').Select(long.Parse)];
        CostFlags flags = CostFlags.None;

        var quantities = BilledQuantities.Split(
            new BillableUsage
            {
                InputTokens = all[0],
                CachedInputTokens = all[1],
                CacheWriteTokens = all[2],
                CacheWriteOneHourTokens = all[3],
                CacheWriteTwelveHoursTokens = all[4],
                InputAudioTokens = all[5],
                InputImageTokens = all[6],
            },
            ref flags);

        Assert.Equal(billed, Written(quantities, PriceComponent.Input, PriceComponent.InputImage));
        Assert.Equal("0,0,0,0", Written(quantities, PriceComponent.Output, PriceComponent.OutputImage));
        Assert.Equal(isInconsistent ? CostFlags.InconsistentUsage : CostFlags.None, flags);
        Assert.Equal(billed.Split(',').Sum(long.Parse), quantities.InputTokens);
    }

    [Theory]
    [InlineData("100,0,0,0", "100,0,0,0", false)]
    [InlineData("100,30,20,10", "40,30,20,10", false)]
    [InlineData("60,30,20,10", "0,30,20,10", false)]
    [InlineData("59,30,20,10", "0,30,20,10", true)]
    public void EachOutputTokenIsBilledOnce(string counts, string billed, bool isInconsistent)
    {
        long[] all = [.. counts.Split(',').Select(long.Parse)];
        CostFlags flags = CostFlags.None;

        var quantities = BilledQuantities.Split(
            new BillableUsage { OutputTokens = all[0], ReasoningTokens = all[1], OutputAudioTokens = all[2], OutputImageTokens = all[3] }, ref flags);

        Assert.Equal(billed, Written(quantities, PriceComponent.Output, PriceComponent.OutputImage));
        Assert.Equal(isInconsistent ? CostFlags.InconsistentUsage : CostFlags.None, flags);
        Assert.Equal(0, quantities.InputTokens);
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(Largest, Largest, false)]
    [InlineData(Largest + 1, Largest, true)]
    [InlineData(long.MaxValue, Largest, true)]
    [InlineData(-1, 0, true)]
    [InlineData(long.MinValue, 0, true)]
    public void ACountThatCannotBeIsTheNearestThatCan(long count, long billed, bool isInconsistent)
    {
        (Func<BillableUsage> Usage, PriceComponent Component)[] kinds =
        [
            (() => new() { InputTokens = count }, PriceComponent.Input),
            (() => new() { InputTokens = Largest, CachedInputTokens = count }, PriceComponent.CachedInput),
            (() => new() { InputTokens = Largest, CacheWriteTokens = count }, PriceComponent.CacheWrite),
            (() => new() { InputTokens = Largest, CacheWriteOneHourTokens = count }, PriceComponent.CacheWriteOneHour),
            (() => new() { InputTokens = Largest, CacheWriteTwelveHoursTokens = count }, PriceComponent.CacheWriteTwelveHours),
            (() => new() { InputTokens = Largest, InputAudioTokens = count }, PriceComponent.InputAudio),
            (() => new() { InputTokens = Largest, InputImageTokens = count }, PriceComponent.InputImage),
            (() => new() { OutputTokens = count }, PriceComponent.Output),
            (() => new() { OutputTokens = Largest, ReasoningTokens = count }, PriceComponent.Reasoning),
            (() => new() { OutputTokens = Largest, OutputAudioTokens = count }, PriceComponent.OutputAudio),
            (() => new() { OutputTokens = Largest, OutputImageTokens = count }, PriceComponent.OutputImage),
        ];

        Assert.All(kinds, kind =>
        {
            CostFlags flags = CostFlags.None;
            Assert.Equal(billed, BilledQuantities.Split(kind.Usage(), ref flags)[(int)kind.Component]);
            Assert.Equal(isInconsistent ? CostFlags.InconsistentUsage : CostFlags.None, flags);
        });
    }

    private static string Written(BilledQuantities quantities, PriceComponent first, PriceComponent last)
    {
        var values = new List<long>();
        for (PriceComponent component = first; component <= last; component++)
        {
            values.Add(quantities[(int)component]);
        }

        return string.Join(',', values);
    }
}
