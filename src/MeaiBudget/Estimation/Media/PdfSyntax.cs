using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace MeaiBudget;

/// <summary>Reads the syntax of PDF objects (ISO 32000-1, chapter 7.2 and 7.3). Every method takes time that grows linearly with its text.</summary>
internal static class PdfSyntax
{
    private static readonly SearchValues<byte> Delimiters = SearchValues.Create("\0\t\n\f\r ()<>[]{}/%"u8);

    /// <summary>Returns the position of the next token: after white space and comments.</summary>
    public static int SkipSpace(ReadOnlySpan<byte> text, int position)
    {
        while (position < text.Length)
        {
            if (text[position] == (byte)'%')
            {
                int end = text[position..].IndexOfAny((byte)'\r', (byte)'\n');
                position = end < 0 ? text.Length : position + end;
            }
            else if (IsSpace(text[position]))
            {
                position++;
            }
            else
            {
                break;
            }
        }

        return position;
    }

    /// <summary>Returns the end of the value at a position: a number, name, string, array or dictionary. -1 if it does not end.</summary>
    public static int SkipValue(ReadOnlySpan<byte> text, int position)
    {
        int depth = 0;
        while ((position = SkipSpace(text, position)) < text.Length)
        {
            bool opens = text[position] == (byte)'[' || text[position..].StartsWith("<<"u8);
            bool closes = text[position] == (byte)']' || text[position..].StartsWith(">>"u8);
            if (closes && depth == 0)
            {
                return -1;
            }

            depth += opens ? 1 : closes ? -1 : 0;
            position = SkipToken(text, position);
            if (depth == 0)
            {
                return position;
            }
        }

        return -1;
    }

    /// <summary>Returns the value of a key of a dictionary, with its reference if it is one ("7 0 R"); empty if there is none.</summary>
    /// <param name="dictionary">The dictionary, from its "&lt;&lt;".</param>
    /// <param name="key">The key without its slash.</param>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> dictionary, ReadOnlySpan<byte> key)
    {
        if (!dictionary.StartsWith("<<"u8))
        {
            return default;
        }

        int position = 2;
        while ((position = SkipSpace(dictionary, position)) < dictionary.Length && dictionary[position] == (byte)'/')
        {
            int nameEnd = SkipToken(dictionary, position);
            ReadOnlySpan<byte> name = dictionary[position..nameEnd];
            int start = SkipSpace(dictionary, nameEnd);
            int end = SkipValue(dictionary, start);
            if (end < 0)
            {
                return default;
            }

            end = Math.Max(end, SkipReference(dictionary, start));
            if (IsName(name, key))
            {
                return dictionary[start..end];
            }

            position = end;
        }

        return default;
    }

    /// <summary>True if a token is the name, also if some of its letters are written as #xx.</summary>
    /// <param name="token">The token, with its slash.</param>
    /// <param name="name">The name without a slash.</param>
    public static bool IsName(ReadOnlySpan<byte> token, ReadOnlySpan<byte> name)
    {
        if (token.Length == 0 || token[0] != (byte)'/')
        {
            return false;
        }

        token = token[1..];
        if (!token.Contains((byte)'#'))
        {
            return token.SequenceEqual(name);
        }

        int written = 0;
        for (int index = 0; index < token.Length; index++)
        {
            byte letter = token[index];
            if (letter == (byte)'#' && index + 2 < token.Length && byte.TryParse(token.Slice(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte escaped))
            {
                letter = escaped;
                index += 2;
            }

            if (written == name.Length || name[written++] != letter)
            {
                return false;
            }
        }

        return written == name.Length;
    }

    /// <summary>Returns the number of the object that a reference ("7 0 R") names, or -1 if the value is none.</summary>
    public static int ReferenceOf(ReadOnlySpan<byte> value) =>
        SkipReference(value, 0) > 0 && Utf8Parser.TryParse(value, out int number, out _) ? number : -1;

    /// <summary>Returns the end of the reference at a position, or -1 if there is none.</summary>
    public static int SkipReference(ReadOnlySpan<byte> text, int position)
    {
        if (!SkipNumber(text, ref position) || !SkipNumber(text, ref position))
        {
            return -1;
        }

        return position < text.Length && text[position] == (byte)'R' && (position + 1 == text.Length || Delimiters.Contains(text[position + 1])) ? position + 1 : -1;
    }

    private static bool SkipNumber(ReadOnlySpan<byte> text, ref int position)
    {
        int start = position;
        while (position < text.Length && char.IsAsciiDigit((char)text[position]))
        {
            position++;
        }

        int end = position;
        position = SkipSpace(text, position);
        return end > start && position > end;
    }

    public static bool IsSpace(byte letter) => letter is 0 or 9 or 10 or 12 or 13 or 32;

    private static int SkipToken(ReadOnlySpan<byte> text, int position) => text[position] switch
    {
        (byte)'(' => SkipString(text, position),
        (byte)'<' when position + 1 < text.Length && text[position + 1] == (byte)'<' => position + 2,
        (byte)'<' => text[position..].IndexOf((byte)'>') is var end and >= 0 ? position + end + 1 : text.Length,
        (byte)'>' when position + 1 < text.Length && text[position + 1] == (byte)'>' => position + 2,
        (byte)'>' or (byte)'[' or (byte)']' or (byte)'{' or (byte)'}' or (byte)')' => position + 1,
        _ => text[(position + 1)..].IndexOfAny(Delimiters) is var end and >= 0 ? position + 1 + end : text.Length,
    };

    private static int SkipString(ReadOnlySpan<byte> text, int position)
    {
        int depth = 0;
        for (; position < text.Length; position++)
        {
            switch (text[position])
            {
                case (byte)'\\':
                    position++;
                    break;
                case (byte)'(':
                    depth++;
                    break;
                case (byte)')' when --depth == 0:
                    return position + 1;
            }
        }

        return text.Length;
    }
}
