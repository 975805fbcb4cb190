using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>The tokens of a vocabulary file, in the order of the file.</summary>
internal sealed class TokenList
{
    // A load of 16 bytes may read past the last token.
    private const int Padding = 16;

    // A group of Base64 and the line end.
    private const int ShortestLine = 5;

    private const uint LastGroup = 0xFF_FFFF;

    // Outside the range of a sextet at any position in a group.
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

    /// <summary>The number of tokens.</summary>
    internal int Count { get; }

    /// <summary>The first byte of the first token. 16 bytes can be read from the start of each token.</summary>
    internal ref byte Bytes => ref MemoryMarshal.GetArrayDataReference(_bytes);

    /// <summary>Returns the bytes of a token.</summary>
    internal ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_offsets[index], _offsets[index + 1] - _offsets[index]);

    /// <summary>Returns the start of a token in <see cref="Bytes"/>.</summary>
    internal int Offset(int index) => _offsets[index];

    /// <summary>Returns the rank of a token. Lower ranks are merged first.</summary>
    internal int Rank(int index) => _ranks[index];

    /// <summary>
    /// Reads lines with a token in Base64. A line ends with a space and the token's rank, as in a <c>.tiktoken</c> file, or without them,
    /// as in the resource of a Microsoft.ML.Tokenizers data package, where the rank is the line number.
    /// </summary>
    /// <param name="text">The file, without the line that contains its capacity.</param>
    /// <param name="source">The origin of the file, for messages.</param>
    /// <exception cref="InvalidDataException">A line has another format.</exception>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    internal static TokenList Parse(ReadOnlySpan<byte> text, string source)
    {
        // Decodes Base64 itself, because it runs at process start, when library code is not yet compiled for this processor.
        Span<uint> sextets = stackalloc uint[256];
        MapSextets(sextets);
        byte[] bytes = new byte[(text.Length / 4 * 3) + Padding];
        int[] offsets = new int[(text.Length / ShortestLine) + 2];
        int[] ranks = new int[offsets.Length];
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
                // The last group has one or two bytes.
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
        new($"{source} is not a tiktoken vocabulary: line {line + 1} is not a token in Base64 and its rank.");
}
