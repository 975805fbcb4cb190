namespace MeaiBudget.Tests;

/// <summary>The names whose values are secrets, each in its own language, and how much each of them means one.</summary>
public sealed class SecretNameTests
{
    private const string Password = "Kestrel-4821";

    /// <summary>Behind these names any word is a secret.</summary>
    [Theory]
    [InlineData("password|passwords|passwd|passphrase|passcode|pwd|pswd|passw")]
    [InlineData("secret|secrets|secretstring|credential|credentials|privatekeyid|secretkeybase|sharedaccesskey|accountkey|privkey|secretid|requirepass|masterauth|community string")]
    [InlineData("keypass|storepass|accesscode")]
    [InlineData("pass|pw|passwrd|creds|psk|unlockcode|serviceroleKey|securestring")]
    [InlineData("recoverycode|recoverycodes|backupcode|backupcodes|scratchcode|scratchcodes|otpseed|totpseed")]
    [InlineData("passwort|passwoerter|kennwort|geheimnis|zugangsdaten|zugangscode|zugangsschlüssel|zugangsschluessel|zugangstoken|geheimschlüssel|geheimschluessel|geheimer schlüssel|geheimer schluessel|api schlüssel")]
    [InlineData("api schluessel|privater schlüssel|geheimcode")]
    [InlineData("wachtwoord|geheime sleutel|api sleutel|privésleutel|toegangscode|toegangssleutel|toegangstoken|lösenord|salasana|adgangskode|passord|hemlighet|hemmelighed|wachtwoordzin")]
    [InlineData("lösenordet|passordet|adgangskoden|kodeordet|salasanani|salasanan")]
    [InlineData("mot de passe|mots de passe|clé secrète|clé api|clé d'api|clé de l'api|clé privée|clé d'accès|jeton|jeton d'accès|jeton accès|code d'accès|clé de chiffrement|clé de signature")]
    [InlineData("contraseña|contrasenya|clave secreta|clave api|clave de api|clave de acceso|clave privada|llave privada|llave secreta|llave api|token de acceso|secreto de cliente|código secreto|clave de cifrado")]
    [InlineData("clave de firma|clave compartida")]
    [InlineData("passe|mdp|clave|secreto|segredo|segreto|parola|secretos|parole segrete")]
    [InlineData("senha|palavra passe|chave secreta|chave api|chave de api|chave da api|chave privada|chave de acesso|token de acesso|código de acesso|chave de criptografia|chave de assinatura|chave mestra|chave mestre")]
    [InlineData("parola d'ordine|chiave segreta|chiave api|chiave privata|chiave di accesso|token di accesso|codice segreto|codice di accesso|parolă|chiave di cifratura|chiave di firma")]
    [InlineData("hasło|klucz api|klucz tajny|tajny klucz|klucz prywatny|klucz dostępu|token dostępu|heslo|tajný klíč|jelszó|titkos kulcs|lozinka|zaporka|mật khẩu")]
    [InlineData("mat khau|kata sandi|sandinya|passwordnya|kunci rahasia|kunci api|api anahtarı|gizli anahtar")]
    [InlineData("sekret|şifre|sifre|şifrem|şifreniz|şifresi|parolam|parolası|parolanız|hesla|heslem|hasła|hasłem|jelszavam")]
    [InlineData("jelszava|sandi|tajemství")]
    [InlineData("geslo|geslom|šifra|šifru|slaptažodis|slaptažodį|salasõna|salasõnaks|lykilorð|lykilorðið|fjalëkalimi|fjalëkalim|pasahitza|pasfhocal")]
    [InlineData("cyfrinair|contrasinal|wagwoord|pasvorto|nenosiri|kata laluan|parool|parol|parolei|лозинку|шифра|сырсөз")]
    [InlineData("пароль|пароля|паролем|паролю|паролі|секрет|парола|лозинка|ключ api|api ключ|секретный ключ|приватный ключ|закрытый ключ|ключ доступа")]
    [InlineData("токен доступа|секретний ключ|апи ключ|кодовое слово|код доступа|ключ шифрования|ключ подписи|мастер ключ|код доступу|ключ шифрування")]
    [InlineData("κωδικός|κωδικό|κωδικού|κωδικός πρόσβασης|הסיסמה|הסיסמא|μυστικό|סיסמה|סיסמא|كلمة المرور|كلمة السر|رمز عبور|رمز المرور|पासवर्ड")]
    [InlineData("रहस्य")]
    [InlineData("รหัสผ่าน|รหัสลับ|ລະຫັດຜ່ານ|ពាក្យសម្ងាត់|လျှို့ဝှက်နံပါတ်|စကားဝှက်")]
    [InlineData("கடவுச்சொல்|পাসওয়ার্ড|పాస్‌వర్డ్|ಪಾಸ್‌ವರ್ಡ್|പാസ്‌വേഡ്|પાસવર્ડ|ਪਾਸਵਰਡ|मुद्रा शब्द|පාස්වර්ඩ්|පාස්වර්ඩ්|მომხმარებლის პაროლი|პაროლი|գաղտնաբառ|የይለፍ ቃል")]
    [InlineData("پاس ورڈ|گذرواژه|کلمه عبور|нууц үг|құпия сөз|құпиясөз|şifrə")]
    [InlineData("密码|密碼|口令|密钥|密鑰|秘钥|秘鑰|金鑰|私钥|私鑰|访问令牌|存取權杖|机密|口令牌")]
    [InlineData("パスワード|暗証番号|秘密鍵|合言葉|シークレット|apiキー|アクセスキー|アクセストークン|秘密キー|シークレットキー")]
    [InlineData("비밀번호|암호|패스워드|비밀키|비밀 키|api 키|개인 키|개인키|액세스 키|액세스 토큰|접근 토큰|시크릿|시크릿 키")]
    public void Q4_AnyWordBehindTheNameOfASecretIsRedacted(string names) => SecretWordTests.AssertAll(names, name =>
    [
        ($"{{\"{name}\": \"dragonfly\"}}", $"{{\"{name}\": \"[REDACTED]\"}}"),
        ($"{name}: {Password}\n", $"{name}: [REDACTED]\n"),
        ($"{{\"{name.ToUpperInvariant()}\": \"{Password}\"}}", $"{{\"{name.ToUpperInvariant()}\": \"[REDACTED]\"}}"),
    ]);

    /// <summary>These names also stand before words, so that only what looks like a password is redacted.</summary>
    [Theory]
    [InlineData("token|authtokens|jwt|sessionid|sessid|sas|keymaterial|samlresponse|samlrequest|samlart")]
    [InlineData("otp|totp|pin|auth|authentication|pat|api_bearer|hmac|cliauth|pincode|pepper")]
    [InlineData("clientassertion")]
    [InlineData("schlüssel|schluessel")]
    [InlineData("sleutel|nyckel|nøgle")]
    [InlineData("clé|llave|chave|chiave")]
    [InlineData("klucz|klíč|anahtar")]
    [InlineData("parole")]
    [InlineData("ключ|токен")]
    [InlineData("令牌|权杖")]
    [InlineData("トークン|キー")]
    [InlineData("토큰")]
    public void Q4_APasswordBehindANameThatAlsoHasOtherValuesIsRedactedAndAWordIsNot(string names) => SecretWordTests.AssertAll(names, name =>
    [
        ($"{name}: {Password}\n", $"{name}: [REDACTED]\n"),
        ($"{{\"{name}\": \"{Password}\"}}", $"{{\"{name}\": \"[REDACTED]\"}}"),
        ($"{{\"{name}\": \"dragonfly\"}}", $"{{\"{name}\": \"dragonfly\"}}"),
    ]);

    [Theory]
    [InlineData("sig|key|keys|code|session|sid|seed|xauth|license|licence")]
    public void Q5_BehindANameOfManyThingsOnlyGeneratedCharactersAreRedacted(string names) => SecretWordTests.AssertAll(names, name =>
    [
        ($"{{\"{name}\": \"Zx9kQ2mW7pLr4TvB8nYc\"}}", $"{{\"{name}\": \"[REDACTED]\"}}"),
        ($"{{\"{name}\": \"Zx9kQ2mW7pLr4Tv\"}}", $"{{\"{name}\": \"Zx9kQ2mW7pLr4Tv\"}}"),
        ($"{{\"x{name}\": \"Zx9kQ2mW7pLr4TvB8nYc\"}}", $"{{\"x{name}\": \"Zx9kQ2mW7pLr4TvB8nYc\"}}"),
    ]);

    [Theory]
    [InlineData("publickeytoken|publickey|publickeys|publickeymaterial|pagetoken|nexttoken|continuationtoken|paginationtoken|synctoken|cursortoken|idempotencykey|partitionkey|routingkey|cachekey")]
    public void Q5_PublicKeysAndTheMarksOfListsAreKept(string names) => SecretWordTests.AssertAll(names, name =>
    [
        ($"{{\"{name}\": \"Zx9kQ2mW7pLr4TvB8nYc\"}}", $"{{\"{name}\": \"Zx9kQ2mW7pLr4TvB8nYc\"}}"),
        ($"{name}={Password}\n", $"{name}={Password}\n"),
    ]);

    [Theory]
    [InlineData("mnemonic|mnemonics|seedwords|wallet seed|word seed|words seed|recovery words|backup words|secret words|recovery seed|seed phrases|fromphrase|mnemonictoseed|mnemonictoseedsync|seed phrase|recovery phrase|backup phrase")]
    [InlineData("frase semilla|frase de recuperación|frase recuperación|frase secreta|phrase de récupération|phrase récupération|phrase secrète|wiederherstellungsphrase|wiederherstellungswörter|frase seed|seed frase|frase di recupero|frase recupero")]
    [InlineData("сид фраза|мнемоника|мнемоническая фраза|助记词|助記詞|ニーモニック|リカバリーフレーズ|니모닉|복구 구문")]
    public void Q4_TheWordsOfAWalletAreRedactedBehindTheirNameInEveryLanguage(string names)
    {
        const string Words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        SecretWordTests.AssertAll(names, name => [($"{name}: {Words}\n", $"{name}: [REDACTED]\n"), ($"{{\"{name}\": \"{Words}\"}}", $"{{\"{name}\": \"[REDACTED]\"}}")]);
    }

    [Theory]
    [InlineData("api|access|secret|private|account|subscription|encryption|encrypt|decryption|decrypt|signing|sign|master|auth|storage|function|functions|license|licence|servicerole|shared|preshared|admin|webhook|client|machine|application|openai|anthropic|azure|google|gemini|mistral|litellm|virtual|deploy|symmetric|hmac|jwt|security|recovery|backup|integration|ingest|developer|platform|vault|unseal|tls|ssl|ssh|cookie|aes|rsa|pgp|gpg|consumer|wifi|wpa")]
    public void Q4_AKeyIsASecretBehindTheWordThatSaysWhatItOpens(string words) => SecretWordTests.AssertAll(words, word =>
    [
        ($"{{\"{word}_key\": \"dragonfly\"}}", $"{{\"{word}_key\": \"[REDACTED]\"}}"),
        ($"{{\"{word}Key\": \"dragonfly\"}}", $"{{\"{word}Key\": \"[REDACTED]\"}}"),
        ($"my {word} key: {Password}\n", $"my {word} key: [REDACTED]\n"),
    ]);

    /// <summary>In prose, these words stand before keys of other kinds.</summary>
    [Theory]
    [InlineData("user|server|project|team|host|write|app|stream|session|root|role|data|service")]
    public void Q5_AKeyOfSomebodyIsASecretOnlyInANameOfCode(string words) => SecretWordTests.AssertAll(words, word =>
    [
        ($"{{\"{word}_key\": \"dragonfly\"}}", $"{{\"{word}_key\": \"[REDACTED]\"}}"),
        ($"my {word} key: {Password}\n", $"my {word} key: {Password}\n"),
    ]);

    [Theory]
    [InlineData("db|smtp|ftp|mail|user|ssh|my|pg|sql|redis|admin|root|http|proxy|db2|imap|ldap|mysql|postgres|key|store|keystore|truststore|login|vault|become|sudo")]
    public void Q4_PassIsASecretBehindTheNameOfWhatItOpens(string words) => SecretWordTests.AssertAll(words, word =>
    [
        ($"{{\"{word}pass\": \"dragonfly\"}}", $"{{\"{word}pass\": \"[REDACTED]\"}}"),
        ($"{{\"{word.ToUpperInvariant()}_PASS\": \"dragonfly\"}}", $"{{\"{word.ToUpperInvariant()}_PASS\": \"[REDACTED]\"}}"),
        ("{\"compass\": \"dragonfly\", \"bypass\": \"dragonfly\"}", "{\"compass\": \"dragonfly\", \"bypass\": \"dragonfly\"}"),
    ]);

    [Theory]
    [InlineData("value|string|plain|plaintext|raw|base|current|old|new|data|prod|dev|db")]
    public void Q4_WhatFollowsANameMayTellWhichOfItsValuesItIs(string words) => SecretWordTests.AssertAll(words, word =>
    [
        ($"{{\"password_{word}\": \"dragonfly\"}}", $"{{\"password_{word}\": \"[REDACTED]\"}}"),
        ($"{{\"clientSecret{char.ToUpperInvariant(word[0])}{word[1..]}\": \"dragonfly\"}}", $"{{\"clientSecret{char.ToUpperInvariant(word[0])}{word[1..]}\": \"[REDACTED]\"}}"),
        ($"{{\"{word}\": \"dragonfly\"}}", $"{{\"{word}\": \"dragonfly\"}}"),
    ]);

    [Theory]
    [InlineData("contraseña maestra|contraseña maestro|contraseña administrador|contraseña cliente|contraseña usuario|contraseña servidor|contraseña servicio|senha mestre|senha mestra|senha usuário|senha serviço|mot de passe maître|mot de passe maîtresse|mot de passe administrateur|mot de passe utilisateur|mot de passe serveur|segreto amministratore|segreto utente|пароль администратора|пароль пользователя|пароль клиента|пароль сервера|пароль базы|пароль адміністратора|пароль користувача|пароль клієнта|hasło administratora|hasło użytkownika|hasło klienta")]
    public void Q4_TheWordBehindANameMayTellWhoseItIs(string names) => SecretWordTests.AssertAll(names, name =>
    [
        ($"{{\"{name}\": \"dragonfly\"}}", $"{{\"{name}\": \"[REDACTED]\"}}"),
        ($"{name}: {Password}\n", $"{name}: [REDACTED]\n"),
    ]);
}
