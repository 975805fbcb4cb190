using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>
/// Counts the tokens of pieces. Most pieces are tokens of the vocabulary. The others are looked up in the cache, and merged if they are
/// new.
/// </summary>
/// <remarks>
/// Which pieces are tokens, and which are short, is unpredictable for a processor. So pieces are counted in batches: all of them are
/// looked up without branches that depend on the result, and then the few that are not tokens are processed.
/// </remarks>
internal sealed class PieceCounter(BytePairVocabulary vocabulary, PieceCache cache)
{
    private readonly BytePairVocabulary _vocabulary = vocabulary;
    private readonly PieceCache _cache = cache;

    /// <summary>The vocabulary.</summary>
    internal BytePairVocabulary Vocabulary => _vocabulary;

    /// <summary>The memory of the tables, in bytes.</summary>
    internal long RetainedBytes => _vocabulary.RetainedBytes + _cache.RetainedBytes;

    /// <summary>Counts the pieces of a batch. 128 bytes must be readable from each byte of the text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="pieces">The number of pieces in the batch, at least 1.</param>
    /// <param name="isAscii">True if all pieces are known to be ASCII.</param>
    /// <param name="tally">Receives the tokens.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal void Count<TTally>(ref byte text, PieceBatch batch, int pieces, bool isAscii, ref TTally tally)
        where TTally : struct, ITokenTally
    {
        PieceCache cache = _cache;
        ref int bounds = ref batch.Bounds;
        ref ulong listed = ref batch.Rare;
        int rare = _vocabulary.ListRare(ref text, batch, (nuint)pieces);
        int tokens = pieces - rare;
        if (TTally.ByPiece)
        {
            batch.Counts[..pieces].Fill(1);
        }

        for (nint i = 0; i < rare; i++)
        {
            ulong hash = Unsafe.Add(ref listed, i);
            nint piece = (nint)(hash & PieceBatch.NumberMask);
            nint start = Unsafe.Add(ref bounds, piece);
            nint end = Unsafe.Add(ref bounds, piece + 1);
            nint length = end - start;
            ref byte bytes = ref Unsafe.Add(ref text, start);
            hash = PieceCache.HashOf(ref bytes, length, hash & ~(ulong)PieceBatch.NumberMask);
            int count = cache.Find(ref bytes, length, hash);
            if (count == 0)
            {
                count = CountNew(ref bytes, (int)length, hash);
            }

            tokens += count;
            if (TTally.ByPiece)
            {
                batch.Counts[(int)piece] = count;
            }
        }

        if (!TTally.ByPiece)
        {
            tally.Add(ref Unsafe.Add(ref text, bounds), Unsafe.Add(ref bounds, pieces) - bounds, tokens, isAscii);
            return;
        }

        for (int i = 0; i < pieces; i++)
        {
            int start = Unsafe.Add(ref bounds, i);
            tally.Add(ref Unsafe.Add(ref text, start), Unsafe.Add(ref bounds, i + 1) - start, batch.Counts[i], isAscii);
        }
    }

    /// <summary>Counts the tokens of one piece. 128 bytes must be readable from each of its bytes.</summary>
    internal int Count(ref byte piece, int length)
    {
        if (_vocabulary.IsShortToken(ref piece, length, out ulong hash))
        {
            return 1;
        }

        if (length > PieceCache.LongestPiece)
        {
            return _vocabulary.RankOfLong(ref piece, length) != BytePairVocabulary.NoToken ? 1 : BytePairMerger.ForThread.Count(_vocabulary, ref piece, length);
        }

        hash = PieceCache.HashOf(ref piece, length, hash & ~(ulong)PieceBatch.NumberMask);
        int known = _cache.FindAny(ref piece, length, hash);
        return known != 0 ? known : CountNew(ref piece, length, hash);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private int CountNew(ref byte piece, int length, ulong hash)
    {
        int count = length > BytePairVocabulary.LongestPacked && _vocabulary.RankOfLong(ref piece, length) != BytePairVocabulary.NoToken
            ? 1
            : BytePairMerger.ForThread.Count(_vocabulary, ref piece, length);
        _cache.Add(ref piece, length, hash, count);
        return count;
    }
}
