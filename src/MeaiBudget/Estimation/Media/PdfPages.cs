using System.Buffers.Text;

namespace MeaiBudget;

/// <summary>
/// Counts the pages of a PDF: page objects, the count in its page tree, and the number in the header of a linearized file. Compressed
/// object streams are not read; a file that has all three in them gives zero.
/// </summary>
internal static class PdfPages
{
    // More pages than any provider accepts, so a larger number is not a page count.
    private const int MostPages = 100_000;
    private const int HeaderLength = 1024;

    /// <summary>Counts the pages of a file. Returns zero if nothing tells their number.</summary>
    public static long Count(ReadOnlySpan<byte> data)
    {
        long pages = 0;
        long tree = 0;
        ReadOnlySpan<byte> rest = data;
        int found;
        while ((found = rest.IndexOf("/Type"u8)) >= 0)
        {
            rest = rest[(found + 5)..];
            ReadOnlySpan<byte> value = rest[..Math.Min(rest.Length, 16)].TrimStart(" \r\n\t"u8);
            if (value.StartsWith("/Page"u8) && (value.Length == 5 || !char.IsAsciiLetterOrDigit((char)value[5])))
            {
                pages++;
            }
            else if (value.StartsWith("/Pages"u8))
            {
                tree = Math.Max(tree, NumberAfter(Dictionary(data, data.Length - rest.Length), "/Count"u8));
            }
        }

        ReadOnlySpan<byte> header = data[..Math.Min(data.Length, HeaderLength)];
        return Math.Max(Math.Max(pages, tree), header.IndexOf("/Linearized"u8) >= 0 ? NumberAfter(header, "/N"u8) : 0);
    }

    // The dictionary around a position: from the last "<<" to the next ">>".
    private static ReadOnlySpan<byte> Dictionary(ReadOnlySpan<byte> data, int position)
    {
        const int Longest = 4096;
        int first = Math.Max(0, position - Longest);
        int start = data[first..position].LastIndexOf("<<"u8);
        ReadOnlySpan<byte> rest = data[(start < 0 ? position : first + start)..Math.Min(data.Length, position + Longest)];
        int end = rest[Math.Min(rest.Length, 2)..].IndexOf(">>"u8);
        return end < 0 ? rest : rest[..(end + 2)];
    }

    private static long NumberAfter(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        while (text.IndexOf(name) is var found and >= 0)
        {
            text = text[(found + name.Length)..];
            if (text.Length > 0 && text[0] is (byte)' ' && Utf8Parser.TryParse(text.TrimStart((byte)' '), out int number, out _) && number is > 0 and <= MostPages)
            {
                return number;
            }
        }

        return 0;
    }
}
