namespace MeaiBudget;

/// <summary>The password in a call that takes user and password: <c>new NetworkCredential("joe", "...")</c>, <c>auth=('joe', '...')</c>.</summary>
internal static class CredentialCall
{
    private const int LongestArgument = 96;
    private const int MostArguments = 5;

    private static readonly string[] Names = ["login", "credential", "credentials", "auth", "connect", "connection", "authenticate", "pdo", "authentication", "setuserinfo", "userpassword", "encrypt", "decrypt"];

    /// <summary>True if the word is followed by the arguments of a call, or by a tuple, and takes a password.</summary>
    public static bool IsCall(in SecretText text, int end, ReadOnlySpan<char> word)
    {
        if (end >= text.Length || !(text[end] == '(' || (text[end] == '=' && end + 1 < text.Length && text[end + 1] == '(')))
        {
            return false;
        }

        foreach (string name in Names)
        {
            if (word.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns false for most words that no such call ends with.</summary>
    public static bool MayEnd(char secondLast, char last) => (secondLast | 0x20, last | 0x20) is ('i', 'n') or ('a', 'l') or ('l', 's') or ('t', 'h') or ('c', 't') or ('o', 'n') or ('t', 'e') or ('d', 'o') or ('f', 'o') or ('r', 'd') or ('p', 't');

    /// <summary>Decides at the parenthesis.</summary>
    public static SecretVerdict Decide(in SecretText text, int end, out SecretMatch match)
    {
        match = default;
        var cursor = new TextCursor(text, text[end] == '(' ? end + 1 : end + 2);
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
            if (argument > 0 && (SecretValue.Looks(quoted) || SecretValue.LooksChosen(quoted)) && !quoted.Contains('/') && !quoted.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal))
            {
                match = new SecretMatch(from, to);
                return separator is ')' or ',' or '.' ? SecretVerdict.Found : SecretVerdict.None;
            }

            if (separator != ',')
            {
                return SecretVerdict.None;
            }

            cursor.At += length;
        }

        return SecretVerdict.None;
    }
}
