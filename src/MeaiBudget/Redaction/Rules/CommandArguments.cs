using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>
/// Passwords that only their place on a line tells: <c>htpasswd -b file joe ...</c>, <c>net use Z: \\host\share ...</c>, <c>snmpwalk -c ...</c>,
/// <c>use ... as the password</c>, <c>WIFI:S:home;P:...;;</c>.
/// </summary>
internal static class CommandArguments
{
    private const int LongestLine = 256;
    private const int LongestArgument = 128;
    private const int MostArguments = 16;
    private const int LongestSentence = 128;
    private const int MostBeforeBy = 6;
    private const int LongestPassword = 64;
    private const int ShortestWithDots = 16;
    private const string Identified = "identified";

    /// <summary>Commands that take a password as an argument: of those on their line, the ones that look like a password are.</summary>
    private static readonly FrozenSet<string> Commands = FrozenSet.ToFrozenSet(
    [
        "htpasswd", "htdigest", "chpasswd", "sshpass", "smbclient", "psexec", "psexec64", "cmdkey", "schtasks", "wmic", "wmiexec", "winexe", "evil-winrm", "crackmapexec", "netexec", "rdesktop", "xfreerdp", "mstsc",
        "snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmpbulkget", "snmpgetnext", "snmptrap", "snmptable", "onesixtyone", "radtest", "ipmitool",
        "mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump", "mongo", "mongosh", "mongodump", "mongorestore", "mongoimport", "mongoexport", "sqlcmd", "sqlplus", "expdp", "impdp", "cqlsh", "redis-cli", "isql", "osql", "bcp", "clickhouse-client", "influx",
        "cryptsetup", "openssl", "keytool", "jarsigner", "signtool", "ssh-keygen", "puttygen", "plink", "pscp", "7z", "7za", "unzip", "rar", "unrar", "kinit", "ldapsearch", "ldapadd", "ldapmodify", "ldappasswd",
        "wpa_passphrase", "oathtool", "importprivkey", "lftp", "ncftp", "ncftpput", "ncftpget", "twine", "skopeo", "buildah", "podman", "mosquitto_pub", "mosquitto_sub", "onstat", "dsmc", "asadmin", "wsadmin", "bundle", "poetry", "pulumi", "rclone", "sqlldr", "tacacs-server", "radius-server", "vncpasswd", "snmp-server", "isakmp", "rootpw", "smbpasswd", "vault", "rabbitmqctl", "sentinel", "bw", "ocpasswd", "yt-dlp",
    ]);

    /// <summary>Words of configurations whose next word is the secret.</summary>
    private static readonly FrozenSet<string> Settings = FrozenSet.ToFrozenSet(["community", "rocommunity", "rwcommunity", "rocommunity6", "rwcommunity6", "com2sec", "trapcommunity", "trap2sink", "trapsink"]);

    /// <summary>Commands of protocols, in capitals, whose last argument is the password: <c>AUTH joe ...</c>, <c>LOGIN joe ...</c>.</summary>
    private static readonly FrozenSet<string> ProtocolCommands = FrozenSet.ToFrozenSet(["AUTH", "LOGIN", "IDENTIFY", "SETUSER"]);

    private static readonly System.Buffers.SearchValues<char> NotInPassword = System.Buffers.SearchValues.Create("/\\=:,;()[]{}<>|\"'`");
    private static readonly System.Buffers.SearchValues<char> PasswordSigns = System.Buffers.SearchValues.Create("!@#$%^&*?~+");
    private static readonly System.Buffers.SearchValues<char> AccountEnds = System.Buffers.SearchValues.Create("@/ \r\n\"'");
    private static readonly System.Buffers.SearchValues<char> LineEnds = System.Buffers.SearchValues.Create("\r\n|;");

    /// <summary>The words that have a rule here.</summary>
    public static IEnumerable<string> Words => [.. Commands, .. Settings, "net", "thin", "wifi", "add-mask", "issecret", "use", "using", "try", "enter", "identified", "pserver", "user", .. ProtocolCommands];

    /// <summary>True for a word that has a rule here.</summary>
    public static bool IsWord(ReadOnlySpan<char> word) => Known.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);

    private static FrozenSet<string> Known { get; } = FrozenSet.ToFrozenSet(Words, StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds the secrets behind a word. Returns false if more text is needed to decide.</summary>
    public static bool TryDecide(in SecretText text, int start, int end, List<SecretMatch> matches)
    {
        ReadOnlySpan<char> word = text.Characters[start..end];
        if (word.Equals("WIFI", StringComparison.OrdinalIgnoreCase))
        {
            return TryDecideWifi(text, end, matches);
        }

        if (word is "pserver")
        {
            return TryDecideAccount(text, end, matches);
        }

        bool isProtocol = ProtocolCommands.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
        if (word is "user" && !IsLineStart(text, start))
        {
            return true;
        }

        if (char.IsAsciiLetterUpper(word[0]) && !isProtocol && !IsSentence(word) && !word.Equals(Identified, StringComparison.OrdinalIgnoreCase))
        {
            // A name in prose, such as OpenSSL.
            return true;
        }

        if (word is "add-mask" or "issecret")
        {
            return TryDecideMask(text, end, word is "add-mask" ? "::" : "=true]", matches);
        }

        if (end == text.Length && !text.IsFinal)
        {
            return false;
        }

        if (end == text.Length || (word is "thin" ? text[end] != ':' : text[end] is not (' ' or '\t')))
        {
            return true;
        }

        int most = Math.Min(text.Length, end + LongestLine);
        ReadOnlySpan<char> line = text.Characters[end..most];
        int length = line.IndexOfAny(LineEnds);
        if (length < 0 && line.Length < LongestLine && !text.IsFinal)
        {
            return false;
        }

        int stop = length < 0 ? most : end + length;
        if (word.Equals(Identified, StringComparison.OrdinalIgnoreCase))
        {
            DecideIdentified(text, end, stop, matches);
            return true;
        }

        bool isSentence = IsSentence(word);
        bool isOpenSsl = word is "openssl";
        bool isPasswordNext = false;
        int at = word is "thin" ? end + 1 : end;
        for (int index = 0; index < MostArguments && TryReadArgument(text, ref at, stop, out int from, out int to); index++)
        {
            ReadOnlySpan<char> argument = text.Characters[from..to];
            if (word is "net" && index == 0 && argument is not ("use" or "user"))
            {
                return true;
            }

            if (argument.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal))
            {
                // What an earlier redaction left.
                return true;
            }

            if (isSentence)
            {
                if ((IsPassword(argument) || TokenShapes.IsUuid(argument)) && NamesSecret(text.Characters[to..Math.Min(stop, to + LongestSentence)]))
                {
                    matches.Add(new SecretMatch(from, to));
                }

                return true;
            }

            if (isOpenSsl)
            {
                // Its other arguments name commands, ciphers and files.
                bool isHere = isPasswordNext || argument.Contains("pass:", StringComparison.Ordinal);
                isPasswordNext = argument is "-k" or "-K";
                if (!isHere)
                {
                    continue;
                }
            }

            if (word is "user" && index != 1)
            {
                continue;
            }

            Narrow(argument, ref from, ref to);
            if (from < to && to - from <= LongestPassword && to < end + LongestLine && IsPassword(text.Characters[from..to]) && !IsNameOrVersion(text.Characters[from..to]) && !text.Characters[from..to].ContainsAny(NotInPassword))
            {
                matches.Add(new SecretMatch(from, to));
                return true;
            }

            if (word is "thin" || (index > 1 && Settings.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word)))
            {
                break;
            }
        }

        return true;
    }

    /// <summary>The password in SQL: <c>IDENTIFIED BY '...'</c>, <c>IDENTIFIED WITH plugin BY '...'</c>.</summary>
    private static void DecideIdentified(in SecretText text, int end, int stop, List<SecretMatch> matches)
    {
        int at = end;
        bool isBy = false;
        for (int index = 0; index < MostBeforeBy && TryReadArgument(text, ref at, stop, out int from, out int to); index++)
        {
            ReadOnlySpan<char> argument = text.Characters[from..to].TrimEnd(",)");
            if (isBy && !argument.Equals("password", StringComparison.OrdinalIgnoreCase) && !argument.Equals("values", StringComparison.OrdinalIgnoreCase))
            {
                bool isSecret = argument.Length > 2 && argument[0] is not ('$' or '<' or '{' or ':' or '?' or '@' or '&') && CharacterMix.Of(argument) is { Digits: > 0, Letters: > 1 } && !argument.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal);
                if (isSecret)
                {
                    matches.Add(new SecretMatch(from, from + argument.Length));
                }

                return;
            }

            isBy |= argument.Equals("by", StringComparison.OrdinalIgnoreCase);
        }
    }

    private static bool IsSentence(ReadOnlySpan<char> word) =>
        word.Equals("use", StringComparison.OrdinalIgnoreCase) || word.Equals("using", StringComparison.OrdinalIgnoreCase) || word.Equals("try", StringComparison.OrdinalIgnoreCase) || word.Equals("enter", StringComparison.OrdinalIgnoreCase);

    private static bool IsNameOrVersion(ReadOnlySpan<char> argument) => argument.Length < ShortestWithDots && argument.ContainsAny('.', '_') && !argument.ContainsAny(PasswordSigns);

    private static bool IsLineStart(in SecretText text, int start) => start == 0 || text[start - 1] is '\n' or '\r';

    /// <summary>From an argument to the password in it: <c>/p:...</c>, <c>user/...@host</c>, <c>user,...</c>, <c>-p...</c>.</summary>
    private static void Narrow(ReadOnlySpan<char> argument, ref int from, ref int to)
    {
        int start = from;
        int colon = argument.IndexOf(':');
        int slash = argument.IndexOf('/');
        int sign = argument.LastIndexOf('@');
        if (argument[0] == '/')
        {
            from = colon > 0 ? start + colon + 1 : to;
        }
        else if (slash > 0 && sign > slash)
        {
            (from, to) = (start + slash + 1, start + sign);
        }
        else if (argument.IndexOf(',') is var comma && comma > 0)
        {
            from = start + comma + 1;
        }
        else if (colon > 0 && slash < 0)
        {
            from = start + colon + 1;
        }
        else if (argument[0] == '>')
        {
            from = start + 1;
        }
        else if (argument[0] == '-')
        {
            from = argument.Length > 2 && argument[1] is 'p' or 'P' ? start + 2 : argument.StartsWith("-hp") ? start + 3 : to;
        }
    }

    private static bool IsPassword(ReadOnlySpan<char> argument) =>
        !argument.IsEmpty && argument[0] is not ('$' or '<' or '{' or '%') && (SecretValue.Looks(argument) || SecretValue.LooksChosen(argument) || SecretValue.IsWordsWithNumber(argument)) && !argument.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal)
        && !TokenShapes.IsUuid(argument);

    /// <summary>True for <c> as the password</c>.</summary>
    private static bool NamesSecret(ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart("\"'` ,");
        if (!rest.StartsWith("as ", StringComparison.OrdinalIgnoreCase) && !rest.StartsWith("for ", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        const int MostWords = 5;
        int words = 0;
        foreach (Range range in rest.Split(' '))
        {
            ReadOnlySpan<char> word = rest[range].Trim(".,:;!?\"'");
            if (words++ > MostWords)
            {
                break;
            }

            if (!word.IsEmpty && (word[^1] < 128 ? SecretNames.StrengthOf(word, rest[..range.Start.Value]) : SecretNames.StrengthOfForeign(word)) is NameStrength.Strong or NameStrength.Medium)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryReadArgument(in SecretText text, ref int at, int stop, out int from, out int to)
    {
        while (at < stop && text[at] is ' ' or '\t')
        {
            at++;
        }

        char quote = at < stop && text[at] is '"' or '\'' ? text[at] : default;
        from = quote == default ? at : at + 1;
        at = from;
        while (at < stop && at - from < LongestArgument && (quote == default ? text[at] is not (' ' or '\t' or '"' or '\'') : text[at] != quote))
        {
            at++;
        }

        to = at;
        at += quote == default || at >= stop ? 0 : 1;
        return to > from;
    }

    /// <summary>The password in the text of a QR code for a wireless network.</summary>
    private static bool TryDecideWifi(in SecretText text, int end, List<SecretMatch> matches)
    {
        if (!Continues(text, end, ":", out bool needsMore))
        {
            return !needsMore;
        }

        int most = Math.Min(text.Length, end + LongestArgument);
        ReadOnlySpan<char> code = text.Characters[end..most];
        int close = code.IndexOf(";;");
        if (close < 0)
        {
            return code.Length == LongestArgument || text.IsFinal;
        }

        code = code[..close];
        int password = Math.Max(code.IndexOf(":P:"), code.IndexOf(";P:"));
        if (password >= 0)
        {
            password += 3;
            int length = code[password..].IndexOf(';');
            length = length < 0 ? code.Length - password : length;
            if (length > 0 && !code.Slice(password, length).Contains(SecretRedactor.Placeholder, StringComparison.Ordinal))
            {
                matches.Add(new SecretMatch(end + password, end + password + length));
            }
        }

        return true;
    }

    /// <summary>The password of <c>:pserver:user:password@host</c>.</summary>
    private static bool TryDecideAccount(in SecretText text, int end, List<SecretMatch> matches)
    {
        if (!Continues(text, end, ":", out bool needsMore))
        {
            return !needsMore;
        }

        ReadOnlySpan<char> account = text.Characters[(end + 1)..Math.Min(text.Length, end + LongestArgument)];
        int length = account.IndexOfAny(AccountEnds);
        if (length < 0)
        {
            return account.Length == LongestArgument - 1 || text.IsFinal;
        }

        int colon = account[..length].IndexOf(':');
        if (colon > 0 && colon + 1 < length && account[length] == '@' && !account[..length].Contains(SecretRedactor.Placeholder, StringComparison.Ordinal))
        {
            matches.Add(new SecretMatch(end + 1 + colon + 1, end + 1 + length));
        }

        return true;
    }

    /// <summary>A value that a build hides in its output: <c>::add-mask::...</c>.</summary>
    private static bool TryDecideMask(in SecretText text, int end, string separator, List<SecretMatch> matches)
    {
        if (!Continues(text, end, separator, out bool needsMore))
        {
            return !needsMore;
        }

        int from = end + separator.Length;
        ReadOnlySpan<char> rest = text.Characters[from..Math.Min(text.Length, from + LongestLine)];
        int length = rest.IndexOfAny("\r\n\"'`");
        if (length < 0 && rest.Length < LongestLine && !text.IsFinal)
        {
            return false;
        }

        length = length < 0 ? rest.Length : length;
        if (length > 2 && rest[0] is not '$' && !rest[..length].Contains(SecretRedactor.Placeholder, StringComparison.Ordinal))
        {
            matches.Add(new SecretMatch(from, from + length));
        }

        return true;
    }

    private static bool Continues(in SecretText text, int at, string characters, out bool needsMore)
    {
        ReadOnlySpan<char> visible = text.Characters[at..Math.Min(text.Length, at + characters.Length)];
        needsMore = visible.Length < characters.Length && !text.IsFinal && characters.AsSpan().StartsWith(visible);
        return visible.SequenceEqual(characters);
    }
}
