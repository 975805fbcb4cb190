namespace MeaiBudget.Tests;

public class TokenLearningTests
{
    private static RequestObservation Text(long tokens, string model = "m") => new(model, "host", RequestShape.Text, 0, tokens);

    [Fact]
    public void AFactorIsLearned()
    {
        var learning = new TokenLearning(16);
        foreach (long tokens in (long[])[200, 400, 1000, 3000, 700])
        {
            learning.Observe(Text(tokens), tokens * 6 / 5, 10);
        }

        LearnedEstimate corrected = learning.Correct(Text(2000), 2600);
        Assert.True(corrected.IsLearned);
        Assert.Equal(2400, corrected.Tokens);
        Assert.True(corrected.UpperBound >= 2400);
    }

    [Fact]
    public void AHiddenPromptIsLearned()
    {
        var learning = new TokenLearning(16);
        foreach (long tokens in (long[])[20, 500, 90, 1500])
        {
            learning.Observe(Text(tokens), tokens + 150, 10);
        }

        Assert.Equal(250, learning.Correct(Text(100), 200).Tokens);
    }

    [Fact]
    public void SingleOddAnswersMoveNothing()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 20; index++)
        {
            learning.Observe(Text(1000), 1000, 10);
        }

        learning.Observe(Text(1000), 4000, 10);
        learning.Observe(Text(1000), 2500, 10);
        Assert.Equal(1000, learning.Correct(Text(1000), 1300).Tokens);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(1_000_000)]
    [InlineData(long.MaxValue)]
    public void AbsurdUsageTeachesNothing(long reported)
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 10; index++)
        {
            learning.Observe(Text(1000), reported, reported);
        }

        Assert.Equal(new LearnedEstimate(1000, 1300, false), learning.Correct(Text(1000), 1300));
    }

    [Fact]
    public void TheSameToolsAreCorrectedFromTheFirstAnswerOn()
    {
        var learning = new TokenLearning(16);
        var tools = new RequestObservation("m", "host", RequestShape.Tools, 42, 500);
        learning.Observe(tools, 560, 10);

        Assert.Equal(660, learning.Correct(tools with { Tokens = 600 }, 900).Tokens);
        Assert.Equal(600, learning.Correct(tools with { Tokens = 600, ToolSet = 43 }, 900).Tokens);
    }

    [Fact]
    public void OneAnswerThatIsFarOffNeedsASecond()
    {
        var learning = new TokenLearning(16);
        var tools = new RequestObservation("m", "host", RequestShape.Tools, 42, 500);
        learning.Observe(tools, 1000, 10);
        Assert.Equal(new LearnedEstimate(500, 1000, false), learning.Correct(tools, 900));

        learning.Observe(tools, 1000, 10);
        Assert.Equal(1000, learning.Correct(tools, 900).Tokens);
    }

    [Fact]
    public void WithFewAnswersTheBoundIsNeverNarrowed()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 5; index++)
        {
            learning.Observe(Text(1000), 1100, 10);
        }

        Assert.True(learning.Correct(Text(1000), 5000).UpperBound >= 5000);
    }

    [Fact]
    public void WithManyAnswersTheBoundFollowsTheSpread()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 60; index++)
        {
            learning.Observe(Text(1000), 1100 + (index % 5), 10);
        }

        Assert.InRange(learning.Correct(Text(1000), 5000).UpperBound, 1104, 1150);
    }

    [Fact]
    public void AnswerLengthsNeedTwentyAnswers()
    {
        var learning = new TokenLearning(16);
        for (int index = 1; index <= 19; index++)
        {
            learning.Observe(Text(100), 100, index);
        }

        Assert.Null(learning.ExpectedOutputTokens("m"));
        learning.Observe(Text(100), 100, 1000);
        Assert.Equal(19, learning.ExpectedOutputTokens("m"));
        Assert.Null(learning.ExpectedOutputTokens("other"));
    }

    [Fact]
    public void MemoryIsBoundedAndTheLeastRecentlyUsedGoesFirst()
    {
        var learning = new TokenLearning(64);
        for (int model = 0; model < 2000; model++)
        {
            for (int round = 0; round < 3; round++)
            {
                learning.Observe(Text(100, "kept"), 200, 5);
                learning.Observe(Text(100, $"model-{model}"), 200, 5);
            }
        }

        Assert.Equal(200, learning.Correct(Text(100, "kept"), 130).Tokens);
        Assert.Equal(200, learning.Correct(Text(100, "model-1999"), 130).Tokens);
        Assert.False(learning.Correct(Text(100, "model-0"), 130).IsLearned);
        Assert.True(learning.Export().Length < 64 * 1000);
    }

    [Fact]
    public void WhatWasLearnedCanBeCarriedOverAndForgotten()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 30; index++)
        {
            learning.Observe(Text(1000), 1200, 50);
        }

        var other = new TokenLearning(16);
        other.Import(learning.Export());
        Assert.Equal(learning.Correct(Text(700), 900), other.Correct(Text(700), 900));
        Assert.Equal(50, other.ExpectedOutputTokens("m"));

        other.Reset("provider/m");
        Assert.False(other.Correct(Text(700), 900).IsLearned);
        learning.Reset();
        Assert.Null(learning.ExpectedOutputTokens("m"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"version":2,"inputs":[],"outputs":[]}""")]
    public void WhatIsNotAnExportIsRefused(string json) => Assert.Throws<FormatException>(() => new TokenLearning(16).Import(json));

    [Fact]
    public void ManyThreadsMayLearnAtOnce()
    {
        var learning = new TokenLearning(32);
        Parallel.For(0, 8, thread =>
        {
            for (int index = 0; index < 2000; index++)
            {
                learning.Observe(Text(1000, $"m{index % 40}"), 1200, 10);
                LearnedEstimate corrected = learning.Correct(Text(1000, $"m{(index + thread) % 40}"), 1300);
                Assert.True(corrected.Tokens is 1000 or 1200 && corrected.UpperBound >= corrected.Tokens);
            }
        });
    }
}
