using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Secrets of more providers, languages and places, and text of real projects that looks like them. All made up.</summary>
public class SecretSiblingTests
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string Hexadecimal = "0123456789abcdef";
    private const string Wallet = "river apple stone cloud tiger maple ocean glass lemon drum pilot zebra";

    /// <summary>The parts are joined at run time so that no scanner of source code takes them for real.</summary>
    private static readonly (string Kind, Func<Random, string> Create)[] Kinds =
    [
        ("prefix of four letters and uuid", random => "xa" + "pt-" + Uuid(random)),
        ("prefix, uuid and suffix", random => "ar" + "k-" + Uuid(random) + "-" + Take(random, 5, Hexadecimal)),
        ("two uuids", random => "lu" + "ma-" + Uuid(random) + "-" + Uuid(random)),
        ("hexadecimal after two letters", random => "hb" + "_" + Take(random, 28, Hexadecimal)),
        ("three hexadecimal numbers", random => Take(random, 32, Hexadecimal) + "-" + Take(random, 8, Hexadecimal) + "-" + Take(random, 8, Hexadecimal)),
        ("suffix with a region", random => "eu01xx" + Take(random, 30, Hexadecimal) + "NR" + "AL"),
        ("slashes", random => "configcat-" + "sdk-1/" + Take(random, 22) + "/" + Take(random, 22)),
        ("prefix and a short dot", random => "se" + "r." + Take(random, 22)),
        ("words before base64 with an early sign", random => "fm" + "2_" + Take(random, 3) + "+" + Take(random, 60) + "/" + Take(random, 60)),
        ("capitals before base64 with an early sign", random => "AB" + "SK" + Take(random, 3) + "/" + Take(random, 60) + "+" + Take(random, 30)),
        ("a word for a secret before base64", random => "acme-" + "sk-" + Take(random, 18) + "/" + Take(random, 20) + "+" + Take(random, 20)),
        ("three letters and a hash", random => "fh" + "b-" + Take(random, 64, Hexadecimal)),
        ("a word for a secret, a dot and a uuid", random => "Npm" + "Token." + Uuid(random)),
        ("a plus in the prefix", random => "pd" + "us+_0XBPWQQ_" + Uuid(random)),
        ("two letters and 64 hexadecimal digits", random => "w" + "s-" + Take(random, 64, Hexadecimal)),
        ("number and a bar", random => Take(random, 15, Letters[52..]) + "|" + "aQ7d" + Take(random, 23)),
        ("base64 of an object with a key", random => Convert.ToBase64String(Encoding.ASCII.GetBytes("{\"k\":\"" + Take(random, 32) + "\",\"n\":\"acme\",\"id\":1}"))),
        ("hexadecimal after a word in capitals", random => "FLW" + "SECK_TEST" + Take(random, 12, Hexadecimal)),
        ("fourteen characters after a word for a secret", random => "rzp" + "_live_" + "aQ7d" + Take(random, 10)),
        ("a marker before letters and signs", random => "cn" + "vcaQ7d" + Take(random, 24) + "_" + Take(random, 24)),
        ("twelve characters after a prefix of the table", random => "np" + "g_aQ7d" + Take(random, 8)),
        ("capitals that sort by time after a prefix", random => "uc" + "at_01" + Take(random, 24, Letters[..26] + Letters[52..])),
        ("base64 of twenty characters", random => Convert.ToBase64String(Encoding.ASCII.GetBytes("AK" + "IA" + Take(random, 16, Letters[..26])))),
    ];

    private static readonly (string Place, Func<string, string> Write)[] Places =
    [
        ("alone", secret => secret),
        ("prose", secret => $"I used {secret} yesterday and it stopped."),
        ("environment with a number on the next line", secret => $"THING={secret}\nPORT=8080\n"),
        ("JSON in JSON", secret => $"{{\"args\":\"{{\\\"v\\\":\\\"{secret}\\\"}}\"}}"),
        ("code", secret => $"var client = new Client(\"{secret}\");\nvar other = 1;\n"),
    ];

    [Fact]
    public void Q4_FormsOfMoreProvidersAreFound()
    {
        var random = new Random(17);
        var missed = new List<string>();
        foreach ((string kind, Func<Random, string> create) in Kinds)
        {
            foreach ((string place, Func<string, string> write) in Places)
            {
                string secret = create(random);
                string redacted = SecretRedactor.Default.Redact(write(secret));
                if (redacted.Contains(secret[^(secret.Length / 2)..], StringComparison.Ordinal) || redacted.Contains(secret[..(secret.Length / 2)], StringComparison.Ordinal))
                {
                    missed.Add($"{kind}, {place}: {redacted}");
                }
            }
        }

        Assert.True(missed.Count <= Kinds.Length * Places.Length * 0.05, string.Join(Environment.NewLine, missed));
    }

    [Theory]
    [InlineData("geslo")]
    [InlineData("šifra")]
    [InlineData("slaptažodis")]
    [InlineData("salasõna")]
    [InlineData("lykilorð")]
    [InlineData("fjalëkalimi")]
    [InlineData("pasahitza")]
    [InlineData("kata laluan")]
    [InlineData("recovery_code")]
    [InlineData("backupCode")]
    [InlineData("OTP_SEED")]
    public void Q4_ValuesOfMoreNamesAreFound(string name)
    {
        foreach (string text in (string[])[$"{{\"{name}\": \"Stone074!kX\"}}", $"{name}=Stone074!kX\n", $"- {name}: Stone074!kX\n", $"The {name} is Stone074!kX.", $"tool set-{name} <<< \"Stone074!kX\""])
        {
            Assert.DoesNotContain("Stone074", SecretRedactor.Default.Redact(text), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("token acceso")]
    [InlineData("chave acesso")]
    [InlineData("clé api")]
    [InlineData("chiave accesso")]
    [InlineData("frase secreta")]
    [InlineData("токен доступа")]
    [InlineData("Geheimschlüssel")]
    [InlineData("wachtwoord")]
    [InlineData("signing key")]
    [InlineData("private key")]
    [InlineData("contraseña maestra")]
    [InlineData("senha mestre")]
    [InlineData("пароль администратора")]
    [InlineData("clé chiffrement")]
    [InlineData("wifi key")]
    public void Q4_NamesOfSeveralWordsAreFoundHoweverTheyAreJoined(string name)
    {
        string[] words = name.Split(' ');
        string camel = words[0] + string.Concat(words[1..].Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        foreach (string text in (string[])[
            $"{{\"{camel}\": \"Stone074!kX\"}}", $"{string.Join('_', words).ToUpperInvariant()}=Stone074!kX\n", $"app.{string.Join('.', words)}=Stone074!kX\n", $"java -D{string.Join('.', words)}=Stone074!kX -jar a.jar",
            $"props.put(\"{string.Join('.', words)}\", \"Stone074!kX\");", $"tool --{string.Join('-', words)} Stone074!kX", $"Is this {name} right: Stone074!kX?", $"I set the {name} to Stone074!kX yesterday.", $"| {name} | `Stone074!kX` |"])
        {
            Assert.True(!SecretRedactor.Default.Redact(text).Contains("Stone074", StringComparison.Ordinal), text);
            AssertSplit(text);
        }
    }

    [Theory]
    [InlineData("curl -H 'X-Acme-Secret: kQ7w&Zr9mT4' https://acme.example", "Zr9mT4")]
    [InlineData("--settings \"DB_PASSWORD=3Mw0vwM2D&1GyoJoS90\"", "1GyoJoS90")]
    [InlineData("the password is WlXtZ&wE0No8 and it fails", "wE0No8")]
    public void Q4_AnAmpersandDoesNotEndASecret(string text, string rest)
    {
        Assert.DoesNotContain(rest, SecretRedactor.Default.Redact(text), StringComparison.Ordinal);
        AssertSplit(text);
    }

    [Theory]
    [InlineData("https://acme.example/a?password=Stone074!kX&page=2", "&page=2")]
    [InlineData("password=Stone074!kX&user=joe", "&user=joe")]
    [InlineData("<p>password=Stone074!kX&nbsp;and more</p>", "&nbsp;and more</p>")]
    [InlineData("export PASSWORD=Stone074!kX && make", " && make")]
    public void Q4_AnAmpersandBeforeAnotherNameEndsASecret(string text, string rest)
    {
        string redacted = SecretRedactor.Default.Redact(text);
        Assert.DoesNotContain("Stone074", redacted, StringComparison.Ordinal);
        Assert.EndsWith(rest, redacted, StringComparison.Ordinal);
        AssertSplit(text);
    }

    [Theory]
    [InlineData("mnemonic: ", " ")]
    [InlineData("Seed phrase:\n", " ")]
    [InlineData("Recovery phrase (12 words):\n", "\n")]
    [InlineData("My mnemonic\n", " ")]
    [InlineData("MNEMONIC=\"", " ")]
    [InlineData("{\"mnemonic\": [\"", "\", \"")]
    [InlineData("seed phrase: ", ", ")]
    public void Q4_TheWordsOfAWalletAreFoundHoweverTheyAreWritten(string before, string between)
    {
        string text = $"{before}{string.Join(between, Wallet.Split(' '))}\n\nKeep them safe.";
        AssertWordsAreGone(text);
        AssertSplit(text);
    }

    [Theory]
    [InlineData("Seed phrase: ", " ", ". ")]
    [InlineData("recovery phrase:\n", "\n", ") ")]
    [InlineData("Mnemonic:\n", "\n", ". ")]
    [InlineData("wallet seed:\n", "   ", ": ")]
    public void Q4_TheNumberedWordsOfAWalletAreFound(string before, string between, string sign)
    {
        string text = $"{before}{string.Join(between, Wallet.Split(' ').Select((word, index) => $"{index + 1}{sign}{word}"))}\nKeep them safe.";
        AssertWordsAreGone(text);
        AssertSplit(text);
    }

    [Theory]
    [InlineData("cvs -d :pserver:joe:hunter@cvs.example.com:/repo login", "hunter")]
    [InlineData("please use 5e249289-bcdb-2f20-11d3-9f461cb14213 as the API key", "9f461cb14213")]
    [InlineData("please use Stone074!kX as пароль", "Stone074")]
    [InlineData("SECRET_KEY = 'django-insecure-@bz3x_96459)6ql*@oayd!e@d+4p-+pm+sercr8q2f!09x8n_9'", "oayd")]
    [InlineData("root:$6$Xq7fKp29LmZt4Rb8$WdTqXq7fKp29LmZt4Rb8WdTqXq7fKp29LmZt4Rb8WdTqXq7fKp29LmZt4Rb8WdTqXq7fKp29LmZt4Rb8Wd:19000:0:99999:7:::", "WdTqXq7f")]
    [InlineData("hash is $2b$12$Xq7fKp29LmZt4Rb8WdTqXeKp29LmZt4Rb8WdTqXq7fKp29LmZt4Rb", "LmZt4Rb8")]
    [InlineData("$argon2id$v=19$m=65536,t=3,p=4$3URHYzZpj6240cLEq/Jnjg$jPOFSqyKJQ/T70JqQ4VC8a02N88hS2lXbiyK2DclyUo", "jPOFSqyK")]
    [InlineData("https://hooks.zapier.com/hooks/catch/0361728/a0dia0/", "a0dia0")]
    [InlineData("map.put(\"secretKey\", \"Ocean620%\");", "Ocean620")]
    [InlineData("openssl enc -aes-256-cbc -k Stone074!kX -in a", "Stone074")]
    [InlineData("openssl pkcs12 -in a.p12 -passin pass:Stone074!kX", "Stone074")]
    public void Q4_SecretsInMorePlacesAreFound(string text, string secret)
    {
        Assert.DoesNotContain(secret, SecretRedactor.Default.Redact(text), StringComparison.Ordinal);
        AssertSplit(text);
    }

    [Theory]
    [InlineData("#define sk_PKCS12_SAFEBAG_new_null() ((STACK_OF(PKCS12_SAFEBAG) *)OPENSSL_sk_new_null())\n#define sk_SRP_gN_cache_num(sk) 1")]
    [InlineData("napi_detach_arraybuffer, napi_get_arraybuffer_info, EVP_PKEY_new_raw_public_key, x86_cpu_index_1_edx")]
    [InlineData("__builtin_ia32_movdqa32store128_mask ((__v4si *) p), Iop_QNarrowUn16Sto8Sx8, sec_PKCS12SafeContentsStr")]
    [InlineData("fn.Q6_Vqf16_vsub_Vqf16Vqf16.html and .text._ZN3foo3foo17he211d7b4a3a0c16eE 1 0")]
    [InlineData("GvASSUMECV_off|5.003007||Viu\nGvAUTH|5.003007||Viu\nGV_AUTOLOAD|5.004000|5.004000|\n")]
    [InlineData("/*[clinic end generated code: output=f8d1a0b6c0e0a2fc input=3c81ac2402d06a8b]*/")]
    [InlineData("rn_(\"AULlEIkAAAiTAAD4nAAAFagAAAslAQAWMAEAMiIiAUDzxG4AAGx9nRv7AmRuAUXhwsEAAMkKAQARMwADwwAA\")")]
    [InlineData("%.50e 0 -> 0.00000000000000000000000000000000000000000000000000e+00")]
    [InlineData("Content-Transfer-Encoding: Base64\n\nVGhpcyBpcyBhIEJhc2U2NCBlbmNvZGVkIG1lc3NhZ2Uu\n")]
    [InlineData("System.Xml, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089; \"publicKeyToken\": \"cc7b13ffcd2ddd51\"")]
    [InlineData("{\"nextPageToken\": \"CAUQAA7xQ2mW7pLr4TvB8nYc\", \"ContinuationToken\": \"1ueGcxLPRx1Tr7XYExHnhb\"}")]
    [InlineData("The mnemonic value of hjkl is clear from looking at the keyboard. Think of j as an arrow, you need to know.")]
    [InlineData("If you contribute code, you need to make it available as a package")]
    [InlineData("#define GL_STENCIL_PASS_DEPTH_PASS        0x0B96\nEC_KEY *EC_KEY_new_ex(OSSL_LIB_CTX *ctx);")]
    [InlineData("#!/usr/bin/perl -w\n\n=head1 NAME\n\nB<pass>\n\n=item B<fail>")]
    [InlineData("pass `--debug-nghttp2` to configure, dialog --password --inputbox")]
    [InlineData("address 1111:0000:0000:0000:0000:0000:0000:0000/64 and fe80::2618:1234:ab11:3b9c%en0")]
    [InlineData("mypy/releases/expanded_assets/v1.12.0+dev.b2deaaecf1a11e13bc962558992b5f2d5701f295\n")]
    [InlineData("cloud.google.com/go@v0.110.2/LICENSE 3b83ef96387f14655fc854ddc3c6bd57\n")]
    [InlineData("headers[\"Authorization\"] = \"Bearer %s\" % token; const DATA_KEY = 'bs.toast'")]
    [InlineData("arn:aws:rds:us-east-1:123456789012:auto-backup:ab-L2IJCEXJP7XQ7HOJ4SIEXAMPLE")]
    [InlineData("\"pattern\":\"^https?://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*[-a-zA-Z0-9+&@#/%=~_|]\"")]
    [InlineData("<link href=\"/assets/index-qmhN0Ngh.css\" integrity=\"sha384-VYbNSxC2qHMfPCeUeKAdmezdCAwkxcHI3LTJLwWY48sk16MBO3j8KLIBAF87NttG\">")]
    [InlineData("background:url(data:image/png;base64,ztgjyAoAKOoo0cClGX6rFT4uCsfmTTyjCv23sRImJJJxkuGoPjBTWorykJYuvTb9d9a4XF5KTRJdJ3SrMmC5cQgUYVzjVjwI);margin:4px")]
    [InlineData("session started for client key=update:3269 tokens=123; role/LoaderSession i-0a79e43a78da25150 vpc-0e1ba3cdf758835fb")]
    [InlineData("nano faxR_0wIJE4Y1PzyrsL7Z PLt-vyz6NaIUrkEWHPUhJ https://docs.google.com/document/d/1PiWPw6l_8QJApvjdUKk7UOV_G2RKxlagQM0-EOtQYKN/edit")]
    [InlineData("openssl pkcs12 -export -in cert.pem; openssl aes128 -in a; openssl req -newkey rsa:2048 -sha256")]
    [InlineData("<comment xml:lang=\"fr\">clé privée PKCS#8 (chiffrée)</comment>, a token of OAuth2, if (EVP_PKEY_is_a(pKey, \"SLH-DSA-SHA2-128f\"))")]
    [InlineData("some authentication schemes, such as cookies, will convert <see cref=\"F:Status.Code401\" />; cookies with maxage==0 expired 1 jan 1970")]
    [InlineData("({\"ReportID\"=1,\"ElementCookie\"=1058,\"Size\"=56,\"ReportCount\"=1})")]
    [InlineData("apt\tpython3-jwt\t2.6.0-1\napt\tpython3-pygments\t2.14.0+dfsg-1\napt\tpython3-pyparsing\t3.0.9-1\n")]
    [InlineData("9,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Usage,AWS,Compute and Tue:17:00-Tue:17:30</code>")]
    [InlineData("Session: _win32typing.PyEVT_HANDLE | None, IID_IConverterSession: _win32typing.PyIID")]
    [InlineData("return `Llave inv\\xE1lida en ${type}`; return `\\u043A\\u043B\\u044E\\u0447 \\u0432 ${origin}`")]
    [InlineData("{d:`M680-80v-120H560v-80h120v-120h80v120h120v80H760v120h-80ZM200-200v-200`}")]
    [InlineData("-----BEGIN PUBLIC KEY-----\\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEqVWUtqs6EktQMR1sCYmEzGvRwtaycI16\\n9pmzcpiWu8uhNvV3Yy1mZb2aTq6oQ0kWq1cXn7t0b4yJdXr2wPzHsLkAeGfUiBvC\\nMTY=\\n-----END PUBLIC KEY-----")]
    public void Q5_NamesOfCodeAndDataAreKept(string text) => Assert.Same(text, SecretRedactor.Default.Redact(text));

    private static void AssertWordsAreGone(string text)
    {
        string redacted = SecretRedactor.Default.Redact(text);
        Assert.All(Wallet.Split(' '), word => Assert.DoesNotContain(word, redacted, StringComparison.Ordinal));
        Assert.EndsWith("Keep them safe.", redacted, StringComparison.Ordinal);
    }

    /// <summary>A split at each position gives what the whole text gives.</summary>
    private static void AssertSplit(string text)
    {
        string whole = SecretRedactor.Default.Redact(text);
        for (int at = 0; at <= text.Length; at++)
        {
            StreamingSecretRedactor streaming = SecretRedactor.Default.CreateStreaming();
            Assert.Equal(whole, streaming.Append(text.AsSpan(0, at)) + streaming.Append(text.AsSpan(at)) + streaming.Complete());
        }
    }

    private static string Take(Random random, int length, string from = Letters) => new(random.GetItems<char>(from, length));

    private static string Uuid(Random random) => string.Join('-', ((int[])[8, 4, 4, 4, 12]).Select(length => Take(random, length, Hexadecimal)));
}
