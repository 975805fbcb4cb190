using System.Buffers;

namespace MeaiBudget;

/// <summary>Condition on the text before the trigger of a secret's name.</summary>
internal enum NameBeginning
{
    Any,

    /// <summary>No letter, so that the trigger is not the end of another word.</summary>
    NoLetter,

    /// <summary>A qualifier as in <c>api_key</c>. Without one, the value must look like a secret.</summary>
    KeyQualifier,
}

/// <summary>Format of the value that follows a secret's name.</summary>
internal enum NamedValue
{
    /// <summary>One value: quoted, or up to a delimiter.</summary>
    Plain,

    /// <summary>The value of an Authorization header.</summary>
    Authorization,

    /// <summary>The value of a Cookie header.</summary>
    Cookie,
}

/// <summary>
/// Finds the value of a name that indicates a secret: in a JSON member, a header, a query parameter, an assignment, an XML element
/// or a command-line option.
/// </summary>
internal sealed class SecretNameRule(string trigger) : SecretRule(trigger)
{
    private const int LongestGap = 64;
    private const int LongestPunctuation = 12;
    private const int LongestEnding = 12;

    private static readonly string[] KeyQualifiers =
    [
        "api", "access", "secret", "private", "account", "subscription", "encryption", "signing", "master", "auth", "storage",
        "function", "functions", "license", "service", "shared", "admin", "host", "webhook", "client", "session", "openai",
        "anthropic", "azure", "google", "gemini", "mistral", "litellm", "virtual",
    ];

    private static readonly SearchValues<char> BeforeName = SearchValues.Create(" \t\r\n\"'");

    private static readonly SearchValues<char> OptionName = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    private static readonly SearchValues<char> Closers = SearchValues.Create("\\\"'`])*");
    private static readonly SearchValues<char> BeforeMember = SearchValues.Create(", \t\r\n\\\"'");
    private static readonly SearchValues<char> AfterMember = SearchValues.Create(" \t\\\"'");
    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\r\n");
    private static readonly SearchValues<char> Separators = SearchValues.Create(":=>");

    /// <summary>Characters that may precede a string's opening quote in Python, C# and SQL.</summary>
    private static readonly SearchValues<char> StringMarks = SearchValues.Create("bBrRfFuUN@$");

    private static readonly SearchValues<char> Backslash = SearchValues.Create("\\");
    private static readonly string[] Harmless = ["null", "true", "false", "none", "undefined"];

    public NameBeginning Beginning { get; init; }

    /// <summary>Suffixes that the name may have after the trigger; a number may follow.</summary>
    public string[] Endings { get; init; } = [];

    /// <summary>The minimum length of a value that cannot be a word.</summary>
    public int MinLength { get; init; } = 1;

    /// <summary>The minimum length of any value.</summary>
    public int PlainLength { get; init; } = 1;

    public NamedValue Value { get; init; }

    public override SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match)
    {
        match = default;
        int minLength = MinLength;
        int plainLength = PlainLength;
        if (Beginning == NameBeginning.NoLetter && !followsSecret && at > 0 && char.IsAsciiLetter(text[at - 1]))
        {
            return SecretVerdict.None;
        }

        SecretVerdict verdict = EndName(text, at + Trigger.Length, out int position);
        if (verdict != SecretVerdict.Found)
        {
            return verdict;
        }

        verdict = SkipSeparator(text, at, position, out position, out bool isAssignment);
        if (verdict != SecretVerdict.Found)
        {
            return verdict;
        }

        if (Beginning == NameBeginning.KeyQualifier && !IsQualified(text.Characters[..at]))
        {
            (minLength, plainLength) = at > 0 && text[at - 1] is '?' or '&' ? (8, 8) : (16, 32);
        }

        return DecideValue(text, position, isAssignment, minLength, plainLength, out match);
    }

    private static bool IsQualified(ReadOnlySpan<char> before)
    {
        before = before[Math.Max(0, before.Length - LookBehind)..];
        if (before.Length > 0 && before[^1] is '_' or '-' or '.' or ' ')
        {
            before = before[..^1];
        }

        foreach (string qualifier in KeyQualifiers)
        {
            if (before.EndsWith(qualifier, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static int Skip(in SecretText text, int from, int most, SearchValues<char> characters)
    {
        int length = text.Characters.Slice(from, Math.Min(most, text.Length - from)).IndexOfAnyExcept(characters);
        return length < 0 ? Math.Min(from + most, text.Length) : from + length;
    }

    /// <summary>Skips up to the given number of characters of a set, plain or JSON-escaped; stops before an escape of another character.</summary>
    private static int SkipPunctuation(in SecretText text, int from, SearchValues<char> characters)
    {
        for (int i = 0; i < LongestPunctuation && from < text.Length; i++)
        {
            char character = text[from];
            int escape = character == '\\' ? EscapedCharacter.Read(text.Characters, from, out character) : 0;
            if (escape < 0 && !text.IsFinal)
            {
                return text.Length;
            }

            if (!characters.Contains(escape > 0 ? character : text[from]))
            {
                return from;
            }

            from += Math.Max(escape, 1);
        }

        return from;
    }

    private SecretVerdict EndName(in SecretText text, int from, out int position)
    {
        position = from;
        while (position < text.Length && position - from <= LongestEnding && char.IsAsciiLetter(text[position]))
        {
            position++;
        }

        if (position == text.Length)
        {
            return text.AtEnd;
        }

        ReadOnlySpan<char> ending = text.Characters[from..position];
        bool isKnown = ending.IsEmpty && !Endings.Contains("-");
        foreach (string known in Endings)
        {
            isKnown |= ending.Equals(known, StringComparison.OrdinalIgnoreCase);
        }

        if (!isKnown)
        {
            return SecretVerdict.None;
        }

        int number = position;
        while (position < text.Length && position - number < 4 && (char.IsAsciiDigit(text[position]) || text[position] is '_' or '-'))
        {
            position++;
        }

        return position == text.Length ? text.AtEnd : SecretVerdict.Found;
    }

    private static SecretVerdict SkipSeparator(in SecretText text, int at, int from, out int position, out bool isAssignment)
    {
        isAssignment = false;
        int closed = SkipPunctuation(text, from, Closers);
        position = Skip(text, closed, LongestGap, Blanks);
        if (position == text.Length)
        {
            return text.AtEnd;
        }

        int separator = position;
        if (text[position] == '\\' && EscapedCharacter.Read(text.Characters, position, out char escaped) is var escape && escape != 0)
        {
            if (escape < 0 || !Separators.Contains(escaped))
            {
                return escape < 0 ? text.AtEnd : SecretVerdict.None;
            }

            position += escape;
            isAssignment = escaped == '=';
        }
        else if (text[position] is ':' or '=' or '>')
        {
            position = Skip(text, position, 3, Separators);
            isAssignment = text[separator] == '=';
        }
        else if (text[position] == '%')
        {
            if (text.Length - position < 3)
            {
                return text.AtEnd;
            }

            if (!text.Characters.Slice(position, 3).Equals("%3D", StringComparison.OrdinalIgnoreCase)
                && !text.Characters.Slice(position, 3).Equals("%3A", StringComparison.OrdinalIgnoreCase))
            {
                return SecretVerdict.None;
            }

            position += 3;
        }
        else if (position > closed && IsCommandLineOption(text.Characters[..at]))
        {
            return SecretVerdict.Found;
        }
        else
        {
            return SkipToValueMember(text, position, out position);
        }

        return position == text.Length ? text.AtEnd : SecretVerdict.Found;
    }

    // "name": "x-api-key", "value": "..." and key="Password" value="..."
    private static SecretVerdict SkipToValueMember(in SecretText text, int from, out int position)
    {
        const string Member = "value";
        position = SkipPunctuation(text, from, BeforeMember);
        ReadOnlySpan<char> visible = text.Characters.Slice(position, Math.Min(Member.Length, text.Length - position));
        if (!Member.AsSpan(0, visible.Length).Equals(visible, StringComparison.OrdinalIgnoreCase))
        {
            return SecretVerdict.None;
        }

        if (visible.Length < Member.Length)
        {
            return text.AtEnd;
        }

        position = SkipPunctuation(text, position + Member.Length, AfterMember);
        if (position == text.Length)
        {
            return text.AtEnd;
        }

        if (text[position] is not (':' or '='))
        {
            return SecretVerdict.None;
        }

        position++;
        return position == text.Length ? text.AtEnd : SecretVerdict.Found;
    }

    private static bool IsCommandLineOption(ReadOnlySpan<char> before)
    {
        // Only name characters may follow the dashes. Otherwise a placeholder could turn redacted text into an option.
        bool isCut = before.Length > LookBehind;
        before = before[Math.Max(0, before.Length - LookBehind)..];
        int end = before.LastIndexOfAnyExcept(OptionName);
        return before[(end + 1)..].StartsWith("--") && (end < 0 ? !isCut : BeforeName.Contains(before[end]));
    }

    private SecretVerdict DecideValue(in SecretText text, int from, bool isAssignment, int minLength, int plainLength, out SecretMatch match)
    {
        match = default;
        char escaped = default;
        if (!TrySkipEmphasis(text, ref from))
        {
            return text.AtEnd;
        }

        int start = Skip(text, from, LongestGap, Blanks);
        int quote = Skip(text, start, SecretRuns.MostBackslashes, Backslash);
        if (quote == text.Length || (quote + 1 == text.Length && !text.IsFinal && StringMarks.Contains(text[quote])))
        {
            return text.AtEnd;
        }

        if (quote == start && quote + 1 < text.Length && StringMarks.Contains(text[quote]) && text[quote + 1] is '"' or '\'')
        {
            start = ++quote;
        }

        SecretRun run;
        int escape = quote > start && text[quote] == 'u' ? EscapedCharacter.Read(text.Characters, start, out escaped) : 0;
        if (escape < 0 && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        if (escape > 0 && SecretRuns.IsQuote(escaped))
        {
            run = SecretRuns.EscapedQuoted(escaped, quote - start);
            start += escape;
        }
        else if (SecretRuns.IsQuote(text[quote]))
        {
            run = SecretRuns.Quoted(text[quote], quote - start);
            start = quote + 1;
        }
        else if (text.Characters[from..start].ContainsAny('\r', '\n'))
        {
            return SecretVerdict.None;
        }
        else if (text[start] == '[')
        {
            run = SecretRuns.Bracketed;
        }
        else
        {
            SecretVerdict verdict = ChooseRun(text, start, isAssignment, out run);
            if (verdict != SecretVerdict.Found)
            {
                return verdict;
            }
        }

        if (Value == NamedValue.Cookie)
        {
            ReadOnlySpan<char> visible = Credentials.Visible(text, start, run, out bool isWhole);
            if (!visible[..Credentials.BeforePlaceholder(visible, isWhole)].Contains('='))
            {
                return isWhole ? SecretVerdict.None : SecretVerdict.NeedsMore;
            }
        }

        return Credentials.Decide(text, start, run, minLength, plainLength, out match);
    }

    /// <summary>Skips the end of bold text, as in <c>**Password:** value</c>. Returns false if the text ends too early to decide.</summary>
    private static bool TrySkipEmphasis(in SecretText text, ref int from)
    {
        const string Bold = "**";
        ReadOnlySpan<char> visible = text.Characters.Slice(from, Math.Min(Bold.Length + 1, text.Length - from));
        if (visible.Length <= Bold.Length)
        {
            return text.IsFinal || !Bold.AsSpan().StartsWith(visible);
        }

        if (visible.StartsWith(Bold) && visible[^1] is ' ' or '\t')
        {
            from += Bold.Length;
        }

        return true;
    }

    private SecretVerdict ChooseRun(in SecretText text, int start, bool isAssignment, out SecretRun run)
    {
        run = Value switch
        {
            NamedValue.Authorization => SecretRuns.HeaderValue,
            NamedValue.Cookie => SecretRuns.Line,
            _ => isAssignment ? SecretRuns.Assigned : SecretRuns.Unquoted,
        };
        if (text[start] == '{')
        {
            return SecretVerdict.None;
        }

        // As many characters as the longest word below, and the one that ends it.
        ReadOnlySpan<char> visible = Credentials.Visible(text, start, SecretRuns.Word, out bool isWhole);
        if (!isWhole && visible.Length <= "undefined".Length)
        {
            return SecretVerdict.NeedsMore;
        }

        if (Value == NamedValue.Authorization
            && (visible.Equals("Digest", StringComparison.OrdinalIgnoreCase) || visible.Equals("OAuth", StringComparison.OrdinalIgnoreCase) || visible.StartsWith("AWS4", StringComparison.Ordinal)))
        {
            run = SecretRuns.Line;
        }

        foreach (string word in Harmless)
        {
            if (visible.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return SecretVerdict.None;
            }
        }

        return SecretVerdict.Found;
    }
}
