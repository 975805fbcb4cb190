using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <content>Fills the tables of a vocabulary whose placement was worked out before, in one pass over its lines.</content>
/// <remarks>
/// This runs at the first count of a process. It is not compiled with full optimisation at once, because such methods are not
/// precompiled (ReadyToRun). Where it is not precompiled, the runtime replaces the code of its loop after the first thousand lines.
/// </remarks>
internal sealed partial class BytePairVocabulary
{
    // A placement begins with the number of the seed, the binary logarithms of the numbers of places for short and for long tokens, and
    // in four bytes each the number of tokens and the bytes of all long ones. The pilots follow.
    private const int CountAt = 3;
    private const int LongBytesAt = CountAt + sizeof(int);
    private const int PilotsAt = LongBytesAt + sizeof(int);

    private const int LinesPerGroup = 64;
    private const int LargestLogarithm = 24;
    private const int LargestSum = 1 << 26;

    private BytePairVocabulary(InflatedLines lines, ReadOnlySpan<byte> placement, out bool fits)
    {
        _seed = placement[0] * MixLow;
        Count = BinaryPrimitives.ReadInt32LittleEndian(placement[CountAt..]);
        _pilots = placement[PilotsAt..].ToArray();
        _pilotShift = 64 - BitOperations.Log2((uint)_pilots.Length);
        _ranks = new int[1 << placement[1]];
        _keys = new ulong[2 * _ranks.Length];
        _slotMask = 2 * ((ulong)_ranks.Length - 1);
        _longTokens = new LongToken[1 << placement[2]];
        _longBytes = new byte[BinaryPrimitives.ReadInt32LittleEndian(placement[LongBytesAt..])];
        _pairRanks = NewPairRanks();
        _crossings = NewTable(1 << CrossingBits, NoCrossing);
        _codePoints = NewTable(ushort.MaxValue + 1, (ushort)NotMerged);
        _filter = NewFilter(Count);
        fits = TryFill(lines, out int longest);
        LongestToken = longest;
    }

    /// <summary>Fills the tables from a resource of a data package: a line with the capacity, and one with each token in Base64, whose rank is the number of the line.</summary>
    /// <param name="lines">The lines of the resource.</param>
    /// <param name="placement">What <see cref="ToPlacement"/> returned for the same tokens.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <returns>False if the placement is of other tokens, or a line has another format.</returns>
    internal static bool TryLoad(InflatedLines lines, ReadOnlySpan<byte> placement, [NotNullWhen(true)] out BytePairVocabulary? vocabulary)
    {
        vocabulary = null;
        if (!IsPlacement(placement))
        {
            return false;
        }

        var loaded = new BytePairVocabulary(lines, placement, out bool fits);
        vocabulary = fits ? loaded : null;
        return fits;
    }

    /// <summary>Returns how the tokens are placed, for <see cref="TryLoad"/>.</summary>
    internal byte[] ToPlacement()
    {
        byte[] placement = new byte[PilotsAt + _pilots.Length];
        while (placement[0] * MixLow != _seed)
        {
            placement[0]++;
        }

        placement[1] = (byte)BitOperations.Log2((uint)_ranks.Length);
        placement[2] = (byte)BitOperations.Log2((uint)_longTokens.Length);
        BinaryPrimitives.WriteInt32LittleEndian(placement.AsSpan(CountAt), Count);
        BinaryPrimitives.WriteInt32LittleEndian(placement.AsSpan(LongBytesAt), _longBytes.Length);
        _pilots.CopyTo(placement.AsSpan(PilotsAt));
        return placement;
    }

    private static bool IsPlacement(ReadOnlySpan<byte> placement) =>
        placement.Length > PilotsAt
        && placement[0] is > 0 and <= MostSeeds
        && placement[1] <= LargestLogarithm
        && placement[2] <= LargestLogarithm
        && BinaryPrimitives.ReadInt32LittleEndian(placement[CountAt..]) is > 0 and < LargestSum
        && BinaryPrimitives.ReadInt32LittleEndian(placement[LongBytesAt..]) is >= 0 and < LargestSum
        && BitOperations.IsPow2(placement.Length - PilotsAt)
        && placement.Length - PilotsAt > 1;

    private static bool TryReadCapacity(ref ReadOnlySpan<byte> lines, out int capacity)
    {
        ReadOnlySpan<byte> label = "Capacity: "u8;
        int end = lines.IndexOf((byte)'\n') + 1;
        capacity = 0;
        if (!lines.StartsWith(label) || !Utf8Parser.TryParse(lines[label.Length..end], out capacity, out int read))
        {
            return false;
        }

        int rest = end - label.Length - read;
        bool isEnd = rest == 1 || (rest == 2 && lines[end - 2] == (byte)'\r');
        lines = lines[end..];
        return isEnd;
    }

    private bool TryFill(InflatedLines lines, out int longest)
    {
        longest = 0;
        ReadOnlySpan<byte> block = lines.Next();
        if (!TryReadCapacity(ref block, out int capacity) || Count > capacity || Count < capacity - MostEmptyLines)
        {
            return false;
        }

        byte[] decoded = new byte[InflatedLines.LongestBlock + sizeof(ulong) + sizeof(ulong)];
        ushort[] lengths = new ushort[InflatedLines.LongestBlock];
        var group = new Placed[LinesPerGroup];
        var codePoints = new CodePointList();
        ref byte sextets = ref Unsafe.AsRef(in Base64Lines.Sextets[0]);
        ref byte pilots = ref MemoryMarshal.GetArrayDataReference(_pilots);
        ref ulong keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        int rank = 0;
        int count = 0;
        int single = 0;
        int longCount = 0;
        int longBytes = 0;

        // All of this is one method, so that the runtime replaces its code only once where it is not precompiled.
        for (; !block.IsEmpty; block = lines.Next())
        {
            if (block.Length > InflatedLines.LongestBlock)
            {
                return false;
            }

            // A whole block is decoded before its tokens are placed. A token that was placed at once would be read back while its bytes wait
            // for the earlier writes to the tables, which miss the processor's caches.
            int listed = 0;
            ref byte text = ref Unsafe.AsRef(in block[0]);
            ref byte end = ref Unsafe.Add(ref text, block.Length);
            ref byte next = ref decoded[0];
            while (Unsafe.IsAddressLessThan(ref text, ref end))
            {
                int length = 0;
                while (Base64Lines.TryDecodeGroup(ref sextets, ref text, ref Unsafe.Add(ref next, length)))
                {
                    text = ref Unsafe.Add(ref text, 4);
                    length += 3;
                }

                if (text != (byte)'\n')
                {
                    if (!Base64Lines.TryDecodeEnd(ref text, ref Unsafe.Add(ref next, length), out int characters, out int bytes))
                    {
                        return false;
                    }

                    text = ref Unsafe.Add(ref text, characters);
                    length += bytes;
                }

                text = ref Unsafe.Add(ref text, 1);
                next = ref Unsafe.Add(ref next, length);
                lengths[listed++] = (ushort)length;
            }

            ref byte token = ref decoded[0];
            for (int first = 0; first < listed; first += LinesPerGroup)
            {
                int last = Math.Min(first + LinesPerGroup, listed);
                ref byte packed = ref token;
                ulong taken = 0;

                // Some tokens are placed together before the rest is done with each, because a processor waits for one place as long as for
                // several. Every key has its length, so that only a free place has zero there.
                for (int i = first; i < last; i++)
                {
                    int length = lengths[i];
                    if (length is > 0 and <= LongestPacked)
                    {
                        Pack(ref packed, length, out ulong low, out ulong high);
                        ulong hash = HashOf(low, high, _seed);
                        nuint slot = Slot(hash, Unsafe.Add(ref pilots, (nuint)(hash >> _pilotShift)), _slotMask);
                        ref ulong key = ref Unsafe.Add(ref keys, slot);
                        taken |= Unsafe.Add(ref key, 1);
                        key = low;
                        Unsafe.Add(ref key, 1) = high;
                        group[i - first] = new Placed(hash, slot, ((low | (high << 8)) & 0x8080808080808080) == 0);
                    }

                    packed = ref Unsafe.Add(ref packed, length);
                }

                if (taken != 0)
                {
                    return false;
                }

                for (int i = first; i < last; i++, rank++)
                {
                    int length = lengths[i];
                    if (length == 0)
                    {
                        continue;
                    }

                    count++;
                    longest = Math.Max(longest, length);
                    ref byte start = ref token;
                    token = ref Unsafe.Add(ref token, length);
                    if (length <= LongestPacked)
                    {
                        ref Placed place = ref group[i - first];
                        _ranks[place.Slot >> 1] = rank;
                        _filter[FilterWord(place.Hash, _filter.Length)] |= FilterBits(place.Hash);
                        single += length == 1 ? 1 : 0;
                        if (length == 2)
                        {
                            _pairRanks[(start << 8) | Unsafe.Add(ref start, 1)] = rank;
                        }

                        if (!place.IsAscii)
                        {
                            NoteCharacters(ref start, length, rank, codePoints);
                        }
                    }
                    else
                    {
                        if (longBytes + length > _longBytes.Length || 2 * ++longCount > _longTokens.Length)
                        {
                            return false;
                        }

                        AddLongToken(MemoryMarshal.CreateReadOnlySpan(ref start, length), longBytes, rank);
                        longBytes += length;
                        NoteCharacters(ref start, length, rank, codePoints);
                    }
                }
            }
        }

        if (count != Count || single != 256 || longBytes != _longBytes.Length)
        {
            return false;
        }

        // Only now are the ranks of all pairs known.
        foreach (long listed in codePoints.All)
        {
            NoteOwnMerges((int)listed, (int)(listed >> 32));
        }

        return true;
    }

    private void NoteCharacters(ref byte start, int length, int rank, CodePointList codePoints)
    {
        ReadOnlySpan<byte> token = MemoryMarshal.CreateReadOnlySpan(ref start, length);
        if (!System.Text.Unicode.Utf8.IsValid(token))
        {
            NoteCrossings(token, rank);
            return;
        }

        int codePoint = Utf8Text.Decode(ref start, out int size);
        if (size == length && size is (2 or 3))
        {
            codePoints.Add(codePoint, rank);
        }
    }

    /// <summary>The tokens that are one code point of two or three bytes: the rank in the upper half, the code point in the lower.</summary>
    private sealed class CodePointList
    {
        private long[] _tokens = new long[16_384];
        private int _count;

        internal ReadOnlySpan<long> All => new(_tokens, 0, _count);

        internal void Add(int codePoint, int rank)
        {
            if (_count == _tokens.Length)
            {
                Array.Resize(ref _tokens, 2 * _count);
            }

            _tokens[_count++] = ((long)rank << 32) | (uint)codePoint;
        }
    }

    /// <summary>Where a token is.</summary>
    private readonly record struct Placed(ulong Hash, nuint Slot, bool IsAscii);
}
