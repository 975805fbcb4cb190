using CsCheck;

namespace MeaiBudget.Tests;

public sealed class BillableUsageTests
{
    [Fact]
    public void WhatFewAnswersHaveIsKeptWhateverElseIsSet() =>
        Gen.Long[0, 3].Array[13].Sample(counts =>
        {
            BillableUsage usage = Of(counts);
            Assert.Equal(counts, Counts(usage));
            Assert.Equal(counts, Counts(usage with { IsEstimated = true }));
            Assert.Equal(usage, Of(counts));
            Assert.Equal(usage.GetHashCode(), Of(counts).GetHashCode());
        });

    [Fact]
    public void ZeroIsTheSameWhetherItWasSetOrNot()
    {
        var usage = new BillableUsage { InputTokens = 5, WebSearches = 2, ServiceTier = "flex", ProviderStatedCost = 0.5m };

        BillableUsage cleared = usage with { WebSearches = 0, ServiceTier = null, ProviderStatedCost = null };

        Assert.Equal(new BillableUsage { InputTokens = 5 }, cleared);
        Assert.Equal(new BillableUsage { InputTokens = 5, OutputAudioTokens = 0 }, cleared);
        Assert.Equal((2, "flex", 0.5m), (usage.WebSearches, usage.ServiceTier, usage.ProviderStatedCost));
    }

    [Fact]
    public void AStatedCostOfNothingIsNotNoStatedCost()
    {
        var stated = new BillableUsage { ProviderStatedCost = 0m };

        Assert.Equal(0m, stated.ProviderStatedCost);
        Assert.NotEqual(default, stated);
        Assert.False(stated.IsEmpty);
    }

    private static BillableUsage Of(long[] counts) => new()
    {
        InputTokens = counts[0],
        CachedInputTokens = counts[1],
        CacheWriteTokens = counts[2],
        CacheWriteOneHourTokens = counts[3],
        OutputTokens = counts[4],
        ReasoningTokens = counts[5],
        InputAudioTokens = counts[6],
        OutputAudioTokens = counts[7],
        InputImageTokens = counts[8],
        OutputImageTokens = counts[9],
        WebSearches = counts[10],
        FileSearches = counts[11],
        CodeExecutionSessions = counts[12],
    };

    private static long[] Counts(in BillableUsage usage) =>
    [
        usage.InputTokens,
        usage.CachedInputTokens,
        usage.CacheWriteTokens,
        usage.CacheWriteOneHourTokens,
        usage.OutputTokens,
        usage.ReasoningTokens,
        usage.InputAudioTokens,
        usage.OutputAudioTokens,
        usage.InputImageTokens,
        usage.OutputImageTokens,
        usage.WebSearches,
        usage.FileSearches,
        usage.CodeExecutionSessions,
    ];
}
