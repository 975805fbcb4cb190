using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Reads the times of bills. A time without a zone is UTC, as the days of all of these bills are.</summary>
internal static class BillTime
{
    /// <exception cref="InvalidDataException">The text is no time.</exception>
    public static DateTimeOffset Parse(string text, string name, in BillPlace place)
    {
        // BigQuery writes "2026-11-20 13:00:00 UTC".
        string plain = text.EndsWith(" UTC", StringComparison.Ordinal) ? text[..^4] + "Z" : text;
        if (long.TryParse(plain, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && plain.Length is > 8 and < 12)
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        return DateTimeOffset.TryParse(plain, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            || DateTimeOffset.TryParseExact(plain, ["yyyyMMdd", "MM/dd/yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
            ? time
            : throw place.Fault($"'{name}' is '{text}' and no time.");
    }
}
