using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>
/// Fills the tables of a vocabulary from its tokens: for a vocabulary file of an application, for the tables that the build prepares, and
/// where these cannot be used.
/// </summary>
internal sealed class VocabularyBuilder
{
    private const int KeysPerPilot = 3;
    private const int KeysPerFilterWord = 8;
    private const int MostPilots = 256;
    private const int MostSeeds = 32;

    private readonly VocabularyMemory _memory;
    private readonly VocabularyLayout _layout;
    private readonly int _packed;
    private readonly int _pilotShift;
    private readonly ulong _slotMask;

    private VocabularyBuilder(TokenList tokens, string source)
    {
        int longest = 0;
        int longTokens = 0;
        int longBytes = 0;
        int single = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            int length = tokens[i].Length;
            longest = Math.Max(longest, length);
            single += length == 1 ? 1 : 0;
            if (length > BytePairVocabulary.LongestPacked)
            {
                longTokens++;
                longBytes += length;
            }
        }

        if (single != 256)
        {
            throw new InvalidDataException($"{source} is not a byte-pair vocabulary: it contains only {single} of the 256 single bytes.");
        }

        _packed = tokens.Count - longTokens;
        _layout = new VocabularyLayout(
            tokens.Count,
            longest,
            SlotBits: Logarithm(Math.Max(256, _packed + (_packed / 4))),
            PilotBits: Logarithm(Math.Max(64, _packed / KeysPerPilot)),
            FilterBits: Logarithm(Math.Max(64, tokens.Count / KeysPerFilterWord)),
            LongSlotBits: Logarithm(Math.Max(16, longTokens * 2)),
            longBytes);
        _memory = VocabularyMemory.Allocate(_layout.Length);
        _pilotShift = 64 - _layout.PilotBits;
        _slotMask = 2 * ((1UL << _layout.SlotBits) - 1);
    }

    private Span<ulong> Keys => Table<ulong>(VocabularyLayout.Keys, 2 << _layout.SlotBits);

    private Span<int> Ranks => Table<int>(_layout.Ranks, 1 << _layout.SlotBits);

    private Span<byte> Pilots => Table<byte>(_layout.Pilots, 1 << _layout.PilotBits);

    private Span<ulong> Filter => Table<ulong>(_layout.Filter, 1 << _layout.FilterBits);

    private Span<int> PairRanks => Table<int>(_layout.PairRanks, ushort.MaxValue + 1);

    private Span<ushort> Crossings => Table<ushort>(_layout.Crossings, 1 << VocabularyLayout.CrossingBits);

    private Span<ushort> CodePoints => Table<ushort>(_layout.CodePoints, ushort.MaxValue + 1);

    private Span<ulong> Neighbours => Table<ulong>(_layout.Neighbours, 1 << (VocabularyLayout.NeighbourBits - 6));

    private Span<VocabularyLayout.LongToken> LongTokens => Table<VocabularyLayout.LongToken>(_layout.LongTokens, 1 << _layout.LongSlotBits);

    private Span<byte> LongTokenBytes => Table<byte>(_layout.LongTokenBytes, _layout.LongBytes);

    /// <summary>Fills the tables. The same tokens give the same bytes.</summary>
    /// <param name="tokens">The tokens, all distinct.</param>
    /// <param name="source">Their origin, for messages.</param>
    /// <exception cref="InvalidDataException">The tokens are not a byte-pair vocabulary.</exception>
    internal static BytePairVocabulary Build(TokenList tokens, string source)
    {
        var builder = new VocabularyBuilder(tokens, source);
        builder.PairRanks.Fill(BytePairVocabulary.NoToken);
        builder.Crossings.Fill(BytePairVocabulary.NoCrossing);
        builder.CodePoints.Fill(BytePairVocabulary.NotMerged);
        builder.FillBytes(tokens);
        builder.FillLongTokens(tokens);
        builder.FillCodePoints(tokens);
        builder._layout.Write(builder._memory.Bytes, builder.FillPacked(tokens, source));
        return BytePairVocabulary.TryUse(builder._memory)!;
    }

    private static int Logarithm(int least) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)least));

    private Span<T> Table<T>(int start, int length)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(_memory.Bytes[start..])[..length];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillBytes(TokenList tokens)
    {
        Span<int> pairRanks = PairRanks;
        Span<ulong> neighbours = Neighbours;
        for (int i = 0; i < tokens.Count; i++)
        {
            ReadOnlySpan<byte> token = tokens[i];
            if (token.Length == 2)
            {
                pairRanks[(token[0] << 8) | token[1]] = tokens.Rank(i);
            }

            if (System.Text.Ascii.IsValid(token))
            {
                continue;
            }

            if (System.Text.Unicode.Utf8.IsValid(token))
            {
                NoteNeighbours(neighbours, token);
            }
            else
            {
                NoteCrossings(token, tokens.Rank(i));
            }
        }
    }

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
            first = Math.Min(PairRanks[(lead << 8) | middle], PairRanks[(middle << 8) | 0x80 | (codePoint & 0x3F)]);
        }

        // The highest rank of the merges, plus the rounding of crossing ranks.
        CodePoints[codePoint] = (ushort)(first == BytePairVocabulary.NoToken ? BytePairVocabulary.NotMerged : Math.Min(Measure(Math.Max(first, rank)) + 1, BytePairVocabulary.NotMerged));
    }

    // Ranks of up to 2^18 fit into 16 bits. Higher ranks count as no crossing.
    private static int Measure(int rank) => Math.Min(rank >> 2, BytePairVocabulary.NoCrossing);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillLongTokens(TokenList tokens)
    {
        Span<VocabularyLayout.LongToken> places = LongTokens;
        Span<byte> bytes = LongTokenBytes;
        Span<ulong> filter = Filter;
        int mask = places.Length - 1;
        int offset = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            ReadOnlySpan<byte> token = tokens[i];
            if (token.Length <= BytePairVocabulary.LongestPacked)
            {
                continue;
            }

            token.CopyTo(bytes[offset..]);
            ulong hash = BytePairVocabulary.HashOf(ref MemoryMarshal.GetReference(token), token.Length);
            filter[BytePairVocabulary.FilterWord(hash) & (filter.Length - 1)] |= BytePairVocabulary.FilterBits(hash);
            int index = BytePairVocabulary.LongPlace(hash) & mask;
            while (places[index].Length != 0)
            {
                index = (index + 1) & mask;
            }

            places[index] = new VocabularyLayout.LongToken(hash, offset, token.Length, tokens.Rank(i));
            offset += token.Length;
        }
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
        ref ushort crossing = ref Crossings[BytePairVocabulary.CrossingIndex(last, first, second)];
        crossing = (ushort)Math.Min(crossing, Measure(rank));
    }

    // A token that is not valid UTF-8 crosses borders, which NoteCrossings handles.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NoteNeighbours(Span<ulong> neighbours, ReadOnlySpan<byte> token)
    {
        int before = -1;
        for (int i = 0; i < token.Length;)
        {
            int codePoint = Utf8Text.Decode(ref Unsafe.AsRef(in token[i]), out int size);
            if (i > 0)
            {
                int bit = BytePairVocabulary.NeighbourBit(before, codePoint);
                neighbours[bit >> 6] |= 1UL << bit;
            }

            before = codePoint;
            i += size;
        }
    }

    // Perfect hash by displacement (hash and displace): keys with the same pilot are placed together, the largest groups first, each
    // with the first pilot that maps all its keys to free slots.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong FillPacked(TokenList tokens, string source)
    {
        int packed = _packed;
        ulong[] low = new ulong[packed];
        ulong[] high = new ulong[packed];
        int[] index = new int[packed];
        int count = 0;
        ref byte bytes = ref tokens.Bytes;
        for (int i = 0; i < tokens.Count; i++)
        {
            int length = tokens[i].Length;
            if (length <= BytePairVocabulary.LongestPacked)
            {
                BytePairVocabulary.Pack(ref Unsafe.Add(ref bytes, tokens.Offset(i)), length, out low[count], out high[count]);
                index[count++] = i;
            }
        }

        ulong[] hashes = new ulong[packed];
        ulong[] grouped = new ulong[packed];
        int[] starts = new int[Pilots.Length + 1];
        ulong[] used = new ulong[(Ranks.Length + 63) / 64];
        for (int attempt = 1; attempt <= MostSeeds; attempt++)
        {
            ulong seed = (ulong)attempt * BytePairVocabulary.MixLow;
            Array.Clear(starts);
            for (int i = 0; i < packed; i++)
            {
                hashes[i] = BytePairVocabulary.HashOf(low[i], high[i], seed);
                starts[(int)(hashes[i] >> _pilotShift) + 1]++;
            }

            for (int i = 1; i < starts.Length; i++)
            {
                starts[i] += starts[i - 1];
            }

            int[] next = starts.AsSpan(0, starts.Length - 1).ToArray();
            for (int i = 0; i < packed; i++)
            {
                grouped[next[(int)(hashes[i] >> _pilotShift)]++] = hashes[i];
            }

            Array.Clear(used);
            if (Place(grouped, starts, used))
            {
                Span<ulong> keys = Keys;
                Span<ulong> filter = Filter;
                for (int i = 0; i < packed; i++)
                {
                    int slot = (int)BytePairVocabulary.Slot(hashes[i], Pilots[(int)(hashes[i] >> _pilotShift)], _slotMask);
                    keys[slot] = low[i];
                    keys[slot + 1] = high[i];
                    Ranks[slot >> 1] = tokens.Rank(index[i]);
                    filter[BytePairVocabulary.FilterWord(hashes[i]) & (filter.Length - 1)] |= BytePairVocabulary.FilterBits(hashes[i]);
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

            Pilots[group] = (byte)pilot;
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
            int slot = (int)BytePairVocabulary.Slot(hashes[i], pilot, _slotMask) >> 1;
            if ((used[slot >> 6] >> slot & 1) != 0)
            {
                while (--i >= 0)
                {
                    int taken = (int)BytePairVocabulary.Slot(hashes[i], pilot, _slotMask) >> 1;
                    used[taken >> 6] &= ~(1UL << taken);
                }

                return false;
            }

            used[slot >> 6] |= 1UL << slot;
        }

        return true;
    }
}
