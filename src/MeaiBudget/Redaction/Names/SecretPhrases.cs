namespace MeaiBudget;

/// <summary>Skips the words that prose puts between the name of a secret and its value.</summary>
internal static class SecretPhrases
{
    private static readonly string[] Verbs =
        ["is", "was", "are", "equals", "set", "to", "now", "changed", "currently", "used", "be", "been", "becomes", "remains", "luidt", "luidde", "wordt", "ist", "heißt", "heisst", "jetzt", "war", "lautet", "lautete", "es", "era", "est", "était", "sono", "fue", "é", "è", "jest", "była", "är", "er", "on", "это", "был", "является", "є", "je", "este", "είναι", "là", "adalah", "คือ", "هي", "هو", "הוא", "היא", "है", "by", "und", "=", "-", "–", "—"];

    /// <summary>Words before the one whose secret it is: "the password for joe is ...".</summary>
    private static readonly string[] Owners = ["for ", "of ", "für ", "von ", "pour ", "para ", "per ", "voor ", "dla ", "для ", "от ", "від ", "till ", "til ", "untuk "];

    private static readonly string[] Articles = ["the ", "my ", "your ", "our ", "der ", "die ", "das ", "den ", "la ", "le ", "el "];

    /// <summary>Skips the words that say that a value follows: "is", "was set to", "lautet", "is:".</summary>
    internal static bool SkipVerbs(ref TextCursor cursor)
    {
        const int Most = 4;
        if (cursor.Continues("as ") && char.IsAsciiLetter(cursor.Raw(3)))
        {
            return SkipDeclaredType(ref cursor);
        }

        bool isFound = false;
        for (int i = 0; i < Most; i++)
        {
            int length = 0;
            foreach (string verb in Verbs)
            {
                length = length == 0 && cursor.Continues(verb) && (NamedSecret.IsBlank(cursor.Raw(verb.Length)) || cursor.Raw(verb.Length) == '+' || (i + verb.Length > 1 && cursor.Raw(verb.Length) == ':')) ? verb.Length : length;
            }

            if (length == 0)
            {
                break;
            }

            cursor.At += length;
            NamedSecret.SkipBlanks(ref cursor, out int _);
            isFound = true;
        }

        if (isFound && cursor.Peek(out int colon) == ':')
        {
            cursor.At += colon;
        }

        return isFound;
    }

    /// <summary>Basic declares the type before the value: <c>password As String = "..."</c>.</summary>
    private static bool SkipDeclaredType(ref TextCursor cursor)
    {
        int from = cursor.At;
        int at = 3;
        while (at < NamedSecret.LongestPunctuation * 2 && char.IsAsciiLetterOrDigit(cursor.Raw(at)))
        {
            at++;
        }

        cursor.At += at;
        NamedSecret.SkipBlanks(ref cursor, out int _);
        if (cursor.Raw() == '=')
        {
            cursor.At++;
            return true;
        }

        cursor.At = from;
        return false;
    }

    /// <summary>Skips "for joe" between a name and what is said of it.</summary>
    internal static bool SkipOwner(ref TextCursor cursor)
    {
        foreach (string owner in Owners)
        {
            if (!cursor.Continues(owner))
            {
                continue;
            }

            int from = cursor.At;
            int at = owner.Length;

            // A form writes blanks as pluses. Elsewhere a plus may be part of a name.
            char end = cursor.Raw(-1) == '+' ? '+' : ' ';
            foreach (string article in Articles)
            {
                at += cursor.Continues(owner + article) ? article.Length : 0;
            }

            while (at < NamedSecret.LongestGap && cursor.Raw(at) is not (' ' or ':' or '=' or '\n' or '\0' or '"') && cursor.Raw(at) != end)
            {
                at++;
            }

            cursor.At += at;
            if (at == owner.Length || cursor.Raw(-1) == ' ' || (cursor.Raw() == ':' && cursor.Raw(1) != ' '))
            {
                cursor.At = from;
                return false;
            }

            NamedSecret.SkipBlanks(ref cursor, out int _);
            return true;
        }

        return false;
    }

    /// <summary>Skips the words that say whose secret it is, in any language, and the verb or colon behind them: "la contraseña del servidor es".</summary>
    internal static bool SkipPhrase(ref TextCursor cursor)
    {
        const int MostWords = 6;
        const int LongestWord = 20;
        int from = cursor.At;
        for (int word = 0; word < MostWords; word++)
        {
            int length = 0;
            while (length <= LongestWord && (char.IsLetter(cursor.Raw(length)) || NameLetters.IsMark(cursor.Raw(length)) || (length > 0 && cursor.Raw(length) is '-' or '\'')))
            {
                length++;
            }

            if (length is 0 or > LongestWord || cursor.Raw(length) is not (' ' or ':' or '：'))
            {
                break;
            }

            cursor.At += length;
            if (cursor.Raw() != ' ')
            {
                cursor.At++;
                NamedSecret.SkipBlanks(ref cursor, out int lines);
                if (lines <= 1)
                {
                    return true;
                }

                break;
            }

            cursor.At++;
            if (SkipVerbs(ref cursor))
            {
                return true;
            }

            if (cursor.Raw() == ':' && cursor.Raw(1) == ' ')
            {
                // French sets a blank before the colon.
                cursor.At += 2;
                return true;
            }
        }

        cursor.At = from;
        return false;
    }
}
