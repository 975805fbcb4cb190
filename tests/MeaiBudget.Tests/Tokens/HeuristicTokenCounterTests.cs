namespace MeaiBudget.Tests;

public sealed class HeuristicTokenCounterTests
{
    private const string English = "The committee will publish its findings next month, and most members expect a short report. Nobody knows whether the government will follow the advice.";
    private const string Russian = "Комитет опубликует свои выводы в следующем месяце, и большинство членов ожидают короткий отчёт.";
    private const string Chinese = "委员会将于下个月公布调查结果，大多数成员预计报告会很短。没有人知道政府是否会采纳建议。";
    private const string Japanese = "委員会は来月に調査結果を発表する予定で、ほとんどの委員は短い報告書になると考えています。";
    private const string German = "Der Ausschuss veröffentlicht seine Ergebnisse nächsten Monat, und die meisten Mitglieder erwarten einen kurzen Bericht für die Öffentlichkeit.";

    public static TheoryData<string> Families => [.. TokenizerFamily.All.Keys];

    // The ratios to o200k_base that were measured for each family; the text of a test is not the text of the measurement.
    [Theory]
    [InlineData("claude-3", English, 1.09)]
    [InlineData("claude-3", Russian, 2.19)]
    [InlineData("claude-4.7", English, 1.58)]
    [InlineData("gemini", English, 1.03)]
    [InlineData("gemini", Chinese, 0.87)]
    [InlineData("gemini", Japanese, 0.69)]
    [InlineData("llama-2", Russian, 1.56)]
    [InlineData("llama-3", English, 1.00)]
    [InlineData("llama-3", German, 1.22)]
    [InlineData("qwen", Chinese, 0.86)]
    [InlineData("deepseek", Chinese, 0.78)]
    [InlineData("mistral-tekken", Chinese, 1.31)]
    public void AnEstimateHasTheRatioThatWasMeasuredForTheFamily(string family, string text, double ratio)
    {
        double exact = TokenCounters.Get("o200k_base").Count(text);
        Assert.InRange(TokenCounters.Get(family).Count(text) / exact, ratio * 0.93, ratio * 1.07);
    }

    [Theory]
    [InlineData("gemini")]
    [InlineData("qwen")]
    [InlineData("llama-2")]
    public void AFamilyThatSplitsDigitsCountsEach(string family) =>
        Assert.Equal(12, TokenCounters.Get(family).Count("123456789012"));

    [Theory]
    [MemberData(nameof(Families))]
    public void TheBoundIsAboveTheEstimateAndBothComeFromOneReading(string family)
    {
        ITokenCounter counter = TokenCounters.Get(family);
        Assert.False(counter.IsExact);
        Assert.Equal(default, counter.Measure(""));
        for (int seed = 0; seed < 200; seed++)
        {
            string text = new TextGenerator(seed).Next();
            TokenCount count = counter.Measure(text);
            Assert.True(count.Tokens >= 1);
            Assert.True(count.UpperBound >= count.Tokens + 2);
            Assert.Equal(count.Tokens, counter.Count(text));
            Assert.Equal(count.UpperBound, counter.UpperBound(text));
        }
    }
}
