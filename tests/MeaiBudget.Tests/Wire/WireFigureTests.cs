namespace MeaiBudget.Tests;

/// <summary>The counts of usage reports, put together.</summary>
public sealed class WireFigureTests
{
    [Fact]
    public void EachCountIsItsOwn()
    {
        for (WireCount count = 0; count < WireCount.Count; count++)
        {
            WireFigures figures = Of((count, 7));
            for (WireCount other = 0; other < WireCount.Count; other++)
            {
                Assert.Equal(other == count, figures.Has(other));
                Assert.Equal(other == count ? 7 : 0, figures[other]);
                WireFigures both = Of((count, 7), (other, 9));
                Assert.Equal((count == other ? 9 : 7, 9, true, true), (both[count], both[other], both.Has(count), both.Has(other)));
                Assert.Equal(count == other, figures.Equals(Of((other, 7))));
            }

            Assert.True(figures is { IsTold: true, IsZero: false });
            Assert.True(Of((count, 0)) is { IsTold: true, IsZero: true });
            Assert.NotEqual(figures, Of((count, 8)));
            Assert.NotEqual(default, Of((count, 0)));
            Assert.Equal(figures.GetHashCode(), Of((count, 7)).GetHashCode());
            Assert.True(figures.Equals((object)Of((count, 7))));
            Assert.False(figures.Equals("7"));
        }

        Assert.True(default(WireFigures) is { IsTold: false, IsZero: true });
    }

    [Fact]
    public void OfTwoSpellingsOfACountTheLargerHolds()
    {
        Assert.Equal(9, Of((WireCount.Input, 9), (WireCount.Input, 5))[WireCount.Input]);
        Assert.Equal(9, Of((WireCount.Input, 5), (WireCount.Input, 9))[WireCount.Input]);
        Assert.True(Of((WireCount.Input, 0), (WireCount.Input, 0)).Has(WireCount.Input));
    }

    [Fact]
    public void ALaterReportErasesNoNumberByAZero()
    {
        WireFigures figures = Of((WireCount.Input, 9), (WireCount.Output, 3));
        figures.Replace(Of((WireCount.Input, 0), (WireCount.Output, 2), (WireCount.FileSearches, 4), (WireCount.Reasoning, 0)));

        Assert.Equal(Of((WireCount.Input, 9), (WireCount.Output, 2), (WireCount.FileSearches, 4), (WireCount.Reasoning, 0)), figures);
    }

    [Fact]
    public void AReportOfDifferencesIsAdded()
    {
        WireFigures first = Of((WireCount.Input, 9), (WireCount.Output, long.MaxValue - 1));
        WireFigures figures = first;
        figures.Add(Of((WireCount.Input, 1), (WireCount.Output, 2), (WireCount.OtherSearches, 4)));

        Assert.Equal(Of((WireCount.Input, 10), (WireCount.Output, long.MaxValue), (WireCount.OtherSearches, 4)), figures);
        Assert.Equal(Of((WireCount.Input, 9), (WireCount.Output, long.MaxValue - 1)), first);
    }

    [Fact]
    public void AReportOfTheUsualCountsTakesLessMemory()
    {
        static long Taken(WireCount count)
        {
            WireFigures figures = default;
            long before = GC.GetAllocatedBytesForCurrentThread();
            figures.Set(count, 1);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        _ = Taken(WireCount.Input);
        Assert.True(Taken(WireCount.Reasoning) < Taken(WireCount.InputAudio));
    }

    // Reports of input/output/total in their order; none is left out. What comes out: input/output, and whether it is a sum.
    [Theory]
    [InlineData("16/2/18", "16/2", false)]
    [InlineData("16/2/18 16/5/21", "16/5", false)]
    [InlineData("16/2/18 0/3/3", "16/5", true)]
    [InlineData("16/2/18 0/3/4", "16/3", false)]
    [InlineData("16/2/18 0/3/3 0/5/5", "16/10", true)]
    [InlineData("16/2/18 0/3/3 0/5/5 16/10/26", "16/10", false)]
    [InlineData("16/5/21 0/3/3 16/8/24", "16/8", false)]
    [InlineData("16/5/21 16/3/19", "16/8", true)]
    [InlineData("16/5/21 16/3/19 16/8/24", "16/8", false)]
    [InlineData("16/5/21 16/3/19 16/9/25", "16/17", true)]
    [InlineData("16/5/21 16/5/21", "16/5", false)]
    [InlineData("16/5/21 4/3/7", "20/8", true)]
    [InlineData("16/5/21 4/3/7 4/2/6", "24/10", true)]
    [InlineData("16/5/21 16/0/16", "16/5", false)]
    [InlineData("16/5/21 16/0/16 16/4/20", "16/9", true)]
    [InlineData("16/5/21 16/0/16 16/6/22", "16/6", false)]
    [InlineData("0/5/5 0/7/7", "0/7", false)]
    [InlineData("0/2/2 16/1/17", "16/3", true)]
    [InlineData("0/2/2 16/3/19", "16/3", false)]
    public void ReportsOfSumsAndOfDifferencesAreToldApart(string reports, string expected, bool isSummed)
    {
        WireFlags flags = WireFlags.None;

        WireFigures figures = Usage(reports, mayBeDifference: true).ToFigures(ref flags);

        Assert.Equal(expected, $"{figures[WireCount.Input]}/{figures[WireCount.Output]}");
        Assert.Equal(isSummed ? WireFlags.SummedUsage : WireFlags.None, flags);
        Assert.Equal(isSummed, figures[WireCount.Total] == 0);

        // Where no server tells differences, each report is a sum.
        flags = WireFlags.None;
        _ = Usage(reports, mayBeDifference: false).ToFigures(ref flags);
        Assert.Equal(WireFlags.None, flags);
    }

    [Fact]
    public void OtherCountsOfDifferencesAreAddedAsWell()
    {
        WireUsage usage = default;
        Assert.False(usage.IsTold);
        usage.Take(Of((WireCount.Input, 16), (WireCount.Output, 5), (WireCount.CacheRead, 3)), mayBeDifference: true);
        usage.Take(Of((WireCount.Output, 4), (WireCount.CacheRead, 2), (WireCount.WebSearches, 1)), mayBeDifference: true);
        WireFlags flags = WireFlags.None;

        Assert.True(usage.IsTold);
        Assert.Equal(Of((WireCount.Input, 16), (WireCount.Output, 9), (WireCount.CacheRead, 5), (WireCount.WebSearches, 1)), usage.ToFigures(ref flags));
    }

    internal static WireFigures Of(params (WireCount Count, long Value)[] counts)
    {
        WireFigures figures = default;
        foreach ((WireCount count, long value) in counts)
        {
            figures.Set(count, value);
        }

        return figures;
    }

    private static WireUsage Usage(string reports, bool mayBeDifference)
    {
        WireUsage usage = default;
        foreach (string report in reports.Split(' '))
        {
            long[] counts = [.. report.Split('/').Select(long.Parse)];
            usage.Take(Of((WireCount.Input, counts[0]), (WireCount.Output, counts[1]), (WireCount.Total, counts[2])), mayBeDifference);
        }

        return usage;
    }
}
