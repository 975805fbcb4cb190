namespace MeaiBudget;

/// <summary>
/// The sums of a time by hour or day, model, provider, route and fallback. Totals, the tiles and most charts follow from them without
/// another query. Thread-safe.
/// </summary>
internal sealed class ConsoleFacts
{
    /// <summary>The groups of the query, behind the time.</summary>
    public static readonly string[] Groups = ["model", "provider", "route", "fallback"];

    private readonly Lazy<SpendRecord> _total;
    private readonly Lazy<long> _fallbacks;

    public ConsoleFacts(IReadOnlyList<SpendRecord> records)
    {
        Records = records;
        _total = new(() => SpendSum.Of(records));
        _fallbacks = new(() => records.Where(record => record.Group[^1] == "yes").Sum(record => record.Attempts));
    }

    public IReadOnlyList<SpendRecord> Records { get; }

    public SpendRecord Total => _total.Value;

    /// <summary>Gets the attempts that were made after a call had left another route.</summary>
    public long Fallbacks => _fallbacks.Value;

    /// <summary>Returns true if sums by a group follow from the facts.</summary>
    public static bool Has(string group) => group != "fallback" && Groups.Contains(group);

    /// <summary>Adds up the records by a group, the largest spend first.</summary>
    public IReadOnlyList<SpendRecord> By(string group) => SpendSum.Merge(Records, PlaceOf(group));

    /// <summary>Returns the records of one value of a group.</summary>
    public IEnumerable<SpendRecord> Of(string group, string value)
    {
        int place = PlaceOf(group);
        return Records.Where(record => record.Group[place] == value);
    }

    /// <summary>The first group is the time.</summary>
    private static int PlaceOf(string group) => Array.IndexOf(Groups, group) + 1;
}
