namespace MeaiBudget;

/// <summary>What stands between a name and its value.</summary>
internal enum NameSeparator
{
    /// <summary>Nothing that a value follows.</summary>
    None,

    /// <summary>A colon, an equals sign or an arrow.</summary>
    Assignment,

    /// <summary>A tag: the value ends at the next tag.</summary>
    Tag,

    /// <summary>A comma, a bar, a blank or a word: the value must look generated.</summary>
    Weak,

    /// <summary>The name is a command-line option; a blank separates.</summary>
    Option,

    /// <summary>The parenthesis of a call: only a quoted value counts.</summary>
    Call,
}

/// <summary>
/// Finds the value of a name that indicates a secret: in JSON, XML, YAML, TOML, tables, CSV, headers, queries, code, command lines and
/// prose; plain or escaped for JSON, HTML or an address.
/// </summary>
internal static class NamedSecret
{
    private const int LongestGap = 64;
    private const int LongestPunctuation = 12;
    private static readonly string[] Verbs = ["is", "was", "are", "equals", "ist", "war", "lautet", "es", "est", "to", "set to", "is set to", "und"];
    private static readonly string[] ValueMembers = ["value", "val", "content", "text", "string", "default", "data"];

    /// <summary>Decides whether a value follows the name that ends at a position.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The start of the name.</param>
    /// <param name="end">The end of the name.</param>
    /// <param name="strength">How much the value must look like a secret.</param>
    /// <param name="match">The match, if there is one.</param>
    public static SecretVerdict Decide(in SecretText text, int start, int end, NameStrength strength, out SecretMatch match)
    {
        match = default;
        var cursor = new TextCursor(text, end);
        NameSeparator separator = ReadSeparator(ref cursor, text, start, out bool isEquals, out bool isQuoted);
        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        return separator == NameSeparator.None
            ? SecretVerdict.None
            : NamedValue.Decide(text, ref cursor, new NameContext(start, end, strength, separator, isEquals, isQuoted), out match);
    }

    private static NameSeparator ReadSeparator(ref TextCursor cursor, in SecretText text, int start, out bool isEquals, out bool isQuoted)
    {
        isEquals = false;
        isQuoted = false;
        int from = cursor.At;
        for (int i = 0; i < LongestPunctuation; i++)
        {
            char closer = cursor.Peek(out int length);
            if (closer is not ('"' or '\'' or '`' or ']' or ')' or '*' or '\\'))
            {
                break;
            }

            isQuoted |= closer is '"' or '\'';
            cursor.At += length;
        }

        bool isClosed = cursor.At > from;
        int blanks = SkipBlanks(ref cursor, out int lines);
        if (cursor.Continues("provided"))
        {
            cursor.At += "provided".Length;
        }

        char separator = cursor.Peek(out int taken);
        switch (separator)
        {
            case ':' or '=':
                return ReadAssignment(ref cursor, separator, out isEquals);
            case '-' when !isClosed && cursor.Raw(1) == '>':
                return NameSeparator.None;
            case '>' when !isClosed && blanks == 0 && IsTag(text, start):
                cursor.At += taken;
                return NameSeparator.Tag;
            case '<' when cursor.Raw(taken) == '/' && blanks == 0:
                return SkipToNextTag(ref cursor);
            case '(' when !isClosed && blanks == 0:
                cursor.At += taken;
                return NameSeparator.Call;
            case ',' or '|' or ';':
                cursor.At += taken;
                return SkipToValueMember(ref cursor, NameSeparator.Weak);
            case '\0':
                return NameSeparator.None;
            default:
                break;
        }

        if (blanks == 0)
        {
            return NameSeparator.None;
        }

        if (lines > 0 || isClosed)
        {
            // "name: X", then "value: Y" on the next line; key="X" value="Y".
            return SkipToValueMember(ref cursor, NameSeparator.None);
        }

        if (IsOption(text, start))
        {
            return NameSeparator.Option;
        }

        foreach (string verb in Verbs)
        {
            if (cursor.Continues(verb) && IsBlank(cursor.Raw(verb.Length)))
            {
                cursor.At += verb.Length;
                SkipBlanks(ref cursor, out int _);
                if (cursor.Peek(out int colon) == ':')
                {
                    cursor.At += colon;
                }

                return NameSeparator.Weak;
            }
        }

        return SkipToValueMember(ref cursor, NameSeparator.Weak);
    }

    private static NameSeparator ReadAssignment(ref TextCursor cursor, char first, out bool isEquals)
    {
        isEquals = first == '=';
        int count = 0;
        while (count < 3 && cursor.Peek(out int length) is var sign && (sign is ':' or '=' || (sign == '>' && count > 0)))
        {
            isEquals |= sign == '=';
            cursor.At += length;
            count++;
            if (sign == ':' && cursor.Peek(out int _) == ':')
            {
                // A scope in C++ or Rust.
                return NameSeparator.None;
            }
        }

        return NameSeparator.Assignment;
    }

    private static NameSeparator SkipToValueMember(ref TextCursor cursor, NameSeparator otherwise)
    {
        int from = cursor.At;
        for (int i = 0; i < LongestPunctuation * 2; i++)
        {
            char character = cursor.Peek(out int length);
            if (character is not (',' or ' ' or '\t' or '\r' or '\n' or '"' or '\'' or '\\'))
            {
                break;
            }

            cursor.At += length;
        }

        foreach (string member in ValueMembers)
        {
            if (!cursor.Continues(member))
            {
                continue;
            }

            int name = cursor.At;
            cursor.At += member.Length;
            while (cursor.At < name + LongestPunctuation && cursor.Peek(out int length) is '"' or '\'' or ' ' or '\\')
            {
                cursor.At += length;
            }

            if (cursor.Peek(out int taken) is ':' or '=')
            {
                cursor.At += taken;
                return NameSeparator.Assignment;
            }

            break;
        }

        cursor.At = from;
        return otherwise;
    }

    /// <summary>From <c>&lt;/key></c> to behind <c>&lt;string></c>.</summary>
    private static NameSeparator SkipToNextTag(ref TextCursor cursor)
    {
        for (int tag = 0; tag < 2; tag++)
        {
            SkipBlanks(ref cursor, out int _);
            if (cursor.Peek(out int opening) != '<')
            {
                return NameSeparator.None;
            }

            cursor.At += opening;
            int from = cursor.At;
            while (cursor.Peek(out int length) is var character && character != '>')
            {
                if (character == '\0' || cursor.At - from > LongestGap)
                {
                    return NameSeparator.None;
                }

                cursor.At += length;
            }

            cursor.Peek(out int closing);
            cursor.At += closing;
        }

        return NameSeparator.Tag;
    }

    internal static int SkipBlanks(ref TextCursor cursor, out int lines)
    {
        lines = 0;
        int from = cursor.At;
        while (cursor.At - from < LongestGap && cursor.Peek(out int length) is var blank && IsBlank(blank))
        {
            lines += blank == '\n' ? 1 : 0;
            cursor.At += length;
        }

        return cursor.At - from;
    }

    private static bool IsBlank(char character) => character is ' ' or '\t' or '\r' or '\n' or '\u00A0' or '\u3000';

    private static bool IsTag(in SecretText text, int start)
    {
        ReadOnlySpan<char> before = text.Characters[Math.Max(0, start - SecretRule.LookBehind)..start];
        int sign = before.Length - 1;
        while (sign >= 0 && (TagName.Contains(before[sign]) || before[sign] >= 128))
        {
            sign--;
        }

        ReadOnlySpan<char> name = before[(sign + 1)..];
        before = before[..(sign + 1)];
        return before.EndsWith("<") || before.EndsWith("&lt;", StringComparison.OrdinalIgnoreCase)
            || (before.EndsWith("\\") && name.StartsWith("u003c", StringComparison.OrdinalIgnoreCase))
            || (before.EndsWith("%") && name.StartsWith("3c", StringComparison.OrdinalIgnoreCase));
    }

    private static readonly System.Buffers.SearchValues<char> TagName = System.Buffers.SearchValues.Create(SecretPattern.TokenCharacters + ".:");

    private static bool IsOption(in SecretText text, int start)
    {
        // Only name characters may follow the dashes. Otherwise a placeholder could turn redacted text into an option.
        ReadOnlySpan<char> before = text.Characters[Math.Max(0, start - SecretRule.LookBehind)..Math.Min(text.Length, start + 2)];
        bool isWhole = start <= SecretRule.LookBehind;
        int at = Math.Min(start, SecretRule.LookBehind);
        while (at > 0 && (char.IsAsciiLetterOrDigit(before[at - 1]) || before[at - 1] is '-' or '_' or '.'))
        {
            at--;
        }

        return before[at..].StartsWith("--") && (at > 0 ? IsBlank(before[at - 1]) || before[at - 1] is '"' or '\'' : isWhole);
    }
}

/// <summary>A name and what separates it from its value.</summary>
internal readonly record struct NameContext(int Start, int End, NameStrength Strength, NameSeparator Separator, bool IsEquals, bool IsQuoted);
