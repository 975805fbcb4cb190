namespace MeaiBudget;

/// <summary>The password in a call that takes user and password: <c>new NetworkCredential("joe", "...")</c>, <c>auth=('joe', '...')</c>.</summary>
internal static class CredentialCall
{
    private const int LongestArgument = 96;
    private const int MostArguments = 5;

    private static readonly string[] Names = ["login", "credential", "credentials", "auth", "connect", "connection", "authenticate", "pdo", "authentication", "setuserinfo", "userpassword", "encrypt", "decrypt", "sign", "encode", "decode", "verify"];

    /// <summary>Calls whose first argument is the password or key, in a call that makes bytes of it or not.</summary>
    private static readonly string[] FirstNames = ["password_hash", "password_verify", "checkpw", "hashpw", "securitykey", "keyspec", "signedstring"];

    /// <summary>True if the word is followed by the arguments of a call, or by a tuple, and takes a password.</summary>
    public static bool IsCall(in SecretText text, int end, ReadOnlySpan<char> word)
    {
        if (end >= text.Length || !(text[end] == '(' || (text[end] == '=' && end + 1 < text.Length && text[end + 1] == '(')))
        {
            return false;
        }

        return EndsWithAny(word, Names) || IsFirst(word);
    }

    /// <summary>True for a call whose first argument is the password or key.</summary>
    public static bool IsFirst(ReadOnlySpan<char> word) => EndsWithAny(word, FirstNames);

    private static bool EndsWithAny(ReadOnlySpan<char> word, string[] names)
    {
        foreach (string name in names)
        {
            if (word.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns false for most words that no such call ends with.</summary>
    public static bool MayEnd(char secondLast, char last) => (secondLast | 0x20, last | 0x20) is ('i', 'n') or ('a', 'l') or ('l', 's') or ('t', 'h') or ('c', 't') or ('o', 'n') or ('t', 'e') or ('d', 'o') or ('f', 'o') or ('r', 'd') or ('p', 't') or ('g', 'n') or ('d', 'e') or ('f', 'y') or ('s', 'h') or ('p', 'w') or ('e', 'y') or ('e', 'c') or ('n', 'g');

    /// <summary>Decides at the parenthesis.</summary>
    public static SecretVerdict Decide(in SecretText text, int end, bool isFirst, out SecretMatch match)
    {
        match = default;
        var cursor = new TextCursor(text, text[end] == '(' ? end + 1 : end + 2);
        if (isFirst)
        {
            SkipWrapper(ref cursor);
        }

        int from = 0, to = 0;
        for (int argument = 0; argument < MostArguments; argument++)
        {
            NamedSecret.SkipBlanks(ref cursor, out int _);
            char quote = cursor.Peek(out int length);
            bool isQuoted = quote is '"' or '\'';
            int start = isQuoted ? cursor.At + length : cursor.At;
            cursor.At = start;
            while (cursor.At - start < LongestArgument && cursor.Peek(out length) is var character && character is not ('\0' or '\n') && (isQuoted ? character != quote : character is not (',' or ')' or '(' or '"' or '\'')))
            {
                cursor.At += length;
            }

            (from, to) = isQuoted ? (start, cursor.At) : (0, 0);
            if (isQuoted && cursor.Peek(out length) == quote)
            {
                cursor.At += length;
            }

            NamedSecret.SkipBlanks(ref cursor, out int _);
            char separator = cursor.Peek(out length);
            if (cursor.NeedsMore)
            {
                return SecretVerdict.NeedsMore;
            }

            ReadOnlySpan<char> quoted = text.Characters[from..to];
            if ((argument > 0 || isFirst) && (SecretValue.Looks(quoted) || SecretValue.LooksChosen(quoted) || SecretValue.IsWordsWithNumber(quoted)) && !quoted.Contains('/') && !quoted.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal))
            {
                match = new SecretMatch(from, to);
                return separator is ')' or ',' or '.' ? SecretVerdict.Found : SecretVerdict.None;
            }

            if (separator != ',' || isFirst)
            {
                return SecretVerdict.None;
            }

            cursor.At += length;
        }

        return SecretVerdict.None;
    }

    /// <summary>From a call that makes bytes of a text to the text: <c>Encoding.UTF8.GetBytes("..."</c>, <c>[]byte("..."</c>.</summary>
    private static void SkipWrapper(ref TextCursor cursor)
    {
        const int Longest = 40;
        int at = 0;
        while (at < Longest && (char.IsAsciiLetterOrDigit(cursor.Raw(at)) || cursor.Raw(at) is '.' or '_' or '[' or ']'))
        {
            at++;
        }

        cursor.At += at > 0 && cursor.Raw(at) == '(' ? at + 1 : 0;
        cursor.At += cursor.Raw() is 'b' or 'r' or 'u' or '@' && cursor.Raw(1) is '"' or '\'' ? 1 : 0;
    }
}
