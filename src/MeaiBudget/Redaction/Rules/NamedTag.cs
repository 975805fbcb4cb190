namespace MeaiBudget;

/// <summary>Names in tags and attributes: from them to the value, in an attribute or the content of the element.</summary>
internal static class NamedTag
{
    private const int LongestGap = 64;
    private const int LongestTag = 160;
    private const int LongestTagName = 32;
    private static readonly System.Buffers.SearchValues<char> TagName = System.Buffers.SearchValues.Create(SecretPattern.TokenCharacters + ".:");

    /// <summary>From <c>&lt;/key></c> to behind <c>&lt;string></c>.</summary>
    public static NameSeparator SkipToNextTag(ref TextCursor cursor)
    {
        bool isKey = cursor.Continues("</key");
        for (int tag = 0; tag < 2; tag++)
        {
            NamedSecret.SkipBlanks(ref cursor, out int _);
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

        return isKey ? NameSeparator.Tag : NameSeparator.Element;
    }

    /// <summary>From inside a tag to the value of its attribute <c>value</c>, or to the content of the element.</summary>
    public static NameSeparator SkipToValueAttribute(ref TextCursor cursor)
    {
        int from = cursor.At;
        char quote = default;
        char previous = ' ';
        while (cursor.At - from < LongestTag)
        {
            char character = cursor.Peek(out int length);
            if (character is '\0' or '<')
            {
                return NameSeparator.None;
            }

            if (quote != default)
            {
                quote = character == quote ? default : quote;
            }
            else if (character is '"' or '\'')
            {
                quote = character;
            }
            else if (character == '>')
            {
                cursor.At += length;
                return previous == '/' ? NameSeparator.None : NameSeparator.Element;
            }
            else if (NamedSecret.IsBlank(previous) && (cursor.Continues("value=") || cursor.Continues("content=")))
            {
                cursor.At += cursor.Raw() is 'v' or 'V' ? "value=".Length : "content=".Length;
                return NameSeparator.Assignment;
            }

            previous = character;
            cursor.At += length;
        }

        return NameSeparator.None;
    }

    /// <summary>True if a name is the value of an attribute: <c>name="..."</c>.</summary>
    public static bool IsAttribute(in SecretText text, int start)
    {
        char before;
        int at = start;
        int length;
        while ((before = TextCursor.Before(text.Characters, at, out length)) is ' ' or >= '\u0080' || TagName.Contains(before))
        {
            at -= length;
            if (start - at > SecretRule.LookBehind)
            {
                return false;
            }
        }

        return before is '"' or '\'' && TextCursor.Before(text.Characters, at - length, out int _) == '=';
    }

    /// <summary>True if a name begins a tag, plain or escaped.</summary>
    public static bool IsTag(in SecretText text, int start)
    {
        char before;
        int at = start;
        int length;
        while ((before = TextCursor.Before(text.Characters, at, out length)) >= '\u0080' || TagName.Contains(before))
        {
            at -= length;
            if (start - at > LongestTagName)
            {
                return false;
            }
        }

        // A letter before it makes it the type of a generic one, or a mark of documentation: List<Token>, B<pass>.
        return before == '<' && !(length == 1 && at - 2 >= text.Floor && char.IsAsciiLetter(text[at - 2]));
    }
}
