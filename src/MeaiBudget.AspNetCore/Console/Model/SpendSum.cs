namespace MeaiBudget;

/// <summary>Adds up what several histories answered.</summary>
internal static class SpendSum
{
    /// <summary>Adds up everything.</summary>
    public static SpendRecord Of(IEnumerable<SpendRecord> records) => records.Aggregate(new SpendRecord(), Plus);

    /// <summary>Adds up the same groups of several ledgers.</summary>
    public static IReadOnlyList<SpendRecord> Merge(IReadOnlyList<SpendRecord> records) =>
        [.. records.GroupBy(record => record.Group[0], StringComparer.Ordinal).Select(same => same.Skip(1).Aggregate(same.First(), Plus)).OrderByDescending(record => record.Spent).ThenByDescending(record => record.Attempts)];

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
