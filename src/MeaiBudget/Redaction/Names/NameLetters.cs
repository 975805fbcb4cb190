using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Reads the letters of a name backwards from its end: in lower case, without accents, full-width forms and invisible signs, with the words
/// that stand before it. So <c>clé d'API</c>, <c>CLE_API</c> and <c>ｃｌｅＡｐｉ</c> are one name.
/// </summary>
internal static class NameLetters
{
    /// <summary>The maximum number of letters that are read.</summary>
    public const int Longest = 64;

    private const int MostBlanks = 3;

    /// <summary>Letters with accents, each followed by the letter that it is read as.</summary>
    private static readonly (string From, char To)[] Accents =
    [
        ("àáâãäåāăąạảấầẩẫậắằẳẵặ", 'a'), ("çćĉċč", 'c'), ("ďđð", 'd'), ("èéêëēĕėęěẹẻẽếềểễệ", 'e'), ("ĝğġģ", 'g'), ("ìíîïĩīĭįıịỉ", 'i'), ("ķ", 'k'), ("ĺļľŀł", 'l'), ("ñńņň", 'n'),
        ("òóôõöøōŏőọỏốồổỗộớờởỡợ", 'o'), ("ŕŗř", 'r'), ("śŝşšșß", 's'), ("ţťŧț", 't'), ("ùúûüũūŭůűųụủứừửữự", 'u'), ("ýÿŷỳỵỷỹ", 'y'), ("źżž", 'z'), ("άὰ", 'α'), ("έ", 'ε'), ("ήή", 'η'), ("ί", 'ι'), ("ό", 'ο'), ("ύ", 'υ'), ("ώ", 'ω'), ("ς", 'σ'), ("ё", 'е'),
    ];

    /// <summary>Letters of other alphabets that look like Latin ones, as in names that are written to deceive.</summary>
    private static readonly (string From, string To)[] LookAlikes = [("асеорхуіјѕԁһкмтвнԍԛԝ", "aceopxyijsdhkmtbhgqw"), ("αβεικνορτυχγωη", "abeiknoptuxywn")];

    /// <summary>The end of the alphabets of Europe.</summary>
    public const int Alphabets = 0x530;

    /// <summary>The beginning of the letters of Vietnamese.</summary>
    public const char Vietnamese = '\u1E00';

    /// <summary>From a sign of ASCII to its full-width form.</summary>
    public const int FullWidth = 0xFEE0;

    private static readonly Dictionary<char, char> Accented = MapAccents();
    private static readonly Dictionary<char, char> Similar = MapLookAlikes();

    /// <summary>The accented letters and the look-alikes, by their code.</summary>
    private static readonly char[] PlainOf = ListPlain();
    private static readonly char[] LatinOf = ListLatin();

    /// <summary>A letter in lower case without accents.</summary>
    public static char Plain(char character) => character < Alphabets ? PlainOf[character] : Folded(character);

    /// <summary>A letter in lower case without accents, or the Latin letter that it looks like.</summary>
    public static char Latin(char character) => character < Alphabets ? LatinOf[character] : Folded(character);

    /// <summary>Returns the normal form of a name in the table.</summary>
    public static string Normal(string name)
    {
        var normal = new StringBuilder();
        foreach (char character in name)
        {
            if (!IsSeparator(character) && !IsMark(character))
            {
                normal.Append(Folded(character));
            }
        }

        return normal.ToString();
    }

    /// <summary>Reads the letters of a text from its end to the beginning of the buffer; returns the index of the first.</summary>
    /// <param name="text">The text that the name ends.</param>
    /// <param name="wordStart">Where the last word begins.</param>
    /// <param name="letters">Receives the letters, at its end.</param>
    /// <param name="starts">Receives where words begin.</param>
    /// <param name="own">The number of letters of the last word.</param>
    /// <param name="isForeign">True if there are letters of other alphabets.</param>
    public static int Read(ReadOnlySpan<char> text, int wordStart, Span<char> letters, Span<bool> starts, out int own, out bool isForeign)
    {
        text = text.TrimEnd("0123456789_-");
        int first = letters.Length;
        int blanks = 0;
        own = 0;
        isForeign = false;
        starts.Clear();
        for (int i = text.Length - 1; i >= 0 && first > 0; i--)
        {
            char character = text[i];
            if (IsSeparator(character))
            {
                blanks += character is ' ' or '+' ? 1 : 0;
                if (blanks > MostBlanks)
                {
                    break;
                }

                MarkStart(starts, first);
                continue;
            }

            if (character == '.' && i > 0 && i + 1 < text.Length && char.IsLetter(text[i - 1]) && char.IsLetter(text[i + 1]))
            {
                // A name of a file of properties: app.clave.secreta.
                MarkStart(starts, first);
                continue;
            }

            if (IsMark(character))
            {
                continue;
            }

            if (!char.IsLetterOrDigit(character) && !(character >= 128 && char.IsLetter(Folded(character))))
            {
                break;
            }

            letters[--first] = Folded(character);
            isForeign |= letters[first] >= 128;
            own += i >= wordStart ? 1 : 0;
            starts[first] = i == wordStart || (i > 1 && text[i - 1] == 'D' && text[i - 2] == '-') || (char.IsUpper(character) && i > 0 && !char.IsUpper(text[i - 1])) || (i > 0 && char.IsDigit(text[i - 1]) && !char.IsDigit(character));
        }

        MarkStart(starts, first);
        return first;
    }

    /// <summary>Reads the letters of one word of ASCII characters; returns their number.</summary>
    public static int ReadWord(ReadOnlySpan<char> word, Span<char> letters, Span<bool> starts)
    {
        word = word.TrimEnd("0123456789_-");
        word = word[Math.Max(0, word.Length - Longest)..];
        int count = 0;
        char previous = '-';
        foreach (char character in word)
        {
            if (character is not ('_' or '-'))
            {
                starts[count] = !char.IsAsciiLetter(previous) || (char.IsAsciiLetterUpper(character) && !char.IsAsciiLetterUpper(previous));
                letters[count++] = char.ToLowerInvariant(character);
            }

            previous = character;
        }

        return count;
    }

    /// <summary>Replaces letters that look like Latin ones. Returns false if other letters are left.</summary>
    public static bool ReplaceLookAlikes(Span<char> letters)
    {
        bool hasLatin = false;
        foreach (ref char letter in letters)
        {
            hasLatin |= letter < 128;
            if (letter >= 128 && Similar.TryGetValue(letter, out char similar))
            {
                letter = similar;
            }
        }

        return hasLatin;
    }

    /// <summary>A sign above, below or beside a letter, or an invisible one.</summary>
    public static bool IsMark(char character) => character >= 128 && char.GetUnicodeCategory(character) is UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static void MarkStart(Span<bool> starts, int at)
    {
        if (at < starts.Length)
        {
            starts[at] = true;
        }
    }

    private static bool IsSeparator(char character) => character is '_' or '-' or ' ' or '+' or '\'' or '’' or '\u00A0';

    private static char Folded(char character)
    {
        if (character < Alphabets && PlainOf is { } plainOf)
        {
            return plainOf[character];
        }

        if (character is >= '\uFF01' and <= '\uFF5E')
        {
            character = (char)(character - FullWidth);
        }

        character = char.ToLowerInvariant(character);
        return (character < Alphabets || character is >= Vietnamese and < '\u2000') && Accented.TryGetValue(character, out char plain) ? plain : character;
    }

    // The tables are made with loops, because LINQ over pairs of letters is never precompiled.
    private static Dictionary<char, char> MapAccents()
    {
        var map = new Dictionary<char, char>(256);
        foreach ((string from, char to) in Accents)
        {
            foreach (char letter in from)
            {
                map.TryAdd(letter, to);
            }
        }

        return map;
    }

    private static Dictionary<char, char> MapLookAlikes()
    {
        var map = new Dictionary<char, char>(64);
        foreach ((string from, string to) in LookAlikes)
        {
            for (int i = 0; i < from.Length; i++)
            {
                map.Add(from[i], to[i]);
            }
        }

        return map;
    }

    private static char[] ListPlain()
    {
        char[] plain = new char[Alphabets];
        for (int code = 0; code < plain.Length; code++)
        {
            char lower = char.ToLowerInvariant((char)code);
            plain[code] = Accented.TryGetValue(lower, out char letter) ? letter : lower;
        }

        return plain;
    }

    private static char[] ListLatin()
    {
        char[] latin = new char[Alphabets];
        for (int code = 0; code < latin.Length; code++)
        {
            char plain = PlainOf[code];
            latin[code] = Similar.TryGetValue(plain, out char letter) ? letter : plain;
        }

        return latin;
    }
}
