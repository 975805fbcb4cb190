using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MeaiBudget;

/// <summary>
/// Counts the tokens of one piece by merging: always the adjacent pair of lowest rank, the leftmost if several are equal, as tiktoken does.
/// </summary>
/// <remarks>
/// <para>
/// Searching all pairs for the lowest rank takes quadratic time, so a long piece is merged in windows. The result is exact, because a
/// run of tokens is the encoding of its bytes if and only if each two neighbours are the encoding of theirs. (A merge inside a token is
/// not visible outside it, so the first merge across a border would already happen with the two neighbours alone.) The last tokens of a
/// window do not depend on the following text, so they are merged again with the next window. Then the border between both is checked,
/// and moved back if it is wrong.
/// </para>
/// <para>Not thread-safe.</para>
/// </remarks>
internal sealed class BytePairMerger
{
    /// <summary>The longest run, in bytes, that is merged as a whole.</summary>
    internal const int Window = 384;

    // The bytes that a window leaves to the next one; more if the border is wrong.
    private const int Tail = 48;

    // The first code point with three bytes in UTF-8.
    private const int LeastOfThreeBytes = 0x800;

    // A key contains the rank of a pair and, in the low bits, the number of its first part. The smallest key is the leftmost pair of the lowest rank.
    private const int PartBits = 9;
    private const int PartMask = (1 << PartBits) - 1;
    private const uint NoKey = uint.MaxValue;

    /// <summary>The highest rank that fits into a key.</summary>
    internal const int HighestRank = (1 << (32 - PartBits)) - 2;

    [ThreadStatic]
    private static BytePairMerger? t_merger;

    private readonly uint[] _keys = new uint[Window + Vector256<uint>.Count];
    private readonly ushort[] _starts = new ushort[Window + 2];
    private readonly ushort[] _next = new ushort[Window + 2];
    private readonly ushort[] _previous = new ushort[Window + 2];
    private ushort[]? _ends;
    private BytePairMerger? _borderMerger;

    /// <summary>The merger of the current thread.</summary>
    internal static BytePairMerger ForThread => t_merger ??= new BytePairMerger();

    /// <summary>Counts the tokens of a piece. 16 bytes must be readable from each of its bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal int Count(BytePairVocabulary vocabulary, ref byte piece, int length)
    {
        if (!MemoryMarshal.CreateReadOnlySpan(ref piece, length).ContainsAnyInRange((byte)0xE0, (byte)0xEF))
        {
            return length <= Window ? Merge(vocabulary, ref piece, length) : CountLong(vocabulary, ref piece, length);
        }

        // Cut between characters that no token contains together. In scripts with one or two bytes per letter there is nearly always such a token.
        int count = 0;
        int start = 0;
        int second = 0;
        int third = 0;
        int before = Utf8Text.Decode(ref piece, out int at);
        int own = vocabulary.OwnMerges(before);
        int characters = 1;
        bool merged = own <= BytePairVocabulary.NoCrossing;
        while (at < length)
        {
            ref byte next = ref Unsafe.Add(ref piece, at);
            int codePoint = Utf8Text.Decode(ref next, out int size);
            int crossing = vocabulary.Crossing(Unsafe.Add(ref next, -1), ref next);
            int ownBefore = own;
            own = vocabulary.OwnMerges(codePoint);
            if ((before | codePoint) < LeastOfThreeBytes || crossing != BytePairVocabulary.NoCrossing || vocabulary.MayBeNeighbours(before, codePoint))
            {
                characters++;
                third = second;
                second = at;
                merged = merged && ownBefore <= crossing && own <= crossing;
            }
            else
            {
                count += CountPart(vocabulary, ref Unsafe.Add(ref piece, start), at - start, merged ? characters : 0, third - start, second - start);
                start = at;
                characters = 1;
                merged = own <= BytePairVocabulary.NoCrossing;
            }

            before = codePoint;
            at += size;
        }

        return count + CountPart(vocabulary, ref Unsafe.Add(ref piece, start), length - start, merged ? characters : 0, third - start, second - start);
    }

    // Up to three characters need no list of parts if each is a token before any other merge.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int CountPart(BytePairVocabulary vocabulary, ref byte part, int length, int characters, int first, int second)
    {
        switch (characters)
        {
            case 1:
                return 1;
            case 2:
                return vocabulary.RankOf(ref part, length) != BytePairVocabulary.NoToken ? 1 : 2;
            case 3:
                return vocabulary.RankOf(ref part, second) == BytePairVocabulary.NoToken
                    && vocabulary.RankOf(ref Unsafe.Add(ref part, first), length - first) == BytePairVocabulary.NoToken ? 3
                    : vocabulary.RankOf(ref part, length) != BytePairVocabulary.NoToken ? 1 : 2;
            default:
                return length <= Window ? Merge(vocabulary, ref part, length) : CountLong(vocabulary, ref part, length);
        }
    }

    private int CountLong(BytePairVocabulary vocabulary, ref byte piece, int length)
    {
        ushort[] ends = _ends ??= new ushort[Window];
        int total = 0;
        int start = 0;
        int take = Window;
        int count = Merge(vocabulary, ref piece, take);
        while (start + take < length)
        {
            ListEnds(ends, take);
            int kept = count - 1;
            while (kept > 1 && ends[kept - 1] > take - Tail)
            {
                kept--;
            }

            int nextTake = 0;
            int nextCount = 0;
            for (; kept > 0; kept--)
            {
                int border = ends[kept - 1];
                nextTake = Math.Min(Window, length - start - border);
                nextCount = Merge(vocabulary, ref Unsafe.Add(ref piece, start + border), nextTake);
                int following = FirstEnd(nextTake);
                int preceding = border - (kept > 1 ? ends[kept - 2] : 0);
                if (border + following == ends[kept]
                    || BorderHolds(vocabulary, ref Unsafe.Add(ref piece, start + border - preceding), preceding, following))
                {
                    break;
                }
            }

            if (kept == 0)
            {
                return BytePairHeapMerger.Count(vocabulary, ref piece, length);
            }

            total += kept;
            start += ends[kept - 1];
            take = nextTake;
            count = nextCount;
        }

        return total + count;
    }

    // True if two neighbours are the encoding of their bytes.
    private bool BorderHolds(BytePairVocabulary vocabulary, ref byte tokens, int first, int second)
    {
        if (first + second > Window)
        {
            return false;
        }

        _borderMerger ??= new BytePairMerger();
        return _borderMerger.Merge(vocabulary, ref tokens, first + second) == 2 && _borderMerger.FirstEnd(first + second) == first;
    }

    private int FirstEnd(int length)
    {
        int second = _next[0];
        return second == _next[second] ? length : _starts[second];
    }

    private void ListEnds(ushort[] ends, int length)
    {
        int count = 0;
        int part = 0;
        while (true)
        {
            int following = _next[part];
            if (following == _next[following])
            {
                ends[count] = (ushort)length;
                return;
            }

            ends[count++] = _starts[following];
            part = following;
        }
    }

    // Merges a run that fits into a window. Its tokens are then in the list of parts; the last part is empty and its own successor.
    // Without this attribute the runtime uses unoptimised code for long, because new pieces are rare. With it, first texts are counted 1.5 times as fast.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Merge(BytePairVocabulary vocabulary, ref byte run, int length)
    {
        ref uint keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        ref ushort starts = ref MemoryMarshal.GetArrayDataReference(_starts);
        ref ushort next = ref MemoryMarshal.GetArrayDataReference(_next);
        ref ushort previous = ref MemoryMarshal.GetArrayDataReference(_previous);

        int parts = Split(vocabulary, ref run, length, ref starts);
        for (int part = 0; part < parts - 1; part++)
        {
            Unsafe.Add(ref next, part) = (ushort)(part + 1);
            Unsafe.Add(ref previous, part + 1) = (ushort)part;
            int from = Unsafe.Add(ref starts, part);
            Unsafe.Add(ref keys, part) = Key(vocabulary, ref run, from, Unsafe.Add(ref starts, part + 2), part);
        }

        next = parts == 1 ? (ushort)1 : next;
        Unsafe.Add(ref next, parts - 1) = (ushort)parts;
        Unsafe.Add(ref next, parts) = (ushort)parts;
        Unsafe.Add(ref previous, parts) = (ushort)(parts - 1);
        Vector256.Create(NoKey).StoreUnsafe(ref Unsafe.Add(ref keys, parts - 1));

        int count = parts;
        while (true)
        {
            uint least = Least(ref keys, parts);
            if (least == NoKey)
            {
                return count;
            }

            count--;
            int part = (int)(least & PartMask);
            int taken = Unsafe.Add(ref next, part);
            int after = Unsafe.Add(ref next, taken);
            Unsafe.Add(ref next, part) = (ushort)after;
            Unsafe.Add(ref previous, after) = (ushort)part;
            Unsafe.Add(ref keys, taken) = NoKey;

            int from = Unsafe.Add(ref starts, part);
            int end = Unsafe.Add(ref starts, after);
            Unsafe.Add(ref keys, part) = after == parts
                ? NoKey
                : Key(vocabulary, ref run, from, Unsafe.Add(ref starts, Unsafe.Add(ref next, after)), part);
            if (part != 0)
            {
                int before = Unsafe.Add(ref previous, part);
                Unsafe.Add(ref keys, before) = Key(vocabulary, ref run, Unsafe.Add(ref starts, before), end, before);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Key(BytePairVocabulary vocabulary, ref byte run, int from, int end, int part)
    {
        int rank = vocabulary.RankOf(ref Unsafe.Add(ref run, from), end - from);
        return rank == BytePairVocabulary.NoToken ? NoKey : ((uint)rank << PartBits) | (uint)part;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Least(ref uint keys, int parts)
    {
        var least = Vector256.LoadUnsafe(ref keys);
        for (int i = Vector256<uint>.Count; i < parts; i += Vector256<uint>.Count)
        {
            least = Vector256.Min(least, Vector256.LoadUnsafe(ref keys, (nuint)i));
        }

        var half = Vector128.Min(least.GetLower(), least.GetUpper());
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(2u, 3u, 0u, 1u)));
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(1u, 0u, 3u, 2u)));
        return half.ToScalar();
    }

    // Splits a run into the initial parts: bytes, or a whole code point if no token crosses its borders, because then its bytes merge
    // by themselves first. Returns the number of parts; writes their starts and two ends.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Split(BytePairVocabulary vocabulary, ref byte run, int length, ref ushort starts)
    {
        int parts = 0;
        int border = 0;
        int crossing = BytePairVocabulary.NoCrossing;
        for (int i = 0; i < length; parts++)
        {
            Unsafe.Add(ref starts, parts) = (ushort)i;
            ref byte first = ref Unsafe.Add(ref run, i);
            if (first < 0xC0)
            {
                i++;
                continue;
            }

            int own = vocabulary.OwnMerges(Utf8Text.Decode(ref first, out int size));
            if (border != i)
            {
                crossing = vocabulary.Crossing(Unsafe.Add(ref first, -1), ref first);
            }

            bool alone = own <= crossing && i + size <= length;
            border = i + size;
            crossing = border < length ? vocabulary.Crossing(Unsafe.Add(ref run, border - 1), ref Unsafe.Add(ref run, border)) : BytePairVocabulary.NoCrossing;
            i += alone && own <= crossing ? size : 1;
        }

        Unsafe.Add(ref starts, parts) = (ushort)length;
        Unsafe.Add(ref starts, parts + 1) = (ushort)length;
        return parts;
    }
}
