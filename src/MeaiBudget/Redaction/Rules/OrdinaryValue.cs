namespace MeaiBudget;

/// <summary>Values that look generated and are names: of standards, types, words in another alphabet, drawings.</summary>
internal static class OrdinaryValue
{
    private const int LongestStandard = 24;
    private const int MostDigits = 3;
    private const int MostDigitsOfType = 2;
    private const int LongestType = 60;
    private const int FewestCommands = 3;
    private const int ShortestDrawing = 16;
    private static readonly System.Buffers.SearchValues<char> Commands = System.Buffers.SearchValues.Create("MmLlHhVvCcSsQqTtAaZz0123456789-");

    /// <summary>True for the name of a standard or an algorithm: <c>PKCS#8</c>, <c>OAuth2</c>, <c>WPA2_PSK</c>, <c>SLH-DSA-SHA2-128f</c>.</summary>
    public static bool IsStandard(ReadOnlySpan<char> value)
    {
        value = value.TrimEnd(".");
        if (value.Length is < 3 or > LongestStandard || !char.IsAsciiLetterUpper(value[0]))
        {
            return false;
        }

        if (char.IsAsciiDigit(value[^1]) && CharacterMix.Of(value) is { Digits: 1, Others: 0, Upper: >= 2 } && value.Length <= 8)
        {
            return true;
        }

        bool isFirst = true;
        foreach (Range range in value.SplitAny('-', '_', '#'))
        {
            ReadOnlySpan<char> part = value[range];
            int letters = part.IndexOfAnyExceptInRange('A', 'Z') is var end && end < 0 ? part.Length : end;
            int digits = part[letters..].IndexOfAnyExceptInRange('0', '9') is var last && last < 0 ? part.Length - letters : last;
            bool isWhole = letters + digits == part.Length || (digits > 0 && letters + digits + 1 == part.Length && char.IsAsciiLetterLower(part[^1]));
            if (part.IsEmpty || !isWhole || digits > MostDigits || (isFirst && letters < 2))
            {
                return false;
            }

            isFirst = false;
        }

        return true;
    }

    /// <summary>True for the number in the name of an algorithm: <c>Argon2Hash256</c>.</summary>
    public static bool IsWidth(ReadOnlySpan<char> number) => number is "16" or "32" or "64" or "128" or "256" or "384" or "512" or "1024";

    /// <summary>True for text with escaped letters beyond ASCII, which a message in another language has: <c>inv\xE1lida</c>.</summary>
    public static bool IsForeignText(ReadOnlySpan<char> value)
    {
        int escape = value.IndexOf('\\');
        if (escape < 0 || escape + 3 >= value.Length)
        {
            return false;
        }

        int digits = value[escape + 1] switch { 'x' => 2, 'u' => 4, _ => 0 };
        return digits > 0 && escape + 2 + digits <= value.Length
            && int.TryParse(value.Slice(escape + 2, digits), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out int code)
            && code >= 0x80 && char.IsLetter((char)code);
    }

    /// <summary>True for a type behind its module: <c>_win32typing.PyIID</c>.</summary>
    public static bool IsType(ReadOnlySpan<char> value)
    {
        int dot = value.LastIndexOf('.');
        return dot > 0 && dot + 1 < value.Length && value.Length <= LongestType && char.IsAsciiLetterUpper(value[dot + 1]) && !char.IsAsciiDigit(value[0])
            && CharacterMix.Of(value).Digits <= MostDigitsOfType && value.IndexOfAnyExcept(SecretRuns.TokenWithDots.Characters) < 0;
    }

    /// <summary>True for the path of a drawing: numbers between single letters that are commands (<c>v-120H560v-80h120</c>).</summary>
    public static bool IsDrawing(ReadOnlySpan<char> word)
    {
        if (word.Length < ShortestDrawing || word.IndexOfAnyExcept(Commands) >= 0)
        {
            return false;
        }

        int letters = 0;
        for (int i = 0; i < word.Length; i++)
        {
            bool isLetter = char.IsAsciiLetter(word[i]);
            letters += isLetter ? 1 : 0;
            if (isLetter && i > 0 && char.IsAsciiLetter(word[i - 1]) && word[i - 1] is not ('z' or 'Z'))
            {
                return false;
            }
        }

        return letters >= FewestCommands && letters * 3 <= word.Length * 2;
    }
}
