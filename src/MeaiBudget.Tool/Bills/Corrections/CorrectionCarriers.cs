namespace MeaiBudget.Tool;

/// <summary>The attempts of one row that were charged to the same accounts and have the same tags: their charge, and the largest of them.</summary>
/// <param name="lowered">The most that their charges may be lowered by in all, in nano-dollars; zero or less if they are raised.</param>
internal sealed class CorrectionCarriers(long lowered)
{
    private const int MostRaised = 64;
    private const int MostLowered = 4_096;
    private readonly PriorityQueue<BookedAttempt, decimal> _largest = new();
    private long _kept;

    /// <summary>Gets what the attempts were charged, in nano-dollars.</summary>
    public long Charged { get; private set; }

    /// <summary>Gets the largest attempts, the largest first.</summary>
    public IReadOnlyList<BookedAttempt> Largest => [.. _largest.UnorderedItems.OrderByDescending(item => item.Priority).ThenBy(item => item.Element.Record.Cursor, StringComparer.Ordinal).Select(item => item.Element)];

    public void Add(BookedAttempt attempt)
    {
        long charged = ToNano(attempt);
        Charged += charged;
        _kept += charged;
        _largest.Enqueue(attempt, attempt.Spent);

        // One attempt can be raised by any amount, and each can be lowered by its own charge only.
        while (_largest.Count > MostRaised && (_largest.Count > MostLowered || _kept - ToNano(_largest.Peek()) >= lowered))
        {
            _kept -= ToNano(_largest.Dequeue());
        }
    }

    /// <summary>Returns what the accounts and tags of an attempt are, so that attempts with the same ones share a correction; null if no dollar account was charged.</summary>
    public static string? IdentityOf(BookedAttempt attempt)
    {
        string accounts = string.Join('\u001f', attempt.All.SelectMany(record => record.Accounts ?? []).Select(account => account.Key).Where(IsDollars).Order(StringComparer.Ordinal));
        IEnumerable<string> tags = (attempt.Record.Call!.Tags ?? new Dictionary<string, string>()).OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}");
        return accounts.Length == 0 ? null : $"{accounts}\u001e{string.Join('\u001f', tags)}";
    }

    private static long ToNano(BookedAttempt attempt) => (long)(attempt.Spent * 1_000_000_000m);

    public static bool IsDollars(string account) => AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false };
}
