namespace MeaiBudget.Tests;

/// <summary>Where a value begins to be a secret and where it ends: lengths, alphabets, words that stand for none, and what follows. All made up.</summary>
public sealed class SecretBoundaryTests
{
    private const string Password = "Kestrel-4821";

    [Theory]
    [InlineData("null true false none undefined nil string str number int bool boolean object any void default required optional redacted")]
    [InlineData("example changeme xxx todo tbd n/a empty secret hidden masked text function bytes file include same-origin omit")]
    public void Q5_WordsThatStandForNoSecretAreKept(string words) =>
        AssertKept(words.Split(' ').SelectMany(word => (string[])[$"password: {word}\n", $"PASSWORD={word}\n", $"{{\"password\": \"{word}\"}}", $"password = \"{word}\"", $"{{\"Password\": \"{word.ToUpperInvariant()}\"}}"]));

    [Theory]
    [InlineData("password passwort passphrase secret token credential authorization cookie example key")]
    public void Q5_LabelsAreKept(string words) =>
        AssertKept(words.Split(' ').SelectMany(word => (string[])[$"{{\"password\": \"my_{word}_1\"}}", $"password = \"{word} of it\""]));

    [Theory]
    [InlineData("{\"password\": \"ab\"}", "ab\"")]
    [InlineData("password = \"abc\"", "abc")]
    [InlineData("{\"password\": \"one two six ten elf\"}", "one two")]
    [InlineData("{\"password\": \"f(x)a1b2c3d[4]e!\"}", "a1b2")]
    [InlineData("PASSWORD=123", "123")]
    [InlineData("password: 0x1F2B3C4D5", "1F2B3C4D5")]
    [InlineData("the password is Abc1!x now", "Abc1!x")]
    [InlineData("the password is Kestrel48 now", "Kestrel48")]
    [InlineData("the password is Kestrel-48 now", "Kestrel-48")]
    [InlineData("the token is a1b2c3d4e5f6a7b8 now", "a1b2")]
    [InlineData("the token is abcdefabcdefab12 now", "abcdef")]
    [InlineData("the token is 12345678901234ab now", "1234567")]
    [InlineData("Cookie: sid=abc123\n", "abc123")]
    [InlineData("Cookie: theme=dark; sid=abc123; lang=en\n", "abc123")]
    [InlineData("https://joe:ab1@host.example/x", "ab1@")]
    [InlineData("https://joe:abcd@host.example/x", "abcd@")]
    [InlineData("https://joe%3Aab1@host.example/x", "ab1@")]
    [InlineData("https://abcdefghijklmno1@host.example/x", "abcdefg")]
    [InlineData("https://joe:abc/b-c@host.example/x", "b-c@")]
    [InlineData("https://joe:ab@cd@host.example/x", "ab@cd")]
    [InlineData("db.example:54:main:joe:Kestrel-4821\n", "Kestrel")]
    [InlineData("db.example:54321:main:joe:Kestrel-4821\n", "Kestrel")]
    [InlineData("db.example:5432:*:joe:Kestrel-4821", "Kestrel")]
    public void Q4_ValuesAtTheBoundaryAreFound(string text, string secret)
    {
        Assert.Contains(secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, SecretRedactor.Default.Redact(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password = \"ab\"")]
    [InlineData("{\"password\": \"one two six ten elf ten\"}")]
    [InlineData("{\"password\": \"one two.\"}")]
    [InlineData("password = \"one two\"")]
    [InlineData("{\"password\": \"call(now)\"}")]
    [InlineData("password: 12\n")]
    [InlineData("password: 0x1F2B3C4D\n")]
    [InlineData("password: v1.2.3\n")]
    [InlineData("password: 1234.67\n")]
    [InlineData("secret: #a1b\nsecret: #a1b2c3\nsecret: #a1b2c3d4\n")]
    [InlineData("the password is Abc1! now")]
    [InlineData("the password is kestrel48 now")]
    [InlineData("the password is Kestrel now")]
    [InlineData("the token is a1b2c3d4e5f6a7b now")]
    [InlineData("the token is abcdefabcdefabc1 now")]
    [InlineData("the token is 123456789012345a now")]
    [InlineData("the password is one=>two, one||two, one&&two, one::two1")]
    [InlineData("Cookie: sid=abc12\n")]
    [InlineData("Cookie: theme=dark; lang=en\n")]
    [InlineData("Authorization: required abc\n")]
    [InlineData("password: ${DB_PASSWORD}, password: <password>, password: {password}, password: %PASSWORD%")]
    [InlineData("password: ********\npassword: xxxx\npassword: XXX\npassword: process.env.PASSWORD1\npassword: os.environ['PASSWORD1']\n")]
    [InlineData("https://joe:password@host.example/x https://joe:pass@host.example/x https://joe:pwd@host.example/x https://joe:abc@host.example/x")]
    [InlineData("https://joe:***@host.example/x https://joe:$PASS@host.example/x https://joe:<pass>@host.example/x https://[fe80::1]:443/a@b")]
    [InlineData("https://abcdefghijklmn1@host.example/x https://abcdefghijklmnop@host.example/x https://joe%3A@host.example/x https://host.example:8080/a@b1")]
    [InlineData("db.example:5:main:joe:Kestrel-4821\ndb.example:543210:main:joe:Kestrel-4821\ndb.example:54a2:main:joe:Kestrel-4821\ndb.example:5432::joe:Kestrel-4821\n")]
    [InlineData("db.example:5432:joe:Kestrel-4821\ndb.example:5432:main:joe:Kestrel-4821:more\n")]
    public void Q5_ValuesBelowTheBoundaryAreKept(string text) => AssertKept([text]);

    [Theory]
    [InlineData("Bearer")]
    [InlineData("BASIC")]
    [InlineData("token")]
    [InlineData("Digest")]
    [InlineData("ApiKey")]
    [InlineData("OAuth")]
    [InlineData("AWS4-HMAC-SHA256")]
    public void Q4_WhatFollowsASchemeIsASecretHoweverShort(string scheme) =>
        Assert.Equal("Authorization: [REDACTED]\nHost: x", SecretRedactor.Default.Redact($"Authorization: {scheme} abc\nHost: x"));

    [Theory]
    [InlineData("password passwd passphrase passcode passwort kennwort secret token pin pass pwd db_pw psk contraseña clave senha wachtwoord lösenord пароль секрет 密码 密钥 パスワード")]
    public void Q4_TheAnswerToAPromptIsASecret(string prompts)
    {
        foreach (string prompt in prompts.Split(' '))
        {
            foreach (string text in (string[])[$"expect \"{prompt}\"\nsend \"{Password}\\r\"\ninteract", $"child.expect('Your {prompt.ToUpperInvariant()} ?')\nchild.sendline('{Password}')\ninteract"])
            {
                string redacted = SecretRedactor.Default.Redact(text);
                Assert.DoesNotContain(Password, redacted, StringComparison.Ordinal);
                Assert.EndsWith("\ninteract", redacted, StringComparison.Ordinal);
            }
        }

        AssertKept(["expect \"user\"\nsend \"joe\\r\"", "expect \"password\"\nsend \"$pw\\r\"", "expect \"password\"\nsend \"my own words\\r\"", "expect \"password\"\nsend answer"]);
    }

    [Theory]
    [InlineData("key token secret reset-password password-reset reset invite verify confirm magic activate unlock webhook hooks")]
    public void Q4_TheEndOfAnAddressThatLetsInIsASecret(string parts)
    {
        foreach (string part in parts.Split(' '))
        {
            string redacted = SecretRedactor.Default.Redact($"see https://acme.example/{part}/aQ7d2mXp9Lr4/TvB8nYcK now");

            Assert.Equal("see https://acme.example/[REDACTED] now", redacted);
        }

        AssertKept(["see https://acme.example/reset/aQ7d2mXp9Lr4TvB8nYc now", "see https://acme.example/other/aQ7d2mXp/9Lr4TvB8nYcK now", "see https://acme.example/reset/of-the-password-by-mail now"]);
    }

    [Theory]
    [InlineData("-p -P -a -w -W -k -K -t", "")]
    [InlineData("-u -U -A -a -sSu --user --proxy-user --basic-auth --auth", "joe:")]
    public void Q4_TheArgumentsOfOptionsAreSecrets(string options, string before)
    {
        foreach (string option in options.Split(' '))
        {
            AssertReplaced($"tool {option} {before}{Password} more");
            AssertReplaced($"tool {option} '{before}{Password}' more");
            AssertReplaced($"tool {option}={before}{Password} more");
            AssertKept([$"tool {option}\n{before}{Password} more", $"tool x{option} {before}{Password} more", $"tool {option} {before}docs/{Password} more"]);
        }

        AssertReplaced($"tool -p{Password} more");
        AssertReplaced($"tool -ujoe:{Password} more");
        AssertKept([$"tool -x {before}{Password} more", $"tool -xyzu joe:{Password} more", $"tool -i{Password} more", "tool -p $PASSWORD1 more", "tool -u joe:$PASSWORD1 more", $"tool -u https://acme.example more"]);
    }

    [Theory]
    [InlineData("d k p q dp dq qi")]
    public void Q4_ThePrivateMembersOfAKeyAreSecretsFromFortyCharactersOn(string members)
    {
        string value = new(new Random(4).GetItems<char>("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40));
        foreach (string member in members.Split(' '))
        {
            Assert.Equal($"{{\"{member}\": \"[REDACTED]\"}}", SecretRedactor.Default.Redact($"{{\"{member}\": \"{value}\"}}"));
        }
    }

    [Theory]
    [InlineData("enc(", ")")]
    [InlineData("ENC[", "]")]
    [InlineData("{cipher}", "")]
    [InlineData("{AES}", "")]
    [InlineData("{encrypted}", "")]
    [InlineData("!vault ", "")]
    [InlineData("!!str ", "")]
    [InlineData("!!binary ", "")]
    [InlineData("${DB_PASSWORD:-", "}")]
    [InlineData("${db.password:", "}")]
    [InlineData("joe / ", "")]
    [InlineData("**", "**")]
    [InlineData("ConvertTo-SecureString \"", "\"")]
    [InlineData("new NetworkPassword(\"", "\")")]
    [InlineData("options.password || \"", "\"")]
    [InlineData("options.password ?? '", "'")]
    [InlineData("N'", "'")]
    [InlineData("„", "“")]
    [InlineData("{\"value\": \"", "\"}")]
    public void Q4_WhatIsWrittenAroundAValueIsNoPartOfIt(string before, string after)
    {
        string redacted = SecretRedactor.Default.Redact($"password: {before}{Password}5x{after}\nnext: 1\n");

        Assert.DoesNotContain("4821", redacted, StringComparison.Ordinal);
        Assert.EndsWith("\nnext: 1\n", redacted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\t")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\"")]
    [InlineData("'")]
    [InlineData("`")]
    [InlineData("<br>")]
    [InlineData("\\n")]
    [InlineData("\\r")]
    [InlineData("\\t")]
    [InlineData("\\\"")]
    [InlineData("\\u000a")]
    [InlineData("\\u0022")]
    [InlineData("“")]
    [InlineData("”")]
    [InlineData("»")]
    [InlineData("」")]
    [InlineData("，")]
    [InlineData("。")]
    [InlineData("）")]
    [InlineData("…")]
    public void Q4_AValueWithoutQuotesEndsBeforeWhatCannotBePartOfIt(string end)
    {
        foreach (string before in (string[])["password: ", "x password: ", "DB_PASSWORD=", "the password is "])
        {
            Assert.Equal($"{before}[REDACTED]{end}more", SecretRedactor.Default.Redact($"{before}{Password}{end}more"));
        }
    }

    [Theory]
    [InlineData("26 3b 22 27 20 0a 0d")]
    public void Q4_AnEncodedValueEndsBeforeAnEncodedSign(string signs)
    {
        foreach (string sign in signs.Split(' ').SelectMany(one => (string[])["%" + one, "%" + one.ToUpperInvariant()]))
        {
            Assert.Equal($"a%3D1%26password%3D[REDACTED]{sign}b%3D2", SecretRedactor.Default.Redact($"a%3D1%26password%3D{Password}{sign}b%3D2"));
        }
    }

    [Theory]
    [InlineData("EMP-123456", true)]
    [InlineData(".EMP-123456", true)]
    [InlineData("\\nEMP-123456", true)]
    [InlineData("\\rEMP-123456", true)]
    [InlineData("\\tEMP-123456", true)]
    [InlineData("%2FEMP-123456", true)]
    [InlineData("\\u000aEMP-123456", true)]
    [InlineData("nEMP-123456", false)]
    [InlineData("2EMP-123456", false)]
    [InlineData("_EMP-123456", false)]
    [InlineData("\\xEMP-123456", false)]
    [InlineData("%G2EMP-123456", false)]
    [InlineData("u000aEMP-123456", false)]
    public void Q4_AWordBeginsBehindASignOrAnEscape(string text, bool isFound)
    {
        var redactor = new SecretRedactor(new SecretRedactorOptions { Patterns = { new SecretPattern("EMP-", 6, "0123456789") { AtWordStart = true } } });

        Assert.Equal(!isFound, redactor.Redact(text).Contains("123456", StringComparison.Ordinal));
        Assert.Equal(!isFound, redactor.Redact("see " + text + ".").Contains("123456", StringComparison.Ordinal));
    }

    private static void AssertReplaced(string text) => Assert.Equal(text.Replace(Password, "[REDACTED]", StringComparison.Ordinal), SecretRedactor.Default.Redact(text));

    private static void AssertKept(IEnumerable<string> texts) => Assert.All(texts, text => Assert.Same(text, SecretRedactor.Default.Redact(text)));
}
