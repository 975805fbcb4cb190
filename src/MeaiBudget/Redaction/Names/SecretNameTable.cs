namespace MeaiBudget;

/// <summary>One name in normal form: lower case, without accents and without signs between its words.</summary>
/// <param name="Text">The name.</param>
/// <param name="Strength">How much its value must look like a secret.</param>
/// <param name="IsWord">True if the name must begin where a word begins: it is also the ending of other words.</param>
internal sealed record SecretName(string Text, NameStrength Strength, bool IsWord);

/// <summary>The names whose values are secrets, in English and in the languages that configurations and prompts are written in.</summary>
internal static class SecretNameTable
{
    /// <summary>Words before <c>key</c> that make it the name of a secret.</summary>
    public static readonly string[] KeyQualifiers =
    [
        "api", "access", "secret", "private", "priv", "account", "subscription", "encryption", "encrypt", "decryption", "decrypt", "signing", "sign", "master", "auth", "storage",
        "function", "functions", "license", "licence", "service", "servicerole", "role", "shared", "preshared", "admin", "host", "webhook", "client", "session", "machine", "app", "application",
        "openai", "anthropic", "azure", "google", "gemini", "mistral", "litellm", "groq", "cohere", "deepseek", "openrouter", "perplexity", "replicate", "tavily", "pinecone", "stripe", "github", "gitlab", "twilio", "sendgrid", "mailgun", "datadog", "cosmos", "cosmosdb", "eventhub", "servicebus", "signalr", "iot", "sas", "fernet", "cipher", "virtual", "deploy", "symmetric", "hmac", "jwt", "security", "recovery",
        "backup", "integration", "ingest", "write", "server", "developer", "user", "team", "project", "platform", "root", "vault", "unseal", "stream", "tls", "ssl", "ssh", "cookie", "aes", "rsa", "pgp", "gpg", "consumer", "data", "wifi", "wpa",
    ];

    /// <summary>Qualifiers that often stand before <c>key</c> in prose about other things.</summary>
    public static readonly HashSet<string> JoinedOnly = ["user", "server", "project", "team", "host", "write", "app", "stream", "session", "root", "role", "data", "priv", "service"];

    /// <summary>Words that are joined with <c>pass</c>.</summary>
    public static readonly HashSet<string> PassQualifiers =
        ["db", "smtp", "ftp", "mail", "user", "ssh", "my", "pg", "sql", "redis", "admin", "root", "http", "proxy", "db2", "imap", "ldap", "mysql", "postgres", "key", "store", "keystore", "truststore", "login", "vault", "become", "sudo", "bind", "wifi", "vpn", "vnc", "rdp", "ldapbind", "router", "master", "service", "svc", "app", "mongo", "mssql", "oracle", "pop", "pop3", "email", "host", "server", "web", "cert", "pfx", "basic", "remote", "auth", "account", "client", "wlan", "device", "ssl", "tls", "backup", "zip", "pdf", "wallet"];

    /// <summary>Words after a name that do not change what its value is; digits behind them are ignored.</summary>
    public static readonly string[] Suffixes = ["value", "string", "plain", "plaintext", "raw", "base", "current", "old", "new", "data", "prod", "dev", "db"];

    /// <summary>Further such words. Because many other words end as they do, they count only in a name of several words that has a value.</summary>
    public static readonly string[] JoinedSuffixes = [.. Suffixes, "v", "live", "test", "staging", "stage", "primary", "secondary", "production", "local", "бд"];

    /// <summary>The last word of a name of several words, if it has two letters only.</summary>
    public const string ShortLastWord = "үг";

    /// <summary>Words that follow a name, in languages that set what qualifies a noun behind it: "contraseña maestra", "пароль администратора".</summary>
    public static readonly string[] Followers =
    [
        .. new[]
        {
            "maestra", "maestro", "mestre", "mestra", "maître", "maîtresse", "administrador", "administrateur", "amministratore", "cliente", "usuario", "usuário", "utilisateur", "utente",
            "servidor", "serveur", "servicio", "serviço", "администратора", "пользователя", "клиента", "сервера", "базы", "адміністратора", "користувача", "клієнта", "administratora", "użytkownika", "klienta",
        }.Select(NameLetters.Normal),
    ];

    /// <summary>Returns all names; accents and signs are removed where they are read.</summary>
    public static IEnumerable<SecretName> All() =>
    [
        // English, and joined spellings.
        .. Of(NameStrength.Strong, false, "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pswd", "passw"),
        .. Of(NameStrength.Strong, false, "secret", "secrets", "secretstring", "credential", "credentials", "privatekeyid", "secretkeybase", "sharedaccesskey", "accountkey", "privkey", "secretid", "requirepass", "masterauth", "community string", "keypass", "storepass", "accesscode"),
        .. Of(NameStrength.Strong, true, "pass", "pw", "passwrd", "creds", "cred", "snmp community", "read community", "write community", "psk", "unlockcode", "serviceroleKey", "securestring"),
        .. Of(NameStrength.Medium, false, "token", "authtokens", "jwt", "sessionid", "sessid", "sas", "keymaterial", "verification code", "security code", "one time code", "auth code", "authorization code", "two factor code", "2fa code", "mfa code", "login code", "samlresponse", "samlrequest", "samlart"),
        .. Of(NameStrength.Medium, true, "otp", "totp", "pin", "mpin", "upin", "auth", "authentication", "pat", "bearer", "hmac", "cliauth", "pincode", "pepper"),
        .. Of(NameStrength.Medium, false, "clientassertion"),
        .. Of(NameStrength.Sign, false, "signature"),
        .. Of(NameStrength.Sign, true, "appid"),
        .. Of(NameStrength.Weak, true, "sig", "key", "keys", "code", "session", "sid", "seed", "xauth", "license", "licence"),
        .. Of(NameStrength.Phrase, false, "mnemonic", "mnemonics", "seedwords", "bip39 words", "bip39 phrase", "wallet seed", "word seed", "words seed", "recovery words", "backup words", "secret words", "recovery seed", "seed phrases", "fromphrase", "mnemonictoseed", "mnemonictoseedsync", "frase semilla", "frase de recuperación", "frase secreta", "phrase de récupération", "phrase secrète", "wiederherstellungsphrase", "wiederherstellungswörter", "frase seed", "seed frase", "frase di recupero", "сид фраза", "мнемоника", "мнемоническая фраза", "助记词", "助記詞", "ニーモニック", "リカバリーフレーズ", "니모닉", "복구 구문"),
        .. Of(NameStrength.Phrase, true, "phrase"),
        .. Of(NameStrength.Authorization, false, "authorization"),
        .. Of(NameStrength.Cookie, false, "cookie", "cookies"),

        .. Of(NameStrength.Strong, false, "recoverycode", "recoverycodes", "backupcode", "backupcodes", "scratchcode", "scratchcodes", "otpseed", "totpseed"),

        // Public keys, and tokens that mark a place in a list.
        .. Of(NameStrength.None, false, "publickeytoken", "publickey", "publickeys", "publickeymaterial", "pagetoken", "nexttoken", "continuationtoken", "paginationtoken", "synctoken", "cursortoken", "idempotencykey", "partitionkey", "routingkey", "cachekey"),

        // German, Dutch, Scandinavian, Finnish.
        .. Of(NameStrength.Strong, false, "passwort", "passwoerter", "kennwort", "geheimnis", "zugangsdaten", "zugangscode", "zugangsschlüssel", "zugangsschluessel", "zugangstoken", "geheimschlüssel", "geheimschluessel", "geheimer schlüssel", "geheimer schluessel", "api schlüssel", "api schluessel", "privater schlüssel", "geheimcode"),
        .. Of(NameStrength.Medium, false, "schlüssel", "schluessel"),
        .. Of(NameStrength.Strong, false, "wachtwoord", "geheime sleutel", "api sleutel", "privésleutel", "toegangscode", "toegangssleutel", "toegangstoken", "lösenord", "salasana", "adgangskode", "passord", "hemlighet", "hemmelighed", "wachtwoordzin", "lösenordet", "passordet", "adgangskoden", "kodeordet", "salasanani", "salasanan"),
        .. Of(NameStrength.Medium, true, "sleutel", "nyckel", "nøgle"),

        // French, Spanish, Portuguese, Italian, Romanian.
        .. Of(NameStrength.Strong, false, "mot de passe", "mots de passe", "clé secrète", "clé api", "clé d'api", "clé de l'api", "clé privée", "clé d'accès", "jeton", "jeton d'accès", "jeton accès", "code d'accès", "clé de chiffrement", "clé de signature"),
        .. Of(NameStrength.Strong, false, "contraseña", "contrasenya", "clave secreta", "clave api", "clave de api", "clave de acceso", "clave privada", "llave privada", "llave secreta", "llave api", "token de acceso", "secreto de cliente", "código secreto", "clave de cifrado", "clave de firma", "clave compartida"),
        .. Of(NameStrength.Strong, true, "passe", "mdp", "clave", "secreto", "segredo", "segreto", "parola", "secretos", "parole segrete"),
        .. Of(NameStrength.Medium, true, "clé", "llave", "chave", "chiave"),
        .. Of(NameStrength.Strong, false, "senha", "palavra passe", "chave secreta", "chave api", "chave de api", "chave da api", "chave privada", "chave de acesso", "token de acesso", "código de acesso", "chave de criptografia", "chave de assinatura", "chave mestra", "chave mestre"),
        .. Of(NameStrength.Strong, false, "parola d'ordine", "chiave segreta", "chiave api", "chiave privata", "chiave di accesso", "token di accesso", "codice segreto", "codice di accesso", "parolă", "chiave di cifratura", "chiave di firma"),

        // Polish, Czech, Hungarian, South Slavic, Turkish, Vietnamese, Indonesian.
        .. Of(NameStrength.Strong, false, "hasło", "klucz api", "klucz tajny", "tajny klucz", "klucz prywatny", "klucz dostępu", "token dostępu", "heslo", "tajný klíč", "jelszó", "titkos kulcs", "lozinka", "zaporka", "mật khẩu", "mat khau", "kata sandi", "sandinya", "passwordnya", "kunci rahasia", "kunci api", "api anahtarı", "gizli anahtar"),
        .. Of(NameStrength.Strong, true, "sekret", "şifre", "sifre", "şifrem", "şifreniz", "şifresi", "parolam", "parolası", "parolanız", "hesla", "heslem", "hasła", "hasłem", "jelszavam", "jelszava", "sandi", "tajemství"),
        .. Of(NameStrength.Medium, true, "klucz", "klíč", "anahtar"),

        .. Of(NameStrength.Strong, true, "geslo", "geslom", "šifra", "šifru", "slaptažodis", "slaptažodį", "salasõna", "salasõnaks", "lykilorð", "lykilorðið", "fjalëkalimi", "fjalëkalim", "pasahitza", "pasfhocal", "cyfrinair", "contrasinal", "wagwoord", "pasvorto", "nenosiri", "kata laluan", "parool", "parol", "parolei", "лозинку", "шифра", "сырсөз"),
        .. Of(NameStrength.Medium, true, "parole"),

        // Cyrillic, Greek, Hebrew, Arabic, Persian, Hindi, Thai.
        .. Of(NameStrength.Strong, true, "пароль", "пароля", "паролем", "паролю", "паролі", "секрет", "парола", "лозинка", "ключ api", "api ключ", "секретный ключ", "приватный ключ", "закрытый ключ", "ключ доступа", "токен доступа", "секретний ключ", "апи ключ", "кодовое слово", "код доступа", "ключ шифрования", "ключ подписи", "мастер ключ", "код доступу", "ключ шифрування"),
        .. Of(NameStrength.Medium, true, "ключ", "токен"),
        .. Of(NameStrength.Strong, true, "κωδικός", "κωδικό", "κωδικού", "κωδικός πρόσβασης", "הסיסמה", "הסיסמא", "μυστικό", "סיסמה", "סיסמא", "كلمة المرور", "كلمة السر", "رمز عبور", "رمز المرور", "पासवर्ड", "रहस्य", "रहस्य कुंजी", "गुप्त कुंजी"),
        .. Of(NameStrength.Strong, false, "รหัสผ่าน", "รหัสลับ", "ລະຫັດຜ່ານ", "ពាក្យសម្ងាត់", "လျှို့ဝှက်နံပါတ်", "စကားဝှက်"),
        .. Of(NameStrength.Strong, true, "கடவுச்சொல்", "পাসওয়ার্ড", "పాస్‌వర్డ్", "ಪಾಸ್‌ವರ್ಡ್", "പാസ്‌വേഡ്", "પાસવર્ડ", "ਪਾਸਵਰਡ", "मुद्रा शब्द", "පාස්වර්ඩ්", "පාස්වර්ඩ්", "მომხმარებლის პაროლი", "პაროლი", "գաղտնաբառ", "የይለፍ ቃል", "پاس ورڈ", "گذرواژه", "کلمه عبور", "нууц үг", "құпия сөз", "құпиясөз", "şifrə"),

        // Chinese, Japanese, Korean.
        .. Of(NameStrength.Strong, false, "密码", "密碼", "口令", "密钥", "密鑰", "秘钥", "秘鑰", "金鑰", "私钥", "私鑰", "访问令牌", "存取權杖", "机密", "口令牌"),
        .. Of(NameStrength.Medium, false, "令牌", "权杖"),
        .. Of(NameStrength.Strong, false, "パスワード", "暗証番号", "秘密鍵", "合言葉", "シークレット", "apiキー", "アクセスキー", "アクセストークン", "秘密キー", "シークレットキー"),
        .. Of(NameStrength.Medium, false, "トークン", "キー"),
        .. Of(NameStrength.Strong, false, "비밀번호", "암호", "패스워드", "비밀키", "비밀 키", "api 키", "개인 키", "개인키", "액세스 키", "액세스 토큰", "접근 토큰", "시크릿", "시크릿 키"),
        .. Of(NameStrength.Medium, false, "토큰"),
    ];

    /// <summary>Programs leave the prepositions out: <c>tokenAcesso</c> for "token de acesso".</summary>
    private static readonly string[] Prepositions = [" de l'", " de la ", " de ", " del ", " da ", " di ", " d'"];

    private static IEnumerable<SecretName> Of(NameStrength strength, bool isWord, params string[] names)
    {
        foreach (string name in names)
        {
            yield return new SecretName(NameLetters.Normal(name), strength, isWord);
            if (Array.Find(Prepositions, preposition => name.Contains(preposition, StringComparison.Ordinal)) is { } found)
            {
                yield return new SecretName(NameLetters.Normal(name.Replace(found, " ", StringComparison.Ordinal)), strength, isWord);
            }
        }
    }
}
