using System.Buffers;
using System.Globalization;

namespace MeaiBudget;

/// <summary>Reads escapes of one level: of JSON and of most languages (<c>\"</c>, <c>\u0022</c>), HTML (<c>&amp;quot;</c>) and addresses (<c>%22</c>).</summary>
internal static class EscapeReader
{
    /// <summary>The maximum length of an escape, in characters: four bytes in an address.</summary>
    public const int Longest = 12;

    private const int LongestEntity = 8;

    /// <summary>The characters that begin an escape.</summary>
    public static SearchValues<char> Beginnings { get; } = SearchValues.Create("\\%&");

    /// <summary>Reads the escape at a position.</summary>
    /// <param name="text">The text from the position on.</param>
    /// <param name="isFinal">True if nothing follows the text.</param>
    /// <param name="first">The character that it stands for.</param>
    /// <param name="second">The second half of a character beyond the basic plane; otherwise NUL.</param>
    /// <returns>The length of the escape, zero if there is none, or a negative number if more text is needed to decide.</returns>
    public static int Read(ReadOnlySpan<char> text, bool isFinal, out char first, out char second)
    {
        second = default;
        int length = text[0] switch
        {
            '\\' => ReadBackslash(text, out first),
            '%' => ReadPercent(text, out first, out second),
            _ => ReadEntity(text, out first),
        };
        return length < 0 && isFinal ? 0 : length;
    }

    private static int ReadBackslash(ReadOnlySpan<char> text, out char character)
    {
        character = default;
        if (text.Length < 2)
        {
            return -1;
        }

        character = text[1] switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\b',
            'f' => '\f',
            '"' or '\'' or '`' or '/' or '\\' => text[1],
            _ => default,
        };
        return character != default ? 2 : text[1] switch
        {
            'u' => ReadNumber(text, 2, 4, out character),
            'x' => ReadNumber(text, 2, 2, out character),
            _ => 0,
        };
    }

    private static int ReadNumber(ReadOnlySpan<char> text, int at, int digits, out char character)
    {
        character = default;
        ReadOnlySpan<char> number = text[at..Math.Min(text.Length, at + digits)];
        int code = 0;
        foreach (char digit in number)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return 0;
            }

            code = (code * 16) + Convert.ToInt32(char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        character = (char)code;
        return number.Length < digits ? -1 : at + digits;
    }

    /// <summary>One byte, or the bytes of a character in UTF-8.</summary>
    private static int ReadPercent(ReadOnlySpan<char> text, out char first, out char second)
    {
        second = default;
        int length = ReadNumber(text, 1, 2, out first);
        if (length <= 0 || first < 0xC2)
        {
            return length;
        }

        int bytes = first switch { < (char)0xE0 => 2, < (char)0xF0 => 3, _ => 4 };
        int code = first & (0x7F >> bytes);
        for (int i = 1; i < bytes; i++)
        {
            if (length == text.Length)
            {
                return -1;
            }

            int more = text[length] == '%' ? ReadNumber(text[length..], 1, 2, out char next) : ReadNumber(default, 0, 0, out next);
            if (more < 0)
            {
                return more;
            }

            if ((next & 0xC0) != 0x80 || next > 0xFF)
            {
                // A byte of another encoding.
                return 3;
            }

            code = (code << 6) | (next & 0x3F);
            length += 3;
        }

        if (code >= 0x10000)
        {
            code -= 0x10000;
            second = (char)(0xDC00 | (code & 0x3FF));
            code = 0xD800 | ((code >> 10) & 0x3FF);
        }

        first = (char)code;
        return length;
    }

    private static int ReadEntity(ReadOnlySpan<char> text, out char character)
    {
        Span<char> name = stackalloc char[LongestEntity];
        int count = 0;
        character = default;
        while (count < LongestEntity && count + 1 < text.Length && (char.IsAsciiLetterOrDigit(text[count + 1]) || (count == 0 && text[1] == '#')))
        {
            name[count] = char.ToLowerInvariant(text[count + 1]);
            count++;
        }

        if (count + 1 == text.Length)
        {
            return -1;
        }

        if (count == 0 || text[count + 1] != ';')
        {
            return 0;
        }

        character = CharacterOf(name[..count]);
        return character == default ? 0 : count + 2;
    }

    /// <summary>Returns the character that a named or numbered entity stands for; NUL if it is unknown.</summary>
    public static char CharacterOf(ReadOnlySpan<char> name)
    {
        if (name[0] != '#')
        {
            return name switch
            {
                "quot" => '"',
                "apos" => '\'',
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "nbsp" => ' ',
                "colon" => ':',
                "equals" => '=',
                _ => default,
            };
        }

        bool isHexadecimal = name.Length > 1 && name[1] == 'x';
        return ushort.TryParse(name[(isHexadecimal ? 2 : 1)..], isHexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ushort code)
            ? (char)code
            : default;
    }
}
