using System.Globalization;

namespace MeaiBudget;

/// <summary>
/// Reads one character as JSON may escape it: <c>\u002B</c>, <c>\/</c>. .NET's serializer escapes each <c>+</c>, so base64 text is
/// interrupted by escapes.
/// </summary>
internal static class EscapedCharacter
{
    /// <summary>The maximum length of an escape, in characters.</summary>
    public const int Longest = SecretRuns.MostBackslashes + Number;

    /// <summary>The length of a numeric escape without its backslashes, in characters.</summary>
    public const int Number = 1 + Digits;

    private const int Digits = 4;

    /// <summary>
    /// Reads the escape that starts at a backslash; JSON within JSON has several backslashes. Returns the escape's length, zero if
    /// there is none, or a negative number if the text ends too early to decide.
    /// </summary>
    public static int Read(ReadOnlySpan<char> text, int at, out char character)
    {
        character = default;
        ReadOnlySpan<char> rest = text[at..];
        int backslashes = rest[..Math.Min(rest.Length, SecretRuns.MostBackslashes + 1)].IndexOfAnyExcept('\\');
        if (backslashes < 0)
        {
            return rest.Length > SecretRuns.MostBackslashes ? 0 : -1;
        }

        if (rest[backslashes] == '/')
        {
            character = '/';
            return backslashes + 1;
        }

        if (rest[backslashes] != 'u')
        {
            return 0;
        }

        ReadOnlySpan<char> digits = rest[(backslashes + 1)..];
        digits = digits[..Math.Min(Digits, digits.Length)];
        foreach (char digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return 0;
            }
        }

        if (digits.Length < Digits)
        {
            return -1;
        }

        character = (char)ushort.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return backslashes + Number;
    }

    /// <summary>Reads a percent-encoded character, as <see cref="Read"/>; the percent sign may be encoded itself (<c>%252B</c>).</summary>
    public static int ReadPercent(ReadOnlySpan<char> text, int at, out char character)
    {
        const int Most = 2;
        character = '%';
        int length = 1;
        for (int again = 0; again <= Most && character == '%'; again++)
        {
            ReadOnlySpan<char> digits = text[(at + length)..Math.Min(text.Length, at + length + 2)];
            bool areDigits = digits.IsEmpty || (char.IsAsciiHexDigit(digits[0]) && (digits.Length < 2 || char.IsAsciiHexDigit(digits[1])));
            if (!areDigits)
            {
                break;
            }

            if (digits.Length < 2)
            {
                return -1;
            }

            character = (char)byte.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            length += 2;
        }

        return length == 1 ? 0 : length;
    }

    /// <summary>Returns the end of the numeric escape that contains a position; the position itself if none does.</summary>
    public static int EndAround(ReadOnlySpan<char> text, int at)
    {
        for (int start = at - 1; start >= 0 && start >= at - Number; start--)
        {
            if (text[start] == '\\')
            {
                int length = Read(text, start, out _);
                return length > Number && start + length > at ? start + length : at;
            }
        }

        return at;
    }
}
