using System.Globalization;

namespace MeaiBudget;

/// <summary>One character as JSON may write it: <c>\u002B</c>, <c>\/</c>. .NET's serializer escapes each <c>+</c>, and so breaks up what is base64.</summary>
internal static class EscapedCharacter
{
    /// <summary>The most characters that an escape takes.</summary>
    public const int Longest = SecretRuns.MostBackslashes + Number;

    /// <summary>What an escape by number takes beyond its backslashes.</summary>
    public const int Number = 1 + Digits;

    private const int Digits = 4;

    /// <summary>Reads the escape at a backslash; in JSON within JSON it has several.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where the first backslash stands.</param>
    /// <param name="character">The character.</param>
    /// <returns>How long the escape is; zero if there is none, less if the text ends before it tells.</returns>
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

    /// <summary>Gives where an escape by number ends that a position stands in; the position itself if it stands in none.</summary>
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
