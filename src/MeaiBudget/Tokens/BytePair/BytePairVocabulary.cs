using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

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

    // The most bytes that Pack takes.
    private const int MostPacked = 64;

    /// <summary>The measure of a border that no token crosses.</summary>
    internal const int NoCrossing = NotMerged - 1;

    private const int NotMerged = ushort.MaxValue;
    private const int CrossingBits = 15;
    private const int NeighbourBits = 20;
    private const ulong MixLow = 0x9E3779B97F4A7C15;
    private const ulong MixHigh = 0xFFFFFFFFC2B2AE3D;

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
    private readonly ulong _slotMask;

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

    // 64 bytes of ones and 16 of zeros: 16 bytes that start n before the zeros are a mask for the first n bytes.
    private static ReadOnlySpan<ulong> Masks =>
    [
        ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0, 0,
    ];

    /// <summary>
    /// Packs 1 to 64 bytes into a key, of which no more than 16 count; 16 bytes must be readable. More than
    /// <see cref="LongestPacked"/> give a key that no token has.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Pack(ref byte text, nint length, out ulong low, out ulong high)
    {
        ref byte mask = ref Unsafe.Subtract(ref Unsafe.As<ulong, byte>(ref Unsafe.Add(ref MemoryMarshal.GetReference(Masks), 8)), length);
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

    /// <summary>Tells whether a piece is a token of at most <see cref="LongestPacked"/> bytes; 16 bytes must be readable.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="hash">The hash of its first 16 bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsShortToken(ref byte piece, int length, out ulong hash)
    {
        Pack(ref piece, Math.Min(length, MostPacked), out ulong low, out ulong high);
        hash = HashOf(low, high, _seed);
        return SlotOf(low, high, hash) >= 0;
    }

    /// <summary>Lists the pieces that are no tokens of at most <see cref="LongestPacked"/> bytes, without a branch for any piece.</summary>
    /// <param name="text">The text; 16 bytes must be readable from each of its bytes.</param>
    /// <param name="batch">The pieces; takes the numbers of those, and the hashes of their first 16 bytes.</param>
    /// <param name="pieces">The number of pieces, at least 1.</param>
    /// <returns>How many are listed.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal int ListRare(ref byte text, PieceBatch batch, nuint pieces)
    {
        ref int bounds = ref batch.Bounds;
        ref ulong listed = ref batch.Rare;
        ref byte pilots = ref MemoryMarshal.GetArrayDataReference(_pilots);
        ref ulong keys = ref MemoryMarshal.GetArrayDataReference(_keys);
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
            ref ulong key = ref Unsafe.Add(ref keys, Slot(hash, Unsafe.Add(ref pilots, (nuint)(hash >> pilotShift)), slotMask));
            listed = (hash & ~(ulong)PieceBatch.NumberMask) | number;
            listed = ref Unsafe.Add(ref listed, ((key ^ low) | (Unsafe.Add(ref key, 1) ^ high)) != 0 ? (nuint)1 : 0);
            start = end;
        }
        while (++number < pieces);

        return (int)(Unsafe.ByteOffset(ref batch.Rare, ref listed) / sizeof(ulong));
    }

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

        nint slot = SlotOf(low, high, hash);
        return slot < 0 ? NoToken : Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_ranks), slot >> 1);
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
        ulong hash = MixLow + (ulong)length;
        int last = length - 16;
        for (int i = 0; i < last; i += 16)
        {
            hash = HashOf(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, i)), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, i + 8)), hash);
        }

        return HashOf(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, last)), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, last + 8)), hash);
    }

    /// <summary>Hashes a packed key, all bits well mixed.</summary>
    internal static ulong HashOf(ulong low, ulong high) => HashOf(low, high, MixLow);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HashOf(ulong low, ulong high, ulong seed)
    {
        low ^= seed;
        high ^= MixHigh;
        if (Bmi2.X64.IsSupported)
        {
            // Two multiplications take less than one whose halves come by way of memory.
            return Bmi2.X64.MultiplyNoFlags(low, high) ^ (low * high);
        }

        return Math.BigMul(low, high, out ulong bottom) ^ bottom;
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

    // Where a key with this hash is if it is there at all: the index of its first half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Slot(ulong hash, ulong pilot, ulong slotMask) => (nuint)((hash * ((2 * pilot) + 1)) >> 20 & slotMask);

    // The index of the first half of a key, -1 if it is not there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint SlotOf(ulong low, ulong high, ulong hash)
    {
        nuint slot = Slot(hash, Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_pilots), (nuint)(hash >> _pilotShift)), _slotMask);
        ref ulong key = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_keys), slot);
        return key == low && Unsafe.Add(ref key, 1) == high ? (nint)slot : -1;
    }
}
