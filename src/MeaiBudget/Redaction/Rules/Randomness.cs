namespace MeaiBudget;

/// <summary>
/// Distinguishes generated characters from words, names, numbers and versions by the pairs of neighbouring characters: letters that
/// seldom follow each other, and changes between letters and digits.
/// </summary>
internal static class Randomness
{
    private const int FewestZeros = 3;
    private const int ShortestWord = 4;
    private const int LongestWord = 14;
    private const int MostDigitsOfName = 4;
    private const int LongestShortPart = 6;
    private const int IrregularName = 40;

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

    /// <summary>
    /// True for a name of code: two parts or more that are joined by underscores, each a word, an abbreviation or a short number
    /// (<c>PKCS7_SIGNER_INFO_new</c>).
    /// </summary>
    public static bool IsName(ReadOnlySpan<char> text)
    {
        int parts = 0;
        foreach (Range range in text.Trim('_').Split('_'))
        {
            ReadOnlySpan<char> part = text.Trim('_')[range];
            if (!IsNamePart(part))
            {
                return false;
            }

            parts++;
        }

        return parts > 1;
    }

    /// <summary>True for base64 of data with many zero bytes, which keys do not have.</summary>
    public static bool HasZeros(ReadOnlySpan<char> text) => text.Contains("AAAA", StringComparison.Ordinal) || text.Count("AA") >= FewestZeros;

    /// <summary>
    /// True for a part of a name of code: more than half of it is capitalised words, or its numbers are widths (<c>movdqa32store128</c>).
    /// </summary>
    public static bool IsWords(ReadOnlySpan<char> part)
    {
        int inWords = 0, numbers = 0, widths = 0;
        for (int at = 0; at < part.Length;)
        {
            int start = at++;
            if (char.IsAsciiDigit(part[start]))
            {
                while (at < part.Length && char.IsAsciiDigit(part[at]))
                {
                    at++;
                }

                numbers++;
                widths += part[start..at] is "1" or "2" or "4" or "8" or "16" or "32" or "64" or "128" or "256" or "512" ? 1 : 0;
            }
            else if (char.IsAsciiLetterUpper(part[start]))
            {
                while (at < part.Length && char.IsAsciiLetterLower(part[at]))
                {
                    at++;
                }

                inWords += at - start >= ShortestWord ? at - start : 0;
            }
        }

        return inWords * 2 > part.Length || (numbers > 1 && widths == numbers);
    }

    private static bool IsNamePart(ReadOnlySpan<char> part)
    {
        var mix = CharacterMix.Of(part);
        if (part.IsEmpty || mix.Others > 0 || mix.Digits > MostDigitsOfName)
        {
            return false;
        }

        // A short part has one case, or begins with its only capital.
        if (part.Length <= 2 || (mix.Digits == 0 && part.Length <= LongestWord && (mix.Upper == 0 || mix.Lower == 0)))
        {
            return true;
        }

        return (part.Length > LongestShortPart
            ? Of(part) < IrregularName
            : mix.Upper == 0 || mix.Lower == 0 || (mix.Upper == 1 && char.IsAsciiLetterUpper(part[0])));
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
