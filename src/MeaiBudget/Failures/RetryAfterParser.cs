using System.Globalization;
using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Reads how long a provider asks to wait, in every form that providers use. Never throws.</summary>
/// <remarks>
/// Times of day are taken relative to the answer's own <c>Date</c> header where it has one, so that a wrong clock on either
/// side does no harm. What is negative or cannot be read counts as not said; a date in the past means "now".
/// </remarks>
internal static partial class RetryAfterParser
{
    /// <summary>The longest wait that is passed on; whoever waits compares it with a deadline anyway.</summary>
    internal static readonly TimeSpan Maximum = TimeSpan.FromHours(24);

    /// <summary>The third form of an HTTP date (RFC 9110, 5.6.7).</summary>
    private const string AscTime = "ddd MMM d HH:mm:ss yyyy";

    private static readonly string[] LimitNames =
        ["requests", "tokens", "input-tokens", "output-tokens", "input-images", "requests-day", "tokens-minute", "requests-minute"];

    /// <summary>Reads the headers of an answer.</summary>
    /// <param name="header">Gives a header's value by its lower-case name, several joined by a comma.</param>
    /// <param name="isRateLimited">Whether the answer is a rate limit; only then do the limits' reset times count.</param>
    /// <param name="now">The current time, used where the answer has no date.</param>
    internal static TimeSpan? FromHeaders(Func<string, string?> header, bool isRateLimited, DateTimeOffset now)
    {
        var reference = ParseHttpDate(header("date")) ?? now;
        if (ParseNumber(header("retry-after-ms") ?? header("x-ms-retry-after-ms")) is > 0 and var milliseconds)
        {
            return Cap(milliseconds / 1000);
        }

        if (ParseRetryAfter(header("retry-after"), reference) is { } stated)
        {
            return stated;
        }

        return isRateLimited ? FromLimitResets(header, reference) : null;
    }

    /// <summary>Reads <c>x-should-retry</c>.</summary>
    internal static bool? ShouldRetry(string? value) => bool.TryParse(value, out var shouldRetry) ? shouldRetry : null;

    /// <summary>Reads one <c>Retry-After</c> value: seconds, a fraction of them, an HTTP date, or several of those (the longest counts).</summary>
    internal static TimeSpan? ParseRetryAfter(string? value, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        TimeSpan? longest = null;
        var parts = value.Split(',', StringSplitOptions.TrimEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            // The comma after the weekday belongs to the date: "Wed, 21 Oct 2026 07:28:00 GMT".
            var date = ParseHttpDate(parts[i]) ?? (i + 1 < parts.Length ? ParseHttpDate(parts[i] + ", " + parts[i + 1]) : null);
            var wait = ParseNumber(parts[i]) is { } seconds ? Cap(seconds) : date is { } at ? Until(at, now) : (TimeSpan?)null;
            longest = Longer(longest, wait);
        }

        return longest;
    }

    /// <summary>Reads a duration such as <c>1s</c>, <c>6m0s</c>, <c>20ms</c>, <c>1h2m3.5s</c> or a plain number of seconds.</summary>
    internal static TimeSpan? ParseDuration(string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        if (ParseNumber(value) is { } seconds)
        {
            return Cap(seconds);
        }

        var match = Duration().Match(value.Trim());
        if (!match.Success || match.Length == 0)
        {
            return null;
        }

        return Cap((Part("d") * 86_400) + (Part("h") * 3_600) + (Part("m") * 60) + Part("s") + (Part("ms") / 1_000));

        double Part(string name) => match.Groups[name] is { Success: true } group && ParseNumber(group.Value) is { } number ? number : 0;
    }

    /// <summary>Reads a wait from an error's text: "Please try again in 6.78s", "retry after 26 seconds".</summary>
    internal static TimeSpan? FromText(string text)
    {
        var match = WaitInText().Match(text);
        return match.Success ? ParseDuration(SpelledUnits().Replace(match.Groups["wait"].Value, ShortUnit)) : null;

        static string ShortUnit(Match unit) => unit.Value.Trim() switch
        {
            "" => "",
            var word when word.StartsWith("milli", StringComparison.OrdinalIgnoreCase) => "ms",
            var word => word[..1].ToLowerInvariant(),
        };
    }

    /// <summary>Reads the date of "you will regain access on 2026-02-01 at 00:00 UTC".</summary>
    internal static DateTimeOffset? RegainDateFromText(string text)
    {
        var match = RegainDate().Match(text);
        var date = match.Groups["date"].Value + " " + (match.Groups["time"].Success ? match.Groups["time"].Value : "00:00");
        return match.Success && DateTimeOffset.TryParseExact(
            date, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var regained) ? regained : null;
    }

    internal static TimeSpan Until(DateTimeOffset at, DateTimeOffset now) => Cap((at - now).TotalSeconds);

    private static TimeSpan? FromLimitResets(Func<string, string?> header, DateTimeOffset now)
    {
        // A limit with nothing left is the one that was hit; if none says so, the longest wait is the safe one.
        TimeSpan? ofExhausted = null;
        TimeSpan? ofAny = null;
        foreach (var name in LimitNames)
        {
            Take(header("x-ratelimit-reset-" + name), header("x-ratelimit-remaining-" + name));
            Take(header($"anthropic-ratelimit-{name}-reset"), header($"anthropic-ratelimit-{name}-remaining"));
        }

        Take(header("x-ratelimit-reset"), header("x-ratelimit-remaining"));
        // A limit that is whole again was not the one that was hit: then nothing is known.
        return (ofExhausted ?? ofAny) is { } wait && wait > TimeSpan.Zero ? wait : null;

        void Take(string? reset, string? remaining)
        {
            var wait = ParseReset(reset, now);
            ofAny = Longer(ofAny, wait);
            if (ParseNumber(remaining) is 0)
            {
                ofExhausted = Longer(ofExhausted, wait);
            }
        }
    }

    /// <summary>Reads a reset: a duration, an RFC 3339 time, or a Unix time in seconds or milliseconds.</summary>
    private static TimeSpan? ParseReset(string? value, DateTimeOffset now)
    {
        const double EarliestUnixSeconds = 1_000_000_000;
        const double EarliestUnixMilliseconds = 1_000_000_000_000;
        return ParseNumber(value) switch
        {
            >= EarliestUnixMilliseconds and var milliseconds => Cap((milliseconds / 1000) - now.ToUnixTimeSeconds()),
            >= EarliestUnixSeconds and var seconds => Cap(seconds - now.ToUnixTimeSeconds()),
            _ => ParseDuration(value) ?? (DateTimeOffset.TryParse(
                value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? Until(at, now) : null),
        };
    }

    private static DateTimeOffset? ParseHttpDate(string? value) =>
        value is { Length: > 12 }
        && (DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var date)
            || DateTimeOffset.TryParseExact(value, AscTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out date))
            ? date : null;

    private static double? ParseNumber(string? value) =>
        double.TryParse(value, NumberStyles.Float & ~NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number) && number >= 0 ? number : null;

    private static TimeSpan Cap(double seconds) =>
        seconds <= 0 ? TimeSpan.Zero : seconds >= Maximum.TotalSeconds ? Maximum : TimeSpan.FromSeconds(seconds);

    private static TimeSpan? Longer(TimeSpan? left, TimeSpan? right) =>
        left is null || right > left ? right ?? left : left;

    [GeneratedRegex(@"^(?:(?<d>[\d.]+)d)?(?:(?<h>[\d.]+)h)?(?:(?<m>[\d.]+)m(?!s))?(?:(?<s>[\d.]+)s)?(?:(?<ms>[\d.]+)ms)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();

    [GeneratedRegex(@"(?:try again|retry)\s+(?:in|after)\s+(?<wait>[\d.]+\s?(?:milliseconds?|ms|seconds?|s|minutes?|m|hours?|h|days?|d)(?:[\d.]+(?:ms|s|m))*)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex WaitInText();

    [GeneratedRegex(@"\s?(?:milliseconds?|seconds?|minutes?|hours?|days?)|\s", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SpelledUnits();

    [GeneratedRegex(@"regain access on (?<date>\d{4}-\d{2}-\d{2})(?: at (?<time>\d{2}:\d{2}))?", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex RegainDate();
}
