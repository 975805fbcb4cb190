using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget.Tests;

public class SecretRedactorTests
{
    private static readonly SecretRedactor Redactor = SecretRedactor.Default;

    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public void RedactsTheSecretAndLeavesWhatSurroundsIt(string name)
    {
        SecretShape shape = SecretShapes.All[name];

        string redacted = Redactor.Redact("The log said: " + shape.Text + "\nand went on as before.");

        Assert.DoesNotContain(shape.Secret, redacted, StringComparison.Ordinal);
        SecretShapes.AssertNoLongPiece(shape.Secret, redacted);
        Assert.StartsWith("The log said: ", redacted, StringComparison.Ordinal);
        Assert.EndsWith("\nand went on as before.", redacted, StringComparison.Ordinal);
        Assert.Contains(SecretRedactor.Placeholder, redacted, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public void RedactingAgainChangesNothing(string name)
    {
        string once = Redactor.Redact($"a {SecretShapes.All[name].Text} b, c={SecretShapes.All[name].Text}");
        Assert.Equal(once, Redactor.Redact(once));
    }

    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public void RedactsInsideJsonStrings(string name)
    {
        SecretShape shape = SecretShapes.All[name];
        foreach (JsonSerializerOptions how in (JsonSerializerOptions[])[Relaxed, JsonSerializerOptions.Default])
        {
            string json = JsonSerializer.Serialize(new { content = "line one\n" + shape.Text + "\nline three" }, how);
            string twice = JsonSerializer.Serialize(new { body = json }, how);

            SecretShapes.AssertNoLongPiece(Escaped(shape.Secret, how), Redactor.Redact(json));
            SecretShapes.AssertNoLongPiece(Escaped(Escaped(shape.Secret, how), how), Redactor.Redact(twice));
        }
    }

    [Theory]
    [InlineData("The token limit is 4096 tokens; use max_tokens: 1024 and a key idea.")]
    [InlineData("{\"usage\":{\"prompt_tokens\":12345678,\"completion_tokens\":20,\"total_tokens\":12345698}}")]
    [InlineData("Basic authentication and bearer authentication are HTTP schemes; a password is not.")]
    [InlineData("See https://example.com/a/b?x=1#frag, mailto:a@b.com and https://user@example.com/.")]
    [InlineData("public sealed record Keyboard(string Key, int PrimaryKey = 3); // monkey: banana")]
    [InlineData("desktop-risk-assessment-and-mitigation-of-task-forces-in-2024")]
    [InlineData("{\"password\": null, \"secret\": true, \"tokens\": 12345678901234567890}")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")]
    [InlineData("")]
    public void LeavesOrdinaryTextAlone(string text)
    {
        Assert.Same(text, Redactor.Redact(text));
        Assert.Equal(text.Length, Redactor.GetRedactedLength(text));
    }

    [Fact]
    public void LeavesSourceAndProseAlone()
    {
        string prose = string.Join(' ', Enumerable.Repeat("It was the best of times; it was the worst of times: (a) wisdom, [b] \"foolishness\" & <c> 'belief' = 100 % of it.\n", 50));
        Assert.Same(prose, Redactor.Redact(prose));
    }

    [Theory]
    [InlineData("x=1, password=hunter2 y", "x=1, password=[REDACTED] y")]
    [InlineData("password: hunter2, user: bob", "password: [REDACTED], user: bob")]
    [InlineData("https://user:pa%20ss@host/x", "https://[REDACTED]@host/x")]
    [InlineData("Authorization: Bearer abc\nHost: x", "Authorization: [REDACTED]\nHost: x")]
    [InlineData("curl -H \"Authorization: Bearer abc\" https://host", "curl -H \"Authorization: [REDACTED]\" https://host")]
    [InlineData("Authorization: Digest username=\"x\", response=\"abc\"\nHost: x", "Authorization: [REDACTED]\nHost: x")]
    [InlineData("{\"secrets\": [\"a\", \"b\"], \"x\": 1}", "{\"secrets\": [REDACTED], \"x\": 1}")]
    [InlineData("password=hunter2, password: [REDACTED], \"secret\": \"[REDACTED]\"", "password=[REDACTED] password: [REDACTED], \"secret\": \"[REDACTED]\"")]
    [InlineData("config[\"ApiKey\"] = \"abc\";", "config[\"ApiKey\"] = \"[REDACTED]\";")]
    [InlineData("password=%22hunter2", "password=%22[REDACTED]")]
    [InlineData("**Password:** hunter2 and more", "**Password:** [REDACTED] and more")]
    [InlineData("{'password': b'hunter2'}; Password = @\"hunter2\"; PASSWORD = N'hunter2'", "{'password': b'[REDACTED]'}; Password = @\"[REDACTED]\"; PASSWORD = N'[REDACTED]'")]
    [InlineData("Incorrect API key provided: abcdef0123456789ghij, see", "Incorrect API key provided: [REDACTED], see")]
    [InlineData("?access_token%3Dabcdefgh1234&x", "?access_token%3D[REDACTED]&x")]
    public void RedactsExactly(string text, string expected) => Assert.Equal(expected, Redactor.Redact(text));

    [Fact]
    public void NullIsEmpty() => Assert.Equal("", Redactor.Redact((string?)null));

    [Fact]
    public void PlugsInWhereThePlatformExpectsARedactor()
    {
        Redactor redactor = Redactor;
        string text = "see " + SecretShapes.All["github"].Secret + " there";
        char[] destination = new char[64];

        int length = redactor.Redact(text, destination);

        Assert.Equal("see [REDACTED] there", new string(destination, 0, length));
        Assert.Equal(length, redactor.GetRedactedLength(text));
        Assert.Equal("see [REDACTED] there", redactor.Redact(text.AsSpan()));
        Assert.Throws<ArgumentException>(() => redactor.Redact(text, new char[5]));
        Assert.Equal("see [REDACTED] there", new StringBuilder().AppendRedacted(redactor, text).ToString());
    }

    [Fact]
    public void RedactsPatternsAndNamesOfTheApplication()
    {
        var redactor = new SecretRedactor(new SecretRedactorOptions
        {
            Patterns = { new SecretPattern("EMP-", 6, "0123456789") { AtWordStart = true }, new SecretPattern("äöü", 3) },
            SecretNames = { "x-company-pin" },
        });

        Assert.Equal("[REDACTED] and EMP-12 and [REDACTED], TEMP-123456", redactor.Redact("EMP-1234567 and EMP-12 and äöüabc, TEMP-123456"));
        Assert.Equal("X-Company-Pin: [REDACTED]\n", redactor.Redact("X-Company-Pin: 1234\n"));
        Assert.Equal("[REDACTED]", redactor.Redact(SecretShapes.All["anthropic"].Secret));
    }

    [Fact]
    public void RefusesPatternsAndNamesThatWouldMatchEverywhere()
    {
        Assert.Throws<ArgumentException>(() => new SecretPattern("a", 3));
        Assert.Throws<ArgumentException>(() => new SecretPattern("ab", 3, ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecretPattern("ab", 0));
        Assert.Throws<ArgumentException>(() => new SecretRedactor(new SecretRedactorOptions { SecretNames = { " x " } }));
    }

    [Theory]
    [InlineData("write to jane.doe+x@example.co.uk.", "write to [REDACTED].")]
    [InlineData("<jane@example.com>", "<[REDACTED]>")]
    [InlineData("a @ b, @mention, user@localhost, 3@4.5", "a @ b, @mention, user@localhost, 3@4.5")]
    public void RedactsEmailAddressesWhenAskedTo(string text, string expected)
    {
        var redactor = new SecretRedactor(new SecretRedactorOptions { RedactEmailAddresses = true });
        Assert.Equal(expected, redactor.Redact(text));
        Assert.Equal(text, Redactor.Redact(text));
        Assert.Equal(expected, string.Concat(text.Select(c => c.ToString()).Aggregate((redactor.CreateStreaming(), ""), (s, c) => (s.Item1, s.Item2 + s.Item1.Append(c)), s => s.Item2 + s.Item1.Complete())));
    }

    [Fact]
    public void RedactingAgainChangesNothingWhateverTheText()
    {
        var random = new Random(7);
        for (long step = 0; step < FuzzSteps; step++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Fragments[random.Next(Fragments.Length)]));
            string once = Redactor.Redact(text);
            Assert.Equal(once, Redactor.Redact(once));
        }
    }

    [Fact]
    public void NoTextMakesItThrow() => Gen.Char.Array[0, 200].Sample(text => Redactor.Redact(new string(text)), iter: SecretRedactorTests.FuzzSteps);

    [Fact]
    public void AnOptionsNameBeginsWithItsDashesHoweverMuchIsRedactedBeforeIt()
    {
        string text = $"--x{SecretShapes.All["anthropic"].Secret}{new string('y', 96)}:pass somethingElse";
        string once = Redactor.Redact(text);
        Assert.Equal(once, Redactor.Redact(once));
        Assert.Equal("tool --db-pass [REDACTED] -v", Redactor.Redact("tool --db-pass somethingElse -v"));
    }

    internal static readonly string[] Fragments =
    [
        "password", "passwd=", "api_key", "token", "secret", "Authorization:", "Cookie:", " Bearer ", "Basic ", "sig=", "--", "?key=", "value",
        "sk-", "sk-ant-", "sk-proj-", "eyJ", "AKIA", "ghp_", "xox", "AIza", "JQQJ99", "8Q~", "+ASt", "://", "@", "-----BEGIN", " PRIVATE KEY", "-----", "-----END",
        "\"", "\\\"", "'", "\\", "\\\\", ":", "=", " ", "\n", "\\n", ",", ";", "&", "<", ">", "[", "]", "{", "}", "%3D", ".", "é", "\u0130", "😀",
        "\\u002B", "\\u0022", "\\\\u0022", "\\u0026", "\\u00", "\\/", "**", "b'", "N'", "@", "key provided",
        "&quot;", "&gt;", "&lt;", "%22", "%2D", "\\u002d", " is ", "|", "-u ", "-p ", "echo ", "hook", "12345678:", "1//0", "密码", "：", "\u200b", "ｐａｓｓｗｏｒｄ", "пароль", "</key>", "<string>",
        "|-\n  ", "Xq7fKp29LmZt4Rb8Wd", "jina_", "_", "-", "\"d\":\"", "5432:", "$", "~",
        "a", "Z9", "hunter2", "abcdefgh", "0123456789ABCDEF", "Abc123Def456Ghi789Jkl0", "null", "[REDACTED]", "user:pass", "Digest", "the quick brown fox",
    ];

    internal static long FuzzSteps { get; } = long.TryParse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS"), out long steps) ? steps : 10_000;

    internal static Gen<string> AnyFragment { get; } = Gen.Int[0, Fragments.Length - 1].Select(i => Fragments[i]);

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Escaped(string text, JsonSerializerOptions how) => JsonSerializer.Serialize(text, how)[1..^1];
}
