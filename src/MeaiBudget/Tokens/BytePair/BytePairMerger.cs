using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MeaiBudget;

/// <summary>
/// Counts the tokens of one piece by merging: always the adjacent pair of lowest rank, the leftmost of equals, as tiktoken does.
/// </summary>
/// <remarks>
/// <para>
/// Finding the lowest pair by looking at all of them takes time that grows with the square of the piece, so a long piece is
/// merged in windows. That is exact: a run of tokens is the encoding of its bytes if and only if each two neighbours are the
/// encoding of theirs (merges inside a token are not seen outside it, so the first merge across a border would happen among
/// the two neighbours alone). A window's last tokens, which know nothing of what follows, are merged again with the next
/// window, and the border between the two is checked; one that does not hold is moved back.
/// </para>
/// <para>For one thread at a time.</para>
/// </remarks>
internal sealed class BytePairMerger
{
    /// <summary>The longest run, in bytes, that is merged whole.</summary>
    internal const int Window = 384;

    // What a window leaves to the next one, in bytes; more where the border does not hold.
    private const int Tail = 48;

    // The first code point of three bytes in UTF-8.
    private const int LeastOfThreeBytes = 0x800;

    // A key is the rank of a pair and, below it, the number of its first part: the least key is the leftmost pair of the lowest rank.
    private const int PartBits = 9;
    private const int PartMask = (1 << PartBits) - 1;
    private const uint NoKey = uint.MaxValue;

    /// <summary>The highest rank that a key can hold.</summary>
    internal const int HighestRank = (1 << (32 - PartBits)) - 2;

    [ThreadStatic]
    private static BytePairMerger? t_merger;

    private readonly uint[] _keys = new uint[Window + Vector256<uint>.Count];
    private readonly ushort[] _starts = new ushort[Window + 2];
    private readonly ushort[] _next = new ushort[Window + 2];
    private readonly ushort[] _previous = new ushort[Window + 2];
    private ushort[]? _ends;
    private BytePairMerger? _borderMerger;

    /// <summary>Gets the merger of this thread.</summary>
    internal static BytePairMerger ForThread => t_merger ??= new BytePairMerger();

    /// <summary>Counts the tokens of a piece; 16 bytes must be readable from each of its bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal int Count(BytePairVocabulary vocabulary, ref byte piece, int length)
    {
        if (!MemoryMarshal.CreateReadOnlySpan(ref piece, length).ContainsAnyInRange((byte)0xE0, (byte)0xEF))
        {
            return length <= Window ? Merge(vocabulary, ref piece, length) : CountLong(vocabulary, ref piece, length);
        }

        // Cut where no token holds what is on both sides. In scripts of one or two bytes a letter one nearly always does.
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

    // Up to three characters, each of which is one token before anything else merges, need no list of parts.
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

    // Whether two neighbours are the encoding of their bytes.
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

    // Merges a run that fits a window; leaves its tokens in the list of parts, whose last one is empty and its own successor.
    // New pieces are seldom enough for unoptimised code to stay for long: optimised at once, first texts are counted 1.5 times as fast.
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
        Vector256<uint> least = Vector256.LoadUnsafe(ref keys);
        for (int i = Vector256<uint>.Count; i < parts; i += Vector256<uint>.Count)
        {
            least = Vector256.Min(least, Vector256.LoadUnsafe(ref keys, (nuint)i));
        }

        Vector128<uint> half = Vector128.Min(least.GetLower(), least.GetUpper());
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(2u, 3u, 0u, 1u)));
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(1u, 0u, 3u, 2u)));
        return half.ToScalar();
    }

    // The parts that merging starts from: bytes, or a whole code point where no token crosses into or out of part of it, since
    // then its bytes merge by themselves first. Returns their number; writes their starts and two ends.
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
