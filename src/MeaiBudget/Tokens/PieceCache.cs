using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MeaiBudget;

/// <summary>
/// Remembers the counts of pieces that are no token by themselves. Bounded; a piece has two places, and a new one takes the
/// place of an old one. Whole pieces are compared, so what it says is exact.
/// </summary>
/// <remarks>
/// Shared by all threads without a lock: a reader that meets a writer (an odd version, or one that changed under it) takes the
/// piece as not known, and a writer that meets another gives up.
/// </remarks>
internal sealed class PieceCache
{
    /// <summary>The longest piece that is kept, in bytes.</summary>
    internal const int LongestPiece = 112;

    private const int EntrySize = 128;
    private const int KeyOffset = 16;
    private const int Entries = 1 << 14;

    private readonly byte[] _entries = GC.AllocateArray<byte>((Entries + 1) * EntrySize, pinned: true);
    private readonly int _first;

    internal PieceCache()
    {
        // The array is pinned, so that its entries stay on cache lines of their own.
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(_entries, 0);
        _first = (int)((EntrySize - (address & (EntrySize - 1))) & (EntrySize - 1));
    }

    /// <summary>Gets the bytes that the cache takes.</summary>
    internal long RetainedBytes => _entries.Length;

    /// <summary>Finds the count of a piece; 0 if it is not known. 16 bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Find(ref byte piece, int length, ulong hash)
    {
        int found = FindAt(ref EntryAt(hash), ref piece, length);
        return found != 0 ? found : FindAt(ref EntryAt(hash >> 32), ref piece, length);
    }

    /// <summary>Keeps the count of a piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Add(ref byte piece, int length, ulong hash, int count)
    {
        ref byte first = ref EntryAt(hash);
        ref byte second = ref EntryAt(hash >> 32);

        // An empty place first; else one of the two, by a bit that differs from piece to piece.
        ref byte entry = ref (LengthOf(ref first) == 0 ? ref first : ref LengthOf(ref second) == 0 || (hash & (1UL << 63)) != 0 ? ref second : ref first);
        ref uint version = ref Unsafe.As<byte, uint>(ref entry);
        uint before = Volatile.Read(ref version);
        if ((before & 1) != 0 || Interlocked.CompareExchange(ref version, before + 1, before) != before)
        {
            return;
        }

        LengthOf(ref entry) = (ushort)length;
        CountOf(ref entry) = (ushort)count;
        ref byte key = ref Unsafe.Add(ref entry, KeyOffset);
        Unsafe.InitBlockUnaligned(ref key, 0, LongestPiece);
        Unsafe.CopyBlockUnaligned(ref key, ref piece, (uint)length);
        Volatile.Write(ref version, before + 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FindAt(ref byte entry, ref byte piece, int length)
    {
        ref uint version = ref Unsafe.As<byte, uint>(ref entry);
        uint before = Volatile.Read(ref version);
        if (LengthOf(ref entry) != length || (before & 1) != 0)
        {
            return 0;
        }

        int count = CountOf(ref entry);
        ref byte key = ref Unsafe.Add(ref entry, KeyOffset);
        bool same = Same(ref key, ref piece, length);
        Volatile.ReadBarrier();
        return same && Volatile.Read(ref version) == before ? count : 0;
    }

    // 16 bytes must be readable from both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Same(ref byte first, ref byte second, int length)
    {
        const int Step = 16;
        uint equal = Vector128.Equals(Vector128.LoadUnsafe(ref first), Vector128.LoadUnsafe(ref second)).ExtractMostSignificantBits();
        if (length < Step)
        {
            return (~equal & ((1u << length) - 1)) == 0;
        }

        int last = length - Step;
        return equal == ushort.MaxValue
            && (length <= 2 * Step
                ? Vector128.LoadUnsafe(ref first, (nuint)last) == Vector128.LoadUnsafe(ref second, (nuint)last)
                : MemoryMarshal.CreateReadOnlySpan(ref first, length).SequenceEqual(MemoryMarshal.CreateReadOnlySpan(ref second, length)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ushort LengthOf(ref byte entry) => ref Unsafe.As<byte, ushort>(ref Unsafe.Add(ref entry, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ushort CountOf(ref byte entry) => ref Unsafe.As<byte, ushort>(ref Unsafe.Add(ref entry, 6));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte EntryAt(ulong hash) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), _first + ((int)(hash & (Entries - 1)) * EntrySize));
}
