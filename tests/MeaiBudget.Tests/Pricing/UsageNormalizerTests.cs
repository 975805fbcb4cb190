using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class UsageNormalizerTests
{
    [Fact]
    public void E7_OpenAIsDetailsAreParts() => Assert.Equal(
        new BillableUsage { InputTokens = 100, CachedInputTokens = 60, OutputTokens = 50, ReasoningTokens = 30 },
        Normalize(new UsageDetails { InputTokenCount = 100, CachedInputTokenCount = 60, OutputTokenCount = 50, ReasoningTokenCount = 30, TotalTokenCount = 150 }));

    [Fact]
    public void E7_AnthropicsCacheWritesStandBesideTheFixedCounts() => Assert.Equal(
        new BillableUsage { InputTokens = 120, CachedInputTokens = 40, CacheWriteTokens = 70, IsCacheWriteDurationAssumed = true, OutputTokens = 5, WebSearches = 2 },
        Normalize(new UsageDetails
        {
            InputTokenCount = 120,
            CachedInputTokenCount = 40,
            OutputTokenCount = 5,
            AdditionalCounts = new() { ["CacheCreationInputTokens"] = 70, ["WebSearchRequests"] = 2 },
        }));

    [Fact]
    public void D7_TheSplitOfCacheWritesIsUsedWhereItIsPresent() => Assert.Equal(
        new BillableUsage { InputTokens = 120, CacheWriteTokens = 50, CacheWriteOneHourTokens = 20 },
        Normalize(new UsageDetails
        {
            InputTokenCount = 120,
            AdditionalCounts = new() { ["cache_creation_input_tokens"] = 70, ["ephemeral_5m_input_tokens"] = 50, ["ephemeral_1h_input_tokens"] = 20 },
        }));

    [Fact]
    public void E7_AnInputWithoutItsCachedPartsIsMadeWhole() => Assert.Equal(
        new BillableUsage { InputTokens = 3 + 12_304 + 100, CachedInputTokens = 100, CacheWriteTokens = 12_304, IsCacheWriteDurationAssumed = true, OutputTokens = 550, HasUnconfirmedParts = true },
        Normalize(new UsageDetails
        {
            InputTokenCount = 3,
            CachedInputTokenCount = 100,
            OutputTokenCount = 550,
            AdditionalCounts = new() { ["CacheCreationInputTokens"] = 12_304 },
        }));

    [Theory]
    [InlineData(null, true, false)]
    [InlineData(15L, true, true)]
    [InlineData(1_015L, false, false)]
    public void L14_PartsBeyondTheirWholeAreConfirmedByTheTotalOnly(long? total, bool isUnconfirmed, bool isInconsistent)
    {
        BillableUsage cached = Normalize(new UsageDetails { InputTokenCount = 10, CachedInputTokenCount = 1_000, OutputTokenCount = 5, TotalTokenCount = total });
        BillableUsage thought = Normalize(new UsageDetails { InputTokenCount = 10, OutputTokenCount = 5, ReasoningTokenCount = 1_000, TotalTokenCount = total });

        Assert.Equal((1_010L, 1_005L), (cached.InputTokens, thought.OutputTokens));
        Assert.All([cached, thought], usage => Assert.Equal((isUnconfirmed, isInconsistent), (usage.HasUnconfirmedParts, usage.IsInconsistent)));
    }

    [Theory]
    [InlineData(100, 20, 80, 200, 100)]
    [InlineData(100, 90, 80, 190, 90)]
    [InlineData(100, 90, 80, 270, 170)]
    [InlineData(100, 80, 80, 260, 160)]
    [InlineData(100, 90, 80, 269, 90)]
    [InlineData(100, 20, 80, null, 100)]
    public void E7_ReasoningCountedBesideTheOutputIsPutIntoIt(long input, long output, long reasoning, int? total, long billed)
    {
        BillableUsage usage = Normalize(new UsageDetails { InputTokenCount = input, OutputTokenCount = output, ReasoningTokenCount = reasoning, TotalTokenCount = total });

        Assert.Equal((billed, reasoning), (usage.OutputTokens, usage.ReasoningTokens));
    }

    [Fact]
    public void E7_AMissingCountIsWorkedOutOfTheTotal()
    {
        Assert.Equal((100, 50), InputAndOutput(new UsageDetails { InputTokenCount = 100, TotalTokenCount = 150 }));
        Assert.Equal((100, 50), InputAndOutput(new UsageDetails { OutputTokenCount = 50, TotalTokenCount = 150 }));
        Assert.Equal((0, 150), InputAndOutput(new UsageDetails { TotalTokenCount = 150 }));
    }

    [Fact]
    public void E7_OllamasZerosAreEmptyAndNotAPrice()
    {
        Assert.True(Normalize(new UsageDetails { InputTokenCount = 0, OutputTokenCount = 0, TotalTokenCount = 0 }).IsEmpty);
        Assert.True(Normalize(new UsageDetails()).IsEmpty);
        Assert.True(UsageNormalizer.Default.Normalize(null!).IsEmpty);
    }

    [Fact]
    public void E7_NonsenseNeverThrowsAndIsNeverNegative()
    {
        BillableUsage usage = Normalize(new UsageDetails
        {
            InputTokenCount = -1,
            CachedInputTokenCount = long.MaxValue,
            OutputTokenCount = long.MinValue,
            ReasoningTokenCount = long.MaxValue,
            TotalTokenCount = long.MinValue,
            AdditionalCounts = new() { ["CacheCreationInputTokens"] = long.MaxValue, ["ephemeral_1h_input_tokens"] = -7 },
        });

        Assert.True(usage is { InputTokens: >= 0, OutputTokens: >= 0, CacheWriteTokens: >= 0, CacheWriteOneHourTokens: >= 0 });
        Assert.True(ModelPrice.PerMillionTokens(1m, 1m).CostOf(usage).NanoDollars > 0);
    }

    [Fact]
    public void CountsOfOurOwnAreMarkedAsEstimated() =>
        Assert.True(Normalize(new UsageDetails { OutputTokenCount = 5, AdditionalCounts = new() { ["meaibudget.estimated_output_tokens"] = 5 } }).IsEstimated);

    [Theory]
    [InlineData("CacheCreationInputTokens")]
    [InlineData("cache_creation_input_tokens")]
    [InlineData("CacheWriteInputTokens")]
    [InlineData("cache_write_tokens")]
    [InlineData("InputTokenDetails.CacheWriteTokens")]
    [InlineData("CacheWriteTokens")]
    public void ACacheWriteIsReadByEachOfItsNames(string name) => Assert.Equal(
        new BillableUsage { InputTokens = 100, CacheWriteTokens = 70, IsCacheWriteDurationAssumed = true },
        Normalize(new UsageDetails { InputTokenCount = 100, AdditionalCounts = new() { [name] = 70 } }));

    [Theory]
    [InlineData("CacheCreation.Ephemeral5mInputTokens", 70, 0)]
    [InlineData("Ephemeral5mInputTokens", 70, 0)]
    [InlineData("ephemeral_5m_input_tokens", 70, 0)]
    [InlineData("CacheCreation.Ephemeral1hInputTokens", 0, 70)]
    [InlineData("Ephemeral1hInputTokens", 0, 70)]
    [InlineData("ephemeral_1h_input_tokens", 0, 70)]
    public void TheDurationOfACacheWriteIsReadByEachOfItsNames(string name, long fiveMinutes, long oneHour) => Assert.Equal(
        new BillableUsage { InputTokens = 100, CacheWriteTokens = fiveMinutes, CacheWriteOneHourTokens = oneHour },
        Normalize(new UsageDetails { InputTokenCount = 100, AdditionalCounts = new() { [name] = 70 } }));

    [Theory]
    [InlineData("CacheReadInputTokens")]
    [InlineData("cache_read_input_tokens")]
    [InlineData("InputTokenDetails.CachedTokenCount")]
    public void ACacheReadIsReadByEachOfItsNamesAndTheFixedCountGoesFirst(string name)
    {
        Assert.Equal(
            new BillableUsage { InputTokens = 100, CachedInputTokens = 70 },
            Normalize(new UsageDetails { InputTokenCount = 100, AdditionalCounts = new() { [name] = 70 } }));
        Assert.Equal(5, Normalize(new UsageDetails { InputTokenCount = 100, CachedInputTokenCount = 5, AdditionalCounts = new() { [name] = 70 } }).CachedInputTokens);
    }

    [Theory]
    [InlineData("WebSearchRequests")]
    [InlineData("web_search_requests")]
    public void ASearchIsReadByEachOfItsNames(string name) =>
        Assert.Equal(new BillableUsage { WebSearches = 3 }, Normalize(new UsageDetails { AdditionalCounts = new() { [name] = 3 } }));

    [Theory]
    [InlineData(30, 20, 30)]
    [InlineData(50, 20, 30)]
    [InlineData(90, 60, 30)]
    public void TheLargerOfACacheWriteAndItsDurationsCounts(long whole, long fiveMinutes, long oneHour)
    {
        BillableUsage usage = Normalize(new UsageDetails
        {
            InputTokenCount = 1_000,
            AdditionalCounts = new() { ["cache_creation_input_tokens"] = whole, ["ephemeral_5m_input_tokens"] = 20, ["ephemeral_1h_input_tokens"] = 30 },
        });

        Assert.Equal((fiveMinutes, oneHour, false), (usage.CacheWriteTokens, usage.CacheWriteOneHourTokens, usage.IsCacheWriteDurationAssumed));
    }

    [Theory]
    [InlineData(1_000, 10, false)]
    [InlineData(1_001, 11, true)]
    public void PartsThatAreAllOfTheirWholeAreNoDoubt(long cached, long reasoning, bool isDoubt)
    {
        BillableUsage usage = Normalize(new UsageDetails { InputTokenCount = 1_000, CachedInputTokenCount = cached, OutputTokenCount = 100, ReasoningTokenCount = 1 });
        BillableUsage thought = Normalize(new UsageDetails { InputTokenCount = 1_000, OutputTokenCount = 10, ReasoningTokenCount = reasoning });

        Assert.Equal((isDoubt ? 2_001 : 1_000, isDoubt), (usage.InputTokens, usage.HasUnconfirmedParts));
        Assert.Equal((isDoubt ? 21 : 10, isDoubt), (thought.OutputTokens, thought.HasUnconfirmedParts));
    }

    [Fact]
    public void ATotalOfZeroContradictsNothing()
    {
        BillableUsage usage = Normalize(new UsageDetails { InputTokenCount = 10, CachedInputTokenCount = 1_000, TotalTokenCount = 0 });

        Assert.Equal((true, false), (usage.HasUnconfirmedParts, usage.IsInconsistent));
    }

    [Fact]
    public void EachNegativeCountIsADoubtAndCountsAsZero()
    {
        UsageDetails[] negative =
        [
            new() { InputTokenCount = -1 },
            new() { OutputTokenCount = -1 },
            new() { CachedInputTokenCount = -1 },
            new() { ReasoningTokenCount = -1 },
            new() { AdditionalCounts = new() { ["web_search_requests"] = -1 } },
        ];

        Assert.All(negative, usage => Assert.Equal(new BillableUsage { IsInconsistent = true }, Normalize(usage)));
        Assert.Equal(default, Normalize(new UsageDetails
        {
            InputTokenCount = 0,
            OutputTokenCount = 0,
            CachedInputTokenCount = 0,
            ReasoningTokenCount = 0,
            AdditionalCounts = new() { ["web_search_requests"] = 0 },
        }));
    }

    [Fact]
    public void AudioIsReadAndNeverNegative()
    {
#pragma warning disable MEAI001 // The counts of audio are what is tested.
        Assert.Equal(
            new BillableUsage { InputTokens = 10, OutputTokens = 10, InputAudioTokens = 4, OutputAudioTokens = 6 },
            Normalize(new UsageDetails { InputTokenCount = 10, OutputTokenCount = 10, InputAudioTokenCount = 4, OutputAudioTokenCount = 6 }));
        Assert.Equal(default, Normalize(new UsageDetails { InputAudioTokenCount = -4, OutputAudioTokenCount = -6 }));
#pragma warning restore MEAI001
    }

    [Theory]
    [InlineData(null, 50, 40, 0, 50)]
    [InlineData(100, null, 90, 100, 0)]
    [InlineData(null, 50, null, 0, 50)]
    [InlineData(100, null, null, 100, 0)]
    public void ATotalBelowItsPartGivesNoNegativeCount(int? input, int? output, int? total, long expectedInput, long expectedOutput) =>
        Assert.Equal((expectedInput, expectedOutput), InputAndOutput(new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = total }));

    [Theory]
    [InlineData("meaibudget.estimated_output_tokens", true)]
    [InlineData("meaibudget.estimated_input_tokens", true)]
    [InlineData("estimated_tokens", false)]
    public void OnlyCountsOfOurOwnAreEstimated(string name, bool isEstimated) =>
        Assert.Equal(isEstimated, Normalize(new UsageDetails { OutputTokenCount = 5, AdditionalCounts = new() { [name] = 5 } }).IsEstimated);

    private static BillableUsage Normalize(UsageDetails usage) => UsageNormalizer.Default.Normalize(usage);

    private static (long, long) InputAndOutput(UsageDetails usage) => (Normalize(usage).InputTokens, Normalize(usage).OutputTokens);
}
