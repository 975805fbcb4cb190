using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>The tokens of a vocabulary file, in the order of the file.</summary>
internal sealed class TokenList
{
    // What may be read past the last token by a load of 16 bytes.
    private const int Padding = 16;

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
        int lines = text.Count((byte)'\n') + 1;
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length) + Padding];
        var offsets = new int[lines + 1];
        var ranks = new int[lines];
        int count = 0;
        int used = 0;
        for (int line = 0; !text.IsEmpty; line++)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> row = (end < 0 ? text : text[..end]).TrimEnd((byte)'\r');
            text = end < 0 ? default : text[(end + 1)..];
            if (row.IsEmpty)
            {
                continue;
            }

            int rank = line;
            int space = row.IndexOf((byte)' ');
            if (space >= 0)
            {
                if (!Utf8Parser.TryParse(row[(space + 1)..], out rank, out int read) || read != row.Length - space - 1 || rank < 0)
                {
                    throw Malformed(source, line);
                }

                row = row[..space];
            }

            if (Base64.DecodeFromUtf8(row, bytes.AsSpan(used), out _, out int written) != System.Buffers.OperationStatus.Done || written == 0)
            {
                throw Malformed(source, line);
            }

            used += written;
            ranks[count++] = rank;
            offsets[count] = used;
        }

        return new TokenList(bytes, offsets, ranks, count);
    }

    private static InvalidDataException Malformed(string source, int line) =>
        new($"{source} is no tiktoken vocabulary: line {line + 1} is not a token in Base64 and its rank.");
}
