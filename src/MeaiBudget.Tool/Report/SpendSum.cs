namespace MeaiBudget.Tool;

/// <summary>The cost of a group of attempts. Amounts are nano-dollars.</summary>
internal sealed class SpendSum(string key, SpendRecord record)
{
    public string Key { get; } = key;

    public long Attempts => record.Attempts;

    /// <summary>The attempts for which nothing was billed.</summary>
    public long Released => record.Released;

    /// <summary>The attempts that are not settled yet.</summary>
    public long Open => record.Open;

    public long InputTokens => record.Usage.InputTokens;

    public long CachedInputTokens => record.Usage.CachedInputTokens;

    public long OutputTokens => record.Usage.OutputTokens;

    public long Spent => Nano(record.Spent);

    /// <summary>The part of <see cref="Spent"/> that the provider did not confirm.</summary>
    public long Unconfirmed => Nano(record.Unconfirmed);

    /// <summary>The amount that open attempts have reserved.</summary>
    public long Held => Nano(record.Held);

    /// <summary>The settled attempts without a known price. <see cref="Spent"/> does not include their cost.</summary>
    public long Unpriced => record.Unpriced;

    private static long Nano(decimal dollars) => (long)(dollars * 1_000_000_000m);
}
