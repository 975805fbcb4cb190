namespace MeaiBudget.Tests;

/// <summary>What is billed of the figures of an answer, at the values where a rule begins and ends.</summary>
public sealed class WireUsageRuleTests
{
    private const WireCount In = WireCount.Input;
    private const WireCount Out = WireCount.Output;
    private const WireCount Total = WireCount.Total;
    private const WireCount Read = WireCount.CacheRead;
    private const WireCount Thought = WireCount.Reasoning;

    // Figures as "name=value"; input/output/reasoning; flags.
    [Theory]
    [InlineData("Input=100 Output=50", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=150", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=151", "100/51/0", (int)WireFlags.OutputFromTotal)]
    [InlineData("Input=100 Output=50 Total=149", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=148", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=147", "100/50/0", (int)WireFlags.TotalBelowParts)]
    [InlineData("Input=100 Output=50 Total=1", "100/50/0", (int)WireFlags.TotalBelowParts)]
    [InlineData("Input=100 Output=50 Total=0", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=130 CacheRead=20", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=129 CacheRead=20", "100/50/0", (int)WireFlags.TotalBelowParts)]
    [InlineData("Input=100 Output=50 Total=131 CacheRead=20", "100/50/0", (int)WireFlags.TotalBelowParts)]
    [InlineData("Input=2 Output=3 Total=100000000", "2/99999998/0", (int)WireFlags.OutputFromTotal)]
    [InlineData("Input=2 Output=3 Total=100000001", "2/3/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 CacheRead=100", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 CacheRead=101", "201/50/0", (int)WireFlags.PartsExceedWhole)]
    [InlineData("Input=100 Output=50 Total=170 CacheRead=20", "120/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=180 CacheRead=20 Reasoning=10", "120/60/10", (int)WireFlags.OutputFromTotal)]
    [InlineData("Input=100 Output=50 Total=170 CacheRead=20 Reasoning=10", "120/50/10", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=160 CacheRead=20 Reasoning=10", "100/60/10", (int)WireFlags.OutputFromTotal)]
    [InlineData("Input=100 Output=5 Reasoning=5", "100/5/5", (int)WireFlags.None)]
    [InlineData("Input=100 Output=5 Reasoning=6", "100/11/6", (int)WireFlags.PartsExceedWhole)]
    [InlineData("Input=100 Output=5 Reasoning=6 CacheRead=200", "300/11/6", (int)WireFlags.PartsExceedWhole)]
    [InlineData("Input=100 Output=5 Reasoning=6 InputAudio=101", "100/11/6", (int)WireFlags.PartsExceedWhole)]
    [InlineData("BilledInput=7 Input=100 Output=50", "7/0/0", (int)WireFlags.None)]
    [InlineData("BilledOutput=7 Input=100 Output=50", "0/7/0", (int)WireFlags.None)]
    [InlineData("BilledInput=7 BilledOutput=3 Input=100 Output=50 Total=999", "7/3/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 CacheWriteDay=20", "100/50/0", (int)WireFlags.LongCacheWrite)]
    [InlineData("Input=100 Output=50 CacheWriteDay=0", "100/50/0", (int)WireFlags.None)]
    public void ChatCountsIncludeTheirParts(string figures, string expected, int flags) => AssertBilled(WireProtocol.ChatCompletions, figures, expected, (WireFlags)flags);

    [Theory]
    [InlineData("Input=100 Output=50 Reasoning=5", "100/55/5", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Reasoning=5 Total=155", "100/55/5", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Reasoning=5 Total=154", "100/55/5", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Reasoning=5 Total=156", "100/56/5", (int)WireFlags.OutputFromTotal)]
    [InlineData("Input=100 Output=50 ToolInput=7 Total=150", "107/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 CacheRead=40", "100/50/0", (int)WireFlags.None)]
    [InlineData("Input=0 Output=50 CacheRead=40", "40/50/0", (int)WireFlags.None)]
    [InlineData("Input=2 Output=3 Total=100000000", "2/99999998/0", (int)WireFlags.OutputFromTotal)]
    [InlineData("Input=2 Output=3 Total=100000001", "2/3/0", (int)WireFlags.None)]
    public void GeminisThinkingStandsBesideItsOutput(string figures, string expected, int flags)
    {
        AssertBilled(WireProtocol.GeminiContent, figures, expected, (WireFlags)flags);
        AssertBilled(WireProtocol.GeminiEmbeddings, figures, expected, (WireFlags)flags);
    }

    [Theory]
    [InlineData("Input=100 Output=50 CacheRead=30 CacheWrite=20", "150/50/0", (int)WireFlags.None)]
    [InlineData("Input=100 Output=5 Reasoning=30", "100/30/30", (int)WireFlags.None)]
    [InlineData("Input=100 Output=50 Total=999", "100/50/0", (int)WireFlags.None)]
    public void AnthropicsCachedTokensStandBesideItsInput(string figures, string expected, int flags) => AssertBilled(WireProtocol.AnthropicMessages, figures, expected, (WireFlags)flags);

    [Theory]
    [InlineData("Input=100 Total=120", "120/0/0")]
    [InlineData("Input=100 Total=90", "100/0/0")]
    [InlineData("Input=100 Output=5", "100/0/0")]
    [InlineData("Input=100 Total=100000001", "100/0/0")]
    public void EmbeddingsAreInputOnly(string figures, string expected) => AssertBilled(WireProtocol.Embeddings, figures, expected, WireFlags.None);

    [Fact]
    public void ADoubtAboutTheCountsIsSaidOnce()
    {
        foreach (WireFlags odd in (WireFlags[])[WireFlags.NegativeCount, WireFlags.AbsurdCount, WireFlags.PartsExceedWhole])
        {
            WireFlags flags = odd;
            _ = WireUsageRules.Normalize(WireProtocol.ChatCompletions, WireFigureTests.Of((In, 100), (Out, 50), (Total, 20)), 0, ref flags);
            Assert.Equal(odd, flags);
        }

        WireFlags text = WireFlags.TextCount;
        _ = WireUsageRules.Normalize(WireProtocol.ChatCompletions, WireFigureTests.Of((In, 100), (Out, 50), (Total, 20)), 0, ref text);
        Assert.Equal(WireFlags.TextCount | WireFlags.TotalBelowParts, text);
    }

    [Theory]
    [InlineData((int)WireCount.InputAudio, 100)]
    [InlineData((int)WireCount.InputImage, 100)]
    [InlineData((int)WireCount.OutputAudio, 50)]
    [InlineData((int)WireCount.OutputImage, 50)]
    public void MediaIsNoMoreThanItsWhole(int kind, long whole)
    {
        var media = (WireCount)kind;
        foreach (long count in (long[])[whole - 1, whole, whole + 1])
        {
            WireFlags flags = WireFlags.None;
            BillableUsage usage = WireUsageRules.Normalize(WireProtocol.Responses, WireFigureTests.Of((In, 100), (Out, 50), (media, count)), 0, ref flags)!.Value;

            long told = media switch
            {
                WireCount.InputAudio => usage.InputAudioTokens,
                WireCount.InputImage => usage.InputImageTokens,
                WireCount.OutputAudio => usage.OutputAudioTokens,
                _ => usage.OutputImageTokens,
            };
            Assert.Equal(Math.Min(count, whole), told);
            Assert.Equal(count > whole ? WireFlags.PartsExceedWhole : WireFlags.None, flags);
        }
    }

    // An output of 0 is doubted with any text, one of 1 above 128 bytes, and others above 32 bytes for each token and 16 more.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 128)]
    [InlineData(2, 576)]
    [InlineData(5, 672)]
    public void FarMoreTextThanTheOutputCanHaveIsFlagged(long output, long bytes)
    {
        Assert.Equal(WireFlags.None, FlagsOf(bytes, (In, 1), (Out, output)));
        Assert.Equal(WireFlags.OutputBelowText, FlagsOf(bytes + 1, (In, 1), (Out, output)));
    }

    [Fact]
    public void AnOutputThatIsNotToldIsDoubtedWithMuchTextOnly()
    {
        Assert.Equal(WireFlags.None, FlagsOf(512, (In, 1)));
        Assert.Equal(WireFlags.OutputBelowText, FlagsOf(513, (In, 1)));
        Assert.Equal(WireFlags.None, FlagsOf(long.MaxValue, (In, 1), (Out, long.MaxValue)));
    }

    [Theory]
    [InlineData(70, 0, 0, 0, 70, 0, true)]
    [InlineData(70, 50, 20, 0, 50, 20, false)]
    [InlineData(10, 50, 20, 5, 50, 25, false)]
    [InlineData(90, 50, 20, 5, 65, 25, false)]
    [InlineData(0, 0, 0, 0, 0, 0, false)]
    public void CacheWritesAreSplitByTheirDuration(long writes, long five, long hour, long day, long shorter, long longer, bool isAssumed)
    {
        WireFlags flags = WireFlags.None;
        BillableUsage usage = WireUsageRules.Normalize(
            WireProtocol.ChatCompletions,
            WireFigureTests.Of((In, 1_000), (Out, 1), (WireCount.CacheWrite, writes), (WireCount.CacheWriteFiveMinutes, five), (WireCount.CacheWriteOneHour, hour), (WireCount.CacheWriteDay, day)),
            0,
            ref flags)!.Value;

        Assert.Equal((shorter, longer, isAssumed), (usage.CacheWriteTokens, usage.CacheWriteOneHourTokens, usage.IsCacheWriteDurationAssumed));
    }

    [Fact]
    public void NoFiguresAndZerosAreNoUsage()
    {
        WireFlags flags = WireFlags.None;
        Assert.Null(WireUsageRules.Normalize(WireProtocol.ChatCompletions, default, 5, ref flags));
        Assert.Equal(WireFlags.None, flags);
        Assert.Null(WireUsageRules.Normalize(WireProtocol.ChatCompletions, WireFigureTests.Of((In, 0), (Read, 0), (Thought, 0)), 5, ref flags));
        Assert.Equal(WireFlags.UsageOfZeros, flags);
    }

    private static WireFlags FlagsOf(long bytes, params (WireCount, long)[] counts)
    {
        WireFlags flags = WireFlags.None;
        _ = WireUsageRules.Normalize(WireProtocol.ChatCompletions, WireFigureTests.Of(counts), bytes, ref flags);
        return flags;
    }

    private static void AssertBilled(WireProtocol protocol, string figures, string expected, WireFlags expectedFlags)
    {
        WireFlags flags = WireFlags.None;
        (WireCount, long)[] counts = [.. figures.Split(' ').Select(pair => pair.Split('=')).Select(pair => (Enum.Parse<WireCount>(pair[0]), long.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture)))];

        BillableUsage usage = WireUsageRules.Normalize(protocol, WireFigureTests.Of(counts), 0, ref flags)!.Value;

        Assert.Equal(expected, $"{usage.InputTokens}/{usage.OutputTokens}/{usage.ReasoningTokens}");
        Assert.Equal(expectedFlags, flags);
    }
}
