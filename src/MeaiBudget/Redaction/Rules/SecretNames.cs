namespace MeaiBudget;

/// <summary>How much the value of a name must look like a secret.</summary>
internal enum NameStrength
{
    /// <summary>Not the name of a secret.</summary>
    None,

    /// <summary>The name is also used for other things (<c>key</c>, <c>code</c>, <c>session</c>): the value must look generated and be long.</summary>
    Weak,

    /// <summary>A signature: as <see cref="Weak"/>, and only in an address or header, because documents are signed too.</summary>
    Sign,

    /// <summary>The name means a secret in most places (<c>token</c>): the value must not look like a word.</summary>
    Medium,

    /// <summary>The name means a secret (<c>password</c>, <c>client_secret</c>): any value that is not code, a label or a reference.</summary>
    Strong,

    /// <summary>A name that the application defined: any value.</summary>
    Own,

    /// <summary>A phrase of words (<c>seed phrase</c>).</summary>
    Phrase,

    /// <summary>The value of an Authorization header.</summary>
    Authorization,

    /// <summary>The value of a Cookie header.</summary>
    Cookie,
}

/// <summary>The names whose values are secrets, as suffixes: <c>DB_PASSWORD</c>, <c>smtpPassword</c> and <c>password</c> end the same.</summary>
/// <remarks>Signs between the words of a name are ignored: <c>private_key_id</c>, <c>Private-Key-Id</c> and <c>privateKeyId</c> are one name.</remarks>
internal static class SecretNames
{
    private const int LongestName = 96;
    private const int LongestQualifier = 24;

    private static readonly Dictionary<int, Name[]> ByEnding;
    private static readonly ulong[] Endings = new ulong[1 << 9];

    /// <summary>Words before <c>key</c> that make it the name of a secret.</summary>
    private static readonly string[] KeyQualifiers =
    [
        "api", "access", "secret", "private", "account", "subscription", "encryption", "encrypt", "decryption", "signing", "sign", "master", "auth", "storage",
        "function", "functions", "license", "licence", "service", "shared", "admin", "host", "webhook", "client", "session", "machine", "app", "application",
        "openai", "anthropic", "azure", "google", "gemini", "mistral", "litellm", "virtual", "deploy", "symmetric", "hmac", "jwt", "security", "recovery",
        "backup", "integration", "ingest", "write", "server", "developer", "user", "team", "project", "platform", "root", "vault", "unseal", "stream", "tls", "ssl", "ssh", "cookie", "aes", "rsa",
    ];

    /// <summary>Words that are joined with <c>pass</c>.</summary>
    private static readonly HashSet<string> PassQualifiers = ["db", "smtp", "ftp", "mail", "user", "ssh", "my", "pg", "sql", "redis", "admin", "root", "http", "proxy", "db2", "imap", "ldap", "mysql", "postgres"];

    /// <summary>Words after a name that do not change what its value is.</summary>
    private static readonly string[] Suffixes = ["value", "string", "plain", "plaintext", "raw", "base64", "b64", "base", "current", "old", "new"];

    private static readonly (string Name, NameStrength Strength)[] Foreign =
    [
        // German, Dutch and Scandinavian names in Latin letters are in the other table.
        ("contraseña", NameStrength.Strong), ("clé", NameStrength.Medium), ("mot de passe", NameStrength.Strong), ("hasło", NameStrength.Strong), ("lösenord", NameStrength.Strong),
        ("jelszó", NameStrength.Strong), ("şifre", NameStrength.Strong), ("parolă", NameStrength.Strong), ("schlüssel", NameStrength.Medium), ("mật khẩu", NameStrength.Strong), ("palavra-passe", NameStrength.Strong),
        ("пароль", NameStrength.Strong), ("ключ", NameStrength.Medium), ("токен", NameStrength.Medium), ("секрет", NameStrength.Strong), ("парола", NameStrength.Strong), ("лозинка", NameStrength.Strong),
        ("κωδικός", NameStrength.Strong), ("סיסמה", NameStrength.Strong), ("סיסמא", NameStrength.Strong), ("كلمة المرور", NameStrength.Strong), ("كلمة السر", NameStrength.Strong), ("رمز عبور", NameStrength.Strong),
        ("पासवर्ड", NameStrength.Strong), ("รหัสผ่าน", NameStrength.Strong),
        ("密码", NameStrength.Strong), ("密碼", NameStrength.Strong), ("口令", NameStrength.Strong), ("密钥", NameStrength.Strong), ("密鑰", NameStrength.Strong), ("金鑰", NameStrength.Strong), ("令牌", NameStrength.Medium),
        ("パスワード", NameStrength.Strong), ("暗証番号", NameStrength.Strong), ("秘密鍵", NameStrength.Strong), ("トークン", NameStrength.Medium), ("キー", NameStrength.Medium), ("비밀번호", NameStrength.Strong), ("암호", NameStrength.Strong), ("토큰", NameStrength.Medium),
    ];

    private static readonly HashSet<char> ForeignEndings = [.. Foreign.Select(static name => name.Name[^1])];

    static SecretNames()
    {
        Name[] names =
        [
            .. Named(NameStrength.Strong, false, "password", "passwords", "passwd", "passwort", "kennwort", "passphrase", "passcode", "pwd", "pswd", "passw", "wachtwoord", "salasana", "heslo", "contrasena", "senha", "adgangskode", "lozinka", "motdepasse"),
            .. Named(NameStrength.Strong, false, "secret", "secrets", "secretstring", "credential", "credentials", "privatekeyid", "secretkeybase", "sharedaccesskey", "accountkey"),
            .. Named(NameStrength.Strong, true, "pass", "passe", "pw", "passwrd", "mdp", "parola", "clave", "geheimnis", "creds"),
            .. Named(NameStrength.Medium, false, "token", "authtoken", "accesstoken", "authtokens", "jwt", "sessionid", "sessid", "session_token", "sas", "sastoken", "bearertoken", "apisecret", "schluessel"),
            .. Named(NameStrength.Medium, true, "otp", "totp", "pin", "auth", "authentication", "apitoken", "pat", "bearer", "hmac", "cliauth"),
            .. Named(NameStrength.Sign, false, "signature"),
            .. Named(NameStrength.Weak, true, "sig", "key", "keys", "code", "session", "sid", "seed", "xauth", "license", "licence"),
            .. Named(NameStrength.Phrase, false, "mnemonic", "seedwords"),
            .. Named(NameStrength.Phrase, true, "phrase"),
            .. Named(NameStrength.Authorization, false, "authorization"),
            .. Named(NameStrength.Cookie, false, "cookie", "cookies"),
        ];
        ByEnding = names.GroupBy(static name => Hash(name.Text)).ToDictionary(static group => group.Key, static group => group.OrderByDescending(static name => name.Text.Length).ToArray());
        foreach (int hash in ByEnding.Keys.Concat(Suffixes.Select(static suffix => Hash(suffix))))
        {
            AddEnding(hash);
        }

        // A sign between the words may be among the last three characters.
        for (int before = 0; before < 32; before++)
        {
            AddEnding(Hash((char)before, 'p', 'w'));
        }

        // Words that have rules of their own.
        foreach (string word in (string[])["echo", "bearer", "basic"])
        {
            AddEnding(Hash(word));
        }

        AddEnding(Hash('_', 'i', 'd'));
        AddEnding(Hash('-', 'i', 'd'));
    }

    /// <summary>Returns false for most words that do not end like a name: by their last three letters.</summary>
    public static bool MayEnd(char thirdLast, char secondLast, char last)
    {
        int hash = Hash(thirdLast, secondLast, last);
        return (Endings[hash >> 6] >> (hash & 63) & 1) != 0;
    }

    public static bool MayEndForeign(char last) => ForeignEndings.Contains(last) || ForeignEndings.Contains(char.ToLowerInvariant(last));

    /// <summary>Returns how much the value of a name must look like a secret.</summary>
    /// <param name="word">The word that may be a name or end with one.</param>
    /// <param name="before">The text before the word, for names of several words (<c>API key</c>).</param>
    public static NameStrength StrengthOf(ReadOnlySpan<char> word, ReadOnlySpan<char> before)
    {
        Span<char> letters = stackalloc char[LongestName];
        Span<bool> starts = stackalloc bool[LongestName];
        int count = Normalize(word, letters, starts);
        ReadOnlySpan<char> name = letters[..count];
        NameStrength strength = Find(name, starts, before);
        if (strength != NameStrength.None)
        {
            return strength;
        }

        foreach (string suffix in Suffixes)
        {
            if (name.Length > suffix.Length + 2 && name.EndsWith(suffix) && starts[name.Length - suffix.Length])
            {
                return Find(name[..^suffix.Length], starts, before);
            }
        }

        return NameStrength.None;
    }

    /// <summary>Returns the strength of a name with letters beyond ASCII, which the text before a position ends with.</summary>
    public static NameStrength StrengthOfForeign(ReadOnlySpan<char> before)
    {
        Span<char> letters = stackalloc char[LongestQualifier];
        int count = LongestQualifier;
        bool isFullWidth = false;
        for (int i = before.Length - 1; i >= 0 && count > 0; i--)
        {
            char character = before[i];
            if (char.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.Format)
            {
                isFullWidth = true;
                continue;
            }

            if (character is >= '\uFF01' and <= '\uFF5E')
            {
                isFullWidth = true;
                character = (char)(character - 0xFEE0);
            }

            letters[--count] = char.ToLowerInvariant(character);
        }

        ReadOnlySpan<char> text = letters[count..];
        foreach ((string name, NameStrength strength) in Foreign)
        {
            if (text.EndsWith(name, StringComparison.Ordinal) && (text.Length == name.Length || name[0] > '\u2E80' || !char.IsLetter(text[text.Length - name.Length - 1])))
            {
                return strength;
            }
        }

        if (!isFullWidth)
        {
            return NameStrength.None;
        }

        int word = text.LastIndexOfAnyExcept(SecretRuns.Token.Characters) + 1;
        return word < text.Length ? StrengthOf(text[word..], text[..word]) : NameStrength.None;
    }

    private static void AddEnding(int hash) => Endings[hash >> 6] |= 1UL << (hash & 63);

    private static NameStrength Find(ReadOnlySpan<char> name, ReadOnlySpan<bool> starts, ReadOnlySpan<char> before)
    {
        if (name.Length < 2 || !ByEnding.TryGetValue(Hash(name), out Name[]? candidates))
        {
            return NameStrength.None;
        }

        foreach (Name candidate in candidates)
        {
            if (!name.EndsWith(candidate.Text))
            {
                continue;
            }

            int start = name.Length - candidate.Text.Length;
            if (candidate.IsWord && start > 0 && !starts[start] && candidate.Text != "phrase" && !(candidate.Text == "key" && IsQualified(name[..start], default)) && !(candidate.Text == "pass" && PassQualifiers.Contains(name[..start].ToString())))
            {
                continue;
            }

            if (candidate.Text == "phrase" && !IsPhrase(name[..start], before))
            {
                continue;
            }

            return candidate.Text is "key" or "keys" && IsQualified(name[..start], before) ? NameStrength.Strong
                : candidate.Strength;
        }

        return NameStrength.None;
    }

    private static bool IsPhrase(ReadOnlySpan<char> qualifier, ReadOnlySpan<char> before)
    {
        before = qualifier.IsEmpty ? before.TrimEnd(' ') : qualifier;
        return before.EndsWith("seed", StringComparison.OrdinalIgnoreCase) || before.EndsWith("recovery", StringComparison.OrdinalIgnoreCase) || before.EndsWith("mnemonic", StringComparison.OrdinalIgnoreCase)
            || before.EndsWith("secret", StringComparison.OrdinalIgnoreCase) || before.EndsWith("backup", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsQualified(ReadOnlySpan<char> qualifier, ReadOnlySpan<char> before)
    {
        if (qualifier.IsEmpty)
        {
            // "API key": the word before, on the same line.
            if (before.IsEmpty || before[^1] is not (' ' or '.' or '-'))
            {
                return false;
            }

            before = before[Math.Max(0, before.Length - LongestQualifier)..^1];
            before = before[(before.LastIndexOfAnyExcept(SecretRuns.Word.Characters) + 1)..];
            foreach (string known in KeyQualifiers)
            {
                if (before.Equals(known, StringComparison.OrdinalIgnoreCase))
                {
                    return known is not ("user" or "server" or "project" or "team" or "host" or "write" or "app" or "stream" or "session" or "root");
                }
            }

            return false;
        }

        foreach (string known in KeyQualifiers)
        {
            if (qualifier.EndsWith(known))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the letters and digits in lower case, and where a word of the name begins; leaves out a number at the end.</summary>
    private static int Normalize(ReadOnlySpan<char> word, Span<char> letters, Span<bool> starts)
    {
        word = word.TrimEnd("0123456789_-");
        word = word[Math.Max(0, word.Length - LongestName)..];
        int count = 0;
        char previous = '-';
        foreach (char character in word)
        {
            if (character is not ('_' or '-'))
            {
                starts[count] = !char.IsAsciiLetter(previous) || (char.IsAsciiLetterUpper(character) && !char.IsAsciiLetterUpper(previous));
                letters[count++] = char.ToLowerInvariant(character);
            }

            previous = character;
        }

        return count;
    }

    private static int Hash(ReadOnlySpan<char> name) => Hash(name.Length > 2 ? name[^3] : '\0', name[^2], name[^1]);

    private static int Hash(char thirdLast, char secondLast, char last) => ((thirdLast & 31) << 10) | ((secondLast & 31) << 5) | (last & 31);

    private static IEnumerable<Name> Named(NameStrength strength, bool isWord, params string[] names) => names.Select(name => new Name(name.Replace("_", "", StringComparison.Ordinal), strength, isWord));

    private readonly record struct Name(string Text, NameStrength Strength, bool IsWord);
}
