using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

[Collection("one meter")]
public sealed class PriceCatalogSourceTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("meaibudget-source").FullName, "prices.json");
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public async Task D19_ABadFileLeavesTheLastGoodOneInForce()
    {
        Write(1m);
        var logs = new FakeLoggerProvider();
        using var source = PriceCatalogSource.FromFile(_file, new() { TimeProvider = _clock, LoggerFactory = new FakeLoggerFactory(logs) });
        await File.WriteAllTextAsync(_file, "{ { \"models\": [] }");

        Assert.False(await source.ReloadAsync());

        Assert.Equal(1m, source.Current.Resolve("m").Price!.InputPerMillion);
        Assert.IsType<PriceCatalogException>(source.LastFailure);
        Assert.Contains("The previous prices stay in use", logs.Collector.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task D21_AReloadTakesEffectOnTheNextLookUp()
    {
        PriceCatalog next = PriceCatalog.Empty;
        using var source = PriceCatalogSource.FromDelegate("store", _ => ValueTask.FromResult(next), PriceCatalog.Empty, new() { TimeProvider = _clock });
        Assert.Equal(PriceMatch.Unknown, source.Current.Resolve("late").Match);
        next = PriceCatalog.Empty.With("late", ModelPrice.PerMillionTokens(1m, 1m));
        int raised = 0;
        source.Reloaded += (_, _) => raised++;

        Assert.True(await source.ReloadAsync());

        Assert.Equal((PriceMatch.Override, 1), (source.Current.Resolve("late").Match, raised));
    }

    [Fact]
    public void AChangedFileIsFoundAtTheInterval()
    {
        Write(1m);
        using var source = PriceCatalogSource.FromFile(_file, new() { TimeProvider = _clock, RefreshInterval = TimeSpan.FromMinutes(1), Configure = PriceCatalog.Default.With });
        using var reloaded = new ManualResetEventSlim();
        source.Reloaded += (_, _) => reloaded.Set();
        Write(2m);

        // A file system may give two writes in quick succession the same time.
        File.SetLastWriteTimeUtc(_file, File.GetLastWriteTimeUtc(_file).AddSeconds(2));

        _clock.Advance(TimeSpan.FromMinutes(2));

        Assert.True(reloaded.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(2m, source.Current.Resolve("m").Price!.InputPerMillion);
        Assert.Equal(PriceMatch.Exact, source.Current.Resolve("gpt-4o").Match);
    }

    [Fact]
    public async Task APriceThatMovesTooFarIsRefused()
    {
        Write(1m);
        using var source = PriceCatalogSource.FromFile(_file, new() { TimeProvider = _clock });
        Write(5m);
        Assert.True(await source.ReloadAsync());
        Write(0.99m);

        Assert.False(await source.ReloadAsync());

        Assert.Equal(5m, source.Current.Resolve("m").Price!.InputPerMillion);
        Assert.Contains("m input 5 -> 0.99", source.LastFailure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADelegateThatThrowsOrGivesNothingLeavesTheLastGoodOne()
    {
        using var source = PriceCatalogSource.FromDelegate("store", _ => throw new HttpRequestException("no network"), PriceCatalog.Default, new() { TimeProvider = _clock });

        Assert.False(await source.ReloadAsync());

        Assert.IsType<HttpRequestException>(source.LastFailure);
        Assert.Same(PriceCatalog.Default, source.Current);
    }

    [Fact]
    public void AFirstFileThatIsBadThrows() => Assert.Throws<PriceCatalogException>(() => PriceCatalogSource.FromFile(_file));

    [Fact]
    public void D20_TheAgeOfThePricesIsAMetricAndOldOnesAreWarnedOf()
    {
        Write(1m);
        var logs = new FakeLoggerProvider();
        using var source = PriceCatalogSource.FromFile(_file, new() { TimeProvider = _clock, StaleAfter = TimeSpan.FromDays(10), LoggerFactory = new FakeLoggerFactory(logs) });
        using var ages = new MetricCollector<double>(null, MeaiBudgetDiagnostics.MeterName, MeaiBudgetDiagnostics.CatalogAgeMetric);

        ages.RecordObservableInstruments();

        Assert.Contains(ages.GetMeasurementSnapshot(), age => age.Value >= TimeSpan.FromDays(21).TotalSeconds);
        Assert.Contains("21 days old", logs.Collector.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void P10_ATrackerLogsOnceOfWhichDayItsPricesAre()
    {
        Write(1m);
        var logs = new FakeLoggerProvider();
        using var source = PriceCatalogSource.FromFile(_file, new() { TimeProvider = _clock });

        for (int i = 0; i < 2; i++)
        {
            _ = new CostTracker([Budget.Daily("day", 1m)], source, new InMemorySpendLedger(_clock), options => options.LoggerFactory = new FakeLoggerFactory(logs));
        }

        FakeLogRecord record = Assert.Single(logs.Collector.GetSnapshot(), record => record.Id.Id == 2006);
        Assert.Contains("of 2026-11-01, 21 days old", record.Message, StringComparison.Ordinal);
    }

    private void Write(decimal input) => File.WriteAllText(
        _file,
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""{ "format": "meaibudget-prices/1", "date": "2026-11-01", "models": [{ "id": "m", "prices": [{ "input": {{input}}, "output": 1 }] }] }"""));

    private sealed class FakeLoggerFactory(FakeLoggerProvider provider) : Microsoft.Extensions.Logging.ILoggerFactory
    {
        public void AddProvider(Microsoft.Extensions.Logging.ILoggerProvider provider) => throw new NotSupportedException();

        public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) => provider.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }
}
