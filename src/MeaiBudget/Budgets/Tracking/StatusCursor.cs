using System.Globalization;

namespace MeaiBudget;

/// <summary>Writes the last account of a page of statuses as an opaque text, from which the next page continues.</summary>
internal static class StatusCursor
{
    public static string Write(KeyValuePair<string, LedgerLineState> last, string prefix) =>
        string.Create(CultureInfo.InvariantCulture, $"{last.Value.Charged}/{last.Key.AsSpan(prefix.Length)}");

    /// <exception cref="ArgumentException">The cursor was not returned by a page.</exception>
    public static KeyValuePair<string, LedgerLineState>? Parse(string? cursor, string prefix)
    {
        if (cursor is null)
        {
            return null;
        }

        int slash = cursor.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && long.TryParse(cursor.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out long charged)
            ? KeyValuePair.Create(prefix + cursor[(slash + 1)..], new LedgerLineState(charged, 0, 0, 0, 0, true))
            : throw new ArgumentException("The cursor is not one that a page of statuses returned. Pass the Next of the page before, or null.", nameof(cursor));
    }
}
