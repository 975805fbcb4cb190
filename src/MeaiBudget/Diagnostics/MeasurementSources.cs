namespace MeaiBudget;

/// <summary>The sources of the gauges, held by weak references, so that a tracker that is no longer used disappears from the metrics.</summary>
internal static class MeasurementSources
{
    private static readonly Lock Gate = new();
    private static readonly List<WeakReference<IMeasurementSource>> Sources = [];

    public static void Add(IMeasurementSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        lock (Gate)
        {
            Sources.RemoveAll(static reference => !reference.TryGetTarget(out _));
            Sources.Add(new(source));
        }
    }

    public static List<T> Collect<T>(Action<IMeasurementSource, ICollection<T>> measure)
    {
        IMeasurementSource[] living;
        lock (Gate)
        {
            living = [.. Sources.Select(static reference => reference.TryGetTarget(out IMeasurementSource? source) ? source : null).OfType<IMeasurementSource>()];
        }

        var measurements = new List<T>();
        foreach (IMeasurementSource source in living)
        {
            measure(source, measurements);
        }

        return measurements;
    }
}
