namespace MeaiBudget.Tool;

/// <summary>What bills say, added up as their lines are read, so that memory does not grow with the number of lines.</summary>
/// <param name="rates">US dollars for one of another currency.</param>
/// <param name="projects">The projects or workspaces to compare; empty for all.</param>
/// <param name="keys">The ids of API keys to compare; empty for all.</param>
/// <param name="provider">The provider that all lines are taken to be of; null for the one that each says.</param>
internal sealed class BillSums(IReadOnlyDictionary<string, decimal> rates, IReadOnlySet<string> projects, IReadOnlySet<string> keys, string? provider)
{
    // More than the world spends in a year, and few enough to add up without an overflow.
    private const decimal MostDollars = 9_000_000_000m;
    private const long MostTokens = 1_000_000_000_000_000;

    private readonly Dictionary<BilledGroup, BilledSum> _groups = [];
    private readonly Dictionary<string, string?> _unfinished = new(StringComparer.Ordinal);
    private readonly Dictionary<string, decimal> _noUsage = new(StringComparer.Ordinal);

    /// <summary>Gets the sums by day, model, tier, project and key.</summary>
    public IReadOnlyDictionary<BilledGroup, BilledSum> Groups => _groups;

    /// <summary>Gets credits, taxes and the like in US dollars, by what they are.</summary>
    public IReadOnlyDictionary<string, decimal> NoUsage => _noUsage;

    /// <summary>Gets the providers whose bills these are, also if they have no line.</summary>
    public HashSet<string> Providers { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets the begin of the time that the bills cover.</summary>
    public DateTimeOffset From { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>Gets the end of the time that the bills cover.</summary>
    public DateTimeOffset To { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>Gets a value indicating whether a line covers more than a day, so that only whole months can be compared.</summary>
    public bool IsMonthly { get; private set; }

    /// <summary>Gets the number of lines.</summary>
    public long Lines { get; private set; }

    /// <summary>Gets the moment after which the bill says itself that it is incomplete; null if it does not say.</summary>
    public DateTimeOffset? CompleteUntil { get; private set; }

    /// <summary>Gets the full paths of the files that were read.</summary>
    public HashSet<string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets the files with lines by the hash of their content.</summary>
    public Dictionary<string, string> Contents { get; } = new(StringComparer.Ordinal);

    /// <summary>Notes a page of a list.</summary>
    /// <param name="kind">What the pages of one list share.</param>
    /// <param name="file">The file or URL.</param>
    /// <param name="hasMore">False for the last page.</param>
    public void Page(string kind, string file, bool hasMore)
    {
        if (!hasMore)
        {
            _unfinished[kind] = null;
        }
        else
        {
            _unfinished.TryAdd(kind, file);
        }
    }

    /// <summary>Checks that the last page of each list was read.</summary>
    /// <exception cref="InvalidDataException">It is missing.</exception>
    public void CheckPages()
    {
        // A page without lines does not tell its kind: it may be the last one of any list, or a middle one.
        bool isAnyFinished = _unfinished.ContainsValue(null);
        bool isUnknownFinished = _unfinished.TryGetValue("", out string? unknown) && unknown is null;
        if (!isUnknownFinished && _unfinished.FirstOrDefault(page => page.Value is not null && (page.Key.Length > 0 || !isAnyFinished)).Value is { } missing)
        {
            throw new BillPlace(missing, 0).Fault("the page says that there are more (has_more), and the last page was not read. Give all pages, for example in a folder.");
        }
    }

    /// <summary>Notes that a provider's bill covers a time, also if it has no line for it.</summary>
    public void Cover(string of, DateTimeOffset from, DateTimeOffset to)
    {
        Providers.Add(provider ?? of);
        From = from < From ? from : From;
        To = to > To ? to : To;
    }

    /// <summary>Notes that a bill is complete only before a moment.</summary>
    public void Complete(DateTimeOffset until) => CompleteUntil = CompleteUntil is { } known && known < until ? known : until;

    /// <summary>Adds a line.</summary>
    /// <exception cref="InvalidDataException">The line has another currency for which there is no rate, or an impossible time.</exception>
    public void Add(BilledLine line, in BillPlace place)
    {
        if (line.To <= line.From)
        {
            throw place.Fault($"the line ends ({line.To:u}) before it begins ({line.From:u}).");
        }

        if (line.From.UtcDateTime.TimeOfDay != TimeSpan.Zero && line.To - line.From > TimeSpan.FromHours(1) && line.To.UtcDateTime > line.From.UtcDateTime.Date.AddDays(1))
        {
            throw place.Fault($"the line covers {line.From:u} to {line.To:u}, a day of another time zone. The ledger's days are those of UTC: export the bill by days in UTC, or by hours.");
        }

        if ((projects.Count > 0 && !projects.Contains(line.Project)) || (keys.Count > 0 && !keys.Contains(line.Key)))
        {
            return;
        }

        decimal? amount = Dollars(line.Amount, line.Currency, place);
        decimal? list = Dollars(line.ListAmount, line.Currency, place);
        if (amount is < -MostDollars or > MostDollars || list is < -MostDollars or > MostDollars || line.Quantities.Any(quantity => quantity.Value is < -MostTokens or > MostTokens))
        {
            throw place.Fault("an amount or a number of tokens is larger than any bill's.");
        }

        Lines++;
        bool isLong = line.To - line.From > TimeSpan.FromHours(25);
        if (line.IsNoUsage)
        {
            // A credit or a tax of a month does not say that the bill has all usage of that month.
            Providers.Add(provider ?? line.Provider);
            if (!isLong)
            {
                Cover(line.Provider, line.From, line.To);
            }

            string what = line.Item.Length > 0 ? line.Item : "other";
            _noUsage[what] = _noUsage.GetValueOrDefault(what) + (amount ?? 0m);
            return;
        }

        Cover(line.Provider, line.From, line.To);
        IsMonthly |= isLong;
        var group = new BilledGroup(
            DateOnly.FromDateTime(line.From.UtcDateTime), provider ?? line.Provider, line.Model, line.Item, line.Tier, line.Project, line.Key, line.IsTool);
        if (!_groups.TryGetValue(group, out BilledSum? sum))
        {
            _groups.Add(group, sum = new BilledSum());
        }

        sum.Add(line, amount, list);
    }

    private decimal? Dollars(decimal? amount, string currency, in BillPlace place)
    {
        if (amount is not { } known || currency.Equals("USD", StringComparison.OrdinalIgnoreCase))
        {
            return amount;
        }

        return rates.TryGetValue(currency.ToUpperInvariant(), out decimal rate)
            ? known * rate
            : throw place.Fault($"the amount is in {currency.ToUpperInvariant()}, and the ledger in US dollars. Give the rate of the invoice: --rate {currency.ToUpperInvariant()}=DOLLARS_FOR_ONE.");
    }
}
