using System.Globalization;

namespace MeaiBudget;

/// <summary>The place of an attempt in the order of a history in memory. It is also the cursor of a page of calls.</summary>
internal readonly record struct HistoryPlace(long At, Guid CallId, int Attempt, string Owner) : IComparable<HistoryPlace>
{
    /// <summary>Parses a cursor.</summary>
    /// <exception cref="ArgumentException">The text is no cursor.</exception>
    public static HistoryPlace Parse(string cursor)
    {
        string[] parts = cursor.Split(' ', 4);
        return parts.Length == 4 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out long at) && Guid.TryParse(parts[1], out Guid call) && int.TryParse(parts[2], CultureInfo.InvariantCulture, out int attempt)
            ? new HistoryPlace(at, call, attempt, parts[3])
            : throw new ArgumentException($"The cursor '{cursor}' is none of this query. Use the Cursor of a record of the page before.");
    }

    public int CompareTo(HistoryPlace other) =>
        At != other.At ? At.CompareTo(other.At)
        : CallId.CompareTo(other.CallId) is not 0 and var calls ? calls
        : Attempt != other.Attempt ? Attempt.CompareTo(other.Attempt)
        : string.CompareOrdinal(Owner, other.Owner);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At} {CallId:D} {Attempt} {Owner}");
}
