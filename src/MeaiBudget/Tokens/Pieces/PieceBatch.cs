using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>Adjacent pieces of a text that are counted together; none is longer than a block. Not thread-safe.</summary>
internal sealed class PieceBatch
{
    /// <summary>The number of pieces from which a batch is full. One more block of pieces still fits.</summary>
    internal const int Full = 48;

    /// <summary>The maximum number of pieces.</summary>
    internal const int Room = Full + PieceBlock.Size;

    /// <summary>The mask of a piece's number.</summary>
    internal const int NumberMask = 127;

    // The number of ends that are written together.
    private const int Step = 8;

    [ThreadStatic]
    private static PieceBatch? t_batch;

    private readonly int[] _bounds = new int[1 + Room + Step];
    private readonly ulong[] _rare = new ulong[Room + 1];
    private readonly int[] _counts = new int[Room];

    /// <summary>The batch of the current thread.</summary>
    internal static PieceBatch ForThread => t_batch ??= new PieceBatch();

    /// <summary>The start of the first piece, followed by the end of each.</summary>
    internal ref int Bounds => ref MemoryMarshal.GetArrayDataReference(_bounds);

    /// <summary>Space for the pieces that are not short tokens: the hash of each, with its number in the lowest bits.</summary>
    internal ref ulong Rare => ref MemoryMarshal.GetArrayDataReference(_rare);

    /// <summary>Space for the tokens of each piece.</summary>
    internal Span<int> Counts => _counts;

    /// <summary>Adds the pieces of a block and returns the new number of pieces.</summary>
    /// <param name="count">The number of pieces in the batch.</param>
    /// <param name="position">The start of the block.</param>
    /// <param name="ends">A bit for each byte of the block that follows the end of a piece.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Add(int count, int position, ulong ends)
    {
        // Write eight ends at once, so that the processor need not predict their number. Entries after the last end are ignored.
        ref int next = ref Unsafe.Add(ref Bounds, count + 1);
        int added = BitOperations.PopCount(ends);
        for (int left = added; left > 0; left -= Step)
        {
            ends = Write(ref next, position, ends);
            ends = Write(ref Unsafe.Add(ref next, 1), position, ends);
            ends = Write(ref Unsafe.Add(ref next, 2), position, ends);
            ends = Write(ref Unsafe.Add(ref next, 3), position, ends);
            ends = Write(ref Unsafe.Add(ref next, 4), position, ends);
            ends = Write(ref Unsafe.Add(ref next, 5), position, ends);
            ends = Write(ref Unsafe.Add(ref next, 6), position, ends);
            ends = Write(ref Unsafe.Add(ref next, 7), position, ends);
            next = ref Unsafe.Add(ref next, Step);
        }

        return count + added;
    }

    // Writes the lowest end and returns the others.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Write(ref int place, int position, ulong ends)
    {
        place = position + BitOperations.TrailingZeroCount(ends);
        return ends & (ends - 1);
    }
}
