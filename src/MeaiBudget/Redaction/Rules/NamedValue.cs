namespace MeaiBudget;

/// <summary>Reads the value of a secret's name: what delimits it, and whether it is a secret or code, a label, a reference.</summary>
internal static class NamedValue
{
    private const int Window = 160;
    private static readonly string[] Marks = ["enc(", "enc[", "{cipher}", "{aes}", "{encrypted}", "!vault ", "!!str ", "!!binary "];

    /// <summary>Decides whether the value at the cursor is a secret.</summary>
    public static SecretVerdict Decide(in SecretText text, ref TextCursor cursor, NameContext name, out SecretMatch match)
    {
        match = default;
        NamedSecret.SkipBlanks(ref cursor, out int lines);
        if (cursor.Continues("**") && name.Separator == NameSeparator.Assignment)
        {
            cursor.At += 2;
            NamedSecret.SkipBlanks(ref cursor, out int more);
            lines += more;
        }

        if (name.Strength is NameStrength.Strong or NameStrength.Medium && name.Separator is NameSeparator.Assignment or NameSeparator.Verb && DecideGroups(text, cursor, out match) is var groups && groups != SecretVerdict.None)
        {
            return groups;
        }

        if (name.Strength == NameStrength.Phrase && SeedPhrase.Decide(text, cursor.At, out match) is var phrase && phrase != SecretVerdict.None)
        {
            return phrase;
        }

        if (name.Separator == NameSeparator.Assignment && SkipToMember(ref cursor, lines))
        {
            NamedSecret.SkipBlanks(ref cursor, out lines);
        }

        if (name.Separator == NameSeparator.Assignment && (lines == 0 || cursor.Continues("string(")) && name.Strength is not (NameStrength.Authorization or NameStrength.Cookie or NameStrength.Phrase))
        {
            if (!SkipType(ref cursor, name))
            {
                SkipWrapper(ref cursor, ref name);
            }
        }

        if (name.Separator == NameSeparator.Assignment && lines == 0)
        {
            SkipMark(ref cursor);
        }

        bool isBlock = false;
        if (name.Separator == NameSeparator.Assignment && lines == 0 && cursor.Peek(out int mark) is '|' or '>')
        {
            isBlock = SkipBlockMark(ref cursor, mark);
        }

        if (name.Separator is NameSeparator.Tag or NameSeparator.Element && cursor.Raw() == '<' && cursor.Continues("<value>"))
        {
            cursor.At += "<value>".Length;
        }

        if (name.Separator is NameSeparator.Assignment or NameSeparator.Verb && name.Strength == NameStrength.Strong && lines == 0)
        {
            SkipUser(ref cursor);
        }

        if (name.Separator is NameSeparator.Tag or NameSeparator.Element && cursor.Continues("<![cdata["))
        {
            cursor.At += "<![CDATA[".Length;
        }

        SecretRun? run = ReadOpening(text, ref cursor, name, isBlock, out bool isQuoted);
        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        if (run is null || (lines > 0 && !isQuoted && !isBlock && name.Separator is not (NameSeparator.Tag or NameSeparator.Element or NameSeparator.Part) && name.Strength != NameStrength.Authorization && !IsPrompt(name, lines)))
        {
            return SecretVerdict.None;
        }

        int start = cursor.At;
        ReadOnlySpan<char> window = text.Characters[..Math.Min(text.Length, start + Window)];
        int end = run.Walk(window, start, text.IsFinal || window.Length == start + Window, out bool isWhole);
        if (!isWhole)
        {
            return SecretVerdict.NeedsMore;
        }

        ReadOnlySpan<char> value = window[start..end];
        if (name.Separator is NameSeparator.Tag or NameSeparator.Element && !isQuoted && !IsClosedTag(text, end, lines, out bool isCertain))
        {
            return isCertain ? SecretVerdict.None : SecretVerdict.NeedsMore;
        }

        bool isWeak = isBlock || (lines > 0 && !isQuoted && name.Separator is not (NameSeparator.Tag or NameSeparator.Element or NameSeparator.Part));
        if (!SecretValue.IsSecret(text, value, name, isQuoted, isWeak))
        {
            return SecretVerdict.None;
        }

        match = new SecretMatch(start, run, start);
        return SecretVerdict.Found;
    }

    private static SecretVerdict DecideGroups(in SecretText text, in TextCursor cursor, out SecretMatch match)
    {
        int start = cursor.At + (cursor.At < text.Length && SecretRuns.IsQuote(text[cursor.At]) ? 1 : 0);
        return PasswordGroups.Decide(text, start, out match);
    }

    /// <summary>Skips the sign that what follows is encrypted, or a block of YAML: it is hidden all the same, as keys of ciphers leak, too.</summary>
    private static void SkipMark(ref TextCursor cursor)
    {
        foreach (string mark in Marks)
        {
            if (cursor.Continues(mark))
            {
                cursor.At += mark.Length;
                NamedSecret.SkipBlanks(ref cursor, out int _);
                return;
            }
        }
    }

    /// <summary>From an object, or a block with a type, to its value: <c>{"value": "..."}</c>, <c>Type: String, Default: ...</c>.</summary>
    private static bool SkipToMember(ref TextCursor cursor, int lines)
    {
        const int LongestType = 24;
        int from = cursor.At;
        if (lines > 0 && cursor.Continues("type:"))
        {
            while (cursor.At - from < LongestType && cursor.Raw() is not ('\n' or '\0'))
            {
                cursor.At++;
            }
        }
        else if (cursor.Peek(out int brace) == '{')
        {
            cursor.At += brace;
        }
        else
        {
            return false;
        }

        if (NamedSecret.SkipToValueMember(ref cursor, NameSeparator.None) == NameSeparator.Assignment)
        {
            return true;
        }

        cursor.At = from;
        return false;
    }

    /// <summary>From a user's name to the password: <c>credentials: joe / ...</c>, <c>creds are joe / ...</c>.</summary>
    private static void SkipUser(ref TextCursor cursor)
    {
        const int Longest = 40;
        int at = 0;
        while (at < Longest && (char.IsAsciiLetterOrDigit(cursor.Raw(at)) || cursor.Raw(at) is '.' or '@' or '-' or '_'))
        {
            at++;
        }

        if (at > 0 && cursor.Raw(at) == ' ' && cursor.Raw(at + 1) == '/' && cursor.Raw(at + 2) == ' ')
        {
            cursor.At += at + 3;
        }
    }

    /// <summary>
    /// True if a tag, plain or escaped, the end of a section or of the window follows; false in code (<c>List&lt;Secret> a = b</c>). A
    /// value on a line of its own is followed by an end tag on the next one.
    /// </summary>
    private static bool IsClosedTag(in SecretText text, int end, int lines, out bool isCertain)
    {
        isCertain = end < text.Length || text.IsFinal;
        if (end >= text.Length || lines == 0 || text[end] is not ('\r' or '\n'))
        {
            return end < text.Length && text[end] is '<' or '&' or ']' or '\\' or '%';
        }

        var cursor = new TextCursor(text, end);
        NamedSecret.SkipBlanks(ref cursor, out int _);
        bool isClosed = cursor.Peek(out int opening) == '<' && cursor.Raw(opening) == '/';
        isCertain = !cursor.NeedsMore;
        return isClosed && isCertain;
    }

    /// <summary>From a type to the value: <c>password: string = "..."</c>.</summary>
    private static bool SkipType(ref TextCursor cursor, in NameContext name)
    {
        const int LongestType = 40;
        if (name.IsEquals || !(char.IsAsciiLetter(cursor.Raw()) || cursor.Raw() is '&' or '*'))
        {
            return false;
        }

        int length = 0;
        while (length < LongestType && (char.IsAsciiLetterOrDigit(cursor.Raw(length)) || cursor.Raw(length) is '&' or '*' or '<' or '>' or '?' or '|' or '.' or ' ' or '[' or ']' or '\'' or '_'))
        {
            length++;
        }

        if (cursor.Raw(length) != '=' || cursor.Raw(length + 1) is '=' or '>')
        {
            return false;
        }

        int from = cursor.At;
        cursor.At += length + 1;
        NamedSecret.SkipBlanks(ref cursor, out int lines);
        if (lines == 0 && SecretRuns.IsQuote(cursor.Peek(out int _)))
        {
            return true;
        }

        cursor.At = from;
        return false;
    }

    /// <summary>From the beginning of a call to its first argument: <c>password = SecretOf("...")</c>, <c>$password = ConvertTo-SecureString "..."</c>.</summary>
    private static void SkipWrapper(ref TextCursor cursor, ref NameContext name)
    {
        const int LongestWrapper = 48;
        int at = cursor.Raw() == '(' ? 1 : 0;
        int from = at;
        if (!char.IsAsciiLetter(cursor.Raw(at)))
        {
            return;
        }

        at += cursor.Raw(at) == 'n' && cursor.Raw(at + 1) == 'e' && cursor.Raw(at + 2) == 'w' && cursor.Raw(at + 3) == ' ' ? 4 : 0;
        while (at < LongestWrapper && (char.IsAsciiLetterOrDigit(cursor.Raw(at)) || cursor.Raw(at) is '_' or '.' or ':' or '-' or '<' or '>'))
        {
            at++;
        }

        int end = at;
        if (end - from > 2 && cursor.Raw(at) == ' ' && (cursor.Raw(at + 1) is '|' or '?' && cursor.Raw(at + 2) == cursor.Raw(at + 1) || (cursor.Raw(at + 1) == 'o' && cursor.Raw(at + 2) == 'r')) && cursor.Raw(at + 3) == ' ' && SecretRuns.IsQuote(cursor.Raw(at + 4)))
        {
            // What is used if there is no other: options.password || "..."
            cursor.At += at + 4;
            name = name with { Separator = NameSeparator.Verb };
            return;
        }

        at += cursor.Raw(at) == '(' ? 1 : 0;
        if (at > end && cursor.Continues("str("))
        {
            cursor.At += at;
            name = name with { Separator = NameSeparator.Wrapped };
            return;
        }

        if (at > end && char.IsAsciiDigit(cursor.Raw(at)))
        {
            // A length: string(12) "..."
            while (at < LongestWrapper && (char.IsAsciiDigit(cursor.Raw(at)) || cursor.Raw(at) == ')'))
            {
                at++;
            }
        }

        while (at < LongestWrapper + 4 && cursor.Raw(at) is ' ' or '-')
        {
            at++;
        }

        if (at > end && end - from > 2 && cursor.Raw(at) is '"' or '\'')
        {
            cursor.At += at;
            name = name with { Separator = NameSeparator.Wrapped };
        }
    }

    private static bool IsPrompt(in NameContext name, int lines) => lines == 1 && name is { Separator: NameSeparator.Assignment, IsEquals: false, Strength: NameStrength.Strong or NameStrength.Medium };

    private static bool SkipBlockMark(ref TextCursor cursor, int mark)
    {
        int from = cursor.At;
        cursor.At += mark;
        while (cursor.At - from < 4 && cursor.Peek(out int length) is '-' or '+' or (>= '1' and <= '9'))
        {
            cursor.At += length;
        }

        NamedSecret.SkipBlanks(ref cursor, out int lines);
        return lines > 0;
    }

    /// <summary>Skips the opening of the value and returns the run that finds its end; null if no value begins here.</summary>
    private static SecretRun? ReadOpening(in SecretText text, ref TextCursor cursor, in NameContext name, bool isBlock, out bool isQuoted)
    {
        isQuoted = false;
        if (isBlock)
        {
            return SecretRuns.Unquoted;
        }

        char first = cursor.Peek(out int length);
        if (first == '$' && cursor.Raw(1) == '{' && SkipVariable(ref cursor))
        {
            return SecretRuns.Braced;
        }

        if (first is 'b' or 'B' or 'r' or 'f' or 'u' or 'U' or 'N' or '@' or '$' && cursor.Raw(1) is '"' or '\'')
        {
            // A string in Python, C# or SQL.
            cursor.At++;
            first = cursor.Peek(out length);
        }
        else if (first == '[')
        {
            int bracket = cursor.At;
            cursor.At += length;
            NamedSecret.SkipBlanks(ref cursor, out int _);
            if (!SecretRuns.IsQuote(cursor.Peek(out int _)))
            {
                return null;
            }

            cursor.At = bracket;
            isQuoted = true;
            return SecretRuns.Bracketed;
        }

        if (SecretRuns.IsTypographicQuote(first))
        {
            isQuoted = true;
            cursor.At += length;
            NamedSecret.SkipBlanks(ref cursor, out int _);
            return SecretRuns.TypographicQuoted;
        }

        if (SecretRuns.IsQuote(first))
        {
            isQuoted = true;
            SecretRun? run = QuotedBy(cursor, first, length);
            cursor.At += length;
            return run;
        }

        if (first is '-' && cursor.Raw(1) == '-' && char.IsAsciiLetterLower(cursor.Raw(2)))
        {
            // The next option.
            return null;
        }

        if (first is '*' && name.Separator == NameSeparator.Weak)
        {
            // A pointer.
            return null;
        }

        if (name.Separator == NameSeparator.Call || first is '\0' or '\n' or '(' or ')' or ',' or ';' or '<' or '|')
        {
            return null;
        }

        if (first == '{')
        {
            // The value of an ODBC connection string.
            if (!name.IsEquals)
            {
                return null;
            }

            cursor.At += length;
            return SecretRuns.Braced;
        }

        return name switch
        {
            { Strength: NameStrength.Authorization } when cursor.Continues("digest") || cursor.Continues("oauth") || cursor.Continues("aws4") || HasParameters(ref cursor) => SecretRuns.Line,
            { Strength: NameStrength.Authorization } => SecretRuns.HeaderValue,
            { Strength: NameStrength.Cookie } => SecretRuns.Line,
            { Strength: NameStrength.Phrase } => SecretRuns.HeaderValue,
            { Separator: NameSeparator.Tag or NameSeparator.Element } => SecretRuns.TagContent,
            { Separator: NameSeparator.Part } => SecretRuns.Line,
            _ when SecretValue.IsPercentEncoded(text, name.End) => SecretRuns.PercentEncoded,
            { Separator: NameSeparator.Option } => SecretRuns.Argument,
            { IsEquals: true } when name.Start > 0 && text[name.Start - 1] is '?' or '&' => SecretRuns.Parameter,
            { IsEquals: true } => SecretRuns.Assigned,
            { Separator: NameSeparator.Assignment } when IsAtLineStart(text, name.Start) => SecretRuns.LineValue,
            _ => SecretRuns.Unquoted,
        };
    }

    /// <summary>True for a scheme with named parameters: <c>Token token="..."</c>, <c>Hawk id="...", mac="..."</c>.</summary>
    private static bool HasParameters(ref TextCursor cursor)
    {
        const int LongestWord = 24;
        int at = 0;
        while (at < LongestWord && char.IsAsciiLetterOrDigit(cursor.Raw(at)))
        {
            at++;
        }

        if (at == 0 || cursor.Raw(at) != ' ')
        {
            return false;
        }

        int name = ++at;
        while (at - name < LongestWord && (char.IsAsciiLetter(cursor.Raw(at)) || cursor.Raw(at) is '_' or '-'))
        {
            at++;
        }

        if (at == name || cursor.Raw(at) != '=')
        {
            return false;
        }

        int from = cursor.At;
        cursor.At += at + 1;
        bool isQuoted = cursor.Peek(out int _) == '"';
        cursor.At = from;
        return isQuoted;
    }

    /// <summary>From a variable to the value that it has otherwise: <c>${PASSWORD:-...}</c>.</summary>
    private static bool SkipVariable(ref TextCursor cursor)
    {
        const int Longest = 48;
        int at = 2;
        while (at < Longest && (char.IsAsciiLetterOrDigit(cursor.Raw(at)) || cursor.Raw(at) is '_' or '.'))
        {
            at++;
        }

        if (cursor.Raw(at) != ':' || at == 2)
        {
            return false;
        }

        at += cursor.Raw(at + 1) is '-' or '=' ? 2 : 1;
        if (cursor.Raw(at) is '?' or '}' or '$' or '+' or '{')
        {
            return false;
        }

        cursor.At += at;
        return true;
    }

    private static SecretRun? QuotedBy(in TextCursor cursor, char quote, int length)
    {
        char raw = cursor.Raw();
        return raw switch
        {
            '\\' when cursor.Raw(length - 1) == quote => length - 1 <= SecretRuns.MostBackslashes ? SecretRuns.Quoted(quote, length - 1) : null,
            '\\' => length - EscapedCharacter.Number is >= 0 and <= SecretRuns.MostBackslashes ? SecretRuns.EscapedQuoted(quote, length - EscapedCharacter.Number) : null,
            '&' => SecretRuns.EntityQuoted,
            '%' => SecretRuns.PercentEncoded,
            _ => SecretRuns.Quoted(quote, 0),
        };
    }

    private static bool IsAtLineStart(in SecretText text, int start)
    {
        int at = start;
        while (at > 0 && start - at < SecretRule.LookBehind && text[at - 1] is ' ' or '\t' or '-' or '"' or '\'')
        {
            at--;
        }

        return at == 0 || text[at - 1] is '\n' or '\r';
    }
}
