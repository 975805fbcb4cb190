namespace MeaiBudget.Tests;

/// <summary>One example of each shape of secret: what surrounds it, and the part that must never be seen.</summary>
/// <remarks>All made up. The parts are joined at run time so that no scanner of source code takes them for real.</remarks>
internal static class SecretShapes
{
    private const string Letters = "Zx9kQ2mW7pLr4TvB8nYc3HsD6fGj1KaE5uRwMbNq0VtXyPzJhCgFdSeAoIiUlO2";

    public static IReadOnlyDictionary<string, SecretShape> All { get; } = new Dictionary<string, SecretShape>
    {
        ["openai old"] = Bare("sk-", Take(20) + "T3Blbk" + "FJ" + Take(20, 7)),
        ["openai project"] = Bare("sk-pr", "oj-" + Take(74 - 20, 1) + "_T3Blbk" + "FJ-" + Take(40, 3)),
        ["openai service account"] = Bare("sk-svc", "acct-" + Take(50, 2)),
        ["openai admin"] = Bare("sk-ad", "min-" + Take(50, 3)),
        ["anthropic"] = Bare("sk-a", "nt-api03-" + Take(60) + "-" + Take(32, 9) + "AA"),
        ["anthropic admin"] = Bare("sk-a", "nt-admin01-" + Take(60, 4) + "AA"),
        ["litellm virtual key"] = Bare("sk-", Take(22, 5)),
        ["openrouter"] = Bare("sk-o", "r-v1-" + Take(60, 6)),
        ["groq"] = Bare("gs", "k_" + Take(52, 7)),
        ["xai"] = Bare("xa", "i-" + Take(60, 8)),
        ["perplexity"] = Bare("ppl", "x-" + Take(48, 9)),
        ["hugging face"] = Bare("h", "f_" + Take(34, 1)),
        ["google api key"] = Bare("AI", "za" + Take(35, 2)),
        ["google oauth"] = Bare("ya", "29." + Take(60, 3)),
        ["google client secret"] = Bare("GOC", "SPX-" + Take(28, 4)),
        ["aws access key id"] = Bare("AK", "IAQ7ZP3MN5KX2RV6TW"),
        ["aws temporary key id"] = Bare("AS", "IAQ7ZP3MN5KX2RV6TW"),
        ["aws secret access key"] = new("aws_secret_access_key = ", Take(20, 5) + "/" + Take(19, 11), "\n"),
        ["aws session token"] = Bare("IQoJb3Jp", "Z2luX2Vj" + Take(60, 6)),
        ["aws session token with signs"] = Bare("IQoJb3Jp", "Z2luX2Vj+" + Take(30, 6) + "/" + Take(30, 2) + "+" + Take(20, 8) + "=="),
        ["bedrock"] = Bare("AB", "SK" + Take(60) + Take(60, 3)),
        ["azure openai header"] = new("api-key: ", "3f9c1e7a5b2d4f8096c1a7e3d5b9f204", "\n"),
        ["azure ai services key"] = Bare(Take(20, 3), Take(32, 8) + "JQQ" + "J99BCAC" + Take(24, 5)),
        ["azure storage connection string"] = new("DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=", Take(60) + "/" + Take(20, 4) + "==", ";EndpointSuffix=core.windows.net"),
        ["azure client secret"] = Bare("abc8", "Q~" + Take(34, 2)),
        ["azure shared access signature"] = new("https://acme.blob.core.windows.net/c/b?sv=2024-11-04&se=2030-01-01&sig=", Take(40, 4) + "%2B%3D", "&sp=r"),
        ["github"] = Bare("gh", "p_" + Take(36, 3)),
        ["github fine grained"] = Bare("github", "_pat_" + Take(22, 3) + "_" + Take(59, 1)),
        ["github app"] = Bare("gh", "s_" + Take(36, 4)),
        ["gitlab"] = Bare("gl", "pat-" + Take(20, 4)),
        ["slack bot"] = Bare("xo", "xb-123456789012-1234567890123-" + Take(24, 3)),
        ["slack webhook"] = new("https://hooks.slack." + "com/services/", "T0" + "1234567/B01234567/" + Take(24, 2), " "),
        ["stripe live"] = Bare("sk_li", "ve_" + Take(40, 5)),
        ["stripe restricted"] = Bare("rk_te", "st_" + Take(40, 6)),
        ["npm"] = Bare("np", "m_" + Take(36, 7)),
        ["sendgrid"] = Bare("S", "G." + Take(22, 1) + "." + Take(43, 2)),
        ["databricks"] = Bare("da", "pi3f9c1e7a5b2d4f8096c1a7e3d5b9f204"),
        ["vault"] = Bare("hv", "s." + Take(60) + Take(40, 2)),
        ["bearer"] = new("Bearer ", Take(40, 2), "\n"),
        ["basic"] = new("Authorization: Basic ", "YWxhZGRpbjpvcGVuc2VzYW1l", "\n"),
        ["basic with signs"] = new("Authorization: Basic ", Take(10, 4) + "+" + Take(20, 3) + "/" + Take(20, 5) + "==", "\n"),
        ["bearer with signs"] = new("Bearer ", Take(10, 4) + "+" + Take(20, 3) + "/" + Take(20, 5) + "==", "\n"),
        ["json web token"] = Bare("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + Take(43, 1)),
        ["private key"] = new("-----BEGIN RSA PRIVATE" + " KEY-----\n", Take(60) + "\n" + Take(60, 3) + "\n" + Take(30, 5) + "==", "\n-----END RSA PRIVATE" + " KEY-----\n"),
        ["private key in json"] = new("{\"private_key\": \"-----BEGIN PRIVATE" + " KEY-----\\n", Take(60) + "\\n" + Take(60, 3), "\\n-----END PRIVATE" + " KEY-----\\n\"}"),
        ["postgres address"] = new("postgres://admin:", Take(16, 4), "@db.example.com:5432/app"),
        ["postgres address with signs"] = new("postgres://admin:", Take(10, 4) + "+" + Take(16, 9), "@db.example.com:5432/app"),
        ["storage key with signs"] = new("AccountKey=", Take(30) + "+" + Take(30, 4) + "/" + Take(20, 9) + "==", ";EndpointSuffix=core.windows.net"),
        ["sql connection string"] = new("Server=tcp:db;User Id=sa;Password=", "p@ss," + Take(12, 3) + "(x)}", ";Encrypt=True"),
        ["redis connection string"] = new("cache.example.com:6380,ssl=True,password=", Take(44, 1), " "),
        ["query key"] = new("https://generativelanguage.example.com/v1/models?alt=sse&key=", Take(20, 4), "&x=1"),
        ["json api key"] = new("{\"api_key\": \"", "a, b; " + Take(10, 2) + "\\\" & more", "\", \"model\": \"m\"}"),
        ["json in json password"] = new("{\"arguments\":\"{\\\"password\\\":\\\"", "correct horse " + Take(8, 3), "\\\",\\\"user\\\":\\\"u\\\"}\"}"),
        ["header x-api-key"] = new("x-api-key: ", Take(30, 5), "\r\n"),
        ["cookie"] = new("Cookie: ", "session=" + Take(32, 6) + "; theme=dark", "\r\n"),
        ["environment variable"] = new("export SERVICE_TOKEN='", Take(30, 5), "'"),
        ["command line"] = new("deploy --client-secret ", Take(30, 6), " --verbose"),
        ["xml element"] = new("<password>", "hunter2" + Take(5, 5), "</password>"),
        ["header list"] = new("{\"name\":\"X-Api-Key\",\"value\":\"", Take(24, 3), "\"}"),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    /// <summary>Any number of other secrets: families of form and of name in turn, each with characters of its own.</summary>
    public static IEnumerable<(string Name, SecretShape Shape)> Generated(int count, int seed)
    {
        var random = new Random(seed);
        string Any(int length, string letters = Digits + Capitals + Small)
        {
            // A digit and letters of both cases, as generators of secrets make sure of.
            string any = new(random.GetItems<char>(letters, length - 4));
            return letters.Contains('q', StringComparison.Ordinal) ? any + "7Kx3" : any + new string(random.GetItems<char>(letters, 4));
        }

        Func<SecretShape>[] families =
        [
            () => Bare("sk-pr", "oj-" + Any(60)), () => Bare("sk-a", "nt-api03-" + Any(70)), () => Bare("AI", "za" + Any(35)), () => Bare("gh", "p_" + Any(36)), () => Bare("xo", "xb-" + Any(12, Digits) + "-" + Any(24)),
            () => Bare("acme_", "live_" + Any(32)), () => Bare("zq-", "prod-" + Any(40)), () => Bare("tok", "en_" + Any(40, Hexadecimal)), () => Bare(Any(32, Hexadecimal), "." + Any(20)), () => Bare(Any(26), "." + Any(8) + "." + Any(38)),
            () => Bare("AK", "IA" + Any(16, Capitals + "234567")), () => Bare("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiI" + Any(20) + "." + Any(43)), () => Bare("hv", "s." + Any(90)), () => Bare("np", "m_" + Any(36)),
            () => new("password: ", Any(16), "\n"), () => new("{\"client_secret\": \"", Any(20) + "\\\" " + Any(8), "\", \"a\": 1}"), () => new("export DB_PASSWORD=", Any(18), "\n"), () => new("Das Passwort lautet ", Any(16), ", danke."), () => new("我的密码是", Any(16), "，谢谢"),
            () => new("postgres://app:", Any(18), "@db.example.com/app"), () => new("Server=x;Password=", Any(18), ";Encrypt=True"), () => new("curl -u admin:", Any(18), " https://x.example.com"), () => new("const apiKey: string = '", Any(24), "';"),
            () => new("https://api.example.com/x?a=1&access_token=", Any(30), "&b=2"), () => new("Authorization: Bearer ", Any(40), "\n"), () => new("<property name=\"db.password\">", Any(20), "</property>"), () => new("пароль: ", Any(16), "\n"), () => new("Cookie: session=", Any(32), "; theme=dark\r\n"),
        ];
        for (int i = 0; i < count; i++)
        {
            yield return ($"{i}", families[i % families.Length]());
        }
    }

    private const string Digits = "0123456789";
    private const string Capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Small = "abcdefghijklmnopqrstuvwxyz";
    private const string Hexadecimal = "0123456789abcdef";

    internal static void AssertNoLongPiece(string secret, string text)
    {
        // No more than a few characters in a row may be left: a piece of a key is still a piece of a key.
        const int Most = 8;
        for (int i = 0; i + Most <= secret.Length; i++)
        {
            Assert.False(text.Contains(secret.Substring(i, Most), StringComparison.Ordinal), $"'{secret.Substring(i, Most)}' is left in: {text}");
        }
    }

    private static SecretShape Bare(string first, string rest) => new("", first + rest, "");

    private static string Take(int count, int from = 0) => string.Concat(Enumerable.Range(0, count).Select(i => Letters[(from * 5 + i * 7) % Letters.Length]));
}

/// <summary>A secret in its surroundings.</summary>
internal sealed record SecretShape(string Before, string Secret, string After)
{
    public string Text => Before + Secret + After;
}
