using CsCheck;

namespace MeaiBudget.Tests;

public class RetryAfterParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string?, double?> Forms => new()
    {
        { null, null },
        { "", null },
        { "7", 7 },
        { " 7 ", 7 },
        { "0", 0 },
        { "0.25", 0.25 },
        { "-5", null },
        { "-0.1", null },
        { "soon", null },
        { "NaN", null },
        { "Infinity", null },
        { "1e9", null },
        { "86399", 86_399 },
        { "86400", 86_400 },
        { "99999999999999999999", 86_400 },
        { "Sun, 22 Nov 2026 12:00:30 GMT", 30 },
        { "Sun, 22 Nov 2026 11:59:00 GMT", 0 },
        { "Wed, 21 Oct 2015 07:28:00 GMT", 0 },
        { "Sunday, 22-Nov-26 12:00:30 GMT", 30 },
        { "Sun Nov 22 12:00:30 2026", 30 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", 86_400 },
        { "Fri, 32 Dec 2026 23:59:59 GMT", null },
        { "5,10", 10 },
        { "10, 5", 10 },
        { "5, soon", 5 },
        { "Sun, 22 Nov 2026 12:00:30 GMT,Sun, 22 Nov 2026 12:00:40 GMT", 40 },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void F4_RetryAfterInEveryForm(string? value, double? seconds) =>
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, RetryAfterParser.ParseRetryAfter(value, Now));

    [Theory]
    [InlineData("1s", 1.0)]
    [InlineData("6m0s", 360.0)]
    [InlineData("20ms", 0.02)]
    [InlineData("1h2m3.5s", 3723.5)]
    [InlineData("2m59.56s", 179.56)]
    [InlineData("1d", 86_400.0)]
    [InlineData("0s", 0.0)]
    [InlineData("8.64", 8.64)]
    [InlineData("s", null)]
    [InlineData("5x", null)]
    [InlineData("1..2s", 0.0)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void F5_DurationsOfRateLimitHeaders(string? value, double? seconds) =>
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, RetryAfterParser.ParseDuration(value));

    [Theory]
    [InlineData("Rate limit reached. Please try again in 6.78s. Need more?", 6.78)]
    [InlineData("Please retry after 26 seconds.", 26.0)]
    [InlineData("Please retry in 48.939935699s.", 48.939935699)]
    [InlineData("try again in 20ms", 0.02)]
    [InlineData("Try again in 1 minute", 60.0)]
    [InlineData("Retry after 250 milliseconds", 0.25)]
    [InlineData("try again in 21 d", 86_400.0)]
    [InlineData("try again in 7m12s.", 432.0)]
    [InlineData("please try again later", null)]
    public void WaitsInWordsAreRead(string text, double? seconds)
    {
        TimeSpan? wait = RetryAfterParser.FromText(text);
        Assert.Equal(seconds is null, wait is null);
        Assert.Equal(seconds ?? 0, wait?.TotalSeconds ?? 0, precision: 4);
    }

    [Fact]
    public void F5_TheLimitThatIsUsedUpDecidesTheWait()
    {
        Assert.Equal(TimeSpan.FromSeconds(9), Read(
            ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "9s"),
            ("x-ratelimit-remaining-tokens", "50"), ("x-ratelimit-reset-tokens", "6m0s")));
        Assert.Equal(TimeSpan.FromMinutes(6), Read(("x-ratelimit-reset-requests", "9s"), ("x-ratelimit-reset-tokens", "6m0s")));
        Assert.Null(Read(("x-ratelimit-reset-requests", "0s"), ("x-ratelimit-reset-tokens", "0s")));
        Assert.Equal(TimeSpan.FromSeconds(20), Read(
            ("anthropic-ratelimit-tokens-remaining", "0"), ("anthropic-ratelimit-tokens-reset", "2026-11-22T12:00:20Z")));
        Assert.Equal(TimeSpan.FromSeconds(3), Read(("x-ratelimit-reset", (Now.ToUnixTimeMilliseconds() + 3_000).ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Assert.Equal(TimeSpan.FromSeconds(3), Read(("x-ratelimit-reset", (Now.ToUnixTimeSeconds() + 3).ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Assert.Null(RetryAfterParser.FromHeaders(Of(("x-ratelimit-reset-requests", "9s")), isRateLimited: false, Now));
    }

    [Fact]
    public void MillisecondsAreMoreExactThanSeconds()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(660), Read(("retry-after-ms", "660"), ("retry-after", "1")));
        Assert.Equal(TimeSpan.FromMilliseconds(660), Read(("x-ms-retry-after-ms", "660"), ("retry-after", "1")));
        Assert.Equal(TimeSpan.FromSeconds(1), Read(("retry-after-ms", "0"), ("retry-after", "1")));
        Assert.Equal(TimeSpan.FromSeconds(1), Read(("retry-after-ms", "soon"), ("retry-after", "1")));
    }

    [Fact]
    public void AWrongClockOnEitherSideDoesNoHarm() =>
        Assert.Equal(TimeSpan.FromSeconds(30), Read(("date", "Wed, 21 Oct 2015 07:28:00 GMT"), ("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")));

    [Theory]
    [InlineData("You will regain access on 2026-12-01 at 06:30 UTC.", "2026-12-01T06:30:00Z")]
    [InlineData("you will regain access on 2026-12-01.", "2026-12-01T00:00:00Z")]
    [InlineData("regain access on 2026-13-45", null)]
    [InlineData("regain access soon", null)]
    public void F12_TheDateOfASpendLimitIsRead(string text, string? expected) =>
        Assert.Equal(
            expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), RetryAfterParser.RegainDateFromText(text));

    [Fact]
    public void F4_NoTextAtAllMakesItThrow() => Gen.Select(
        Gen.String[Gen.OneOf(Gen.Char["0123456789.,-+eE smhdGTZ:/"], Gen.Char), 0, 40],
        OneOf("", "Retry-After ", "try again in ", "retry after ", "regain access on "),
        (text, prefix) => prefix + text).Sample(
        text =>
        {
            TimeSpan? wait = RetryAfterParser.ParseRetryAfter(text, Now);
            RetryAfterParser.ParseDuration(text);
            RetryAfterParser.FromText(text);
            RetryAfterParser.RegainDateFromText(text);
            TimeSpan? all = RetryAfterParser.FromHeaders(_ => text, isRateLimited: true, Now);
            return (wait is null || (wait >= TimeSpan.Zero && wait <= RetryAfterParser.Maximum)) && (all is null || (all >= TimeSpan.Zero && all <= RetryAfterParser.Maximum));
        },
        iter: 20_000);

    private static TimeSpan? Read(params (string Name, string Value)[] headers) => RetryAfterParser.FromHeaders(Of(headers), isRateLimited: true, Now);

    private static Func<string, string?> Of(params (string Name, string Value)[] headers) =>
        name => headers.FirstOrDefault(header => header.Name == name).Value;

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);
}
