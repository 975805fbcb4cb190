namespace MeaiBudget;

/// <summary>
/// Distinguishes generated characters from words, names, numbers and versions by the pairs of neighbouring characters: letters that
/// seldom follow each other, and changes between letters and digits.
/// </summary>
internal static class Randomness
{
    /// <summary>
    /// For each letter, the letters that often follow it. Counted over English documentation and source code (Python's standard
    /// library, XML documentation of NuGet packages): these pairs are 94 % of all pairs there, and 32 % in random letters.
    /// </summary>
    private static readonly uint[] Common =
    [
        .. new[]
        {
            "bcdgilmnprstuyz", "aejlruy", "acehiklorstu", "adeios", "acdefglmnpqrstvxy", "aiortu", "eginru", "aeiort", "abcdefglmnorstvz", "e",
            "es", "adefilostuy", "abeimopru", "acdefgiostuv", "bcdfgklmnoprstuvw", "aeloprstu", "u", "acdegikmnorstuvy", "acehiopstuy", "acehioprstuy",
            "aceilmnprst", "aei", "ahio", "ct", "ps", "e",
        }.Select(static followers => followers.Aggregate(0u, static (mask, letter) => mask | (1u << (letter - 'a')))),
    ];

    /// <summary>Returns the share of irregular pairs in percent, from 0 to 100. Random text has about 50 to 75, words and names below 25.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        int irregular = 0;
        int pairs = 0;
        for (int i = 1; i < text.Length; i++)
        {
            char left = text[i - 1];
            char right = text[i];
            if (IsNeutral(left) || IsNeutral(right))
            {
                continue;
            }

            pairs++;
            if (right - left == 1)
            {
                // An alphabet or a number that counts up, as in an example.
                continue;
            }

            irregular += IsIrregular(left, right) ? 1 : 0;
        }

        return pairs == 0 ? 0 : irregular * 100 / pairs;
    }

    private static bool IsNeutral(char character) => character is '-' or '_' or '.' or '/' or ':' or ' ' or '@';

    private static bool IsIrregular(char left, char right)
    {
        bool isLeftLetter = char.IsAsciiLetter(left);
        bool isRightLetter = char.IsAsciiLetter(right);
        if (isLeftLetter && isRightLetter)
        {
            // A capital inside a word begins the next word of a name.
            return !(char.IsAsciiLetterLower(left) && char.IsAsciiLetterUpper(right)) && (Common[(left | 0x20) - 'a'] >> ((right | 0x20) - 'a') & 1) == 0;
        }

        return !(char.IsAsciiDigit(left) && char.IsAsciiDigit(right));
    }
}

/// <summary>Which kinds of character a text has.</summary>
internal readonly record struct CharacterMix(int Lower, int Upper, int Digits, int NotHexadecimal, int Others)
{
    public static CharacterMix Of(ReadOnlySpan<char> text)
    {
        int lower = 0, upper = 0, digits = 0, notHexadecimal = 0, others = 0;
        foreach (char character in text)
        {
            if (char.IsAsciiLetterLower(character))
            {
                lower++;
            }
            else if (char.IsAsciiLetterUpper(character))
            {
                upper++;
            }
            else if (char.IsAsciiDigit(character))
            {
                digits++;
            }
            else
            {
                others++;
            }

            notHexadecimal += char.IsAsciiHexDigit(character) ? 0 : 1;
        }

        return new CharacterMix(lower, upper, digits, notHexadecimal, others);
    }

    public int Letters => Lower + Upper;

    public bool IsHexadecimal => NotHexadecimal == 0 && (Lower == 0 || Upper == 0);
}
