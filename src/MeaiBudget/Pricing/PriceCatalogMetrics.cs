using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace MeaiBudget;

/// <summary>The instruments of price catalogs.</summary>
internal static class PriceCatalogMetrics
{
    private static readonly Meter Meter = new("MeaiBudget");
    private static readonly ConcurrentDictionary<PriceCatalogSource, byte> Sources = new();
    private static readonly Counter<long> Reloads = Meter.CreateCounter<long>(
        "meaibudget.price_catalog.reloads", "{reload}", "Reloads of a price catalog, by source and result (loaded, refused).");

    static PriceCatalogMetrics() => Meter.CreateObservableGauge(
        "meaibudget.price_catalog.age",
        static () => Sources.Keys.Select(source => new Measurement<double>(source.Age.TotalSeconds, new KeyValuePair<string, object?>("meaibudget.price_catalog.source", source.Name))),
        "s",
        "How old the prices in force are.");

    internal static void Add(PriceCatalogSource source) => Sources.TryAdd(source, 0);

    internal static void Remove(PriceCatalogSource source) => Sources.TryRemove(source, out _);

    internal static void Reloaded(string source, string result) => Reloads.Add(
        1, new KeyValuePair<string, object?>("meaibudget.price_catalog.source", source), new KeyValuePair<string, object?>("meaibudget.price_catalog.result", result));
}
