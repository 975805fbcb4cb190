using System.Diagnostics.Metrics;

namespace MeaiBudget.Tests;

[Collection("one meter")]
public sealed class TokenCountCacheTests
{
    private static string Text(int number) => $"A text that is long enough to be worth remembering, with the number {number}.";

    [Fact]
    public void ATextIsCountedOnceForEachCounter()
    {
        using var cache = new TokenCountCache();
        var first = new CountingCounter("first");
        var second = new CountingCounter("second");
        TokenCount count = cache.Measure(first, Text(1));
        Assert.Equal(count, cache.Measure(first, Text(1)));
        cache.Measure(second, Text(1));
        Assert.Equal((1, 1), (first.Calls, second.Calls));
        Assert.Equal(new TokenCountCacheStatistics(1, 2, 2), cache.Statistics);
    }

    [Fact]
    public void AShortTextIsCountedEachTime()
    {
        using var cache = new TokenCountCache();
        var counter = new CountingCounter("short");
        cache.Measure(counter, "short");
        cache.Measure(counter, "short");
        Assert.Equal(2, counter.Calls);
        Assert.Equal(default, cache.Statistics);
    }

    [Fact]
    public void AStreamOfNewTextsEndsUpCachedAndTheLeastRecentlyUsedGoesFirst()
    {
        using var cache = new TokenCountCache(64);
        var counter = new CountingCounter("stream");
        for (int i = 0; i < 1000; i++)
        {
            cache.Measure(counter, Text(i));
            cache.Measure(counter, Text(0)); // used all the time
        }

        Assert.Equal(1000, counter.Calls);
        Assert.InRange(cache.Statistics.Entries, 32, 64);

        // The newest are there, and so is the old one that was used; the old ones that were not are gone.
        for (int i = 980; i < 1000; i++)
        {
            cache.Measure(counter, Text(i));
        }

        Assert.Equal(1000, counter.Calls);
        cache.Measure(counter, Text(1));
        Assert.Equal(1001, counter.Calls);
    }

    [Fact]
    public async Task ManyThreadsGetTheCountsOfTheirTexts()
    {
        using var cache = new TokenCountCache(256);
        ITokenCounter counter = TokenCounters.Get("o200k_base");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                string text = Text((i * 7) + thread);
                Assert.Equal(counter.Count(text), cache.Measure(counter, text).Tokens);
            }
        })));
        Assert.InRange(cache.Statistics.Entries, 1, 256);
    }

    [Fact]
    public void AHitAndAMissAreMetrics()
    {
        long hits = 0;
        long misses = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name is MeaiBudgetDiagnostics.CountCacheHitsMetric or MeaiBudgetDiagnostics.CountCacheMissesMetric)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        int thread = Environment.CurrentManagedThreadId;
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
            {
                _ = instrument.Name == MeaiBudgetDiagnostics.CountCacheHitsMetric ? hits += value : misses += value;
            }
        });
        listener.Start();

        using var cache = new TokenCountCache();
        var counter = new CountingCounter("metrics");
        cache.Measure(counter, Text(1));
        cache.Measure(counter, Text(1));
        cache.Measure(counter, Text(1));
        Assert.Equal((2, 1), (hits, misses));
    }

    [Fact]
    public void AHitAllocatesNothing()
    {
        using var cache = new TokenCountCache();
        ITokenCounter counter = TokenCounters.Get("o200k_base");
        string text = Text(1);
        cache.Measure(counter, text);
        cache.Measure(counter, text);
        long before = GC.GetAllocatedBytesForCurrentThread();
        cache.Measure(counter, text);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private sealed class CountingCounter(string name) : ITokenCounter
    {
        public string Name => name;

        public int Calls { get; private set; }

        public int Count(ReadOnlySpan<char> text)
        {
            Calls++;
            return text.Length;
        }
    }
}
