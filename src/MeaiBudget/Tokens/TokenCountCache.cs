using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace MeaiBudget;

/// <summary>Remembers the counts of texts, so that a conversation that grows by one message costs one message.</summary>
/// <remarks>
/// <para>
/// Keeps no text: the key is the counter's name and a 128-bit hash under a seed that is random for each process, so that
/// nobody can prepare texts that collide. When it is full, the least recently used quarter goes, and what is new stays.
/// </para>
/// <para>Thread-safe.</para>
/// </remarks>
public sealed class TokenCountCache : IDisposable
{
    /// <summary>
    /// The longest text, in UTF-16 units, that is counted each time: hashing and looking it up takes longer than counting
    /// (measured by <c>benchmarks</c>, see docs/performance.md).
    /// </summary>
    public const int LongestUncached = 48;

    // Leaves room for what other threads add while one thread makes room.
    private const double FullAt = 0.875;
    private const double Removed = 0.25;

    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    [ThreadStatic]
    private static Key? t_lookup;

    private readonly MemoryCache _cache;
    private readonly int _fullAt;
    private int _room;
    private int _compacting;

    /// <summary>Makes a cache.</summary>
    /// <param name="capacity">The most counts that it keeps, at least 16; a count takes about 300 bytes.</param>
    public TokenCountCache(int capacity = 16 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 16);
        _cache = new MemoryCache(new MemoryCacheOptions { SizeLimit = capacity, TrackStatistics = true });
        _fullAt = (int)(capacity * FullAt);
        _room = _fullAt;
    }

    /// <summary>Gets the cache that the process shares.</summary>
    public static TokenCountCache Shared { get; } = new();

    /// <summary>Gets what the cache did so far. Texts up to <see cref="LongestUncached"/> are not in it.</summary>
    internal TokenCountCacheStatistics Statistics =>
        _cache.GetCurrentStatistics() is { } found ? new(found.TotalHits, found.TotalMisses, found.CurrentEntryCount) : default;

    /// <summary>Counts a text, or remembers its count.</summary>
    /// <param name="counter">The counter.</param>
    /// <param name="text">The text.</param>
    /// <returns>The tokens and their upper bound.</returns>
    /// <exception cref="ObjectDisposedException">The cache was disposed.</exception>
    public TokenCount Measure(ITokenCounter counter, ReadOnlySpan<char> text)
    {
        ArgumentNullException.ThrowIfNull(counter);
        if (text.Length <= LongestUncached)
        {
            return counter.Measure(text);
        }

        // The key to look up is the thread's own, the key that is kept is new: a hit allocates nothing.
        Key key = t_lookup ??= new Key();
        key.Counter = counter.Name;
        key.Hash = XxHash128.HashToUInt128(MemoryMarshal.AsBytes(text), Seed);
        if (_cache.TryGetValue(key, out object? known))
        {
            MeaiBudgetDiagnostics.RecordCountCache(hits: 1, misses: 0);
            return (TokenCount)known!;
        }

        MeaiBudgetDiagnostics.RecordCountCache(hits: 0, misses: 1);
        var kept = new Key { Counter = key.Counter, Hash = key.Hash };
        TokenCount count = counter.Measure(text);
        if (Interlocked.Decrement(ref _room) < 0)
        {
            MakeRoom();
        }

        using (ICacheEntry entry = _cache.CreateEntry(kept))
        {
            entry.Size = 1;
            entry.Value = count;
        }

        return count;
    }

    /// <summary>Forgets all counts.</summary>
    public void Clear() => _cache.Clear();

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    // A full MemoryCache drops what is new and makes room in the background; this one makes room before it is full.
    private void MakeRoom()
    {
        if (Interlocked.Exchange(ref _compacting, 1) != 0)
        {
            return;
        }

        try
        {
            if (_cache.Count >= _fullAt)
            {
                _cache.Compact(Removed);
            }

            Volatile.Write(ref _room, Math.Max(1, _fullAt - _cache.Count));
        }
        finally
        {
            Volatile.Write(ref _compacting, 0);
        }
    }

    private sealed class Key : IEquatable<Key>
    {
        internal string Counter { get; set; } = "";

        internal UInt128 Hash { get; set; }

        public bool Equals(Key? other) => other is not null && Hash == other.Hash && Counter == other.Counter;

        public override bool Equals(object? obj) => Equals(obj as Key);

        public override int GetHashCode() => (int)(ulong)Hash;
    }
}
