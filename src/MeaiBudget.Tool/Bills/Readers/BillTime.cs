using System.Globalization;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Reads the times of bills. A time without a zone is UTC, as the days of all of these bills are.</summary>
internal static partial class BillTime
{
    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    // With the name of the month, there is no doubt which number is the day.
    private static readonly string[] Named = [.. ((string[])["d MMM yyyy", "d-MMM-yyyy", "MMM d, yyyy", "MMM d yyyy"]).SelectMany(day => (string[])[day, day.Replace("MMM", "MMMM", StringComparison.Ordinal), day + " HH:mm:ss", day + " HH:mm"])];

    /// <summary>Reads Unix seconds or milliseconds, a time with the year first, or a day with the name of its month.</summary>
    /// <exception cref="InvalidDataException">The text is no time.</exception>
    public static DateTimeOffset Parse(string text, string name, in BillPlace place) => TryParse(text, out DateTimeOffset time)
        ? time
        : throw place.Fault($"'{name}' is '{text}' and no time with the year first, such as 2026-11-20. If a spreadsheet has changed it, export the bill again.");

    /// <summary>Reads a time with the year or, as Azure writes it, the month first.</summary>
    /// <exception cref="InvalidDataException">The text is no time.</exception>
    public static DateTimeOffset ParseMonthFirst(string text, string name, in BillPlace place) =>
        TryParse(text, out DateTimeOffset time)
        || DateTimeOffset.TryParseExact(text, ["MM/dd/yyyy", "MM/dd/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm"], CultureInfo.InvariantCulture, Utc, out time)
            ? time
            : throw place.Fault($"'{name}' is '{text}' and no time such as 11/20/2026 or 2026-11-20. If a spreadsheet has changed it, export the bill again.");

    /// <summary>Returns the end of a time's day in UTC, for lines that state no end.</summary>
    public static DateTimeOffset EndOfDay(DateTimeOffset time) => new DateTimeOffset(time.UtcDateTime.Date, TimeSpan.Zero).AddDays(1);

    private static bool TryParse(string text, out DateTimeOffset time)
    {
        if (text.Length is > 8 and < 12 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
        {
            time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        if (text.Length == 13 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds))
        {
            time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
            return true;
        }

        // BigQuery writes "2026-11-20 13:00:00 UTC".
        string plain = text.EndsWith(" UTC", StringComparison.Ordinal) ? text[..^4] + "Z" : text;
        return DateTimeOffset.TryParseExact(plain, "yyyyMMdd", CultureInfo.InvariantCulture, Utc, out time)
            || DateTimeOffset.TryParseExact(plain, Named, CultureInfo.InvariantCulture, Utc, out time)
            || (YearFirst().IsMatch(plain) && DateTimeOffset.TryParse(plain, CultureInfo.InvariantCulture, Utc, out time));
    }

    [GeneratedRegex(@"^\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]|$)", RegexOptions.CultureInvariant)]
    private static partial Regex YearFirst();
}
