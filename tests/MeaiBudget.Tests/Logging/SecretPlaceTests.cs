using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Secrets in the languages and files that configurations, code and prompts are written in. All made up.</summary>
public class SecretPlaceTests
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string Hexadecimal = "0123456789abcdef";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Forms of providers' secrets; the parts are joined at run time so that no scanner of source code takes them for real.</summary>
    private static readonly (string Kind, Func<Random, string> Create)[] Kinds =
    [
        ("hexadecimal and mixed, joined", random => Take(random, 32, Hexadecimal) + "." + Take(random, 16)),
        ("uuid and hexadecimal, joined", random => Uuid(random) + ":" + Take(random, 32, Hexadecimal)),
        ("uuid with a suffix", random => Uuid(random) + ":f" + "x"),
        ("three parts with a version", random => "1000." + Take(random, 32, Hexadecimal) + "." + Take(random, 32, Hexadecimal)),
        ("prefix and dot", random => "ml" + "sn." + Take(random, 64, Hexadecimal)),
        ("id and secret", random => Take(random, 6) + "." + Take(random, 6) + ":" + Take(random, 43)),
        ("capitals", random => "GOO" + "G1E" + Take(random, 55, Letters[..26] + "234567")),
        ("capitals without digits", random => "AK" + "IA" + Take(random, 16, Letters[..26])),
        ("short, after a word for a secret", random => "rzp_" + "live_" + Take(random, 14)),
        ("lower case without a prefix", random => Take(random, 50, Letters[26..])),
        ("mixed with signs without a prefix", random => Take(random, 20) + "_" + Take(random, 12) + "-" + Take(random, 12)),
        ("base64 with a marker", random => Take(random, 30) + "/" + Take(random, 2) + "+AE" + "h" + Take(random, 6) + "="),
        ("base64 of user and password", random => Convert.ToBase64String(Encoding.ASCII.GetBytes("svc-app:" + Take(random, 14)))),
        ("base64 of a text with a secret", random => Convert.ToBase64String(Encoding.ASCII.GetBytes("token=acme_" + Take(random, 31)))),
        ("slash", random => "bce-" + "v3/ALT" + "AK-" + Take(random, 21) + "/" + Take(random, 40, Hexadecimal)),
    ];

    internal static readonly (string Context, Func<string, string> Write)[] ShapePlaces =
    [
        ("PowerShell", secret => $"$headers = @{{ 'X-Thing' = '{secret}' }}\n"),
        ("HCL", secret => $"resource \"x\" \"y\" {{\n  value = \"{secret}\"\n}}\n"),
        ("compose", secret => $"    environment:\n      - THING={secret}\n      - A=b\n"),
        ("npmrc", secret => $"//registry.example.com/:x={secret}\n"),
        ("nginx", secret => $"    set $thing {secret};\n"),
        ("GraphQL", secret => $"mutation {{ f(v: \"{secret}\") {{ id }} }}"),
        ("multipart", secret => $"--x9\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\n{secret}\r\n--x9--\r\n"),
        ("curl", secret => $"curl -sSL -H'X-Thing: {secret}' https://api.example.com/v1"),
        ("properties", secret => $"app.value={secret}\napp.other=1\n"),
        ("PHP", secret => $"return ['value' => '{secret}', 'x' => 1];"),
        ("Rust", secret => $"let v = String::from(\"{secret}\");"),
        ("SQL", secret => $"INSERT INTO t (id, v) VALUES (1, '{secret}');"),
        ("log4j", secret => $"2026-03-01 10:22:31,123 ERROR [main] c.a.B:42 - call with {secret} failed\n"),
        ("HTTP/2", secret => $"[h2] [x-thing: {secret}]\n:path: /v1\n"),
        ("cookie", secret => $"Cookie: a=1; thing={secret}; b=2\r\n"),
        ("encoded twice", secret => $"u=https%253A%252F%252Fy.example.com%252F%253Fv%253D{Uri.EscapeDataString(Uri.EscapeDataString(secret))}%2526z%253D1"),
        ("colours of a terminal", secret => $"\u001b[32m{secret}\u001b[0m"),
        ("colours, escaped", secret => $"\\u001b[32m{secret}\\u001b[0m"),
        ("JSON, three times", secret => JsonSerializer.Serialize(new { a = JsonSerializer.Serialize(new { b = JsonSerializer.Serialize(new { c = secret }) }) })),
        ("Korean", secret => $"값은 {secret}입니다"),
        ("quotation marks", secret => $"Der Wert „{secret}“ gilt"),
        ("end of a sentence", secret => $"It is {secret}. Thanks"),
    ];

    private static readonly string[] Names =
    [
        "AWS_SECRET_KEY", "client-key-data", "ansible_become_password", "keystorePassword", "DJANGO_SECRET_KEY", "X-Vault-Token", "consumer_secret", "adminPw", "root_pw", "storepass", "psk", "secret_id", "api-secret", "API_KEY_ACME",
        "Kennwort", "API-Schlüssel", "Zugangscode", "clé_secrète", "cle_api", "jeton", "clave_secreta", "contrasena", "senha", "chave_api", "chiave_api", "segreto", "wachtwoord", "api_sleutel", "hasło", "klucz_api", "lösenord", "şifre",
        "секрет", "токен", "密钥", "秘钥", "APIキー", "シークレット", "비밀번호", "시크릿", "κωδικός", "сlient_secret", "ρassword", "pass\u200bword", "ｓｅｃｒｅｔ",
    ];

    internal static readonly (string Context, Func<string, string, string> Write)[] NamePlaces =
    [
        ("secure string", (name, value) => $"${name} = ConvertTo-SecureString \"{value}\" -AsPlainText -Force"),
        ("HCL variable", (name, value) => $"variable \"{name}\" {{\n  default = \"{value}\"\n}}\n"),
        ("template", (name, value) => $"  {name}:\n    Type: String\n    Default: {value}\n"),
        ("multipart", (name, value) => $"--x9\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--x9--\r\n"),
        ("Maven", (name, value) => $"<server>\n  <{name}>{value}</{name}>\n</server>"),
        ("type in TypeScript", (name, value) => $"const {name}: string = '{value}';"),
        ("type in Rust", (name, value) => $"const {name}: &str = \"{value}\";"),
        ("type in Basic", (name, value) => $"Dim {name} As String = \"{value}\""),
        ("R", (name, value) => $"{name} <- \"{value}\""),
        ("make", (name, value) => $"{name} ?= {value}\n"),
        ("otherwise", (name, value) => $"const {name} = options.thing || '{value}'"),
        ("variable", (name, value) => $"  {name}: ${{THING:-{value}}}\n"),
        ("dump", (name, value) => $"  [\"{name}\"]=>\n  string({value.Length}) \"{value}\"\n"),
        ("pair in Kotlin", (name, value) => $"\"{name}\" to \"{value}\""),
        ("object", (name, value) => JsonSerializer.Serialize(new Dictionary<string, object> { [name] = new { value } }, Relaxed)),
        ("value before the name", (name, value) => JsonSerializer.Serialize(new { value, name }, Relaxed)),
        ("element with a name", (name, value) => $"<property name=\"{name}\">{value}</property>"),
        ("input", (name, value) => $"<input type='password' id='{name}' name='x' value='{value}'/>"),
        ("table of a wiki", (name, value) => $"||{name}||{value}||"),
        ("cells", (name, value) => $"<tr><td>{name}</td><td>{value}</td></tr>"),
        ("toString", (name, value) => $"User(name=joe, {name}={value})"),
        ("query", (name, value) => $"https://x.example.com/p?a=1&{Uri.EscapeDataString(name)}={value}&b=2"),
        ("encoded twice", (name, value) => $"u=https%253A%252F%252Fy%252F%253F{Uri.EscapeDataString(Uri.EscapeDataString(name))}%253D{value}%2526z%253D1"),
        ("JSON in ASCII", (name, value) => JsonSerializer.Serialize(new Dictionary<string, string> { [name] = value })),
        ("arrow", (name, value) => $"{name} -> {value}\n"),
        ("was set to", (name, value) => $"The {name} was set to {value}."),
        ("quoted", (name, value) => $"the {name} \"{value}\" was"),
        ("brackets", (name, value) => $"{name} [{value}]"),
        ("owner", (name, value) => $"{name} for 'joe': {value}\n"),
        ("next line", (name, value) => $"{name}:\n{value}\n\n"),
        ("full-width sign", (name, value) => $"{name}＝{value}\n"),
    ];

    private static readonly (string Language, string Text)[] Sentences =
    [
        ("German", "Das Passwort lautet {0}, danke."), ("German", "Mein geheimer Schlüssel ist {0}."), ("French", "Le mot de passe est {0}, merci."), ("French", "Ma clé d'API : {0}"), ("French", "Mon mot de passe est « {0} »."),
        ("Spanish", "La contraseña es {0}, gracias."), ("Spanish", "Mi clave secreta es {0}"), ("Portuguese", "A senha é {0}, obrigado."), ("Portuguese", "A chave de API é {0}"), ("Italian", "La parola d'ordine è {0}, grazie."),
        ("Italian", "La chiave segreta è {0}."), ("Dutch", "Het wachtwoord is {0}, bedankt."), ("Dutch", "De geheime sleutel is {0}"), ("Polish", "Hasło to {0}, dzięki."), ("Polish", "Klucz API: {0}"),
        ("Russian", "Мой пароль — {0}."), ("Russian", "Секретный ключ это {0}"), ("Chinese", "我的密码是{0}，谢谢"), ("Chinese", "密钥为{0}。"), ("Japanese", "パスワードは{0}です。"), ("Japanese", "秘密鍵は「{0}」"), ("Korean", "비밀번호는 {0}입니다."), ("Korean", "API 키는 {0}"),
        ("English", "Password for 'joe': {0}"), ("English", "credentials: joe / {0}"), ("English", "new NetworkCredential(\"joe\", \"{0}\")"), ("English", "requests.get(u, auth=('joe', '{0}'))"), ("English", "curl -sSu admin:{0} https://x.example.com"),
        ("English", "curl -uadmin:{0} https://x.example.com"), ("English", "echo 'joe:{0}' | chpasswd"), ("English", "username joe password 0 {0}\n"),
    ];

    [Fact]
    public void Q4_SecretsByFormAreFoundInEveryLanguageOfConfiguration()
    {
        var random = new Random(22);
        var missed = new List<string>();
        foreach ((string kind, Func<Random, string> create) in Kinds)
        {
            foreach ((string context, Func<string, string> write) in ShapePlaces)
            {
                Try(missed, $"{kind}, {context}", create(random), write);
            }
        }

        AssertFew(missed, Kinds.Length * ShapePlaces.Length, ShapePlaces.Select(place => place.Context), Kinds.Length);
    }

    [Fact]
    public void Q4_SecretsByNameAreFoundInEveryLanguageOfConfiguration()
    {
        var random = new Random(23);
        var missed = new List<string>();
        foreach (string name in Names)
        {
            foreach ((string context, Func<string, string, string> write) in NamePlaces)
            {
                Try(missed, $"{name}, {context}", Take(random, 20), secret => write(name, secret));
            }
        }

        AssertFew(missed, Names.Length * NamePlaces.Length, NamePlaces.Select(place => place.Context), Names.Length);
    }

    [Theory]
    [InlineData("Winter-3529")]
    [InlineData("hunter!2026x")]
    [InlineData("c4k8Zq77LmPx02Rt")]
    public void Q4_SentencesThatTellAPasswordAreRedacted(string password)
    {
        foreach ((string language, string sentence) in Sentences)
        {
            string text = string.Format(System.Globalization.CultureInfo.InvariantCulture, sentence, password);
            Assert.True(!SecretRedactor.Default.Redact(text).Contains(password, StringComparison.Ordinal), $"{language}: {text}");
        }
    }

    private static void Try(List<string> missed, string what, string secret, Func<string, string> write)
    {
        string text = write(secret);
        if (SecretFamilyTests.LongestLeft(secret, SecretRedactor.Default.Redact(text)) * 2 > secret.Length)
        {
            missed.Add($"{what}: {text}");
        }
    }

    private static void AssertFew(List<string> missed, int all, IEnumerable<string> contexts, int each)
    {
        string report = $"{missed.Count} of {all} were missed:\n{string.Join('\n', missed.Take(60))}";
        Assert.True(missed.Count * 20 <= all, report);
        Assert.All(contexts, context => Assert.True(missed.Count(one => one.Contains($", {context}: ", StringComparison.Ordinal)) * 100 <= each * 15, $"{context}: {report}"));
    }

    private static string Uuid(Random random) => new Guid(Encoding.ASCII.GetBytes(Take(random, 16))).ToString();

    internal static string Take(Random random, int count, string letters = Letters) => new(random.GetItems<char>(letters, count));
}
