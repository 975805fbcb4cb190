using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>Pieces that lie one after the other in a text, none longer than a block, to be counted together. For one thread at a time.</summary>
internal sealed class PieceBatch
{
    /// <summary>The number of pieces from which on a batch is full; one more block of them still fits before that.</summary>
    internal const int Full = 48;

    /// <summary>The pieces that there is room for.</summary>
    internal const int Room = Full + PieceBlock.Size;

    /// <summary>The bits that the number of a piece takes.</summary>
    internal const int NumberMask = 127;

    // The ends that are written at once.
    private const int Step = 8;

    [ThreadStatic]
    private static PieceBatch? t_batch;

    private readonly int[] _bounds = new int[1 + Room + Step];
    private readonly ulong[] _rare = new ulong[Room + 1];
    private readonly int[] _counts = new int[Room];

    /// <summary>Gets the batch of this thread.</summary>
    internal static PieceBatch ForThread => t_batch ??= new PieceBatch();

    /// <summary>Gets where the first piece starts, followed by where each ends.</summary>
    internal ref int Bounds => ref MemoryMarshal.GetArrayDataReference(_bounds);

    /// <summary>Gets room for the pieces that are no short tokens: the hash of each, with its number in the lowest bits.</summary>
    internal ref ulong Rare => ref MemoryMarshal.GetArrayDataReference(_rare);

    /// <summary>Gets room for the tokens of each piece.</summary>
    internal Span<int> Counts => _counts;

    /// <summary>Adds the pieces of a block to the <paramref name="count"/> pieces that are there.</summary>
    /// <param name="count">The pieces that are there.</param>
    /// <param name="position">Where the block starts.</param>
    /// <param name="ends">A bit for each byte of the block that follows the end of a piece.</param>
    /// <returns>The pieces that are there now.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Add(int count, int position, ulong ends)
    {
        // Eight ends at once, so that their number need not be predicted; what is written past the last means nothing.
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

    // Writes the lowest end; gives the others.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Write(ref int place, int position, ulong ends)
    {
        place = position + BitOperations.TrailingZeroCount(ends);
        return ends & (ends - 1);
    }
}
