using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MeaiBudget;

/// <summary>
/// The tokens of an encoding, packed for look-up by their bytes. Immutable, so threads read it without locks.
/// </summary>
/// <remarks>
/// A token of at most 15 bytes is one 128-bit key (bytes, zeros, length) in a table with a perfect hash, so one probe finds it or
/// shows that it does not exist. The few longer tokens are in a separate open table. <see cref="VocabularyLayout"/> says where the tables
/// are; o200k_base takes 6.1 MB in total. <see cref="VocabularyBuilder"/> fills them.
/// </remarks>
internal sealed unsafe class BytePairVocabulary
{
    /// <summary>The rank of bytes that are not a token; higher than every rank.</summary>
    internal const int NoToken = int.MaxValue;

    /// <summary>The length, in bytes, of the longest token in the packed table.</summary>
    internal const int LongestPacked = 15;

    /// <summary>The number of lines without a token that a data package may have.</summary>
    internal const int MostEmptyLines = 16;

    // The maximum length of Pack's input.
    private const int MostPacked = 64;

    /// <summary>The measure of a border that no token crosses.</summary>
    internal const int NoCrossing = NotMerged - 1;

    /// <summary>The measure of a code point that its bytes do not become before other merges.</summary>
    internal const int NotMerged = ushort.MaxValue;

    /// <summary>The basis of the seeds of hash functions.</summary>
    internal const ulong MixLow = 0x9E3779B97F4A7C15;

    private const ulong MixHigh = 0xFFFFFFFFC2B2AE3D;

    // The addresses are those of the memory, which whoever counts keeps alive with this object.
    private readonly VocabularyMemory _memory;
    private readonly ulong* _keys;
    private readonly byte* _pilots;
    private readonly int* _ranks;
    private readonly ulong* _filter;
    private readonly int* _pairRanks;
    private readonly ushort* _crossings;
    private readonly ushort* _codePoints;
    private readonly ulong* _neighbours;
    private readonly VocabularyLayout.LongToken* _longTokens;
    private readonly byte* _longBytes;
    private readonly int _longBytesLength;
    private readonly int _longMask;
    private readonly int _filterMask;
    private readonly int _pilotShift;
    private readonly ulong _seed;
    private readonly ulong _slotMask;

    private BytePairVocabulary(VocabularyMemory memory, in VocabularyLayout layout, ulong seed)
    {
        byte* start = memory.Start;
        _memory = memory;
        _keys = (ulong*)(start + VocabularyLayout.Keys);
        _pilots = start + layout.Pilots;
        _ranks = (int*)(start + layout.Ranks);
        _filter = (ulong*)(start + layout.Filter);
        _pairRanks = (int*)(start + layout.PairRanks);
        _crossings = (ushort*)(start + layout.Crossings);
        _codePoints = (ushort*)(start + layout.CodePoints);
        _neighbours = (ulong*)(start + layout.Neighbours);
        _longTokens = (VocabularyLayout.LongToken*)(start + layout.LongTokens);
        _longBytes = start + layout.LongTokenBytes;
        _longBytesLength = layout.LongBytes;
        _longMask = (1 << layout.LongSlotBits) - 1;
        _filterMask = (1 << layout.FilterBits) - 1;
        _pilotShift = 64 - layout.PilotBits;
        _slotMask = 2 * ((1UL << layout.SlotBits) - 1);
        _seed = seed;
        Count = layout.Tokens;
        LongestToken = layout.LongestToken;
    }

    /// <summary>The length of the longest token in bytes.</summary>
    internal int LongestToken { get; }

    /// <summary>The number of tokens.</summary>
    internal int Count { get; }

    /// <summary>True if the tables are those of a mapped file.</summary>
    internal bool IsMapped => _memory.IsMapped;

    /// <summary>Header and tables, as they are in a file of prepared tables.</summary>
    internal ReadOnlySpan<byte> Memory => _memory.Bytes;

    /// <summary>The memory that the process has allocated for the tables, in bytes.</summary>
    internal long RetainedBytes => _memory.IsMapped ? 0 : _memory.Length;

    /// <summary>Uses finished tables.</summary>
    /// <param name="memory">The tables.</param>
    /// <returns>The vocabulary; null if these are no tables of this version and this byte order, or part of them is missing.</returns>
    internal static BytePairVocabulary? TryUse(VocabularyMemory memory) =>
        VocabularyLayout.TryRead(memory.Bytes, out VocabularyLayout layout, out ulong seed) ? new BytePairVocabulary(memory, layout, seed) : null;

    // 64 one-bytes and 16 zero-bytes. The 16 bytes that start n before the zeros are a mask for the first n bytes.
    private static ReadOnlySpan<ulong> Masks =>
    [
        ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0, 0,
    ];

    /// <summary>
    /// Packs 1 to 64 bytes into a key, which contains at most 16 of them. 16 bytes must be readable. More than
    /// <see cref="LongestPacked"/> bytes result in a key that no token has.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Pack(ref byte text, nint length, out ulong low, out ulong high)
    {
        ref byte mask = ref Unsafe.Subtract(ref Unsafe.As<ulong, byte>(ref Unsafe.AsRef(in Masks[8])), length);
        ulong first = Unsafe.ReadUnaligned<ulong>(ref text) & Unsafe.ReadUnaligned<ulong>(ref mask);
        ulong second = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref text, 8)) & Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref mask, 8));
        if (!BitConverter.IsLittleEndian)
        {
            first = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(first);
            second = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(second);
        }

        low = first;
        high = second | ((ulong)length << 56);
    }

    /// <summary>
    /// True if a piece is a token of at most <see cref="LongestPacked"/> bytes. 16 bytes must be readable. The hash is that of the first
    /// 16 bytes of the piece.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsShortToken(ref byte piece, int length, out ulong hash)
    {
        Pack(ref piece, Math.Min(length, MostPacked), out ulong low, out ulong high);
        hash = HashOf(low, high, _seed);
        return SlotOf(low, high, hash) >= 0;
    }

    /// <summary>
    /// Lists the pieces of a batch that are not tokens of at most <see cref="LongestPacked"/> bytes, with the hashes of their first 16
    /// bytes, and returns their number. 16 bytes must be readable from each byte of the text. There is no branch per piece.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="batch">The batch, which receives numbers and hashes.</param>
    /// <param name="pieces">The number of pieces, at least 1.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal int ListRare(ref byte text, PieceBatch batch, nuint pieces)
    {
        ref int bounds = ref batch.Bounds;
        ref ulong listed = ref batch.Rare;
        byte* pilots = _pilots;
        ulong* keys = _keys;
        ulong seed = _seed;
        int pilotShift = _pilotShift;
        ulong slotMask = _slotMask;
        nuint number = 0;
        nint start = bounds;
        do
        {
            nint end = Unsafe.Add(ref bounds, number + 1);
            Pack(ref Unsafe.Add(ref text, start), end - start, out ulong low, out ulong high);
            ulong hash = HashOf(low, high, seed);
            ulong* key = keys + Slot(hash, pilots[hash >> pilotShift], slotMask);
            listed = (hash & ~(ulong)PieceBatch.NumberMask) | number;
            listed = ref Unsafe.Add(ref listed, ((key[0] ^ low) | (key[1] ^ high)) != 0 ? (nuint)1 : 0);
            start = end;
        }
        while (++number < pieces);

        return (int)(Unsafe.ByteOffset(ref batch.Rare, ref listed) / sizeof(ulong));
    }

    /// <summary>Returns the rank of a run of 2 bytes or more; <see cref="NoToken"/> if it is not a token. 16 bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int RankOf(ref byte text, int length)
    {
        if (length == 2)
        {
            return _pairRanks[(text << 8) | Unsafe.Add(ref text, 1)];
        }

        if (length > LongestPacked)
        {
            return RankOfLong(ref text, length);
        }

        Pack(ref text, length, out ulong low, out ulong high);
        ulong hash = HashOf(low, high, _seed);
        if (!MayBeToken(hash))
        {
            return NoToken;
        }

        nint slot = SlotOf(low, high, hash);
        return slot < 0 ? NoToken : _ranks[slot >> 1];
    }

    /// <summary>Returns the rank of a run of 16 bytes or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal int RankOfLong(ref byte text, int length)
    {
        if (length > LongestToken)
        {
            return NoToken;
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(ref text, length);
        ulong hash = HashOf(ref text, length);
        if (!MayBeToken(hash))
        {
            return NoToken;
        }

        var longBytes = new ReadOnlySpan<byte>(_longBytes, _longBytesLength);
        for (int index = LongPlace(hash) & _longMask; ; index = (index + 1) & _longMask)
        {
            ref readonly VocabularyLayout.LongToken token = ref _longTokens[index];
            if (token.Length == 0)
            {
                return NoToken;
            }

            if (token.Hash == hash && token.Length == length && bytes.SequenceEqual(longBytes.Slice(token.Offset, length)))
            {
                return (int)token.Rank;
            }
        }
    }

    /// <summary>
    /// Returns a measure of the lowest rank of the tokens that cross the border before a code point and contain only part of one of its
    /// two neighbours. Returns <see cref="NoCrossing"/> if there are none; then the bytes of each neighbour merge independently.
    /// </summary>
    /// <param name="last">The byte before the border.</param>
    /// <param name="next">The first byte of the code point.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Crossing(byte last, ref byte next) =>
        _crossings[CrossingIndex(last, next, next < 0x80 ? 0 : Unsafe.Add(ref next, 1))];

    /// <summary>
    /// Returns a measure of the highest rank of the merges that combine the bytes of a code point to one token. If it is at most the
    /// <see cref="Crossing"/> of both borders, these merges come before every merge across them. The result is more than
    /// <see cref="NoCrossing"/> for a code point that is not a token, and for every code point of 4 bytes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int OwnMerges(int codePoint) =>
        codePoint > char.MaxValue ? NotMerged : _codePoints[codePoint];

    /// <summary>
    /// True if a token may contain these two adjacent code points, at least one of which is not ASCII. If false, and no token crosses the
    /// border, the text before and after it merges independently. May be true for some pairs that no token contains.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool MayBeNeighbours(int first, int second)
    {
        int bit = NeighbourBit(first, second);
        return (_neighbours[bit >> 6] >> bit & 1) != 0;
    }

    /// <summary>Hashes 16 bytes or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong HashOf(ref byte bytes, int length)
    {
        ulong hash = MixLow + (ulong)length;
        int last = length - 16;
        for (int i = 0; i < last; i += 16)
        {
            hash = HashOf(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, i)), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, i + 8)), hash);
        }

        return HashOf(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, last)), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, last + 8)), hash);
    }

    /// <summary>Hashes a packed key with well-mixed bits.</summary>
    internal static ulong HashOf(ulong low, ulong high) => HashOf(low, high, MixLow);

    /// <summary>Hashes a packed key with the seed of a vocabulary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong HashOf(ulong low, ulong high, ulong seed)
    {
        low ^= seed;
        high ^= MixHigh;
        if (Bmi2.X64.IsSupported)
        {
            // Two multiplications are faster than one whose halves are passed through memory.
            return Bmi2.X64.MultiplyNoFlags(low, high) ^ (low * high);
        }

        return Math.BigMul(low, high, out ulong bottom) ^ bottom;
    }

    /// <summary>The entry of a border in the table of crossings. Borders that share an entry use the lower value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int CrossingIndex(int last, int first, int second) => (int)((uint)((last << 16) | (first << 8) | second) * 0x9E3779B1u >> (32 - VocabularyLayout.CrossingBits));

    /// <summary>The bit of two code points in the table of neighbours.</summary>
    internal static int NeighbourBit(int first, int second) => (int)(((((uint)first * 0x9E3779B1u) ^ (uint)second) * 0x85EBCA6Bu) >> (32 - VocabularyLayout.NeighbourBits));

    /// <summary>
    /// The two bits of a token in a word of the filter. So bytes that are not a token are seldom searched in the tables, which do not fit
    /// into a processor's cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong FilterBits(ulong hash) => (1UL << (int)(hash >> 36)) | (1UL << (int)(hash >> 42));

    /// <summary>The word of a token in the filter, in the low bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int FilterWord(ulong hash) => (int)(hash >> 12);

    /// <summary>The first place of a long token, in the low bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int LongPlace(ulong hash) => (int)(hash >> 40);

    /// <summary>The index of the first half of a key with this hash, if the key exists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nuint Slot(ulong hash, ulong pilot, ulong slotMask) => (nuint)((hash * ((2 * pilot) + 1)) >> 20 & slotMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayBeToken(ulong hash)
    {
        ulong bits = FilterBits(hash);
        return (_filter[FilterWord(hash) & _filterMask] & bits) == bits;
    }

    // Returns the index of the first half of a key; -1 if the key does not exist.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint SlotOf(ulong low, ulong high, ulong hash)
    {
        nuint slot = Slot(hash, _pilots[hash >> _pilotShift], _slotMask);
        ulong* key = _keys + slot;
        return key[0] == low && key[1] == high ? (nint)slot : -1;
    }
}
