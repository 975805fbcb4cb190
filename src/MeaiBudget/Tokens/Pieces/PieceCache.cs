using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MeaiBudget;

/// <summary>
/// Caches the counts of pieces that are not a single token. Bounded: a piece has two possible places, and a new piece replaces an old
/// one. Whole pieces are compared, so the results are exact.
/// </summary>
/// <remarks>
/// All threads share it without locks. A reader that meets a writer, or a header that has changed, treats the piece as unknown. A
/// writer that meets another writer gives up.
/// </remarks>
internal sealed class PieceCache
{
    /// <summary>The longest piece that is cached, in bytes.</summary>
    internal const int LongestPiece = 112;

    private const ulong EntrySize = 128;
    private const int KeyOffset = 16;
    private const ulong Entries = 1 << 14;

    // Bits of a header, from the lowest: length of the piece, write flag, count, version.
    private const ulong Writing = 1UL << 8;
    private const int CountShift = 16;
    private const ulong Version = 1UL << 24;

    private readonly byte[] _entries = GC.AllocateArray<byte>((int)((Entries + 1) * EntrySize), pinned: true);
    private readonly nuint _first;

    internal PieceCache()
    {
        // The array is pinned, so that its entries stay aligned to cache lines.
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(_entries, 0);
        _first = (nuint)(-address & (int)(EntrySize - 1));
    }

    /// <summary>The memory of the cache, in bytes.</summary>
    internal long RetainedBytes => _entries.Length;

    /// <summary>Hashes a piece, given the hash of its first 16 bytes. 16 bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong HashOf(ref byte piece, nint length, ulong start)
    {
        // Hashes the first 16 bytes and the last. For a word of natural language that is all. There is no branch, because which pieces
        // are longer is unpredictable.
        nint last = length - 16;
        nint isLonger = ~(last >> 63);
        ref byte end = ref Unsafe.Add(ref piece, last & isLonger);
        ulong low = Unsafe.ReadUnaligned<ulong>(ref end) & (ulong)isLonger;
        ulong high = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref end, 8)) & (ulong)isLonger;
        return BytePairVocabulary.HashOf(low ^ start, high + (ulong)length);
    }

    /// <summary>Returns the count of a piece of a block; 0 if it is unknown. 32 bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Find(ref byte piece, nint length, ulong hash)
    {
        int found = FindAt(ref EntryAt(hash), ref piece, length);
        return found != 0 ? found : FindSecond(ref piece, length, hash);
    }

    /// <summary>Returns the count of a piece of up to <see cref="LongestPiece"/> bytes; 0 if it is unknown.</summary>
    internal int FindAny(ref byte piece, int length, ulong hash)
    {
        int found = FindAnyAt(ref EntryAt(hash), ref piece, length);
        return found != 0 ? found : FindAnyAt(ref EntryAt(hash >> 32), ref piece, length);
    }

    /// <summary>Adds the count of a piece. <see cref="LongestPiece"/> bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Add(ref byte piece, nint length, ulong hash, int count)
    {
        ref ulong first = ref Unsafe.As<byte, ulong>(ref EntryAt(hash));
        ref ulong second = ref Unsafe.As<byte, ulong>(ref EntryAt(hash >> 32));

        // Use an empty place if there is one, otherwise one of the two, chosen by a bit of the hash.
        ref ulong header = ref (first == 0 ? ref first : ref second == 0 || (hash & (1UL << 63)) != 0 ? ref second : ref first);
        ulong before = Volatile.Read(ref header);
        if ((before & Writing) != 0 || Interlocked.CompareExchange(ref header, before | Writing, before) != before)
        {
            return;
        }

        ref byte key = ref Unsafe.Add(ref Unsafe.As<ulong, byte>(ref header), KeyOffset);
        for (nint i = 0; i < length; i += Vector128<byte>.Count)
        {
            Vector128.LoadUnsafe(ref piece, (nuint)i).StoreUnsafe(ref key, (nuint)i);
        }

        Volatile.Write(ref header, ((before & ~(Version - 1)) + Version) | ((ulong)count << CountShift) | (ulong)length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FindSecond(ref byte piece, nint length, ulong hash) => FindAt(ref EntryAt(hash >> 32), ref piece, length);

    private static int FindAnyAt(ref byte entry, ref byte piece, int length)
    {
        ref ulong header = ref Unsafe.As<byte, ulong>(ref entry);
        ulong before = Volatile.Read(ref header);
        bool same = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref entry, KeyOffset), length).SequenceEqual(MemoryMarshal.CreateReadOnlySpan(ref piece, length));
        Volatile.ReadBarrier();
        return same && (ushort)before == length && Volatile.Read(ref header) == before ? (byte)(before >> CountShift) : 0;
    }

    // The header, read before and after, contains length, count and write flag. Only one branch depends on them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FindAt(ref byte entry, ref byte piece, nint length)
    {
        ref ulong header = ref Unsafe.As<byte, ulong>(ref entry);
        ref byte key = ref Unsafe.Add(ref entry, KeyOffset);
        ulong before = Volatile.Read(ref header);

        // Compare the first 32 bytes and the last. Bytes that a shorter piece does not have are shifted out.
        nint last = length - Vector256<byte>.Count;
        nuint from = (nuint)(last & ~(last >> 63));
        uint equal = (Vector256.Equals(Vector256.LoadUnsafe(ref key), Vector256.LoadUnsafe(ref piece))
            & Vector256.Equals(Vector256.LoadUnsafe(ref key, from), Vector256.LoadUnsafe(ref piece, from))).ExtractMostSignificantBits();
        ulong other = ((ulong)~equal << (int)-length) | ((ulong)(ushort)before ^ (ulong)length);
        Volatile.ReadBarrier();
        return (other | (Volatile.Read(ref header) ^ before)) == 0 ? (byte)(before >> CountShift) : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte EntryAt(ulong hash) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), (nuint)(hash & ((Entries - 1) * EntrySize)) + _first);
}
