namespace MeaiBudget.Tests;

public class TokenLearningTests
{
    private static RequestObservation Text(long tokens, string model = "m", long ruleMargin = 300) =>
        new(model, "host", RequestShape.Text, 0, tokens) { RuleMargin = ruleMargin };

    [Fact]
    public void AFactorIsLearned()
    {
        var learning = new TokenLearning(16);
        foreach (long tokens in (long[])[200, 400, 1000, 3000, 700])
        {
            learning.Observe(Text(tokens), tokens * 6 / 5, 10);
        }

        LearnedEstimate corrected = learning.Correct(Text(2000));
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

        Assert.Equal(250, learning.Correct(Text(100)).Tokens);
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
        Assert.Equal(1000, learning.Correct(Text(1000)).Tokens);
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

        Assert.Equal(new LearnedEstimate(1000, 1300, false), learning.Correct(Text(1000)));
    }

    [Fact]
    public void TheSameToolsAreCorrectedFromTheFirstAnswerOn()
    {
        var learning = new TokenLearning(16);
        var tools = new RequestObservation("m", "host", RequestShape.Tools, 42, 500) { ToolMargin = 300 };
        learning.Observe(tools, 560, 10);

        Assert.Equal(660, learning.Correct(tools with { Tokens = 600 }).Tokens);
        Assert.Equal(600, learning.Correct(tools with { Tokens = 600, ToolSet = 43 }).Tokens);
    }

    [Fact]
    public void AnotherSetOfToolsIsCorrectedAfterThreeSets()
    {
        static RequestObservation Tools(long set, long tokens) => new("m", "host", RequestShape.Tools, set, tokens);
        var learning = new TokenLearning(16);
        foreach (long tokens in (long[])[300, 400, 500, 600, 700])
        {
            learning.Observe(Tools(set: 1, tokens), tokens + 90, 10);
        }

        Assert.Equal(1000, learning.Correct(Tools(set: 9, 1000)).Tokens);
        Assert.Equal(1090, learning.Correct(Tools(set: 1, 1000)).Tokens);

        learning.Observe(Tools(set: 2, 450), 540, 10);
        learning.Observe(Tools(set: 3, 550), 640, 10);
        Assert.Equal(1090, learning.Correct(Tools(set: 9, 1000)).Tokens);

        var other = new TokenLearning(16);
        other.Import(learning.Export());
        Assert.Equal(1090, other.Correct(Tools(set: 9, 1000)).Tokens);
    }

    [Fact]
    public void ACorrectionThatHelpsSomeAndHarmsOthersIsNotUsed()
    {
        var learning = new TokenLearning(16);
        foreach ((long tokens, long reported) in ((long, long)[])[(1000, 900), (1100, 990), (1200, 1080), (900, 810), (800, 800), (700, 700)])
        {
            learning.Observe(Text(tokens), reported, 10);
        }

        Assert.Equal(1000, learning.Correct(Text(1000)).Tokens);
    }

    [Fact]
    public void OneAnswerThatIsFarOffNeedsASecond()
    {
        var learning = new TokenLearning(16);
        var tools = new RequestObservation("m", "host", RequestShape.Tools, 42, 500) { ToolMargin = 300 };
        learning.Observe(tools, 1000, 10);
        Assert.Equal(new LearnedEstimate(500, 1000, false), learning.Correct(tools));

        learning.Observe(tools, 1000, 10);
        Assert.Equal(1000, learning.Correct(tools).Tokens);
    }

    [Fact]
    public void WithFewAnswersTheBoundIsNeverNarrowed()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 7; index++)
        {
            learning.Observe(Text(1000), 1100, 10);
        }

        Assert.True(learning.Correct(Text(1000, ruleMargin: 4000)).UpperBound >= 5000);
    }

    [Fact]
    public void WithManyAnswersTheBoundFollowsTheSpread()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 60; index++)
        {
            learning.Observe(Text(970 + index), 1070 + index + (index % 5), 10);
        }

        Assert.InRange(learning.Correct(Text(1000, ruleMargin: 240)).UpperBound, 1104, 1130);
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
                learning.Observe(Text(100 + round, "kept"), 200 + round, 5);
                learning.Observe(Text(100 + round, $"model-{model}"), 200 + round, 5);
            }
        }

        Assert.Equal(200, learning.Correct(Text(100, "kept")).Tokens);
        Assert.Equal(200, learning.Correct(Text(100, "model-1999")).Tokens);
        Assert.False(learning.Correct(Text(100, "model-0")).IsLearned);
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
        Assert.Equal(learning.Correct(Text(700)), other.Correct(Text(700)));
        Assert.Equal(50, other.ExpectedOutputTokens("m"));

        other.Reset("provider/m");
        Assert.False(other.Correct(Text(700)).IsLearned);
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
                LearnedEstimate corrected = learning.Correct(Text(1000, $"m{(index + thread) % 40}"));
                Assert.True(corrected.Tokens is 1000 or 1200 && corrected.UpperBound >= corrected.Tokens);
            }
        });
    }

    [Fact]
    public void O7_AnAnswerThatIsAWholeFractionOfAnExactCountTeachesNothing()
    {
        var learning = new TokenLearning(16);
        RequestObservation counted = Text(561) with { IsCounted = true };
        for (int index = 0; index < 10; index++)
        {
            learning.Observe(counted, 281, 10);
            learning.Observe(counted, 187, 10);
        }

        Assert.Equal(new LearnedEstimate(561, 861, false), learning.Correct(counted));
    }

    [Fact]
    public void O9_AHiddenPromptRaisesTheBoundAtItsRouteFromTheFirstAnswerOn()
    {
        var learning = new TokenLearning(16);
        learning.Observe(Text(44, ruleMargin: 240), 612, 10);

        Assert.True(learning.Correct(Text(50, ruleMargin: 240)).UpperBound >= 50 + 568);
        Assert.Equal(290, learning.Correct(Text(50, ruleMargin: 240) with { Route = "other" }).UpperBound);
    }

    [Fact]
    public void O11_TheUncertaintyOfTheTextAtHandIsKept()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 48; index++)
        {
            learning.Observe(Text(30 + index) with { ContentMargin = 5 }, 30 + index, 10);
        }

        LearnedEstimate english = learning.Correct(Text(40) with { ContentMargin = 5 });
        LearnedEstimate hexadecimal = learning.Correct(Text(9000) with { ContentMargin = 4000 });
        Assert.InRange(english.UpperBound, 45, 80);
        Assert.True(hexadecimal.UpperBound >= 13_000);
    }

    [Fact]
    public void O11_OtherToolsKeepTheirOwnUncertainty()
    {
        var learning = new TokenLearning(16);
        var tools = new RequestObservation("m", "host", RequestShape.Tools, 42, 500) { ToolMargin = 200 };
        for (int index = 0; index < 10; index++)
        {
            learning.Observe(tools with { Tokens = 500 + (10 * index) }, 500 + (10 * index), 10);
        }

        Assert.InRange(learning.Correct(tools).UpperBound, 500, 530);
        Assert.True(learning.Correct(tools with { ToolSet = 43 }).UpperBound >= 700);
    }

    [Fact]
    public void O11_ACorrectionDownwardsLowersNoBound()
    {
        var learning = new TokenLearning(16);
        for (int index = 0; index < 48; index++)
        {
            learning.Observe(Text(1000 + (100 * index)), (1000 + (100 * index)) / 2, 10);
        }

        LearnedEstimate corrected = learning.Correct(Text(2000));
        Assert.Equal(1000, corrected.Tokens);
        Assert.True(corrected.UpperBound >= 2000);
    }
}
