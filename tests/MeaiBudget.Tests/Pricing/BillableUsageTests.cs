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

    // What a usage may say, and whether it is something that is billed.
    private static readonly Told[] Facts =
    [
        new("input", (usage, isSet) => usage with { InputTokens = isSet ? 1 : 0 }, usage => usage.InputTokens, 0L, true, false),
        new("output", (usage, isSet) => usage with { OutputTokens = isSet ? 1 : 0 }, usage => usage.OutputTokens, 0L, true, false),
        new("cache reads", (usage, isSet) => usage with { CachedInputTokens = isSet ? 1 : 0 }, usage => usage.CachedInputTokens, 0L, true, false),
        new("cache writes", (usage, isSet) => usage with { CacheWriteTokens = isSet ? 1 : 0 }, usage => usage.CacheWriteTokens, 0L, true, false),
        new("cache writes of an hour", (usage, isSet) => usage with { CacheWriteOneHourTokens = isSet ? 1 : 0 }, usage => usage.CacheWriteOneHourTokens, 0L, true, false),
        new("cache writes of twelve hours", (usage, isSet) => usage with { CacheWriteTwelveHoursTokens = isSet ? 1 : 0 }, usage => usage.CacheWriteTwelveHoursTokens, 0L, true, false),
        new("reasoning", (usage, isSet) => usage with { ReasoningTokens = isSet ? 1 : 0 }, usage => usage.ReasoningTokens, 0L, true, false),
        new("audio input", (usage, isSet) => usage with { InputAudioTokens = isSet ? 1 : 0 }, usage => usage.InputAudioTokens, 0L, false, false),
        new("audio output", (usage, isSet) => usage with { OutputAudioTokens = isSet ? 1 : 0 }, usage => usage.OutputAudioTokens, 0L, false, false),
        new("image input", (usage, isSet) => usage with { InputImageTokens = isSet ? 1 : 0 }, usage => usage.InputImageTokens, 0L, false, false),
        new("image output", (usage, isSet) => usage with { OutputImageTokens = isSet ? 1 : 0 }, usage => usage.OutputImageTokens, 0L, false, false),
        new("web searches", (usage, isSet) => usage with { WebSearches = isSet ? 1 : 0 }, usage => usage.WebSearches, 0L, true, true),
        new("file searches", (usage, isSet) => usage with { FileSearches = isSet ? 1 : 0 }, usage => usage.FileSearches, 0L, true, true),
        new("code sessions", (usage, isSet) => usage with { CodeExecutionSessions = isSet ? 1 : 0 }, usage => usage.CodeExecutionSessions, 0L, true, true),
        new("images", (usage, isSet) => usage with { Images = isSet ? 1 : 0 }, usage => usage.Images, 0L, true, true),
        new("audio", (usage, isSet) => usage with { AudioMilliseconds = isSet ? 1 : 0 }, usage => usage.AudioMilliseconds, 0L, true, true),
        new("characters", (usage, isSet) => usage with { Characters = isSet ? 1 : 0 }, usage => usage.Characters, 0L, true, true),
        new("pages", (usage, isSet) => usage with { Pages = isSet ? 1 : 0 }, usage => usage.Pages, 0L, true, true),
        new("a stated cost", (usage, isSet) => usage with { ProviderStatedCost = isSet ? 0.5m : null }, usage => usage.ProviderStatedCost, null, true, false),
        new("a tier", (usage, isSet) => usage with { ServiceTier = isSet ? "flex" : null }, usage => usage.ServiceTier, null, false, false),
        new("a doubt", (usage, isSet) => usage with { IsInconsistent = isSet }, usage => usage.IsInconsistent, false, false, false),
        new("an unknown fee", (usage, isSet) => usage with { HasUnknownFee = isSet }, usage => usage.HasUnknownFee, false, false, false),
        new("unconfirmed parts", (usage, isSet) => usage with { HasUnconfirmedParts = isSet }, usage => usage.HasUnconfirmedParts, false, false, false),
    ];

    [Fact]
    public void EachFactIsReadAsItWasSetAndCanBeTakenBack()
    {
        foreach (Told fact in Facts)
        {
            BillableUsage set = fact.With(default, true);

            Assert.True(!Equals(fact.Nothing, fact.Get(set)), fact.Name);
            Assert.All(Facts, other => Assert.True(Equals(other.Nothing, other.Get(default)) && (other == fact || Equals(other.Nothing, other.Get(set))), $"{other.Name} after {fact.Name}"));
            Assert.Equal(default, fact.With(set, false));
            Assert.Equal(set, fact.With(set, true));
        }
    }

    [Fact]
    public void AUsageIsEmptyIfNothingInItIsBilled()
    {
        foreach (Told fact in Facts)
        {
            Assert.True(fact.With(default, true).IsEmpty != fact.IsBilled, fact.Name);
            Assert.True(fact.With(default, true).HasUses == fact.IsUse, fact.Name);
            foreach (Told other in Facts)
            {
                BillableUsage both = other.With(fact.With(default, true), true);
                Assert.True(both.IsEmpty != (fact.IsBilled || other.IsBilled), $"{fact.Name}, {other.Name}");
                Assert.True(both.HasUses == (fact.IsUse || other.IsUse), $"{fact.Name}, {other.Name}");
            }
        }
    }

    [Fact]
    public void AFactThatIsNotToldTakesNoMemory()
    {
        // Every attempt copies its usage several times, and most answers tell few facts.
        foreach (Told fact in Facts)
        {
            BillableUsage usage = fact.With(fact.With(default, true), false);
            long before = GC.GetAllocatedBytesForCurrentThread();
            usage = fact.With(usage, false);
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.True(taken == 0, $"{fact.Name} takes {taken} bytes");
            Assert.Equal(default, usage);
        }
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

    private sealed record Told(string Name, Func<BillableUsage, bool, BillableUsage> With, Func<BillableUsage, object?> Get, object? Nothing, bool IsBilled, bool IsUse);
}
