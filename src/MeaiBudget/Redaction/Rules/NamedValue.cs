namespace MeaiBudget;

/// <summary>Reads the value of a secret's name: what delimits it, and whether it is a secret or code, a label, a reference.</summary>
internal static class NamedValue
{
    private const int Window = 160;
    /// <summary>Decides whether the value at the cursor is a secret.</summary>
    public static SecretVerdict Decide(in SecretText text, ref TextCursor cursor, in NameContext name, out SecretMatch match)
    {
        match = default;
        NamedSecret.SkipBlanks(ref cursor, out int lines);
        if (cursor.Continues("**") && name.Separator == NameSeparator.Assignment)
        {
            cursor.At += 2;
            NamedSecret.SkipBlanks(ref cursor, out int more);
            lines += more;
        }

        bool isBlock = false;
        if (name.Separator == NameSeparator.Assignment && lines == 0 && cursor.Peek(out int mark) is '|' or '>')
        {
            isBlock = SkipBlockMark(ref cursor, mark);
        }

        if (name.Separator == NameSeparator.Tag && cursor.Continues("<![cdata["))
        {
            cursor.At += "<![CDATA[".Length;
        }

        SecretRun? run = ReadOpening(text, ref cursor, name, isBlock, out bool isQuoted);
        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        if (run is null || (lines > 0 && !isQuoted && !isBlock && name.Separator != NameSeparator.Tag && name.Strength != NameStrength.Authorization && !IsPrompt(name, lines)))
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
        bool isWeak = isBlock || (lines > 0 && !isQuoted && name.Separator != NameSeparator.Tag);
        if (!SecretValue.IsSecret(text, value, name, isQuoted, isWeak))
        {
            return SecretVerdict.None;
        }

        match = new SecretMatch(start, run, start);
        return SecretVerdict.Found;
    }

    private static bool IsPrompt(in NameContext name, int lines) => lines == 1 && name is { Separator: NameSeparator.Assignment, IsEquals: false, Strength: NameStrength.Strong };

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

        if (SecretRuns.IsQuote(first))
        {
            isQuoted = true;
            SecretRun? run = QuotedBy(cursor, first, length);
            cursor.At += length;
            return run;
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
            { Strength: NameStrength.Authorization } when cursor.Continues("digest") || cursor.Continues("oauth") || cursor.Continues("aws4") => SecretRuns.Line,
            { Strength: NameStrength.Authorization } => SecretRuns.HeaderValue,
            { Strength: NameStrength.Cookie } => SecretRuns.Line,
            { Strength: NameStrength.Phrase } => SecretRuns.HeaderValue,
            { Separator: NameSeparator.Tag } => SecretRuns.TagContent,
            _ when SecretValue.IsPercentEncoded(text, name.End) => SecretRuns.PercentEncoded,
            { Separator: NameSeparator.Option } => SecretRuns.Argument,
            { IsEquals: true } => SecretRuns.Assigned,
            { Separator: NameSeparator.Assignment } when IsAtLineStart(text, name.Start) => SecretRuns.LineValue,
            _ => SecretRuns.Unquoted,
        };
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
