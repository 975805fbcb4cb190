using System.Globalization;
using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Parses the wait that a provider asks for, in all known formats. Never throws.</summary>
/// <remarks>
/// Dates are compared with the response's own <c>Date</c> header if there is one, so that differing clocks do not matter. Negative
/// and unreadable values are ignored; a date in the past means no wait.
/// </remarks>
internal static partial class RetryAfterParser
{
    /// <summary>The longest wait that is returned. Callers compare it with their deadline.</summary>
    internal static readonly TimeSpan Maximum = TimeSpan.FromHours(24);

    /// <summary>The asctime format of an HTTP date (RFC 9110, 5.6.7).</summary>
    private const string AscTime = "ddd MMM d HH:mm:ss yyyy";

    private static readonly string[] LimitNames =
        ["requests", "tokens", "input-tokens", "output-tokens", "input-images", "requests-day", "tokens-minute", "requests-minute"];

    /// <summary>Returns the wait from the headers of a response; null if they state none.</summary>
    /// <param name="header">Returns a header's value by its lower-case name, several joined by a comma.</param>
    /// <param name="isRateLimited">True if the response is a rate limit error; only then the reset times of the limits are read.</param>
    /// <param name="now">The current time, used if the response has no date.</param>
    internal static TimeSpan? FromHeaders(Func<string, string?> header, bool isRateLimited, DateTimeOffset now)
    {
        DateTimeOffset reference = ParseHttpDate(header("date")) ?? now;
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

    /// <summary>Parses <c>x-should-retry</c>.</summary>
    internal static bool? ShouldRetry(string? value) => bool.TryParse(value, out bool shouldRetry) ? shouldRetry : null;

    /// <summary>Parses a <c>Retry-After</c> value: seconds, fractional seconds, an HTTP date, or a list of them. Of a list, returns the longest wait.</summary>
    internal static TimeSpan? ParseRetryAfter(string? value, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        TimeSpan? longest = null;
        string[] parts = value.Split(',', StringSplitOptions.TrimEntries);
        for (int i = 0; i < parts.Length; i++)
        {
            // The comma after the weekday is part of the date: "Wed, 21 Oct 2026 07:28:00 GMT".
            DateTimeOffset? date = ParseHttpDate(parts[i]) ?? (i + 1 < parts.Length ? ParseHttpDate(parts[i] + ", " + parts[i + 1]) : null);
            TimeSpan? wait = ParseNumber(parts[i]) is { } seconds ? Cap(seconds) : date is { } at ? Until(at, now) : (TimeSpan?)null;
            longest = Longer(longest, wait);
        }

        return longest;
    }

    /// <summary>Parses a duration such as <c>1s</c>, <c>6m0s</c>, <c>20ms</c>, <c>1h2m3.5s</c> or a plain number of seconds.</summary>
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

        Match match = Duration().Match(value.Trim());
        if (!match.Success || match.Length == 0)
        {
            return null;
        }

        return Cap((Part("d") * 86_400) + (Part("h") * 3_600) + (Part("m") * 60) + Part("s") + (Part("ms") / 1_000));

        double Part(string name) => match.Groups[name] is { Success: true } group && ParseNumber(group.Value) is { } number ? number : 0;
    }

    /// <summary>Finds a wait in an error's text: "Please try again in 6.78s", "retry after 26 seconds".</summary>
    internal static TimeSpan? FromText(string text)
    {
        Match match = WaitInText().Match(text);
        return match.Success ? ParseDuration(SpelledUnits().Replace(match.Groups["wait"].Value, ShortUnit)) : null;

        static string ShortUnit(Match unit) => unit.Value.Trim() switch
        {
            "" => "",
            var word when word.StartsWith("milli", StringComparison.OrdinalIgnoreCase) => "ms",
            var word => word[..1].ToLowerInvariant(),
        };
    }

    /// <summary>Finds the date in "you will regain access on 2026-02-01 at 00:00 UTC".</summary>
    internal static DateTimeOffset? RegainDateFromText(string text)
    {
        Match match = RegainDate().Match(text);
        string date = match.Groups["date"].Value + " " + (match.Groups["time"].Success ? match.Groups["time"].Value : "00:00");
        return match.Success && DateTimeOffset.TryParseExact(
            date, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset regained) ? regained : null;
    }

    internal static TimeSpan Until(DateTimeOffset at, DateTimeOffset now) => Cap((at - now).TotalSeconds);

    private static TimeSpan? FromLimitResets(Func<string, string?> header, DateTimeOffset now)
    {
        // The limit with nothing remaining is the one that was exceeded. If none is marked so, the longest wait is safe.
        TimeSpan? ofExhausted = null;
        TimeSpan? ofAny = null;
        foreach (string name in LimitNames)
        {
            Take(header("x-ratelimit-reset-" + name), header("x-ratelimit-remaining-" + name));
            Take(header($"anthropic-ratelimit-{name}-reset"), header($"anthropic-ratelimit-{name}-remaining"));
        }

        Take(header("x-ratelimit-reset"), header("x-ratelimit-remaining"));
        // A limit with a reset time of zero was not exceeded, so the wait is unknown.
        return (ofExhausted ?? ofAny) is { } wait && wait > TimeSpan.Zero ? wait : null;

        void Take(string? reset, string? remaining)
        {
            TimeSpan? wait = ParseReset(reset, now);
            ofAny = Longer(ofAny, wait);
            if (ParseNumber(remaining) is 0)
            {
                ofExhausted = Longer(ofExhausted, wait);
            }
        }
    }

    /// <summary>Parses a reset time: a duration, an RFC 3339 time, or a Unix time in seconds or milliseconds.</summary>
    private static TimeSpan? ParseReset(string? value, DateTimeOffset now)
    {
        const double EarliestUnixSeconds = 1_000_000_000;
        const double EarliestUnixMilliseconds = 1_000_000_000_000;
        return ParseNumber(value) switch
        {
            >= EarliestUnixMilliseconds and var milliseconds => Cap((milliseconds / 1000) - now.ToUnixTimeSeconds()),
            >= EarliestUnixSeconds and var seconds => Cap(seconds - now.ToUnixTimeSeconds()),
            _ => ParseDuration(value) ?? (DateTimeOffset.TryParse(
                value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? Until(at, now) : null),
        };
    }

    private static DateTimeOffset? ParseHttpDate(string? value) =>
        value is { Length: > 12 }
        && (DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out DateTimeOffset date)
            || DateTimeOffset.TryParseExact(value, AscTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out date))
            ? date : null;

    private static double? ParseNumber(string? value) =>
        double.TryParse(value, NumberStyles.Float & ~NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number)
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
