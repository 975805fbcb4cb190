namespace MeaiBudget.Tests;

/// <summary>What an application adds to the rules: its own forms, names, and e-mail addresses; whole, and split at every position.</summary>
public sealed class SecretApplicationTests
{
    private static readonly SecretRedactor Emails = new(new SecretRedactorOptions { RedactEmailAddresses = true });

    [Theory]
    [InlineData("a@b.co", "[REDACTED]")]
    [InlineData("a@b.c", "a@b.c")]
    [InlineData("a@.co", "a@.co")]
    [InlineData("@b.co and a@b", "@b.co and a@b")]
    [InlineData("to a@b.co, c_d%e+f-g'h@i-j.k.org; end", "to [REDACTED], [REDACTED]; end")]
    [InlineData("a@b.co.", "[REDACTED].")]
    [InlineData("a@b.co-", "[REDACTED]-")]
    [InlineData("a@b.co-.-. next", "[REDACTED]-.-. next")]
    [InlineData("a@b.co@c.de", "[REDACTED]@c.de")]
    [InlineData("x=a@b.co&y=c@d.de", "x=[REDACTED]&y=[REDACTED]")]
    [InlineData("password: Kestrel-4821, joe@example.com\nsk-ant-api03-", "password: [REDACTED], [REDACTED]\nsk-ant-api03-")]
    [InlineData("ünder@b.co é@b.co", "ü[REDACTED] é@b.co")]
    [InlineData("one\ntwo@three.four\nfive@six", "one\n[REDACTED]\nfive@six")]
    public void EmailAddressesAreRedactedWhereverTheTextIsSplit(string text, string expected) => AssertEverySplit(Emails, text, expected);

    [Fact]
    public void AnEmailAddressHasALocalPartAndADomainOfLimitedLength()
    {
        string local = new('a', 64);
        string domain = string.Join('.', Enumerable.Repeat(new string('w', 49), 5)) + ".com";
        AssertEverySplit(Emails, $"x {local}@b.co y", "x [REDACTED] y");
        AssertEverySplit(Emails, $"x c{local}@b.co y", "x c[REDACTED] y");
        AssertEverySplit(Emails, $"x a@{domain} y", "x [REDACTED] y");
        AssertEverySplit(Emails, $"x a@{new string('w', 251)}.com y", "x [REDACTED] y");
        AssertEverySplit(Emails, $"x a@{new string('w', 253)}.com y", $"x a@{new string('w', 253)}.com y");
    }

    [Fact]
    public void TextWithoutAddressesIsReturnedItself()
    {
        const string Text = "nothing in it";
        Assert.Same(Text, Emails.Redact(Text));
        Assert.Equal("see [REDACTED] now", Emails.Redact("see xoxb-" + "123456789012-abcdefghijkl now"));
    }

    [Fact]
    public void TheApplicationsFormsAreRedactedWhereverTheTextIsSplit()
    {
        var redactor = new SecretRedactor(new SecretRedactorOptions
        {
            Patterns =
            {
                new SecretPattern("EMP-", 6, "0123456789") { AtWordStart = true }, new SecretPattern("EM", 8, "0123456789"), new SecretPattern("äö", 3), new SecretPattern("##", 1, "abc#"),
                new SecretPattern("P0", 4), new SecretPattern("P1", 4), new SecretPattern("P2", 4), new SecretPattern("P3", 4), new SecretPattern("P4", 4), new SecretPattern("P5", 4),
                new SecretPattern("P6", 4), new SecretPattern("P7", 4), new SecretPattern("P8", 4), new SecretPattern("P9", 4), new SecretPattern("QQ", 4), new SecretPattern("ZZ", 4),
            },
            SecretNames = { "x-company-pin", " ma ", "wörter" },
        });

        AssertEverySplit(redactor, "EMP-123456", "[REDACTED]");
        AssertEverySplit(redactor, "EMP-12345 EMP-1234567. EM12345678, EM1234567, emp-123456", "EMP-12345 [REDACTED]. [REDACTED], EM1234567, emp-123456");
        AssertEverySplit(redactor, "a äöabc b äöab ÄÖabc", "a [REDACTED] b äöab ÄÖabc");
        AssertEverySplit(redactor, "##a ##### #a ##d", "[REDACTED] [REDACTED] #a ##d");
        AssertEverySplit(redactor, "P0aaaa P1bbbb P5cccc P9dddd QQeeee ZZffff P1bbb", "[REDACTED] [REDACTED] [REDACTED] [REDACTED] [REDACTED] [REDACTED] P1bbb");
        AssertEverySplit(redactor, "EMP-123456EMP-123456 xEMP-123456 _EMP-123456", "[REDACTED] xEMP-123456 _EMP-123456");
        AssertEverySplit(redactor, "##abcEMP-123456", "[REDACTED]");
        AssertEverySplit(redactor, "password: Kestrel-4821P1aaaa then ##c", "password: [REDACTED] then [REDACTED]");
        AssertEverySplit(redactor, "X-Company-Pin: 12\nma=3; wörter: 4, WÖRTER=none", "X-Company-Pin: [REDACTED]\nma=[REDACTED]; wörter: [REDACTED], WÖRTER=none");
        AssertEverySplit(redactor, "{\"x-company-pin\": \"1\", \"b\": 2}", "{\"x-company-pin\": \"[REDACTED]\", \"b\": 2}");
        AssertEverySplit(redactor, "{\"t\":\"P1\\u0061aaa ##\\u0061\"}", "{\"t\":\"[REDACTED] [REDACTED]\"}");
        AssertEverySplit(redactor, "P1" + new string('a', 3_000) + " end", "[REDACTED] end");
    }

    [Fact]
    public void OptionsAreChecked()
    {
        Assert.Throws<ArgumentNullException>(() => new SecretRedactor(null!));
        Assert.Throws<ArgumentNullException>(() => new SecretRedactor(new SecretRedactorOptions { Patterns = { null! } }));
        Assert.Throws<ArgumentNullException>(() => new SecretRedactor(new SecretRedactorOptions { SecretNames = { null! } }));
        Assert.Contains("'x'", Assert.Throws<ArgumentException>(() => new SecretRedactor(new SecretRedactorOptions { SecretNames = { "x" } })).Message, StringComparison.Ordinal);
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => new SecretPattern("a", 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => new SecretPattern(null!, 3));
        Assert.Throws<ArgumentException>(() => new SecretPattern("", 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecretPattern("ab", 1025));
        Assert.Equal(1024, new SecretPattern("ab", 1024).MinLength);
        Assert.Equal(1, new SecretPattern("ab", 1).MinLength);
        Assert.Throws<ArgumentNullException>(() => SecretRedactor.Default.RedactAsync(null!));
    }

    [Fact]
    public void ASpanIsRedactedIntoOneThatIsLargeEnough()
    {
        SecretRedactor redactor = SecretRedactor.Default;
        const string Plain = "plain words";
        string text = "see xoxb-" + "123456789012-abcdefghijkl now";
        char[] destination = new char[18];

        Assert.Equal(18, redactor.Redact(text, destination));
        Assert.Equal("see [REDACTED] now", new string(destination));
        Assert.Contains("18", Assert.Throws<ArgumentException>(() => redactor.Redact(text, new char[17])).Message, StringComparison.Ordinal);
        Assert.Equal(Plain.Length, redactor.GetRedactedLength(Plain));
        Assert.Equal(18, redactor.GetRedactedLength(text));
        Assert.Equal(Plain.Length, redactor.Redact(Plain, destination.AsSpan(0, Plain.Length)));
        Assert.Equal(Plain, new string(destination, 0, Plain.Length));
        Assert.Throws<ArgumentException>(() => redactor.Redact(Plain, new char[Plain.Length - 1]));
    }

    [Fact]
    public async Task PiecesWithoutCertainTextAreLeftOut()
    {
        var redacted = new List<string>();
        await foreach (string piece in Emails.RedactAsync(Pieces("", "Write to ", "jane", "@", "example", ".com", ""), TestContext.Current.CancellationToken))
        {
            redacted.Add(piece);
        }

        Assert.DoesNotContain("", redacted);
        Assert.Equal("Write to [REDACTED]", string.Concat(redacted));
    }

    internal static void AssertEverySplit(SecretRedactor redactor, string text, string expected)
    {
        Assert.Equal(expected, redactor.Redact(text));
        StreamingSecretRedactor single = redactor.CreateStreaming();
        Assert.Equal(expected, string.Concat(text.Select(character => single.Append([character]))) + single.Complete());
        for (int split = 0; split <= Math.Min(text.Length, 300); split++)
        {
            StreamingSecretRedactor streaming = redactor.CreateStreaming();
            Assert.Equal(expected, streaming.Append(text.AsSpan(0, split)) + streaming.Append([]) + streaming.Append(text.AsSpan(split)) + streaming.Complete());
        }
    }

    private static async IAsyncEnumerable<string> Pieces(params string[] pieces)
    {
        foreach (string piece in pieces)
        {
            await Task.Yield();
            yield return piece;
        }
    }
}
