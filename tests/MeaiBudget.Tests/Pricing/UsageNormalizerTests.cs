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

    private static BillableUsage Normalize(UsageDetails usage) => UsageNormalizer.Default.Normalize(usage);

    private static (long, long) InputAndOutput(UsageDetails usage) => (Normalize(usage).InputTokens, Normalize(usage).OutputTokens);
}
