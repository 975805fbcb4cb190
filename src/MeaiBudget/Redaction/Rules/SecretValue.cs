using System.Buffers;

namespace MeaiBudget;

/// <summary>Decides whether the value of a secret's name is a secret, or code, a label, a reference, a number.</summary>
internal static class SecretValue
{
    private const int Random = 30;
    private const char EastAsian = '\u2E80';
    private const int MostWords = 4;
    private const int ShortestArgument = 12;
    private const int LengthOfHash = 32;
    private const int ShortestLetters = 12;
    private const int RandomLetters = 45;
    private const int LongestConstant = 10;
    private const int ShortestParameters = 20;
    private const int ShortestWords = 8;
    private const int ShortestNumber = 4;
    private const int LongestNumber = 8;

    private static readonly string[] Harmless =
    [
        "null", "true", "false", "none", "undefined", "nil", "string", "str", "number", "int", "bool", "boolean", "object", "any", "void", "default", "required", "optional", "redacted",
        "example", "changeme", "xxx", "todo", "tbd", "n/a", "empty", "secret", "hidden", "masked", "text", "function", "bytes", "file", "include", "same-origin", "omit",
    ];

    private static readonly SearchValues<string> OwnWords = SearchValues.Create(["password", "passwd", "passwort", "passphrase", "secret", "token", "api_key", "apikey", "api-key", "api key", "your", "credential", "authorization", "cookie", "example"], StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<char> CodeName = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.?!");
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/~#");
    private static readonly SearchValues<char> Identifier = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,;:?!-|&+*/");

    private static readonly SearchValues<char> CookieName = SearchValues.Create(SecretPattern.TokenCharacters + ".%~!#$&'*+^`|\\/:[]@");
    private static readonly SearchValues<char> Calls = SearchValues.Create("(){}");
    private static readonly SearchValues<char> Brackets = SearchValues.Create("(){}[]<>\"'`");
    private static readonly SearchValues<char> NameSigns = SearchValues.Create(":(._");
    private static readonly SearchValues<char> NameJoints = SearchValues.Create(".:_-");
    private static readonly SearchValues<char> Masks = SearchValues.Create("*.•-_#");
    private static readonly SearchValues<char> PasswordSigns = SearchValues.Create("!@#$%^&*?~+");
    private static readonly SearchValues<char> Phrases = SearchValues.Create("(){}=<>.:/");

    /// <summary>Decides whether the value of a name is a secret.</summary>
    public static bool IsSecret(in SecretText text, ReadOnlySpan<char> value, in NameContext name, bool isQuoted, bool isWeak)
    {
        if (value.Contains("[REDACTED", StringComparison.Ordinal))
        {
            // What an earlier redaction left is not a secret, and must not change by another.
            return false;
        }

        value = value.Trim();
        if (value.IsEmpty || IsReference(value))
        {
            return false;
        }

        switch (name.Strength)
        {
            case NameStrength.Own:
                return !IsHarmless(value);
            case NameStrength.Authorization:
                return IsAuthorization(value, name);
            case NameStrength.Cookie:
                return IsCookie(value);
            case NameStrength.Phrase:
                return value.Count(' ') >= 5 && value.Count(' ') <= 24 && !value.ContainsAny(Phrases) && !SeedPhrase.IsSentence(value);
            default:
                break;
        }

        ReadOnlySpan<char> judged = isQuoted || name.Separator is NameSeparator.Tag or NameSeparator.Element ? value : WithoutClosers(BeforeComma(value));
        if (judged.IsEmpty)
        {
            return false;
        }

        if (IsNumberOrVersion(judged) || IsPath(judged) || (!isQuoted && IsCode(judged)))
        {
            return false;
        }

        if ((name.Separator == NameSeparator.Weak && Randomness.IsName(judged) && (name.Strength != NameStrength.Strong || judged.Count('_') > 1)) || (name.Separator is NameSeparator.Weak or NameSeparator.Verb && judged.StartsWith("--"))
            || IsKeyOfWords(text.Characters[name.Start..name.End], judged)
            || (name.Separator is NameSeparator.Weak or NameSeparator.Verb or NameSeparator.Call or NameSeparator.Wrapped && (OrdinaryValue.IsStandard(judged) || OrdinaryValue.IsForeignText(judged)))
            || (name.Strength == NameStrength.Weak && (OrdinaryValue.IsType(judged) || (CharacterMix.Of(judged).Digits == 0 && Randomness.Of(judged) < RandomLetters))))
        {
            return false;
        }

        bool isGenerated = Looks(judged);
        return name.Strength switch
        {
            _ when name.Separator == NameSeparator.Wrapped => isGenerated && judged.Length >= ShortestArgument,
            NameStrength.Weak => isGenerated && !IsSetting(judged) && !(name.Separator == NameSeparator.Weak && judged.Length == LengthOfHash && CharacterMix.Of(judged).IsHexadecimal && text[name.End] == ' ') && !IsHash(judged) && IsLong(judged, name) && !(name.Separator is NameSeparator.Tag or NameSeparator.Element && text.Characters[name.Start..name.End].Equals("code", StringComparison.OrdinalIgnoreCase)) && !judged.Contains("${", StringComparison.Ordinal) && !judged.Contains("://", StringComparison.Ordinal),
            NameStrength.Sign => isGenerated && IsLong(judged, name) && (name.IsEquals || IsPercentEncoded(text, name.End)),
            NameStrength.Medium when name.Separator == NameSeparator.Verb && IsNumberFor(text.Characters[name.Start..name.End], judged) => true,
            _ when isWeak || name.Separator is NameSeparator.Weak or NameSeparator.Verb or NameSeparator.Element => isGenerated || IsChosenFor(name, judged.TrimEnd('?')) || IsChosenFor(name, judged),
            _ when isGenerated => true,
            _ when IsHarmless(judged) => false,
            _ when name.Separator == NameSeparator.Call => CharacterMix.Of(judged) is { Digits: > 0, Letters: > 3, Lower: > 0 } && !IsLabel(judged),
            NameStrength.Medium when name.Separator == NameSeparator.Assignment && IsNumberFor(text.Characters[name.Start..name.End], judged) => true,
            NameStrength.Medium => IsToken(text, judged, name, isQuoted) || (name.Separator != NameSeparator.Call && LooksChosen(judged)),
            _ => judged[0] == '[' ? name.IsQuoted : isQuoted ? IsQuotedValue(judged, name) : IsPlainValue(text, judged, name),
        };
    }

    /// <summary>Decides whether a cell in a column of secrets is one.</summary>
    /// <param name="value">The cell, without blanks and quotes around it.</param>
    /// <param name="strength">What the column's name says.</param>
    /// <param name="isQuoted">True if it is a text of SQL or code.</param>
    /// <param name="isAligned">True if only blanks divide the columns, so that it may be a word of a sentence.</param>
    public static bool IsCell(ReadOnlySpan<char> value, NameStrength strength, bool isQuoted, bool isAligned)
    {
        if (value.Length < 3 || value.Contains("[REDACTED", StringComparison.Ordinal) || IsReference(value) || IsHarmless(value) || IsLabel(value) || IsNumberOrVersion(value) || IsPath(value)
            || value.Contains("://", StringComparison.Ordinal) || value[0] == '-')
        {
            return false;
        }

        if (Looks(value) || LooksChosen(value))
        {
            return true;
        }

        var mix = CharacterMix.Of(value);
        bool isMixed = mix is { Digits: > 0, Letters: > 2 } && value.Length >= 6 && !value.ContainsAny(Brackets) && !value.Contains(' ') && !(char.IsAsciiDigit(value[0]) && value.Length > 4 && value[4] == '-');
        return !isAligned && ((isMixed && (strength == NameStrength.Strong || value.Length >= 8))
            || (isQuoted && strength == NameStrength.Strong && value.Length >= 4 && value.Count(' ') <= MostWords && !value.ContainsAny(Calls)));
    }

    /// <summary>An unquoted value in a connection string may be followed by further settings.</summary>
    private static ReadOnlySpan<char> BeforeComma(ReadOnlySpan<char> value)
    {
        int comma = value.IndexOf(',');
        return comma > 0 ? value[..comma] : value;
    }

    /// <summary>Without the brackets and marks that close what the value stands in.</summary>
    private static ReadOnlySpan<char> WithoutClosers(ReadOnlySpan<char> value)
    {
        int foreign = value[0] < EastAsian ? value.IndexOfAnyInRange(EastAsian, '\uD7FF') : -1;
        value = (foreign < 0 ? value : value[..foreign]).TrimEnd(".,:;");
        while (!value.IsEmpty && value[^1] is ')' or ']' or '}' && value.Count(value[^1]) > value.Count(value[^1] == ')' ? '(' : value[^1] == ']' ? '[' : '{'))
        {
            value = value[..^1].TrimEnd(".,:;");
        }

        return value;
    }

    /// <summary>A call, an index, an operator, a scope.</summary>
    private static bool IsCode(ReadOnlySpan<char> value)
    {
        int name = value.IndexOfAnyExcept(CodeName);
        return (name > 0 && value[name] is '(' or '[' or '{' && !char.IsAsciiDigit(value[0]))
            || value.Contains("=>", StringComparison.Ordinal) || value.Contains("||", StringComparison.Ordinal) || value.Contains("&&", StringComparison.Ordinal) || value.Contains("::", StringComparison.Ordinal);
    }

    private static bool IsPath(ReadOnlySpan<char> value) => (value[0] is '/' or '.' or '~' or '#' && Randomness.Of(value) < Random + 10 && value.IndexOfAnyExcept(PathCharacters) < 0) || IsColour(value);

    private static bool IsColour(ReadOnlySpan<char> value) => value[0] == '#' && value.Length is 4 or 7 or 9 && CharacterMix.Of(value[1..]).NotHexadecimal == 0;

    /// <summary>At least one cookie with a generated value.</summary>
    private static bool IsCookie(ReadOnlySpan<char> value)
    {
        foreach (Range range in value.Split(';'))
        {
            ReadOnlySpan<char> cookie = value[range].Trim();
            int equals = cookie.IndexOf('=');
            if (equals is > 0 and < 64 && cookie[..equals].IndexOfAnyExcept(CookieName) < 0 && (Looks(cookie[(equals + 1)..]) || (CharacterMix.Of(cookie[(equals + 1)..]) is { Digits: > 0, Letters: > 0 } && cookie.Length - equals > 6)))
            {
                return !IsCode(cookie);
            }
        }

        return false;
    }

    /// <summary>A variable, a template, a masked value: not the secret itself.</summary>
    private static bool IsReference(ReadOnlySpan<char> value) =>
        (value[0] is '$' or '<' or '{' && !Looks(value)) || value.StartsWith("%$") || value.StartsWith("\\x")
        || (value[0] == '%' && value[^1] == '%')
        || value.IndexOfAnyExcept(Masks) < 0 || (value.Length > 2 && value.IndexOfAnyExcept("xX") < 0)
        || value.StartsWith("process.env", StringComparison.Ordinal) || value.StartsWith("os.environ", StringComparison.Ordinal);

    private static bool IsAuthorization(ReadOnlySpan<char> value, in NameContext name)
    {
        int blank = value.IndexOf(' ');
        ReadOnlySpan<char> credentials = blank < 0 ? value : value[(blank + 1)..].TrimStart();
        return name.Separator is NameSeparator.Assignment or NameSeparator.Weak or NameSeparator.Tag
            && !credentials.IsEmpty && !IsReference(credentials) && !(credentials[0] == '%' && credentials.Length <= 3)
            && (Looks(credentials)
                || (blank > 0 && credentials.Length >= ShortestParameters && credentials.Contains("=\"", StringComparison.Ordinal))
                || (blank > 0 && IsScheme(value[..blank]) && !IsHarmless(credentials)
                    && (!credentials.ContainsAny(Calls) && !credentials.Contains(' ') || (credentials.Length >= ShortestParameters && credentials.Contains('=')))));
    }

    private static bool IsScheme(ReadOnlySpan<char> word) =>
        word.Equals("bearer", StringComparison.OrdinalIgnoreCase) || word.Equals("basic", StringComparison.OrdinalIgnoreCase) || word.Equals("token", StringComparison.OrdinalIgnoreCase)
        || word.Equals("digest", StringComparison.OrdinalIgnoreCase) || word.Equals("apikey", StringComparison.OrdinalIgnoreCase) || word.Equals("oauth", StringComparison.OrdinalIgnoreCase)
        || word.StartsWith("AWS4", StringComparison.Ordinal);

    private static bool IsLong(ReadOnlySpan<char> value, in NameContext name) =>
        value.Length >= 16 && Randomness.Of(value) >= Random && (name.Separator is not (NameSeparator.Tag or NameSeparator.Element) || value.IndexOfAny(NameSigns) < 0 || value.Length >= 24);

    /// <summary>The hexadecimal form of SHA-1 and SHA-256, which more often is a hash than anything else.</summary>
    internal static bool IsHash(ReadOnlySpan<char> value) => value.Length is 40 or 64 && CharacterMix.Of(value).IsHexadecimal;

    /// <summary>Another name with its value, or code that is written into an address.</summary>
    private static bool IsSetting(ReadOnlySpan<char> value)
    {
        int equals = value.IndexOf('=');
        int hyphen = value.IndexOf('-');
        if (hyphen > 0 && value.Length - hyphen - 1 is 8 or 17 && !value[..hyphen].ContainsAnyExceptInRange('a', 'z') && CharacterMix.Of(value[(hyphen + 1)..]).NotHexadecimal == 0)
        {
            // The id of a resource: i-0a79e43a78da25150.
            return true;
        }

        return (equals > 1 && equals + 2 < value.Length && !value[..equals].ContainsAnyExceptInRange('a', 'z'))
            || value[0] == '+' || value.Contains("+//", StringComparison.Ordinal) || value.Contains("%0A", StringComparison.Ordinal);
    }

    /// <summary>Words that name the key of an entry, not one of a cipher: <c>DATA_KEY = "bs.toast"</c>.</summary>
    private static bool IsKeyOfWords(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        var mix = CharacterMix.Of(value);
        if (!name.EndsWith("key", StringComparison.OrdinalIgnoreCase) || mix.Upper > 0 || mix.Others is 0 or > 3 || value.ContainsAny(PasswordSigns) || value.IndexOfAny(NameJoints) <= 0)
        {
            return false;
        }

        // A number may follow the word: order:1234.
        int colon = value.IndexOf(':');
        return mix.Digits == 0 || (colon > 0 && !value[..colon].ContainsAnyInRange('0', '9') && !value[(colon + 1)..].ContainsAnyExceptInRange('0', '9'));
    }

    private static bool IsHarmless(ReadOnlySpan<char> value)
    {
        foreach (string word in Harmless)
        {
            if (value.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNumberOrVersion(ReadOnlySpan<char> value)
    {
        if (value.Length <= LongestConstant && value.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && CharacterMix.Of(value[2..]).NotHexadecimal == 0)
        {
            return true;
        }

        value = value.TrimStart("^~>=v ");
        int dot = value.IndexOf('.');
        return dot is > 0 and < 5 && value[..dot].IndexOfAnyExceptInRange('0', '9') < 0 && value.Length > dot + 1 && char.IsAsciiDigit(value[dot + 1]) && CharacterMix.Of(value).Letters <= 6;
    }

    /// <summary>A token that does not look generated: letters and digits, or letters in a place where only a value can be.</summary>
    private static bool IsToken(in SecretText text, ReadOnlySpan<char> value, in NameContext name, bool isQuoted)
    {
        var mix = CharacterMix.Of(value);
        bool isWord = value.IndexOfAnyExcept(SecretRuns.Bearer.Characters) < 0;
        return isWord && value.Length >= 8 && mix.Digits > 0 && mix.Letters > 0 && (isQuoted || IsConfigured(text, name)) && !IsLabel(value);
    }

    private static bool IsQuotedValue(ReadOnlySpan<char> value, in NameContext name)
    {
        if (IsLabel(value))
        {
            return false;
        }

        return value.Count(' ') switch
        {
            0 when value.Length < 3 => name.IsQuoted && name.Separator == NameSeparator.Assignment,
            0 => value.IndexOfAny(Calls) < 0 || Looks(value) || CharacterMix.Of(value) is { Digits: >= 3, Letters: >= 6, Others: >= 5 },
            <= MostWords => name is { IsQuoted: true, Separator: NameSeparator.Assignment } && !char.IsPunctuation(value[^1]),
            _ => false,
        };
    }

    /// <summary>A text about the secret: "Enter your password", "password_hash".</summary>
    private static bool IsLabel(ReadOnlySpan<char> value)
    {
        if (value.ContainsAny(OwnWords))
        {
            return true;
        }

        int key = value.IndexOf("key", StringComparison.OrdinalIgnoreCase);
        return key >= 0 && (key == 0 || value[key] == 'K' || !char.IsAsciiLetter(value[key - 1]));
    }

    private static bool IsPlainValue(in SecretText text, ReadOnlySpan<char> value, in NameContext name)
    {
        var mix = CharacterMix.Of(value);
        if (IsLabel(value) || mix.Letters + mix.Digits == 0 || (mix.Letters == 0 && value.Length < 3))
        {
            return false;
        }

        if (value.IndexOfAny(Brackets) >= 0)
        {
            return IsConfigured(text, name);
        }

        // A path of names (options.password), a type (str|None), a path of a file, an expression.
        bool isName = value.IndexOfAnyExcept(Identifier) < 0 && !char.IsAsciiDigit(value[0]);
        return isName && mix.Digits == 0 ? IsConfigured(text, name) && value.IndexOf('.') < 0
            : IsConfigured(text, name) || LooksChosen(value) || (isName ? value.IndexOf('.') < 0 && value.IndexOf('_') < 0 && value.Length >= 6
            : mix.Digits > 0 && mix.Letters > 0 && mix.Letters + mix.Digits >= 3 && value[0] is not ('/' or '.' or '#'));
    }

    /// <summary>True where only a value can follow, not code: an option, a query, an environment variable, a connection string.</summary>
    private static bool IsConfigured(in SecretText text, in NameContext name)
    {
        if (name.Separator is NameSeparator.Option or NameSeparator.Tag || IsPercentEncoded(text, name.End))
        {
            return true;
        }

        char before = name.Start > 0 ? text[name.Start - 1] : '\n';
        bool isDirect = name.IsEquals && name.End < text.Length && text[name.End] == '=';
        return isDirect && (before is '?' or '&' or ';' || !text.Characters[name.Start..name.End].ContainsAnyInRange('a', 'z'));
    }

    /// <summary>True if the value looks chosen and the name means a secret; behind <c>token</c>, numbers alone are not enough (<c>Utf8</c>).</summary>
    private static bool IsChosenFor(in NameContext name, ReadOnlySpan<char> value) =>
        name.Strength is NameStrength.Strong or NameStrength.Medium && (LooksChosen(value) ? name.Strength == NameStrength.Strong || value.ContainsAny(PasswordSigns) : name.Strength == NameStrength.Strong && IsWordsWithNumber(value));

    /// <summary>Capitalised words with a number behind them: <c>BlueMonkey442</c>. Only the name of a password makes them one.</summary>
    internal static bool IsWordsWithNumber(ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> words = value.TrimEnd("0123456789");
        return value.Length >= ShortestWords && value.Length - words.Length is >= 2 and <= LongestNumber && !words.IsEmpty && char.IsAsciiLetterUpper(words[0])
            && CharacterMix.Of(words) is { Digits: 0, Others: 0, Upper: >= 1 and <= 4, Lower: >= 4 } && !IsLabel(value) && !OrdinaryValue.IsWidth(value[words.Length..]);
    }

    /// <summary>The digits of a personal number or of a code that is used once: <c>PIN: 4821</c>.</summary>
    private static bool IsNumberFor(ReadOnlySpan<char> name, ReadOnlySpan<char> value) =>
        value.Length is >= ShortestNumber and <= LongestNumber && !value.ContainsAnyExceptInRange('0', '9')
        && (name.EndsWith("pin", StringComparison.OrdinalIgnoreCase) || name.EndsWith("otp", StringComparison.OrdinalIgnoreCase) || name.EndsWith("code", StringComparison.OrdinalIgnoreCase));

    /// <summary>True if the value looks like a password that a person chose: words with numbers and signs.</summary>
    public static bool LooksChosen(ReadOnlySpan<char> value)
    {
        if (value.Length is < 6 or > 64 || value.Contains(' ') || value.ContainsAny(Brackets) || IsLabel(value))
        {
            return false;
        }

        var mix = CharacterMix.Of(value);
        if (mix.Digits == 0 || mix.Letters < 3 || mix.Others > 4)
        {
            return false;
        }

        // A sign that names do not have, or a capitalised word with a number of its own.
        if (value.ContainsAny(PasswordSigns))
        {
            return value[0] is not ('$' or '@' or '&' or '*' or '#' or '!' or '+' or '?') && (!value.Contains('%') || value.IndexOf('%') == value.Length - 1);
        }

        int sign = value.IndexOfAny('-', '.', '_');
        return mix is { Upper: >= 1 and <= 3, Lower: >= 3, Digits: >= 2, Others: <= 2 }
            && char.IsAsciiLetterUpper(value[0])
            && (sign < 0 ? char.IsAsciiDigit(value[^1]) && mix.Upper == 1 : sign + 1 < value.Length && char.IsAsciiDigit(value[sign + 1]));
    }

    /// <summary>True if the value looks generated: not words, a name, a number, a version, a path.</summary>
    public static bool Looks(ReadOnlySpan<char> value)
    {
        var mix = CharacterMix.Of(value);
        if (value.Length < 6 || value.Contains(' ') || mix.Letters + mix.Digits < 5)
        {
            return false;
        }

        if (mix.IsHexadecimal)
        {
            return value.Length >= 16 && mix.Digits >= 2 && mix.Letters >= 2;
        }

        if (value.Length >= 36 && mix is { NotHexadecimal: 4, Others: 4 } && value[8] == '-')
        {
            return true;
        }

        int irregular = Randomness.Of(value);
        return mix.Digits > 0 && mix.Letters > 0
            ? irregular >= (value.Length < 12 ? 40 : Random) && value.IndexOfAny(Calls) < 0
            : mix.Letters >= ShortestLetters && !value.Contains('=') && mix.Upper > 2 && mix.Lower > 2 && irregular >= (mix.Letters > ShortestLetters ? Random : RandomLetters) && !value.Contains('.');
    }

    public static bool IsPercentEncoded(in SecretText text, int end) => end < text.Length && text[end] == '%';
}
