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

    /// <summary>A word that says what the value is: "the password is ...".</summary>
    Verb,

    /// <summary>The value is the first argument of another call: it must look generated.</summary>
    Wrapped,

    /// <summary>The name is that of a part of a multipart body.</summary>
    Part,

    /// <summary>As <see cref="Tag"/>, but the name is an attribute, or the tag has attributes: the value must look like a secret.</summary>
    Element,
}

/// <summary>
/// Finds the value of a name that indicates a secret: in JSON, XML, YAML, TOML, tables, CSV, headers, queries, code, command lines and
/// prose; plain or escaped for JSON, HTML or an address.
/// </summary>
internal static class NamedSecret
{
    internal const int LongestGap = 64;
    internal const int LongestPunctuation = 12;
    private const int MostMarks = 3;

    /// <summary>Words behind the name that say whose it is, in languages without a verb.</summary>
    private static readonly string[] Possessives = ["saya ", "anda ", "kami ", "mea ", "ta ", "μου ", "tôi "];

    /// <summary>Particles that join a name with its value without a blank.</summary>
    private static readonly System.Buffers.SearchValues<char> Particles = System.Buffers.SearchValues.Create("是为為叫はがを는은이가를을");

    /// <summary>Verbs of languages that write no blank before them.</summary>
    private static readonly string[] JoinedVerbs =
    [
        "改成", "改为", "改為", "设为", "設為", "设成", "设置为", "設定為", "更新为", "换成", "變更為", "คือ", "ใหม่คือ", "เดิมคือ", "เก่าคือ", "ของฉันคือ", "ของผมคือ", "ของคุณคือ", "ของเราคือ", "เป็น", "គឺ", "ແມ່ນ", "သည်", "က ",
    ];

    private static readonly string[] ValueOptions = ["--body", "--value", "--secret-string", "--data", "--plaintext", "--text", "--secret", "--data-value"];

    private static readonly string[] ValueMembers = ["value", "val", "content", "text", "string", "default", "data", "secret"];

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
        while (text[end - 1] >= NameLetters.Alphabets && cursor.At - end < MostMarks && NameLetters.IsMark(cursor.Raw()))
        {
            cursor.At++;
        }

        if (text[end - 1] >= 128 && cursor.Raw() == '_')
        {
            // A tail in another alphabet.
            while (cursor.At - end < LongestPunctuation && (char.IsLetterOrDigit(cursor.Raw()) || cursor.Raw() == '_'))
            {
                cursor.At++;
            }

            strength = strength == NameStrength.Strong ? strength : NameStrength.Weak;
        }

        NameSeparator separator = ReadSeparator(ref cursor, text, start, strength, out bool isEquals, out bool isQuoted);
        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        SecretVerdict verdict = separator == NameSeparator.None
            ? SecretVerdict.None
            : NamedValue.Decide(text, ref cursor, new NameContext(start, end, strength, separator, isEquals, isQuoted), out match);

        // A passphrase may be one word.
        return verdict == SecretVerdict.None && strength == NameStrength.Phrase ? Decide(text, start, end, NameStrength.Medium, out match) : verdict;
    }

    private static NameSeparator ReadSeparator(ref TextCursor cursor, in SecretText text, int start, NameStrength strength, out bool isEquals, out bool isQuoted)
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
        if (isClosed && text[from] == '\'' && cursor.At == from + 1 && cursor.Continues("s "))
        {
            // "the password's ..."
            cursor.At += 2;
            return NameSeparator.Verb;
        }

        if (Particles.Contains(cursor.Raw()))
        {
            cursor.At++;
            SkipBlanks(ref cursor, out int _);
            return NameSeparator.Verb;
        }

        foreach (string verb in JoinedVerbs)
        {
            if (text[from - 1] >= NameLetters.Alphabets && cursor.Continues(verb))
            {
                cursor.At += verb.Length;
                SkipBlanks(ref cursor, out int _);
                return NameSeparator.Verb;
            }
        }

        bool isForm = cursor.Raw() == '+';
        int blanks = SkipBlanks(ref cursor, out int lines);
        if (cursor.Continues("provided"))
        {
            cursor.At += "provided".Length;
        }

        if (strength == NameStrength.Phrase)
        {
            SeedPhrase.SkipNote(ref cursor);
            if (lines > 0)
            {
                return NameSeparator.Verb;
            }
        }

        if (blanks > 0 && lines == 0)
        {
            SkipNote(ref cursor);
        }

        if (isClosed && blanks == 0 && cursor.Raw() == '.')
        {
            return SkipToCall(ref cursor);
        }

        bool hasOwner = blanks > 0 && lines == 0 && !isClosed && SecretPhrases.SkipOwner(ref cursor);

        char separator = cursor.Peek(out int taken);
        switch (separator)
        {
            case '?' or '+' or '!' when cursor.Raw(1) == '=' && cursor.Raw(2) != '=':
                cursor.At++;
                return ReadAssignment(ref cursor, '=', out isEquals);
            case ':' or '=' or '≔':
                return ReadAssignment(ref cursor, separator, out isEquals);
            case '→' or '⇒' or '➜':
                cursor.At += taken;
                return NameSeparator.Verb;
            case '-' when cursor.Raw(1) == '-' && lines == 0:
                if (SkipToValueOption(ref cursor))
                {
                    return NameSeparator.Option;
                }

                break;
            case '-' when cursor.Raw(1) == '>':
                bool isArrow = blanks > 0 && cursor.Raw(2) == ' ';
                cursor.At += 2;
                return isArrow ? NameSeparator.Verb : NameSeparator.None;
            case '[' when !isClosed && blanks > 0 && lines == 0:
                cursor.At += taken;
                return cursor.Continues("redacted") ? NameSeparator.None : NameSeparator.Verb;
            case '>' when isClosed && NamedTag.IsAttribute(text, start):
                cursor.At += taken;
                return NameSeparator.Element;
            case '{' when isClosed && blanks > 0:
                // A block of settings that is named by the secret.
                cursor.At += taken;
                return SkipToDefault(ref cursor);
            case '>' when !isClosed && blanks == 0 && NamedTag.IsTag(text, start):
                cursor.At += taken;
                return NameSeparator.Tag;
            case '<' when cursor.Raw(taken) == '/' && blanks == 0:
                return NamedTag.SkipToNextTag(ref cursor);
            case '<' when cursor.Raw(1) == '<' && cursor.Raw(2) == '<' && lines == 0:
                // A string that a shell hands to a command.
                cursor.At += 3;
                return NameSeparator.Verb;
            case '<' when cursor.Raw(taken) == '-' && lines == 0:
                // An assignment in R.
                cursor.At += taken + 1;
                isEquals = true;
                return NameSeparator.Assignment;
            case '(' when !isClosed && blanks == 0:
                cursor.At += taken;
                return NameSeparator.Call;
            case ',' or '|' or ';':
                cursor.At += taken;
                cursor.At += separator == '|' && cursor.Raw() == '|' ? 1 : 0;
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

        if (isClosed && lines >= 2 && NamedTag.IsAttribute(text, start))
        {
            return NameSeparator.Part;
        }

        if (isClosed && lines == 0 && cursor.Continues("to ") && cursor.Raw(3) is '"' or '\'')
        {
            // A pair in Kotlin.
            cursor.At += 3;
            return NameSeparator.Verb;
        }

        if (isQuoted && lines == 0 && cursor.Peek(out int _) is '"' or '\'' && !cursor.Continues("\" \"") && cursor.Raw(-1) is ' ')
        {
            // The arguments of a command: set "Db:Password" "..."
            return NameSeparator.Weak;
        }

        if (lines > 0 || isClosed)
        {
            // "name: X", then "value: Y" on the next line; key="X" value="Y".
            NameSeparator member = SkipToValueMember(ref cursor, NameSeparator.None);
            return member == NameSeparator.None && isClosed && NamedTag.IsAttribute(text, start) ? NamedTag.SkipToValueAttribute(ref cursor) : member;
        }

        if (NamedTag.IsTag(text, start))
        {
            return NamedTag.SkipToValueAttribute(ref cursor);
        }

        if (!hasOwner && IsOption(text, start))
        {
            return NameSeparator.Option;
        }

        // "The password on that box is ...": the first word may be no verb in this language.
        bool isSaid = SecretPhrases.SkipVerbs(ref cursor);
        if ((strength is NameStrength.Strong or NameStrength.Medium && SecretPhrases.SkipPhrase(ref cursor)) || isSaid)
        {
            return NameSeparator.Verb;
        }

        if (hasOwner)
        {
            return strength is NameStrength.Strong or NameStrength.Medium ? NameSeparator.Verb : NameSeparator.None;
        }

        foreach (string possessive in Possessives)
        {
            if (cursor.Continues(possessive))
            {
                cursor.At += possessive.Length;
                return NameSeparator.Verb;
            }
        }

        if (isForm)
        {
            // A sum in code, or Base64.
            return NameSeparator.None;
        }

        if (char.IsAsciiDigit(cursor.Raw()) && cursor.Raw(1) == ' ')
        {
            // How a router's configuration writes the kind of a secret: password 0 ...
            cursor.At += 2;
        }

        return SkipToValueMember(ref cursor, NameSeparator.Weak);
    }

    /// <summary>Skips what is said in brackets between a name and its colon: <c>Password (case sensitive): ...</c>.</summary>
    private static void SkipNote(ref TextCursor cursor)
    {
        const int Longest = 40;
        if (cursor.Raw() != '(')
        {
            return;
        }

        int at = 1;
        while (at < Longest && (char.IsLetterOrDigit(cursor.Raw(at)) || cursor.Raw(at) is ' ' or ',' or '-' or '.' or '/'))
        {
            at++;
        }

        if (cursor.Raw(at) == ')' && cursor.Raw(at + 1) == ':' && cursor.Raw(at + 2) == ' ')
        {
            cursor.At += at + 1;
        }
    }

    /// <summary>From the name of an element to what is typed into it: <c>find(By.ID, 'password').send_keys('...')</c>.</summary>
    private static NameSeparator SkipToCall(ref TextCursor cursor)
    {
        const int Longest = 24;
        int at = 1;
        while (at < Longest && (char.IsAsciiLetter(cursor.Raw(at)) || cursor.Raw(at) == '_'))
        {
            at++;
        }

        if (at == 1 || cursor.Raw(at) != '(' || cursor.Raw(at + 1) is not ('"' or '\''))
        {
            return NameSeparator.None;
        }

        cursor.At += at + 1;
        return NameSeparator.Weak;
    }

    /// <summary>From a name that is an argument to the option with its value: <c>set DB_PASSWORD --body "..."</c>, <c>--name db-password --value "..."</c>.</summary>
    private static bool SkipToValueOption(ref TextCursor cursor)
    {
        foreach (string option in ValueOptions)
        {
            if (cursor.Continues(option) && cursor.Raw(option.Length) is ' ' or '=')
            {
                cursor.At += option.Length + 1;
                return true;
            }
        }

        return false;
    }

    private static NameSeparator ReadAssignment(ref TextCursor cursor, char first, out bool isEquals)
    {
        isEquals = first == '=';
        int count = 0;
        int signs = cursor.At;
        while (count < 3 && cursor.Peek(out int length) is var sign && (sign is ':' or '=' || (sign == '>' && count > 0)))
        {
            isEquals |= sign == '=';
            cursor.At += length;
            count++;
            if (sign == ':' && cursor.Peek(out int _) == ':')
            {
                // A scope in C++ or Rust, or the term of a list.
                cursor.At++;
                return cursor.Raw() == ' ' ? NameSeparator.Verb : NameSeparator.None;
            }
        }

        // A comparison is often with a constant of the code.
        return count > 1 && first == '=' && cursor.Raw(-1) == '=' && cursor.At - signs == count ? NameSeparator.Verb : NameSeparator.Assignment;
    }

    /// <summary>From the beginning of a block to the value in it: <c>variable "password" { type = string, default = "..." }</c>.</summary>
    private static NameSeparator SkipToDefault(ref TextCursor cursor)
    {
        const int MostLines = 4;
        const int LongestLine = 96;
        for (int line = 0; line < MostLines; line++)
        {
            if (SkipToValueMember(ref cursor, NameSeparator.None) == NameSeparator.Assignment)
            {
                return NameSeparator.Assignment;
            }

            int length = 0;
            while (length < LongestLine && cursor.Raw(length) is not ('\n' or '}' or '\0'))
            {
                length++;
            }

            if (cursor.Raw(length) != '\n')
            {
                break;
            }

            cursor.At += length + 1;
        }

        return NameSeparator.None;
    }

    internal static NameSeparator SkipToValueMember(ref TextCursor cursor, NameSeparator otherwise)
    {
        int from = cursor.At;
        for (int i = 0; i < LongestPunctuation * 2; i++)
        {
            char character = cursor.Peek(out int length);
            if (character is not (',' or ' ' or '\t' or '\r' or '\n' or '"' or '\'' or '\\' or '{'))
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

    internal static int SkipBlanks(ref TextCursor cursor, out int lines)
    {
        lines = 0;
        int from = cursor.At;
        while (cursor.At - from < LongestGap && cursor.Peek(out int length) is var blank && (IsBlank(blank) || (blank == '+' && IsFormBlank(ref cursor, length))))
        {
            lines += blank == '\n' ? 1 : 0;
            cursor.At += length;
        }

        return cursor.At - from;
    }

    /// <summary>Returns true if a plus is the blank of a form (<c>the+password+is+...</c>): it joins without blanks, and is no operator.</summary>
    private static bool IsFormBlank(ref TextCursor cursor, int length) =>
        length == 1 && cursor.At > 0 && (char.IsLetterOrDigit(cursor.Raw(-1)) || cursor.Raw(-1) is '=' or ':' or '+')
        && (char.IsLetterOrDigit(cursor.Raw(1)) || cursor.Raw(1) is '%' or '+' or '!' or '$' or '#' or '*' or '-' or '_' or '.');

    internal static bool IsBlank(char character) => character is ' ' or '\t' or '\r' or '\n' or '\u00A0' or '\u3000';

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
