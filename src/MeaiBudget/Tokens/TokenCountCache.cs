using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace MeaiBudget;

/// <summary>Remembers the counts of texts, so that a conversation that grows by one message costs one message.</summary>
/// <remarks>Thread-safe. Keeps no text: the key is the counter's name and a seeded 128-bit hash.</remarks>
public sealed class TokenCountCache : IDisposable
{
    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    private readonly MemoryCache _cache;

    /// <summary>Makes a cache.</summary>
    /// <param name="capacity">The most counts it keeps.</param>
    public TokenCountCache(int capacity = 16 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 16);
        _cache = new MemoryCache(new MemoryCacheOptions { SizeLimit = capacity });
    }

    /// <summary>Gets the cache that the process shares.</summary>
    public static TokenCountCache Shared { get; } = new();

    /// <summary>Counts a text, or remembers its count.</summary>
    /// <param name="counter">The counter.</param>
    /// <param name="text">The text.</param>
    /// <returns>The tokens and their upper bound.</returns>
    public TokenCount Measure(ITokenCounter counter, ReadOnlySpan<char> text)
    {
        ArgumentNullException.ThrowIfNull(counter);
        (string, UInt128) key = (counter.Name, XxHash128.HashToUInt128(MemoryMarshal.AsBytes(text), Seed));
        if (_cache.TryGetValue(key, out object? found))
        {
            return (TokenCount)found!;
        }

        TokenCount count = counter.Measure(text);
        _cache.Set(key, count, new MemoryCacheEntryOptions { Size = 1 });
        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();
}
