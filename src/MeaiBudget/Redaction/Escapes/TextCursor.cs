using System.Globalization;

namespace MeaiBudget;

/// <summary>
/// Reads the text forward from a position, one character at a time, plain or escaped: for JSON (<c>\u0022</c>, <c>\"</c>), HTML
/// (<c>&amp;quot;</c>) or an address (<c>%22</c>).
/// </summary>
/// <remarks>
/// <see cref="NeedsMore"/> becomes true when a read reaches the end of a text that may continue. A decision that was made without
/// reaching it is the same whatever follows.
/// </remarks>
internal ref struct TextCursor(SecretText text, int at)
{
    private const int LongestEntity = 8;
    private const int MostEncodings = 2;
    private const string Ampersand = "amp;";
    private readonly SecretText _text = text;

    public int At { get; set; } = at;

    public bool NeedsMore { get; private set; }

    /// <summary>Returns the raw character at an offset from the cursor; NUL at the end of the text.</summary>
    public char Raw(int offset = 0)
    {
        int index = At + offset;
        if (index < _text.Length)
        {
            return _text[index];
        }

        NeedsMore |= !_text.IsFinal;
        return default;
    }

    /// <summary>Returns true if the text continues with these characters, ignoring case. A form writes a blank as a plus.</summary>
    public bool Continues(string characters)
    {
        for (int i = 0; i < characters.Length; i++)
        {
            char raw = Raw(i);
            if (raw != characters[i] && char.ToLowerInvariant(raw) != characters[i] && !(raw == '+' && characters[i] == ' '))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads the character at the cursor, without moving it, with the number of raw characters that it takes.</summary>
    public char Peek(out int length)
    {
        char raw = Raw();
        length = 1;
        switch (raw)
        {
            case '\\':
                return PeekBackslash(out length);
            case '%' when IsHexadecimal(Raw(1)) && IsHexadecimal(Raw(2)):
                return PeekPercent(out length);
            case '&':
                return PeekEntity(out length);
            case >= '\uFF01' and <= '\uFF5E':
                return (char)(raw - 0xFEE0);
            default:
                return raw;
        }
    }

    /// <summary>A percent-encoded character; the percent sign may be encoded itself (<c>%253D</c>).</summary>
    private char PeekPercent(out int length)
    {
        length = 3;
        char character = (char)((Value(Raw(1)) * 16) + Value(Raw(2)));
        for (int again = 0; again < MostEncodings && character == '%' && IsHexadecimal(Raw(length)) && IsHexadecimal(Raw(length + 1)); again++)
        {
            character = (char)((Value(Raw(length)) * 16) + Value(Raw(length + 1)));
            length += 2;
        }

        return character >= 0xC2 ? PeekUtf8(character, ref length) : character;
    }

    /// <summary>A letter beyond ASCII: the bytes of its UTF-8 form follow each other, each encoded.</summary>
    private char PeekUtf8(char first, ref int length)
    {
        int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 0;
        int code = first & (more == 1 ? 0x1F : 0x0F);
        int at = length;
        int size = length;
        for (int i = 0; i < more; i++)
        {
            // Each byte is encoded as often as the first one.
            for (int sign = 0; sign < size - 2; sign++)
            {
                if (Raw(at + sign) != (sign == 0 ? '%' : sign % 2 == 1 ? '2' : '5'))
                {
                    return first;
                }
            }

            if (!AreHexadecimal(at + size - 2, 2))
            {
                return first;
            }

            int value = Number(at + size - 2, 2);
            if ((value & 0xC0) != 0x80)
            {
                return first;
            }

            code = (code << 6) | (value & 0x3F);
            at += size;
        }

        if (more == 0)
        {
            return first;
        }

        length = at;
        return (char)code;
    }

    private char PeekBackslash(out int length)
    {
        int backslashes = 1;
        while (backslashes <= SecretRuns.MostBackslashes && Raw(backslashes) == '\\')
        {
            backslashes++;
        }

        char escaped = Raw(backslashes);
        length = backslashes + 1;
        switch (escaped)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case '"' or '\'' or '`' or '/':
                return escaped;
            case 'u' when AreHexadecimal(backslashes + 1, 4):
                length = backslashes + 5;
                return (char)Number(backslashes + 1, 4);
            case 'x' when AreHexadecimal(backslashes + 1, 2):
                length = backslashes + 3;
                return (char)Number(backslashes + 1, 2);
            default:
                length = backslashes;
                return '\\';
        }
    }

    private char PeekEntity(out int length)
    {
        char character = ReadEntity(0, out length);
        for (int again = 0; again < MostEncodings && character == '&' && length > 1; again++)
        {
            // The ampersand of another entity: &amp;quot;
            char inner = ReadEntity(length - 1, out int more);
            if (more == 1)
            {
                break;
            }

            character = inner;
            length += more - 1;
        }

        return character;
    }

    private char ReadEntity(int offset, out int length)
    {
        Span<char> name = stackalloc char[LongestEntity];
        int count = 0;
        while (count < LongestEntity && (char.IsAsciiLetterOrDigit(Raw(offset + count + 1)) || Raw(offset + count + 1) == '#'))
        {
            name[count] = char.ToLowerInvariant(Raw(offset + count + 1));
            count++;
        }

        length = 1;
        if (count == 0 || Raw(offset + count + 1) != ';')
        {
            return '&';
        }

        char character = EscapeReader.CharacterOf(name[..count]);
        length = character == default ? 1 : count + 2;
        return character == default ? '&' : character;
    }

    /// <summary>
    /// Reads the character before a position, plain or escaped, with the number of raw characters that it takes; NUL at the beginning of
    /// the text.
    /// </summary>
    public static char Before(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        if (at == 0)
        {
            return default;
        }

        char raw = text[at - 1];
        if (raw is '"' or '\'' or '`' or '/' or 'n' or 'r' or 't')
        {
            int backslashes = BackslashesBefore(text, at - 1);
            length += raw is '"' or '\'' or '`' or '/' || backslashes > 0 ? backslashes : 0;
            return backslashes == 0 ? raw : raw switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => raw };
        }

        if (raw == ';')
        {
            return EntityBefore(text, at, out length);
        }

        if (!char.IsAsciiHexDigit(raw) || at < 3)
        {
            return raw;
        }

        if (at >= 6 && text[at - 5] == 'u' && text[at - 6] == '\\' && int.TryParse(text[(at - 4)..at], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
        {
            length = 5 + BackslashesBefore(text, at - 5);
            return (char)code;
        }

        if (char.IsAsciiHexDigit(text[at - 2]))
        {
            // The percent sign may be encoded itself.
            int sign = at - 3;
            for (int again = 0; again < MostEncodings && sign >= 2 && text[sign] == '5' && text[sign - 1] == '2'; again++)
            {
                sign -= 2;
            }

            if (text[sign] == '%')
            {
                length = at - sign;
                return (char)((Value(text[at - 2]) * 16) + Value(raw));
            }
        }

        return raw;
    }

    private static int BackslashesBefore(ReadOnlySpan<char> text, int at)
    {
        int count = 0;
        while (count < at && count < SecretRuns.MostBackslashes && text[at - count - 1] == '\\')
        {
            count++;
        }

        return count;
    }

    private static char EntityBefore(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        int most = Math.Min(at, LongestEntity + (MostEncodings * Ampersand.Length));
        int sign = text[(at - most)..at].LastIndexOf('&');
        if (sign < 0)
        {
            return ';';
        }

        var cursor = new TextCursor(new SecretText(text[..at], true), at - most + sign);
        char character = cursor.Peek(out int taken);
        if (taken != most - sign)
        {
            return ';';
        }

        length = taken;
        return character;
    }

    private bool AreHexadecimal(int offset, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!IsHexadecimal(Raw(offset + i)))
            {
                return false;
            }
        }

        return true;
    }

    private int Number(int offset, int count)
    {
        int number = 0;
        for (int i = 0; i < count; i++)
        {
            number = (number * 16) + Value(Raw(offset + i));
        }

        return number;
    }

    private static bool IsHexadecimal(char character) => char.IsAsciiHexDigit(character);

    private static int Value(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
