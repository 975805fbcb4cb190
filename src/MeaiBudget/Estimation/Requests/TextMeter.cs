using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts texts with one counter and caches the counts: those of long texts by string object, then by hash, those of short ones by hash.</summary>
/// <remarks>
/// Thread-safe. An entry by string object lives only as long as the string, so memory does not grow. It costs two handles that every garbage
/// collection scans, so only a text that takes long to hash has one: nearly every call brings new short texts.
/// </remarks>
internal sealed class TextMeter(ITokenCounter counter, TokenCountCache cache)
{
    // Counting a shorter text is faster than hashing and looking it up.
    private const int ShortestShared = 128;

    private const int ShortestByObject = 4096;

    private const int Ways = 4;

    // Counts of short texts. A text has one of four places by its hash; where they are taken, it takes the place of an older one.
    private readonly Entry?[] _short = new Entry?[4096];
    private readonly ConditionalWeakTable<string, StrongBox<TokenCount>> _known = [];
    private readonly int _user = counter.Count(ChatRole.User.Value);
    private readonly int _assistant = counter.Count(ChatRole.Assistant.Value);

    public ITokenCounter Counter => counter;

    public TokenCount Measure(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return default;
        }

        if (text.Length < ShortestByObject)
        {
            return MeasureShort(text);
        }

        if (_known.TryGetValue(text, out StrongBox<TokenCount>? found))
        {
            return found.Value;
        }

        TokenCount count = cache.Measure(counter, text);
        _known.AddOrUpdate(text, new StrongBox<TokenCount>(count));
        return count;
    }

    private TokenCount MeasureShort(string text)
    {
        UInt128 hash = TokenCountCache.HashOf(text);
        int first = (int)(uint)hash & (_short.Length - Ways);
        int place = first + ((int)(uint)(hash >> 64) & (Ways - 1));
        for (int way = first; way < first + Ways; way++)
        {
            if (Volatile.Read(ref _short[way]) is not { } known)
            {
                place = way;
            }
            else if (known.Hash == hash)
            {
                return known.Count;
            }
        }

        TokenCount count = text.Length < ShortestShared ? counter.Measure(text) : cache.Measure(counter, text);
        Volatile.Write(ref _short[place], new Entry(hash, count));
        return count;
    }

    /// <summary>True if one letter in thirty-two is not ASCII, in the first part of a text.</summary>
    public static bool IsForeign(string? text)
    {
        const int Read = 512;
        const int Share = 32;
        ReadOnlySpan<char> start = text.AsSpan(0, Math.Min(Read, text?.Length ?? 0));
        if (Ascii.IsValid(start))
        {
            return false;
        }

        int foreign = 0;
        foreach (char letter in start)
        {
            foreign += char.IsAscii(letter) ? 0 : 1;
        }

        return foreign * Share > start.Length;
    }

    public int Count(string? text) => Measure(text).Tokens;

    /// <summary>Counts a role's name. Each message has one, and nearly all are one of four strings.</summary>
    public int CountRole(ChatRole role)
    {
        string name = role.Value;
        return ReferenceEquals(name, ChatRole.User.Value) ? _user
            : ReferenceEquals(name, ChatRole.Assistant.Value) ? _assistant
            : Count(name);
    }

    private sealed class Entry(UInt128 hash, TokenCount count)
    {
        // Two halves: the runtime uses no precompiled code of a type that has a UInt128.
        private readonly ulong _upper = (ulong)(hash >> 64);
        private readonly ulong _lower = (ulong)hash;

        public UInt128 Hash => new(_upper, _lower);

        public TokenCount Count { get; } = count;
    }
}
