using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>
/// The tokens of an encoding, packed for look-up by their bytes. Immutable, so every thread reads it without a lock.
/// </summary>
/// <remarks>
/// A token of at most 15 bytes is one 128-bit key (its bytes, zeros, its length) in a table with a perfect hash: one probe
/// finds it or shows that it is none. The few longer ones are in an open table beside it. o200k_base takes 6.5 MB in all.
/// </remarks>
internal sealed partial class BytePairVocabulary
{
    /// <summary>The rank of what is no token; higher than every rank.</summary>
    internal const int NoToken = int.MaxValue;

    /// <summary>The longest token that the packed table holds, in bytes.</summary>
    internal const int LongestPacked = 15;

    /// <summary>The measure of a border that no token crosses.</summary>
    internal const int NoCrossing = NotMerged - 1;

    private const int NotMerged = ushort.MaxValue;
    private const int CrossingBits = 15;
    private const int NeighbourBits = 20;
    private const ulong MixLow = 0x9E3779B97F4A7C15;
    private const ulong MixHigh = 0xC2B2AE3D27D4EB4F;

    private readonly ulong[] _keys;
    private readonly byte[] _pilots;
    private readonly int[] _ranks;
    private readonly int[] _pairRanks;
    private readonly LongToken[] _longTokens;
    private readonly byte[] _longBytes;
    private readonly ushort[] _crossings;
    private readonly ushort[] _codePoints;
    private readonly ulong[] _filter;
    private readonly ulong _seed;
    private ulong[]? _neighbours;
    private readonly int _pilotShift;
    private readonly int _slotMask;

    private readonly record struct LongToken(ulong Hash, int Offset, int Length, int Rank);

    /// <summary>Gets the length of the longest token in bytes.</summary>
    internal int LongestToken { get; }

    /// <summary>Gets the number of tokens.</summary>
    internal int Count { get; }

    /// <summary>Gets the bytes that the tables take.</summary>
    internal long RetainedBytes =>
        (8L * _keys.Length) + _pilots.Length + (4L * _ranks.Length) + (4L * _pairRanks.Length)
        + ((long)Unsafe.SizeOf<LongToken>() * _longTokens.Length) + _longBytes.Length
        + (2L * (_crossings.Length + _codePoints.Length)) + (8L * (_filter.Length + (_neighbours?.Length ?? 0)));

    // Masks that leave the first n bytes of the low and the high half of 16 bytes.
    private static ReadOnlySpan<ulong> LowMasks =>
    [
        0, 0xFF, 0xFFFF, 0xFF_FFFF, 0xFFFF_FFFF, 0xFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF, 0xFF_FFFF_FFFF_FFFF,
        ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue,
    ];

    private static ReadOnlySpan<ulong> HighMasks =>
    [
        0, 0, 0, 0, 0, 0, 0, 0,
        0, 0xFF, 0xFFFF, 0xFF_FFFF, 0xFFFF_FFFF, 0xFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF, 0xFF_FFFF_FFFF_FFFF,
    ];

    /// <summary>Packs 1 to 15 bytes into a key; 16 bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Pack(ref byte text, int length, out ulong low, out ulong high)
    {
        ref ulong lowMasks = ref MemoryMarshal.GetReference(LowMasks);
        ref ulong highMasks = ref MemoryMarshal.GetReference(HighMasks);
        ulong first = Unsafe.ReadUnaligned<ulong>(ref text);
        ulong second = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref text, 8));
        if (!BitConverter.IsLittleEndian)
        {
            first = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(first);
            second = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(second);
        }

        low = first & Unsafe.Add(ref lowMasks, length);
        high = (second & Unsafe.Add(ref highMasks, length)) | ((ulong)length << 56);
    }

    /// <summary>Tells whether a packed key is a token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Contains(ulong low, ulong high) => SlotOf(low, high, HashOf(low, high, _seed)) >= 0;

    /// <summary>Gets the rank of a run of 2 bytes or more, <see cref="NoToken"/> if it is no token; 16 bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int RankOf(ref byte text, int length)
    {
        if (length == 2)
        {
            return Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_pairRanks), (text << 8) | Unsafe.Add(ref text, 1));
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

        int slot = SlotOf(low, high, hash);
        return slot < 0 ? NoToken : Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_ranks), slot);
    }

    /// <summary>Gets the rank of a run of 16 bytes or more.</summary>
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

        int mask = _longTokens.Length - 1;
        for (int index = (int)(hash >> 40) & mask; ; index = (index + 1) & mask)
        {
            ref LongToken token = ref _longTokens[index];
            if (token.Length == 0)
            {
                return NoToken;
            }

            if (token.Hash == hash && token.Length == length && bytes.SequenceEqual(_longBytes.AsSpan(token.Offset, length)))
            {
                return token.Rank;
            }
        }
    }

    /// <summary>
    /// Gets a measure of the lowest rank of the tokens that cross the border before a code point and hold only part of one of
    /// its two neighbours; <see cref="NoCrossing"/> where there is none, so that the bytes of each merge without regard to
    /// the other.
    /// </summary>
    /// <param name="last">The byte before the border.</param>
    /// <param name="next">The first byte of the code point.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Crossing(byte last, ref byte next) =>
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_crossings), CrossingIndex(last, next, next < 0x80 ? 0 : Unsafe.Add(ref next, 1)));

    /// <summary>
    /// Gets a measure of the highest rank among the merges that make one token of the bytes of a code point. They come before
    /// every merge across its borders if this is at most the <see cref="Crossing"/> of both. More than
    /// <see cref="NoCrossing"/> for what is no token by itself, and for every code point of 4 bytes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int OwnMerges(int codePoint) =>
        codePoint > char.MaxValue ? NotMerged : Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_codePoints), codePoint);

    /// <summary>
    /// Tells whether a token may hold these two code points next to each other, of which at least one is not ASCII. Where none
    /// does, and the border is not crossed, what is before and what is after merge without regard to each other. Says so of
    /// some pairs that no token holds, too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool MayBeNeighbours(int first, int second)
    {
        ulong[] neighbours = _neighbours ?? NoteNeighbours();
        int bit = NeighbourBit(first, second);
        return (Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(neighbours), bit >> 6) >> bit & 1) != 0;
    }

    /// <summary>Hashes 16 bytes or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong HashOf(ref byte bytes, int length)
    {
        ulong hash = (ulong)length * MixHigh;
        int last = length - 16;
        for (int i = 0; i < last; i += 16)
        {
            hash = HashOf(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, i)), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, i + 8)), hash);
        }

        return HashOf(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, last)), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, last + 8)), hash);
    }

    /// <summary>Hashes a packed key, all bits well mixed.</summary>
    internal static ulong HashOf(ulong low, ulong high) => HashOf(low, high, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HashOf(ulong low, ulong high, ulong seed)
    {
        ulong top = Math.BigMul(low ^ MixLow ^ seed, high ^ MixHigh, out ulong bottom);
        return top ^ bottom;
    }

    // Borders that share a place are taken for the one that is crossed earlier.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CrossingIndex(int last, int first, int second) => (int)((uint)((last << 16) | (first << 8) | second) * 0x9E3779B1u >> (32 - CrossingBits));

    private static int NeighbourBit(int first, int second) => (int)(((((uint)first * 0x9E3779B1u) ^ (uint)second) * 0x85EBCA6Bu) >> (32 - NeighbourBits));

    // A word and two bits in it for each token: what is no token is seldom looked for in the tables, which no processor's own
    // cache holds.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FilterBits(ulong hash) => (1UL << (int)(hash >> 36)) | (1UL << (int)(hash >> 42));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FilterWord(ulong hash, int words) => (int)(hash >> 12) & (words - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayBeToken(ulong hash)
    {
        ulong bits = FilterBits(hash);
        return (Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_filter), FilterWord(hash, _filter.Length)) & bits) == bits;
    }

    // Where a key with this hash is if it is there at all.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Slot(ulong hash, uint pilot, int slotMask) => (int)((uint)hash + (pilot * ((uint)(hash >> 24) | 1))) & slotMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SlotOf(ulong low, ulong high, ulong hash)
    {
        uint pilot = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_pilots), (int)(hash >> _pilotShift));
        int slot = Slot(hash, pilot, _slotMask);
        ref ulong key = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_keys), 2 * slot);
        return key == low && Unsafe.Add(ref key, 1) == high ? slot : -1;
    }
}
