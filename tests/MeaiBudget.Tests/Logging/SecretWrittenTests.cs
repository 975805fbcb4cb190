namespace MeaiBudget.Tests;

/// <summary>Names and exceptions of others as the library writes them: redacted, readable by a terminal without harm, and of limited length.</summary>
public sealed class SecretWrittenTests
{
    private static readonly string Secret = "xoxb-" + "123456789012-abcdefghijkl";

    [Fact]
    public void AKeyWithoutASecretIsKept()
    {
        string key = new('k', 256);
        Assert.Same(key, WrittenText.KeyOf(key));
        Assert.Null(WrittenText.KeyOf(null));
        Assert.Equal("", WrittenText.KeyOf(""));
    }

    [Fact]
    public void TwoKeysWithDifferentSecretsStayDifferent()
    {
        string first = WrittenText.KeyOf("a " + Secret), second = WrittenText.KeyOf("a " + Secret + "x");

        Assert.Matches("^a \\[REDACTED\\]-[0-9a-f]{12}$", first);
        Assert.Matches("^a \\[REDACTED\\]-[0-9a-f]{12}$", second);
        Assert.NotEqual(first, second);
        Assert.Equal(first, WrittenText.KeyOf("a " + Secret));
    }

    [Fact]
    public void ALongKeyIsShortenedAndStaysDifferentFromOthers()
    {
        string first = WrittenText.KeyOf(new string('k', 257)), second = WrittenText.KeyOf(new string('k', 258));

        Assert.Equal(256, first.Length);
        Assert.Matches("^k{223}-[0-9a-f]{32}$", first);
        Assert.NotEqual(first, second);
        Assert.Matches("^k{222}-[0-9a-f]{32}$", WrittenText.KeyOf(new string('k', 222) + "😀" + new string('k', 100)));
        Assert.Matches("^k{221}😀-[0-9a-f]{32}$", WrittenText.KeyOf(new string('k', 221) + "😀" + new string('k', 100)));
    }

    [Fact]
    public void ANameIsCutAtItsLongestLengthAndNeverInsideOfACharacter()
    {
        string longest = new('n', 1024);
        Assert.Same(longest, WrittenText.Of(longest));
        Assert.Equal(longest + "... (cut)", WrittenText.Of(longest + "n"));
        Assert.Equal(longest[1..] + "... (cut)", WrittenText.Of(longest[1..] + "😀"));
        Assert.Equal(longest[2..] + "😀... (cut)", WrittenText.Of(longest[2..] + "😀n"));
        Assert.Equal(longest[..256] + "... (cut)", WrittenText.Shortened(longest));
        string shortened = longest[..256];
        Assert.Same(shortened, WrittenText.Shortened(shortened));
        Assert.Null(WrittenText.Shortened(null));
        Assert.Null(WrittenText.Of(null));
        Assert.Equal("", WrittenText.Of(""));
    }

    [Fact]
    public void ANameThatWasWrittenBeforeIsTheSameAgain()
    {
        string name = "model-" + Guid.NewGuid();
        string same = new(name);
        for (int i = 0; i < 3; i++)
        {
            Assert.Same(name, WrittenText.Of(name));
            Assert.Same(same, WrittenText.Of(same));
            Assert.Equal("[REDACTED]", WrittenText.Of(Secret));
        }
    }

    [Theory]
    [InlineData("a\u0000b\u001bc\u007fd\u0085e\u009ff", "a\\u0000b\\u001bc\\u007fd\\u0085e\\u009ff")]
    [InlineData("a\u2028b\u2029c\u200ed\u200fe\u061cf", "a\\u2028b\\u2029c\\u200ed\\u200fe\\u061cf")]
    [InlineData("\u202aa\u202b\u202c\u202d\u202e", "\\u202aa\\u202b\\u202c\\u202d\\u202e")]
    [InlineData("\u2066a\u2067\u2068\u2069", "\\u2066a\\u2067\\u2068\\u2069")]
    [InlineData("line\none\r\ntwo\tthree\r", "line\\u000aone\\u000d\\u000atwo\\u0009three\\u000d")]
    [InlineData("a b~\u00a0é😀", "a b~\u00a0é😀")]
    public void CharactersThatATerminalObeysAreWrittenAsEscapes(string text, string expected)
    {
        Assert.Equal(expected, WrittenText.Printable(text));
        Assert.Equal(expected, WrittenText.Of(text));
    }

    [Theory]
    [InlineData("one\ntwo\r\nthree\tfour", "one\ntwo\r\nthree\tfour")]
    [InlineData("one\rtwo\r", "one\\u000dtwo\\u000d")]
    [InlineData("\u001b[1mone\n", "\\u001b[1mone\n")]
    public void LinesAreKeptWhereATextHasSeveral(string text, string expected) => Assert.Equal(expected, WrittenText.Printable(text, keepLines: true));

    [Fact]
    public void AnExceptionIsDescribedByTypesCodesAndRedactedMessages()
    {
        var inner = new HttpRequestException("no " + Secret, null, System.Net.HttpStatusCode.BadGateway);
        var middle = new HttpRequestException(HttpRequestError.ConnectionError, "gone", inner);
        var outer = new InvalidOperationException("first\nline", middle);

        Assert.Equal(
            "System.InvalidOperationException: first\\u000aline <- System.Net.Http.HttpRequestException (ConnectionError): gone <- System.Net.Http.HttpRequestException (HTTP 502): no [REDACTED]",
            LoggedException.Describe(outer));
        Assert.Equal("System.Net.Http.HttpRequestException: x", LoggedException.Describe(new HttpRequestException("x")));
        var system = new System.ComponentModel.Win32Exception(5, "x");
        Assert.Equal($"System.ComponentModel.Win32Exception ({system.ErrorCode.ToString(System.Globalization.CultureInfo.InvariantCulture)}): x", LoggedException.Describe(system));
    }

    [Fact]
    public void TheDescriptionOfAnExceptionHasALimitedLength()
    {
        Exception deep = new InvalidOperationException("9");
        for (int i = 8; i > 0; i--)
        {
            deep = new InvalidOperationException(i.ToString(System.Globalization.CultureInfo.InvariantCulture), deep);
        }

        Assert.EndsWith(": 8", LoggedException.Describe(deep), StringComparison.Ordinal);
        const string Type = "System.InvalidOperationException: ";
        string words = string.Concat(Enumerable.Repeat("word ", 500));
        Assert.Equal(Type + words[..(2_000 - Type.Length)], LoggedException.Describe(new InvalidOperationException(words[..(2_000 - Type.Length)])));
        Assert.Equal(Type + words[..(2_000 - Type.Length)] + "...", LoggedException.Describe(new InvalidOperationException(words)));
        Assert.Equal(Type + words[..(1_999 - Type.Length)] + "...", LoggedException.Describe(new InvalidOperationException(words[..(1_999 - Type.Length)] + "😀 end")));
        Assert.Equal(Type + words[..(1_998 - Type.Length)] + "😀...", LoggedException.Describe(new InvalidOperationException(words[..(1_998 - Type.Length)] + "😀 end")));
    }
}
