namespace MeaiBudget;

/// <summary>Passwords on command lines without a name: <c>-u user:password</c>, <c>-p password</c>, <c>-ppassword</c>, <c>echo password |</c>.</summary>
internal static class CommandLineRule
{
    private const int LongestArgument = 128;
    private static readonly System.Buffers.SearchValues<char> JoinableFlags = System.Buffers.SearchValues.Create("sSkLivfgXu");
    private static readonly string[] Prompts = ["assword", "asswd", "assphrase", "asscode", "passwort", "kennwort", "secret", "token", "pin", "pass", "pwd", "_pw", "psk", "contrase", "clave", "senha", "mot de passe", "wachtwoord", "lösenord", "пароль", "секрет", "密码", "密钥", "パスワード"];
    private static readonly System.Buffers.SearchValues<char> LineEnds = System.Buffers.SearchValues.Create(" \t\r\n\"'");

    /// <summary>Decides whether an option, or what follows it, is a secret.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        ReadOnlySpan<char> option = text.Characters[start..end];
        if (start > 0 && text[start - 1] is not (' ' or '\t' or '\n' or '"' or '\'' or ','))
        {
            return SecretVerdict.None;
        }

        if (option.Length > 2 && option[1] is 'u' && end < text.Length && text[end] == ':')
        {
            // curl -uuser:password
            return DecideArgument(text, start + 2, isUser: true, out match);
        }

        bool isUser = IsFlagsWithUser(option) || option is "-u" or "-U" or "-A" or "--user" or "--proxy-user" or "--basic-auth" or "--auth" or "--creds";
        bool isPassword = option is "-p" or "-P" or "-a" or "-w" or "-W" or "-k" or "-K" or "-t";
        if (!isUser && !isPassword)
        {
            bool isAttached = option.Length >= 10 && option[1] is 'p' or 'P' or 'a' or 'w' && char.IsAsciiLetterOrDigit(option[2]);
            if (!isAttached)
            {
                return SecretVerdict.None;
            }

            return DecideArgument(text, start + 2, isUser: false, out match);
        }

        var cursor = new TextCursor(text, end);
        if (cursor.Peek(out int sign) == '=')
        {
            cursor.At += sign;
        }

        int blanks = NamedSecret.SkipBlanks(ref cursor, out int lines);
        char quote = cursor.Peek(out int length);
        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        if (lines > 0 || (blanks == 0 && sign == 0))
        {
            return SecretVerdict.None;
        }

        int from = SecretRuns.IsQuote(quote) ? cursor.At + length : cursor.At;
        SecretVerdict verdict = DecideArgument(text, from, isUser, out match);
        return verdict == SecretVerdict.None && option is "-a" or "-U" ? DecideArgument(text, from, isUser: true, out match) : verdict;
    }

    /// <summary>Flags of one letter that are written together, the last of which takes user and password: <c>-sSu</c>.</summary>
    private static bool IsFlagsWithUser(ReadOnlySpan<char> option) => option.Length is > 2 and <= 6 && option[^1] == 'u' && option[1] != '-' && option[1..].IndexOfAnyExcept(JoinableFlags) < 0;

    /// <summary>The password that a pipe hands to a command: <c>echo password | sudo -S</c>.</summary>
    public static SecretVerdict DecideEcho(in SecretText text, int end, out SecretMatch match)
    {
        match = default;
        var cursor = new TextCursor(text, end);
        int blanks = NamedSecret.SkipBlanks(ref cursor, out int _);
        char quote = cursor.Peek(out int length);
        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        if (blanks == 0)
        {
            return SecretVerdict.None;
        }

        int start = SecretRuns.IsQuote(quote) ? cursor.At + length : cursor.At;
        SecretVerdict verdict = DecideArgument(text, start, isUser: false, out match);
        if (verdict == SecretVerdict.None)
        {
            verdict = DecideArgument(text, start, isUser: true, out match);
        }

        if (verdict != SecretVerdict.Found)
        {
            return verdict;
        }

        cursor.At = SecretRuns.Argument.Walk(text.Characters, start, text.IsFinal, out bool _);
        if (SecretRuns.IsQuote(cursor.Peek(out int closing)))
        {
            cursor.At += closing;
        }

        NamedSecret.SkipBlanks(ref cursor, out int _);
        char pipe = cursor.Peek(out int _);
        return cursor.NeedsMore ? SecretVerdict.NeedsMore : pipe == '|' ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>What a script answers when it is asked for a password: <c>expect "password:"</c>, then <c>send "...\r"</c> or <c>sendline("...")</c>.</summary>
    public static SecretVerdict DecideSend(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        ReadOnlySpan<char> before = text.Characters[Math.Max(text.Floor, start - SecretRule.LookBehind)..Math.Max(text.Floor, start)];
        int asked = before.LastIndexOf("expect", StringComparison.OrdinalIgnoreCase);
        if (asked < 0 || !Asks(before[asked..]))
        {
            return SecretVerdict.None;
        }

        var cursor = new TextCursor(text, end);
        while (cursor.At - end < NamedSecret.LongestPunctuation && cursor.Raw() is ' ' or '(' or '-' or 'b' or '{')
        {
            cursor.At++;
        }

        char quote = cursor.Peek(out int length);
        if (!SecretRuns.IsQuote(quote))
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        cursor.At += length;
        int from = cursor.At;
        while (cursor.At - from < LongestArgument && cursor.Raw() is not ('\\' or '\n' or '\0') && cursor.Peek(out length) != quote)
        {
            cursor.At += length;
        }

        bool isClosed = cursor.Peek(out int _) == quote || (cursor.Raw() == '\\' && cursor.Raw(1) is 'r' or 'n');
        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        ReadOnlySpan<char> answer = text.Characters[from..cursor.At];
        match = new SecretMatch(from, cursor.At);
        return isClosed && answer.Length >= 3 && answer[0] is not ('$' or '[') && !answer.Contains(' ') && !answer.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal)
            ? SecretVerdict.Found
            : SecretVerdict.None;
    }

    private static bool Asks(ReadOnlySpan<char> prompt)
    {
        foreach (string asked in Prompts)
        {
            if (prompt.Contains(asked, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A line of a password file: <c>host:5432:database:user:password</c>.</summary>
    public static SecretVerdict DecidePasswordFile(in SecretText text, int colon, out SecretMatch match)
    {
        const int Most = 160;
        match = default;
        int most = Math.Min(text.Length, colon + Most);
        ReadOnlySpan<char> line = text.Characters[colon..most];
        int end = line.IndexOfAny(LineEnds);
        if (end < 0 && most == text.Length && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        line = end < 0 ? line : line[..end];
        Span<Range> parts = stackalloc Range[6];
        if (line.Split(parts, ':') != 5)
        {
            return SecretVerdict.None;
        }

        ReadOnlySpan<char> port = line[parts[1]];
        ReadOnlySpan<char> password = line[parts[4]];
        if (IsGroup(port) && IsGroup(line[parts[2]]) && IsGroup(line[parts[3]]) && IsGroup(password[..Math.Min(4, password.Length)]))
        {
            // An address of IPv6.
            return SecretVerdict.None;
        }

        ReadOnlySpan<char> user = line[parts[3]];
        if (line[parts[2]].Contains(',') || (user.Length <= 2 && !user.ContainsAnyExceptInRange('0', '9')))
        {
            // Two times of a day.
            return SecretVerdict.None;
        }

        match = new SecretMatch(colon + parts[4].Start.Value, colon + line.Length);
        return port.Length is >= 2 and <= 5 && port.IndexOfAnyExceptInRange('0', '9') < 0 && (SecretValue.Looks(password) || SecretValue.LooksChosen(password)) && !line[parts[2]].IsEmpty ? SecretVerdict.Found : SecretVerdict.None;
    }

    private static bool IsGroup(ReadOnlySpan<char> part) => part.Length is > 0 and <= 4 && CharacterMix.Of(part).NotHexadecimal == 0;

    private static SecretVerdict DecideArgument(in SecretText text, int start, bool isUser, out SecretMatch match)
    {
        match = default;
        ReadOnlySpan<char> window = text.Characters[..Math.Min(text.Length, start + LongestArgument)];
        int end = SecretRuns.Argument.Walk(window, Math.Min(start, window.Length), text.IsFinal || window.Length == start + LongestArgument, out bool isWhole);
        if (!isWhole)
        {
            return SecretVerdict.NeedsMore;
        }

        ReadOnlySpan<char> argument = window[Math.Min(start, window.Length)..end];
        if (isUser)
        {
            int colon = argument.IndexOf(':');
            if (colon < 0 && argument.IndexOf('%') is var percent && percent > 0 && !(percent + 2 < argument.Length && char.IsAsciiHexDigit(argument[percent + 1]) && char.IsAsciiHexDigit(argument[percent + 2])))
            {
                // smbclient -U user%password
                colon = percent;
            }

            if (colon < 0 || argument[colon..].StartsWith("://"))
            {
                return SecretVerdict.None;
            }

            start += colon + 1;
            argument = argument[(colon + 1)..];
            if (argument.IsEmpty && end < text.Length && text[end] is '"' or '\'')
            {
                // curl -u user:'password'
                return DecideArgument(text, end + 1, isUser: false, out match);
            }
        }

        if (argument.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal) || argument.IsEmpty || argument[0] is '$' or '<' or '{')
        {
            return SecretVerdict.None;
        }

        match = new SecretMatch(start, SecretRuns.Argument, start);
        return (SecretValue.Looks(argument) || SecretValue.LooksChosen(argument)) && argument.IndexOfAny(":/,") < 0 ? SecretVerdict.Found : SecretVerdict.None;
    }
}

/// <summary>The private members of a JSON web key: <c>"d"</c>, <c>"k"</c>, <c>"p"</c>, <c>"q"</c>, <c>"dp"</c>, <c>"dq"</c>, <c>"qi"</c>.</summary>
internal static class JsonWebKeyRule
{
    private const int Shortest = 40;

    public static bool IsMember(ReadOnlySpan<char> word) => word is "d" or "k" or "p" or "q" or "dp" or "dq" or "qi";

    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        if (start == 0 || text[start - 1] != '"')
        {
            return SecretVerdict.None;
        }

        var cursor = new TextCursor(text, end);
        int from = cursor.At;
        while (cursor.At - from < 8 && cursor.Peek(out int length) is '"' or ':' or ' ')
        {
            cursor.At += length;
        }

        for (int i = 0; i < Shortest; i++)
        {
            if (!SecretRuns.Token.Characters.Contains(cursor.Raw(i)))
            {
                return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
            }
        }

        match = new SecretMatch(cursor.At, SecretRuns.Token, cursor.At);
        return Randomness.Of(text.Characters.Slice(cursor.At, Shortest)) >= 35 ? SecretVerdict.Found : SecretVerdict.None;
    }
}
