using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace MeaiBudget;

/// <summary>Caches the token counts of texts, so that a conversation that grew by one message only counts that message.</summary>
/// <remarks>
/// <para>
/// Stores no text. The key is the counter's name and a 128-bit hash with a random seed for each process, so that texts with equal
/// hashes cannot be prepared. If the cache is full, the least recently used quarter is removed.
/// </para>
/// <para>Thread-safe.</para>
/// </remarks>
public sealed class TokenCountCache : IDisposable
{
    /// <summary>
    /// The longest text, in UTF-16 units, that is not cached, because hashing and looking it up takes longer than counting it (measured
    /// with <c>benchmarks</c>, see docs/performance.md).
    /// </summary>
    public const int LongestUncached = 48;

    // Leaves space for entries that other threads add while one thread removes entries.
    private const double FullAt = 0.875;
    private const double Removed = 0.25;

    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    [ThreadStatic]
    private static Key? t_lookup;

    private readonly MemoryCache _cache;
    private readonly int _fullAt;
    private int _room;
    private int _compacting;

    /// <summary>Creates a cache.</summary>
    /// <param name="capacity">The maximum number of counts, at least 16. A count takes about 300 bytes.</param>
    public TokenCountCache(int capacity = 16 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 16);
        _cache = new MemoryCache(new MemoryCacheOptions { SizeLimit = capacity, TrackStatistics = true });
        _fullAt = (int)(capacity * FullAt);
        _room = _fullAt;
    }

    /// <summary>Gets the cache that the process shares.</summary>
    public static TokenCountCache Shared { get; } = new();

    /// <summary>Gets hits, misses and entries since the cache was created. Texts of up to <see cref="LongestUncached"/> units are not included.</summary>
    internal TokenCountCacheStatistics Statistics =>
        _cache.GetCurrentStatistics() is { } found ? new(found.TotalHits, found.TotalMisses, found.CurrentEntryCount) : default;

    /// <summary>Returns the cached count of a text, or counts it.</summary>
    /// <param name="counter">The counter.</param>
    /// <param name="text">The text.</param>
    /// <returns>The number of tokens and its upper bound.</returns>
    /// <exception cref="ObjectDisposedException">The cache was disposed.</exception>
    public TokenCount Measure(ITokenCounter counter, ReadOnlySpan<char> text)
    {
        ArgumentNullException.ThrowIfNull(counter);
        if (text.Length <= LongestUncached)
        {
            return counter.Measure(text);
        }

        // Each thread reuses one key for look-ups and creates a new key only for new entries, so a hit does not allocate.
        Key key = t_lookup ??= new Key();
        key.Counter = counter.Name;
        key.Hash = HashOf(text);
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

    /// <summary>Returns the hash by which a text is cached. It depends on a number of the process, so that nobody can prepare two texts with one hash.</summary>
    internal static UInt128 HashOf(ReadOnlySpan<char> text) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(text), Seed);

    /// <summary>Removes all counts.</summary>
    public void Clear() => _cache.Clear();

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    // A full MemoryCache rejects new entries and removes old ones in the background. This method removes entries before it is full.
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
        // Two halves: the runtime uses no precompiled code of a type that has a UInt128.
        private ulong _upper;
        private ulong _lower;

        internal string Counter { get; set; } = "";

        internal UInt128 Hash
        {
            get => new(_upper, _lower);
            set => (_upper, _lower) = ((ulong)(value >> 64), (ulong)value);
        }

        public bool Equals(Key? other) => other is not null && _upper == other._upper && _lower == other._lower && Counter == other.Counter;

        public override bool Equals(object? obj) => Equals(obj as Key);

        public override int GetHashCode() => (int)_lower;
    }
}
