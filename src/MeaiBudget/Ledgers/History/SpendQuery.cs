namespace MeaiBudget;

/// <summary>What to read from a history: a time, groups, filters, an order and a page. Immutable.</summary>
/// <remarks>
/// Groups and filters have these names: <c>hour</c>, <c>day</c> and <c>month</c> (groups only); <c>budget</c> and <c>key</c>, which sum
/// what each dollar budget was charged, so an attempt counts in each of its budgets; <c>model</c> (as requested), <c>provider</c>,
/// <c>route</c>, <c>class</c>, <c>free</c> (<c>yes</c> for a route that costs nothing), <c>run</c>, <c>outcome</c> (<c>ok</c>, a kind of
/// failure, <c>open</c>, <c>released</c>, <c>expired</c>, <c>refused</c>), <c>response</c> (the answering model), <c>tier</c> (the service
/// tier), <c>price</c> (<see cref="SpendRecord.PriceId"/>), <c>fallback</c> (<c>yes</c> if the call had left another route before),
/// <c>from</c> (that route), <c>cause</c> (why it left it, or the reason of a refusal), <c>call</c> (the id of a call) and <c>tag:NAME</c>.
/// </remarks>
/// <example>
/// <code>
/// ISpendHistory history = new InMemorySpendLedger { KeepsRecords = true };
/// var query = new SpendQuery { From = DateTimeOffset.UtcNow.AddDays(-7), GroupBy = ["day", "model"] };
/// foreach (SpendRecord sum in await history.QueryAsync(query))
/// {
///     Console.WriteLine($"{sum.Group[0]} {sum.Group[1]}: {sum.Attempts} attempts, {sum.Spent} USD");
/// }
/// </code>
/// </example>
public sealed record SpendQuery
{
    private static readonly string[] Times = ["hour", "day", "month"];
    private static readonly string[] Names = ["budget", "key", "model", "provider", "route", "class", "free", "run", "outcome", "response", "tier", "price", "fallback", "from", "cause", "call"];

    /// <summary>Gets the first moment; all time by default. The moment of an attempt is that of its admission.</summary>
    public DateTimeOffset From { get; init; } = DateTimeOffset.MinValue;

    /// <summary>Gets the moment after the last; all time by default.</summary>
    public DateTimeOffset To { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Gets the names of the groups; none by default, for one sum of everything.</summary>
    public IReadOnlyList<string> GroupBy { get; init; } = [];

    /// <summary>Gets the filters: a name and the value that it must equal. An empty value finds attempts without one.</summary>
    public IReadOnlyDictionary<string, string> Where { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the time zone of hours, days and months; UTC by default. Its offset is a multiple of 15 minutes.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>
    /// Gets what the groups are ordered by: <c>group</c> (ascending), or <c>spent</c>, <c>attempts</c>, <c>tokens</c> or <c>refused</c> (descending).
    /// By default <c>group</c> if the first group is a time, otherwise <c>spent</c>.
    /// </summary>
    public string? OrderBy { get; init; }

    /// <summary>Gets the number of records at most, from 1 to 100,000; 100 by default.</summary>
    public int Take { get; init; } = 100;

    /// <summary>Gets the <see cref="SpendRecord.Cursor"/> of the record to continue after; <see langword="null"/> for the first page.</summary>
    public string? After { get; init; }

    /// <summary>Checks the query; a history calls this before it reads.</summary>
    /// <exception cref="ArgumentException">A group, a filter, the order or the number of records is invalid; the message says which.</exception>
    public void Validate()
    {
        foreach (string name in GroupBy)
        {
            if (Array.IndexOf(Times, name) < 0)
            {
                Check(name, "group", "hour, day, month, ");
            }
        }

        foreach (string name in Where.Keys)
        {
            Check(name, "filter", "");
        }

        if (Where.ContainsKey("key") && !Where.ContainsKey("budget"))
        {
            throw new ArgumentException("The filter 'key' needs the filter 'budget', because a key belongs to a budget.");
        }

        if (Where.TryGetValue("call", out string? call) && !Guid.TryParse(call, out _))
        {
            throw new ArgumentException($"The filter 'call' is '{call}', which is not the id of a call. Use the CallId of a receipt or a record.");
        }

        if (OrderBy is not (null or "group" or "spent" or "attempts" or "tokens" or "refused"))
        {
            throw new ArgumentException($"The order '{OrderBy}' does not exist. Use group, spent, attempts, tokens or refused.");
        }

        if (Take is < 1 or > 100_000)
        {
            throw new ArgumentException($"Take is {Take}. Use a number from 1 to 100,000, and Cursor for more.");
        }
    }

    private static void Check(string name, string what, string more)
    {
        if (Array.IndexOf(Names, name) < 0 && !(name.StartsWith("tag:", StringComparison.Ordinal) && name.Length > 4))
        {
            throw new ArgumentException($"The {what} '{name}' does not exist. Use {more}{string.Join(", ", Names)} or tag:NAME.");
        }
    }
}
