using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class EstimatedUsageTests
{
    [Fact]
    public void CompleteUsageIsLeftAlone()
    {
        var reported = new UsageDetails { InputTokenCount = 5, OutputTokenCount = 7 };
        Assert.Same(reported, EstimatedUsage.FillIn(reported, 100, 100));
        Assert.False(EstimatedUsage.IsEstimated(reported));
    }

    [Fact]
    public void MissingUsageIsFilledInAndMarked()
    {
        UsageDetails filled = EstimatedUsage.FillIn(null, 100, 20);
        Assert.Equal((100, 20, 120), (filled.InputTokenCount, filled.OutputTokenCount, filled.TotalTokenCount));
        Assert.Equal(100, filled.AdditionalCounts!["meaibudget.estimated_input_tokens"]);
        Assert.Equal(20, filled.AdditionalCounts["meaibudget.estimated_output_tokens"]);
        Assert.True(EstimatedUsage.IsEstimated(filled));
    }

    [Fact]
    public void ZerosBesideAnAnswerCountAsMissing()
    {
        var zeros = new UsageDetails { InputTokenCount = 0, OutputTokenCount = 0, TotalTokenCount = 0 };
        UsageDetails filled = EstimatedUsage.FillIn(zeros, 100, 20);
        Assert.Equal(120, filled.TotalTokenCount);
        Assert.Equal(0, zeros.InputTokenCount);
        Assert.Null(zeros.AdditionalCounts);
    }

    [Fact]
    public void OnlyTheMissingHalfIsMarked()
    {
        UsageDetails filled = EstimatedUsage.FillIn(new UsageDetails { InputTokenCount = 9 }, 100, 20);
        Assert.Equal((9, 20), (filled.InputTokenCount, filled.OutputTokenCount));
        Assert.False(filled.AdditionalCounts!.ContainsKey(EstimatedUsage.InputMark));
    }
}
