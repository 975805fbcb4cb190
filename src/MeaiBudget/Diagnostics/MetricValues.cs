using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>Bounds the number of values of each metric tag, because every value is a series that exporters keep. Thread-safe.</summary>
internal static class MetricValues
{
    /// <summary>The recorded value in place of those beyond the limit.</summary>
    public const string Other = "other";

    private const int MostValues = 200;

    private static readonly ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> Known = new(StringComparer.Ordinal);

    /// <summary>Returns the value if it is among the first 200 of its tag, else <see cref="Other"/>.</summary>
    public static string? Bound(string tag, string? value)
    {
        if (value is null)
        {
            return null;
        }

        ConcurrentDictionary<string, bool> values = Known.GetOrAdd(tag, static _ => new(StringComparer.Ordinal));
        return values.ContainsKey(value) || (values.Count < MostValues && values.TryAdd(value, true)) ? value : Other;
    }
}
