using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>The output tokens of the last answers, by route, model and caller.</summary>
/// <remarks>Thread-safe. Memory is bounded: 1,024 entries of at most 256 answers, about a megabyte. The least recently used are removed first.</remarks>
internal sealed class AnswerLengths
{
    /// <summary>
    /// The number of answers from which a percentile is stated. The longest of 20 is exceeded by about one answer in 21, which is close enough
    /// to the 99th percentile to be scaled up to it, and a stream that becomes longer reserves more.
    /// </summary>
    public const int Enough = 20;

    private const int Capacity = 1_024;

    private readonly ConcurrentDictionary<Key, AnswerLengthWindow> _windows = new();
    private readonly Lock _trimming = new();
    private long _uses;
    private int _added;

    /// <summary>The number of entries.</summary>
    public int Count => _windows.Count;

    /// <summary>Adds an answer.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="modelId">The requested model.</param>
    /// <param name="caller">The caller; zero if the call has no tags that budgets use.</param>
    /// <param name="tokens">The billed output tokens.</param>
    /// <param name="isVisible">False if more was billed than the answer shows.</param>
    public void Observe(string route, string modelId, int caller, long tokens, bool isVisible)
    {
        if (tokens <= 0)
        {
            return;
        }

        int length = isVisible ? (int)Math.Min(tokens, int.MaxValue - 1) : AnswerLengthWindow.Hidden;
        WindowOf(new Key(route, modelId, 0)).Observe(length);
        if (caller != 0)
        {
            WindowOf(new Key(route, modelId, caller)).Observe(length);
        }
    }

    /// <summary>
    /// Returns the 99th percentile of the caller's answers, or of those of all callers while the caller has too few; null if there are too few
    /// of both, or if one of them had hidden output.
    /// </summary>
    public long? Percentile(string route, string modelId, int caller)
    {
        if (Find(new Key(route, modelId, 0)) is not { HasHidden: false } all)
        {
            return null;
        }

        return (caller == 0 ? null : Find(new Key(route, modelId, caller))?.Percentile()) ?? all.Percentile();
    }

    private AnswerLengthWindow? Find(Key key)
    {
        if (_windows.TryGetValue(key, out AnswerLengthWindow? window))
        {
            window.LastUsed = Interlocked.Increment(ref _uses);
        }

        return window;
    }

    private AnswerLengthWindow WindowOf(Key key)
    {
        if (Find(key) is { } known)
        {
            return known;
        }

        AnswerLengthWindow window = _windows.GetOrAdd(key, static _ => new AnswerLengthWindow());
        window.LastUsed = Interlocked.Increment(ref _uses);
        Trim();
        return window;
    }

    private void Trim()
    {
        // Counted here, because the dictionary's own count takes all its locks.
        if (Interlocked.Increment(ref _added) <= Capacity)
        {
            return;
        }

        lock (_trimming)
        {
            int surplus = _windows.Count - Capacity;
            if (surplus > 0)
            {
                // An eighth more, so that a stream of new callers does not sort each time.
                foreach ((Key key, _) in _windows.ToArray().OrderBy(static pair => pair.Value.LastUsed).Take(surplus + (Capacity / 8)))
                {
                    _windows.TryRemove(key, out _);
                }
            }

            Volatile.Write(ref _added, _windows.Count);
        }
    }

    private readonly record struct Key(string Route, string ModelId, int Caller);
}
