namespace MeaiBudget;

/// <summary>Adds up what several histories answered.</summary>
internal static class SpendSum
{
    /// <summary>Adds up everything.</summary>
    public static SpendRecord Of(IEnumerable<SpendRecord> records) => records.Aggregate(new SpendRecord(), Plus);

    /// <summary>Adds up records with the same value of a group: those of several ledgers, or of several other groups.</summary>
    public static IReadOnlyList<SpendRecord> Merge(IReadOnlyList<SpendRecord> records, int place = 0) =>
        [.. records.GroupBy(record => record.Group[place], StringComparer.Ordinal)
            .Select(same => same.Skip(1).Aggregate(same.First() with { Group = [same.Key] }, Plus)).OrderByDescending(record => record.Spent).ThenByDescending(record => record.Attempts)];

    private static SpendRecord Plus(SpendRecord one, SpendRecord other) => one with
    {
        Attempts = one.Attempts + other.Attempts,
        Released = one.Released + other.Released,
        Refused = one.Refused + other.Refused,
        Open = one.Open + other.Open,
        Unpriced = one.Unpriced + other.Unpriced,
        Spent = one.Spent + other.Spent,
        Unconfirmed = one.Unconfirmed + other.Unconfirmed,
        Held = one.Held + other.Held,
        Usage = new BillableUsage
        {
            InputTokens = one.Usage.InputTokens + other.Usage.InputTokens,
            CachedInputTokens = one.Usage.CachedInputTokens + other.Usage.CachedInputTokens,
            OutputTokens = one.Usage.OutputTokens + other.Usage.OutputTokens,
        },
    };
}
