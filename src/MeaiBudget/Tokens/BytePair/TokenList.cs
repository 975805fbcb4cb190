using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>The tokens of a vocabulary file, in the order of the file.</summary>
internal sealed class TokenList
{
    // What may be read past the last token by a load of 16 bytes.
    private const int Padding = 16;

    // A group of Base64 and the end of the line.
    private const int ShortestLine = 5;

    private const uint LastGroup = 0xFF_FFFF;

    // Beyond a group wherever in it.
    private const uint NoSextet = 0xFFFF_FFC0;

    private readonly byte[] _bytes;
    private readonly int[] _offsets;
    private readonly int[] _ranks;

    private TokenList(byte[] bytes, int[] offsets, int[] ranks, int count)
    {
        _bytes = bytes;
        _offsets = offsets;
        _ranks = ranks;
        Count = count;
    }

    /// <summary>Gets the number of tokens.</summary>
    internal int Count { get; }

    /// <summary>Gets the first byte of the first token; 16 bytes can be read from the start of each.</summary>
    internal ref byte Bytes => ref MemoryMarshal.GetArrayDataReference(_bytes);

    /// <summary>Gets a token.</summary>
    internal ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_offsets[index], _offsets[index + 1] - _offsets[index]);

    /// <summary>Gets where a token starts in <see cref="Bytes"/>.</summary>
    internal int Offset(int index) => _offsets[index];

    /// <summary>Gets a token's rank: the lower, the earlier it is merged.</summary>
    internal int Rank(int index) => _ranks[index];

    /// <summary>
    /// Reads lines of a token in Base64, and then either a space and its rank, as in a <c>.tiktoken</c> file, or nothing,
    /// as in the resource of a Microsoft.ML.Tokenizers data package, where the rank is the number of the line.
    /// </summary>
    /// <param name="text">The file, without the line that names its capacity.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="InvalidDataException">A line is not of that form.</exception>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    internal static TokenList Parse(ReadOnlySpan<byte> text, string source)
    {
        // Written out, since it runs when the process starts: what it would call is not compiled for this processor yet.
        Span<uint> sextets = stackalloc uint[256];
        MapSextets(sextets);
        var bytes = new byte[(text.Length / 4 * 3) + Padding];
        var offsets = new int[(text.Length / ShortestLine) + 2];
        var ranks = new int[offsets.Length];
        int count = 0;
        int used = 0;
        int at = 0;
        for (int line = 0; at < text.Length; line++)
        {
            int start = used;
            while (at + 4 <= text.Length)
            {
                uint group = (sextets[text[at]] << 18) | (sextets[text[at + 1]] << 12) | (sextets[text[at + 2]] << 6) | sextets[text[at + 3]];
                if (group > LastGroup)
                {
                    break;
                }

                bytes[used] = (byte)(group >> 16);
                bytes[used + 1] = (byte)(group >> 8);
                bytes[used + 2] = (byte)group;
                used += 3;
                at += 4;
            }

            if (at < text.Length && sextets[text[at]] != NoSextet)
            {
                // The last group, of one or two bytes.
                int size = at + 4 > text.Length || text[at + 3] != '=' ? 0 : text[at + 2] == '=' ? 1 : 2;
                uint group = size == 0 ? NoSextet : (sextets[text[at]] << 18) | (sextets[text[at + 1]] << 12) | (size == 1 ? 0 : sextets[text[at + 2]] << 6);
                if (group > LastGroup)
                {
                    throw Malformed(source, line);
                }

                bytes[used] = (byte)(group >> 16);
                bytes[used + 1] = (byte)(group >> 8);
                used += size;
                at += 4;
            }

            int rank = line;
            if (at < text.Length && text[at] == ' ')
            {
                if (!Utf8Parser.TryParse(text[(at + 1)..], out rank, out int read) || rank < 0 || used == start)
                {
                    throw Malformed(source, line);
                }

                at += 1 + read;
            }

            at += at < text.Length && text[at] == '\r' ? 1 : 0;
            if (at < text.Length && text[at++] != '\n')
            {
                throw Malformed(source, line);
            }

            if (used > start)
            {
                ranks[count++] = rank;
                offsets[count] = used;
            }
        }

        return new TokenList(bytes, offsets, ranks, count);
    }

    private static void MapSextets(Span<uint> sextets)
    {
        sextets.Fill(NoSextet);
        ReadOnlySpan<byte> alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;
        for (int i = 0; i < alphabet.Length; i++)
        {
            sextets[alphabet[i]] = (uint)i;
        }
    }

    private static InvalidDataException Malformed(string source, int line) =>
        new($"{source} is no tiktoken vocabulary: line {line + 1} is not a token in Base64 and its rank.");
}
