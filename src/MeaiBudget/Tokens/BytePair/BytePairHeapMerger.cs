using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>
/// Counts the tokens of one piece with a heap of pairs, correct for every vocabulary in time n log n. Used for pieces that cannot be
/// merged in windows; with OpenAI's encodings no such text is known.
/// </summary>
internal static class BytePairHeapMerger
{
    /// <summary>Counts the tokens of a piece. 16 bytes must be readable from each of its bytes.</summary>
    internal static int Count(BytePairVocabulary vocabulary, ref byte piece, int length)
    {
        int[] next = new int[length + 1];
        int[] previous = new int[length + 1];
        var pairs = new PriorityQueue<(int Start, int Middle, int End), (int Rank, int Start)>(length);
        for (int i = 0; i < length; i++)
        {
            next[i] = i + 1;
            previous[i + 1] = i;
        }

        for (int i = 0; i < length - 1; i++)
        {
            Push(ref piece, i, i + 1, i + 2);
        }

        int count = length;
        while (pairs.TryDequeue(out (int Start, int Middle, int End) pair, out _))
        {
            // If a part was merged in the meantime, it has no successor or another one.
            if (next[pair.Start] != pair.Middle || next[pair.Middle] != pair.End)
            {
                continue;
            }

            count--;
            next[pair.Start] = pair.End;
            previous[pair.End] = pair.Start;
            next[pair.Middle] = -1;
            if (pair.End < length)
            {
                Push(ref piece, pair.Start, pair.End, next[pair.End]);
            }

            if (pair.Start > 0)
            {
                Push(ref piece, previous[pair.Start], pair.Start, pair.End);
            }
        }

        return count;

        void Push(ref byte bytes, int start, int middle, int end)
        {
            int rank = vocabulary.RankOf(ref Unsafe.Add(ref bytes, start), end - start);
            if (rank != BytePairVocabulary.NoToken)
            {
                pairs.Enqueue((start, middle, end), (rank, start));
            }
        }
    }
}
