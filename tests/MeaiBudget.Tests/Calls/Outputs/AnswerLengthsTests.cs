using CsCheck;

namespace MeaiBudget.Tests;

/// <summary>What is learned of the length of answers.</summary>
public sealed class AnswerLengthsTests
{
    [Fact]
    public void NothingIsStatedBeforeTwentyAnswers()
    {
        var lengths = new AnswerLengths();
        for (int i = 1; i <= 20; i++)
        {
            Assert.Null(lengths.Percentile("route", "model", 0));
            lengths.Observe("route", "model", 0, 100, isVisible: true);
        }

        // ln(100) / ln(21) times the longest.
        Assert.Equal(152, lengths.Percentile("route", "model", 0));
        Assert.Null(lengths.Percentile("route", "other", 0));
        Assert.Null(lengths.Percentile("other", "model", 0));
    }

    [Fact]
    public void FromAHundredAnswersOnItIsThePercentileByNearestRank()
    {
        var lengths = new AnswerLengths();
        for (int i = 1; i <= 200; i++)
        {
            lengths.Observe("route", "model", 0, i, isVisible: true);
        }

        Assert.Equal(198, lengths.Percentile("route", "model", 0));
    }

    [Fact]
    public void OldAnswersAndHiddenOutputAreForgotten()
    {
        var lengths = new AnswerLengths();
        for (int i = 0; i < 256; i++)
        {
            lengths.Observe("route", "model", 0, 5_000, isVisible: i != 0);
        }

        Assert.Null(lengths.Percentile("route", "model", 0));
        for (int i = 0; i < 256; i++)
        {
            lengths.Observe("route", "model", 0, 70, isVisible: true);
        }

        Assert.Equal(70, lengths.Percentile("route", "model", 0));
    }

    [Fact]
    public void TheNumberOfCallersIsBounded()
    {
        var lengths = new AnswerLengths();
        for (int caller = 1; caller <= 10_000; caller++)
        {
            lengths.Observe("route", "model", caller, 10, isVisible: true);
        }

        Assert.InRange(lengths.Count, 1, 1_024);
        Assert.Equal(10, lengths.Percentile("route", "model", 10_000));
    }

    [Fact]
    public void AnswersOfManyThreadsAreAllCounted()
    {
        var lengths = new AnswerLengths();
        Parallel.For(0, 2_000, i => lengths.Observe("route", "model", (i % 50) + 1, 100 + (i % 7), isVisible: true));
        Assert.InRange(lengths.Percentile("route", "model", 0)!.Value, 100, 106);
    }

    [Fact]
    public void OfExponentialAnswersAboutOneInAHundredIsLonger() => Gen.Int[0, 1_000_000].Sample(
        seed =>
        {
            var random = new Random(seed);
            double longer = 0;
            const int Rounds = 300;
            for (int round = 0; round < Rounds; round++)
            {
                var lengths = new AnswerLengths();
                int answers = 20 + (round % 100);
                for (int i = 0; i < answers; i++)
                {
                    lengths.Observe("route", "model", 0, Length(random), isVisible: true);
                }

                longer += Math.Exp(-lengths.Percentile("route", "model", 0)!.Value / 300d);
            }

            Assert.InRange(longer / Rounds, 0.002, 0.03);
        },
        iter: 10);

    private static long Length(Random random) => 1 + (long)(-300 * Math.Log(1 - random.NextDouble()));
}
