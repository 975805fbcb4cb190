using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>
/// Counts the tokens of a byte-pair encoding exactly as tiktoken's <c>encode_ordinary</c> does; special-token text counts as ordinary
/// text. Linear in the length of every text. Does not lock or allocate.
/// </summary>
/// <remarks>
/// Thread-safe. Unpaired surrogates count as U+FFFD, because they are sent as U+FFFD. OpenAI's encodings are available from
/// <see cref="TokenCounters.Get"/>; <see cref="FromFile"/> reads other <c>.tiktoken</c> vocabularies.
/// </remarks>
internal sealed class BytePairCounter : ITokenCounter
{
    // A block may be read from the last byte of the text on, and the cache compares whole vectors.
    private const int Padding = PieceBlock.Size + 64;

    // Small enough that the buffer stays in the processor's cache between transcoding and counting.
    private const int BufferSize = 32 * 1024;

    // The longest text, in UTF-16 units, that needs no rented buffer.
    private const int LongestShort = 512;

    [ThreadStatic]
    private static byte[]? t_buffer;

    private readonly PieceCounter _pieces;
    private readonly SplitPattern _pattern;

    internal BytePairCounter(string name, BytePairVocabulary vocabulary, SplitPattern pattern)
        : this(name, new PieceCounter(vocabulary, new PieceCache()), pattern)
    {
    }

    /// <summary>Creates a counter with another name that shares the tables.</summary>
    internal BytePairCounter(string name, BytePairCounter same)
        : this(name, same._pieces, same._pattern)
    {
    }

    /// <summary>Creates a counter that shares the vocabulary.</summary>
    internal BytePairCounter(string name, BytePairCounter same, SplitPattern pattern)
        : this(name, same.Vocabulary, pattern)
    {
    }

    private BytePairCounter(string name, PieceCounter pieces, SplitPattern pattern)
    {
        Name = name;
        _pieces = pieces;
        _pattern = pattern;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool IsExact => true;

    /// <summary>Gets the number of tokens in the vocabulary, without special tokens.</summary>
    public int VocabularySize => Vocabulary.Count;

    /// <summary>The vocabulary.</summary>
    internal BytePairVocabulary Vocabulary => _pieces.Vocabulary;

    /// <summary>The memory of the tables, in bytes.</summary>
    internal long RetainedBytes => _pieces.RetainedBytes;

    /// <summary>Reads a vocabulary in tiktoken's format: one line for each token, with its bytes in Base64, a space and its rank.</summary>
    /// <param name="name">The name of the counter, for example <c>p50k_base</c>. It is part of cache keys.</param>
    /// <param name="path">The path of the file.</param>
    /// <param name="pattern">How the encoding splits text.</param>
    /// <returns>The counter. Pass it to <see cref="TokenCounters.Register(ITokenCounter)"/> to find it by name.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pattern"/> is not defined.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not a vocabulary in this format.</exception>
    public static BytePairCounter FromFile(string name, string path, SplitPattern pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Enum.IsDefined(pattern))
        {
            throw new ArgumentOutOfRangeException(nameof(pattern), pattern, "The split pattern is not defined. Use a member of SplitPattern.");
        }

        byte[] text = File.ReadAllBytes(path);
        return new BytePairCounter(name, VocabularyBuilder.Build(TokenList.Parse(text, $"The file '{path}'"), $"The file '{path}'"), pattern);
    }

    /// <inheritdoc/>
    public int Count(ReadOnlySpan<char> text)
    {
        var tally = default(TokenTally);
        Count(text, ref tally);
        return tally.Tokens;
    }

    /// <summary>Counts into a tally.</summary>
    internal void Count<TTally>(ReadOnlySpan<char> text, ref TTally tally)
        where TTally : struct, ITokenTally
    {
        switch (_pattern)
        {
            case SplitPattern.O200k:
                Count<O200kPattern, TTally>(text, ref tally);
                break;
            case SplitPattern.Cl100k:
                Count<Cl100kPattern, TTally>(text, ref tally);
                break;
            default:
                Count<Gpt2Pattern, TTally>(text, ref tally);
                break;
        }

        // The tables are read through their address.
        GC.KeepAlive(this);
    }

    private void Count<TPattern, TTally>(ReadOnlySpan<char> text, ref TTally tally)
        where TPattern : struct, ISplitPattern
        where TTally : struct, ITokenTally
    {
        if (text.IsEmpty)
        {
            return;
        }

        if (text.Length <= LongestShort)
        {
            CountShort<TPattern, TTally>(text, ref tally);
            return;
        }

        // The first half of the buffer is the text in UTF-8, the second half the classes of its characters.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * ((int)Math.Min(BufferSize, 3L * text.Length) + Padding));
        try
        {
            int filled = 0;
            while (true)
            {
                int half = buffer.Length / 2;
                int free = half - Padding - filled;
                Utf8Transcoder.Transcode(text, buffer.AsSpan(filled, free), buffer.AsSpan(half + filled, free), out int read, out int written);
                text = text[read..];
                filled += written;
                buffer.AsSpan(filled, Padding).Clear();
                ref byte bytes = ref MemoryMarshal.GetArrayDataReference(buffer);
                int counted = CountPieces<TPattern, TTally>(ref bytes, ref Unsafe.Add(ref bytes, half), filled, text.IsEmpty, ref tally);
                if (text.IsEmpty)
                {
                    return;
                }

                int left = filled - counted;
                byte[] target = buffer;
                if (left > half / 2)
                {
                    // One piece fills the buffer. It is counted when it is complete.
                    target = ArrayPool<byte>.Shared.Rent(checked(buffer.Length * 2));
                }

                buffer.AsSpan(counted, left).CopyTo(target);
                buffer.AsSpan(half + counted, left).CopyTo(target.AsSpan(target.Length / 2));
                if (target != buffer)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = target;
                }

                filled = left;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void CountShort<TPattern, TTally>(ReadOnlySpan<char> text, ref TTally tally)
        where TPattern : struct, ISplitPattern
        where TTally : struct, ITokenTally
    {
        const int Half = (3 * LongestShort) + Padding;
        byte[] buffer = t_buffer ??= new byte[2 * Half];
        Utf8Transcoder.Transcode(text, buffer.AsSpan(0, Half - Padding), buffer.AsSpan(Half, Half - Padding), out _, out int written);
        buffer.AsSpan(written, Padding).Clear();
        ref byte bytes = ref MemoryMarshal.GetArrayDataReference(buffer);
        CountPieces<TPattern, TTally>(ref bytes, ref Unsafe.Add(ref bytes, Half), written, isLast: true, ref tally);
    }

    // Counts the complete pieces and returns the start of the first incomplete one.
    private int CountPieces<TPattern, TTally>(ref byte text, ref byte classes, int length, bool isLast, ref TTally tally)
        where TPattern : struct, ISplitPattern
        where TTally : struct, ITokenTally
    {
        PieceBatch batch = PieceBatch.ForThread;
        int position = 0;
        while (position < length)
        {
            if (TPattern.HasBlocks)
            {
                batch.Bounds = position;
                int pieces = 0;
                ulong anyNotAscii = 0;
                ulong starts;
                do
                {
                    ref byte start = ref Unsafe.Add(ref text, position);
                    ulong notAscii = PieceBlock.NotAscii(ref start);
                    anyNotAscii |= notAscii;
                    starts = notAscii == 0
                        ? PieceBlock.StartsInAscii<TPattern>(ref start, length - position, isLast)
                        : PieceBlock.StartsInAny<TPattern>(ref start, ref Unsafe.Add(ref classes, position), length - position, isLast, notAscii);
                    if (starts == 0)
                    {
                        break;
                    }

                    pieces = batch.Add(pieces, position, starts);
                    position += BitOperations.Log2(starts);
                }
                while (pieces < PieceBatch.Full && position < length);
                if (pieces > 0)
                {
                    _pieces.Count(ref text, batch, pieces, anyNotAscii == 0, ref tally);
                }

                if (starts != 0)
                {
                    continue;
                }
            }

            int next = EndOfPiece<TPattern>(ref text, position, length, isLast);
            if (next < 0)
            {
                break;
            }

            tally.Add(ref Unsafe.Add(ref text, position), next - position, _pieces.Count(ref Unsafe.Add(ref text, position), next - position), isAscii: false);
            position = next;
        }

        return position;
    }

    // Returns the end of the piece at a position; -1 if it depends on text that has not been read.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int EndOfPiece<TPattern>(ref byte text, int position, int length, bool isLast)
        where TPattern : struct, ISplitPattern
    {
        var scanner = new PieceScanner(ref text, length);
        int end = TPattern.EndOfPiece(ref scanner, position);
        return scanner.ReachedEnd && !isLast ? -1 : end;
    }
}
