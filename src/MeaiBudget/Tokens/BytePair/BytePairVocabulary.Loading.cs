using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <content>Builds the tables.</content>
internal sealed partial class BytePairVocabulary
{
    private const int KeysPerPilot = 3;
    private const int KeysPerFilterWord = 8;
    private const int MostPilots = 256;
    private const int MostSeeds = 32;

    /// <summary>Packs a list of distinct tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="source">Their origin, for messages.</param>
    /// <exception cref="InvalidDataException">The tokens are not a byte-pair vocabulary.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal BytePairVocabulary(TokenList tokens, string source)
    {
        Count = tokens.Count;
        _pairRanks = NewPairRanks();
        _crossings = NewTable(1 << CrossingBits, NoCrossing);
        _codePoints = NewTable(ushort.MaxValue + 1, NotMerged);
        _filter = NewFilter(Count);

        int packed = 0;
        int longTokens = 0;
        int longBytes = 0;
        int single = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            ReadOnlySpan<byte> token = tokens[i];
            LongestToken = Math.Max(LongestToken, token.Length);
            single += token.Length == 1 ? 1 : 0;
            if (token.Length == 2)
            {
                _pairRanks[(token[0] << 8) | token[1]] = tokens.Rank(i);
            }

            if (token.Length <= LongestPacked)
            {
                packed++;
            }
            else
            {
                longTokens++;
                longBytes += token.Length;
            }

            if (!System.Text.Ascii.IsValid(token) && !System.Text.Unicode.Utf8.IsValid(token))
            {
                NoteCrossings(token, tokens.Rank(i));
            }
        }

        if (single != 256)
        {
            throw new InvalidDataException($"{source} is not a byte-pair vocabulary: it contains only {single} of the 256 single bytes.");
        }

        _longTokens = new LongToken[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, longTokens * 2))];
        _longBytes = new byte[longBytes];
        FillLongTokens(tokens);

        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(256, packed + (packed / 4)));
        int pilots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, packed / KeysPerPilot));
        _slotMask = 2 * ((ulong)slots - 1);
        _pilotShift = 64 - BitOperations.Log2((uint)pilots);
        _keys = new ulong[2 * slots];
        _ranks = new int[slots];
        _pilots = new byte[pilots];
        _seed = FillPacked(tokens, packed, source);
        FillCodePoints(tokens);
    }

    // These loops do not use Span.Fill, whose code for vectors of any size is never precompiled.
    private static int[] NewPairRanks()
    {
        int[] ranks = new int[ushort.MaxValue + 1];
        for (int i = 0; i < ranks.Length; i++)
        {
            ranks[i] = NoToken;
        }

        return ranks;
    }

    private static ushort[] NewTable(int length, int value)
    {
        ushort[] table = new ushort[length];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (ushort)value;
        }

        return table;
    }

    private static ulong[] NewFilter(int tokens) => new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, tokens / KeysPerFilterWord))];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillCodePoints(TokenList tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            ReadOnlySpan<byte> token = tokens[i];
            if (token.Length is not (2 or 3)
                || token[0] < 0xC0
                || System.Text.Rune.DecodeFromUtf8(token, out System.Text.Rune rune, out int size) != System.Buffers.OperationStatus.Done
                || size != token.Length)
            {
                continue;
            }

            NoteOwnMerges(rune.Value, tokens.Rank(i));
        }
    }

    // Notes a code point of two or three bytes that is a token.
    private void NoteOwnMerges(int codePoint, int rank)
    {
        int first = 0;
        if (codePoint >= 0x800)
        {
            int lead = 0xE0 | (codePoint >> 12);
            int middle = 0x80 | ((codePoint >> 6) & 0x3F);
            first = Math.Min(_pairRanks[(lead << 8) | middle], _pairRanks[(middle << 8) | 0x80 | (codePoint & 0x3F)]);
        }

        // The highest rank of the merges, plus the rounding of crossing ranks.
        _codePoints[codePoint] = first == NoToken ? (ushort)NotMerged : (ushort)Math.Min(Measure(Math.Max(first, rank)) + 1, NotMerged);
    }

    // Ranks of up to 2^18 fit into 16 bits. Higher ranks count as no crossing.
    private static int Measure(int rank) => Math.Min(rank >> 2, NoCrossing);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillLongTokens(TokenList tokens)
    {
        int offset = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            ReadOnlySpan<byte> token = tokens[i];
            if (token.Length <= LongestPacked)
            {
                continue;
            }

            AddLongToken(token, offset, tokens.Rank(i));
            offset += token.Length;
        }
    }

    private void AddLongToken(ReadOnlySpan<byte> token, int offset, int rank)
    {
        token.CopyTo(_longBytes.AsSpan(offset));
        ulong hash = HashOf(ref MemoryMarshal.GetReference(token), token.Length);
        _filter[FilterWord(hash, _filter.Length)] |= FilterBits(hash);
        int mask = _longTokens.Length - 1;
        int index = (int)(hash >> 40) & mask;
        while (_longTokens[index].Length != 0)
        {
            index = (index + 1) & mask;
        }

        _longTokens[index] = new LongToken(hash, offset, token.Length, rank);
    }

    // A token that is not valid UTF-8 starts or ends inside a code point. It may do so across each border that it contains.
    private void NoteCrossings(ReadOnlySpan<byte> token, int rank)
    {
        for (int i = 1; i < token.Length; i++)
        {
            if (token[i] < 0x80)
            {
                NoteCrossing(token[i - 1], token[i], 0, rank);
            }
            else if (token[i] >= 0xC0 && i + 1 < token.Length)
            {
                NoteCrossing(token[i - 1], token[i], token[i + 1], rank);
            }
            else if (token[i] >= 0xC0)
            {
                for (int second = 0x80; second < 0xC0; second++)
                {
                    NoteCrossing(token[i - 1], token[i], second, rank);
                }
            }
        }
    }

    private void NoteCrossing(int last, int first, int second, int rank)
    {
        ref ushort crossing = ref _crossings[CrossingIndex(last, first, second)];
        crossing = (ushort)Math.Min(crossing, Measure(rank));
    }

    // Created when the first non-ASCII piece is merged. If two threads create it, both results are equal.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private ulong[] NoteNeighbours()
    {
        ulong[] neighbours = new ulong[1 << (NeighbourBits - 6)];
        Span<byte> token = stackalloc byte[16];
        for (int slot = 0; slot < _ranks.Length; slot++)
        {
            ulong high = _keys[(2 * slot) + 1];
            if (((_keys[2 * slot] | (high << 8)) & 0x8080808080808080) != 0)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(token, _keys[2 * slot]);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(token[8..], high);
                NoteNeighbours(neighbours, token[..(int)(high >> 56)]);
            }
        }

        foreach (LongToken longToken in _longTokens)
        {
            NoteNeighbours(neighbours, _longBytes.AsSpan(longToken.Offset, longToken.Length));
        }

        return _neighbours = neighbours;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NoteNeighbours(ulong[] neighbours, ReadOnlySpan<byte> token)
    {
        // A token that is not valid UTF-8 crosses borders, which NoteCrossings handles.
        if (token.IsEmpty || System.Text.Ascii.IsValid(token) || !System.Text.Unicode.Utf8.IsValid(token))
        {
            return;
        }

        int before = -1;
        for (int i = 0; i < token.Length;)
        {
            int codePoint = Utf8Text.Decode(ref Unsafe.AsRef(in token[i]), out int size);
            if (i > 0)
            {
                int bit = NeighbourBit(before, codePoint);
                neighbours[bit >> 6] |= 1UL << bit;
            }

            before = codePoint;
            i += size;
        }
    }

    // Perfect hash by displacement (hash and displace): keys with the same pilot are placed together, the largest groups first, each
    // with the first pilot that maps all its keys to free slots.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong FillPacked(TokenList tokens, int packed, string source)
    {
        ulong[] low = new ulong[packed];
        ulong[] high = new ulong[packed];
        int[] index = new int[packed];
        int count = 0;
        ref byte bytes = ref tokens.Bytes;
        for (int i = 0; i < tokens.Count; i++)
        {
            int length = tokens[i].Length;
            if (length <= LongestPacked)
            {
                Pack(ref Unsafe.Add(ref bytes, tokens.Offset(i)), length, out low[count], out high[count]);
                index[count++] = i;
            }
        }

        ulong[] hashes = new ulong[packed];
        ulong[] grouped = new ulong[packed];
        int[] starts = new int[_pilots.Length + 1];
        ulong[] used = new ulong[(_ranks.Length + 63) / 64];
        for (int attempt = 1; attempt <= MostSeeds; attempt++)
        {
            ulong seed = (ulong)attempt * MixLow;
            Array.Clear(starts);
            for (int i = 0; i < packed; i++)
            {
                hashes[i] = HashOf(low[i], high[i], seed);
                starts[(int)(hashes[i] >> _pilotShift) + 1]++;
            }

            for (int i = 1; i < starts.Length; i++)
            {
                starts[i] += starts[i - 1];
            }

            int[] next = starts.AsSpan(0, _pilots.Length).ToArray();
            for (int i = 0; i < packed; i++)
            {
                grouped[next[(int)(hashes[i] >> _pilotShift)]++] = hashes[i];
            }

            Array.Clear(used);
            if (Place(grouped, starts, used))
            {
                for (int i = 0; i < packed; i++)
                {
                    int slot = (int)Slot(hashes[i], _pilots[(int)(hashes[i] >> _pilotShift)], _slotMask);
                    _keys[slot] = low[i];
                    _keys[slot + 1] = high[i];
                    _ranks[slot >> 1] = tokens.Rank(index[i]);
                    _filter[FilterWord(hashes[i], _filter.Length)] |= FilterBits(hashes[i]);
                }

                return seed;
            }
        }

        throw new InvalidDataException($"{source} contains the same token twice.");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Place(ulong[] hashes, int[] starts, ulong[] used)
    {
        foreach (int group in LargestFirst(starts))
        {
            ReadOnlySpan<ulong> keys = hashes.AsSpan(starts[group], starts[group + 1] - starts[group]);
            int pilot = 0;
            while (!Fits(keys, (uint)pilot, used))
            {
                if (++pilot == MostPilots)
                {
                    return false;
                }
            }

            _pilots[group] = (byte)pilot;
        }

        return true;
    }

    // The groups ordered by size. The keys of each group are adjacent.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] LargestFirst(int[] starts)
    {
        int largest = 0;
        for (int i = 1; i < starts.Length; i++)
        {
            largest = Math.Max(largest, starts[i] - starts[i - 1]);
        }

        int[] next = new int[largest + 2];
        for (int i = 1; i < starts.Length; i++)
        {
            next[largest - (starts[i] - starts[i - 1]) + 1]++;
        }

        for (int i = 1; i < next.Length; i++)
        {
            next[i] += next[i - 1];
        }

        int[] groups = new int[starts.Length - 1];
        for (int i = 1; i < starts.Length; i++)
        {
            groups[next[largest - (starts[i] - starts[i - 1])]++] = i - 1;
        }

        return groups;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Fits(ReadOnlySpan<ulong> hashes, uint pilot, ulong[] used)
    {
        for (int i = 0; i < hashes.Length; i++)
        {
            int slot = (int)Slot(hashes[i], pilot, _slotMask) >> 1;
            if ((used[slot >> 6] >> slot & 1) != 0)
            {
                while (--i >= 0)
                {
                    int taken = (int)Slot(hashes[i], pilot, _slotMask) >> 1;
                    used[taken >> 6] &= ~(1UL << taken);
                }

                return false;
            }

            used[slot >> 6] |= 1UL << slot;
        }

        return true;
    }
}
