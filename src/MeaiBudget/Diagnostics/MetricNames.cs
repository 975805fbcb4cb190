using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>
/// Names as metric tags: secrets redacted, and a bounded number of them. Callers can choose a model by each request, and each new value
/// of a tag is a new series that the metrics' store keeps.
/// </summary>
/// <remarks>Thread-safe. The names that come first are kept for the life of the process, so a series never changes its name.</remarks>
internal sealed class MetricNames(int most)
{
    /// <summary>The value of a tag whose name is beyond the bound.</summary>
    public const string Other = "other";

    private static readonly ConcurrentDictionary<string, MetricNames> CallTags = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private int _count;

    public static MetricNames Models { get; } = new(200);

    public static MetricNames Routes { get; } = new(200);

    public static MetricNames Providers { get; } = new(50);

    public static MetricNames Hosts { get; } = new(50);

    public static MetricNames Budgets { get; } = new(500);

    /// <summary>Returns the values of one tag that callers give to their calls.</summary>
    public static MetricNames OfCallTag(string name) => CallTags.GetOrAdd(name, static _ => new MetricNames(200));

    /// <summary>Returns the name for a tag.</summary>
    public string? Of(string? name)
    {
        if (name is null)
        {
            return null;
        }

        if (_known.TryGetValue(name, out string? known))
        {
            return known;
        }

        if (Volatile.Read(ref _count) >= most || Interlocked.Increment(ref _count) > most)
        {
            return Other;
        }

        return _known.GetOrAdd(name, WrittenText.Of(name));
    }
}
