namespace MeaiBudget.Tool;

/// <summary>The spend in a ledger file, by group and by budget.</summary>
internal sealed class SpendReport
{
    private SpendReport(string file, DateTimeOffset from, DateTimeOffset to, IReadOnlyList<SpendGrouping> groupings)
    {
        File = file;
        From = from;
        To = to;
        Groups = [.. groupings.Select(grouping => new SpendGroups(grouping))];
    }

    public string File { get; }

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    public SpendSum Total { get; } = new("total");

    public DateTimeOffset? First { get; private set; }

    public DateTimeOffset? Last { get; private set; }

    public IReadOnlyList<SpendGroups> Groups { get; }

    public IReadOnlyList<BudgetUse> Budgets { get; private set; } = [];

    public IReadOnlyList<SqliteRecordedGrant> Grants { get; private set; } = [];

    public IReadOnlyList<SqliteRecordedAdjustment> Adjustments { get; private set; } = [];

    /// <exception cref="SqliteSpendLedgerException">The file is missing or not a ledger.</exception>
    public static async Task<SpendReport> ReadAsync(
        string file, DateTimeOffset from, DateTimeOffset to, IReadOnlyList<SpendGrouping> groupings, IReadOnlyList<Budget> budgets, CancellationToken cancellationToken)
    {
        SqliteSpendRecords records = LedgerCommand.Open(file);
        var report = new SpendReport(records.Path, from, to, groupings);
        var uses = new Dictionary<(string Budget, string Key, long Period), BudgetUse>();
        var seen = new HashSet<(Guid CallId, int Attempt)>();
        await foreach (SqliteSpendRecord record in records.ReadRecordsAsync(from, to, cancellationToken))
        {
            AddTo(uses, record);

            // If a tracker and a run use the same ledger, each records the attempt. It was billed once.
            if (seen.Add((record.Id.CallId, record.Id.Attempt)))
            {
                report.Add(record);
            }
        }

        report.Budgets = BudgetUse.Against(uses.Values, budgets);
        report.Grants = [.. records.ReadGrants().Where(grant => grant.GrantedAt >= from && grant.GrantedAt < to)];
        report.Adjustments = [.. records.ReadAdjustments().Where(adjustment => adjustment.AdjustedAt >= from && adjustment.AdjustedAt < to)];
        return report;
    }

    private void Add(SqliteSpendRecord record)
    {
        First ??= record.At;
        Last = record.At;
        Total.Add(record);
        foreach (SpendGroups groups in Groups)
        {
            groups.Add(record);
        }
    }

    private static void AddTo(Dictionary<(string Budget, string Key, long Period), BudgetUse> uses, SqliteSpendRecord record)
    {
        foreach (SqliteSpendRecordLine line in record.Lines)
        {
            if (!line.IsTaken || !AccountName.TryParse(line.Account, out AccountName name) || name is not { Unit: BudgetUnit.Dollars, IsShadow: false })
            {
                continue;
            }

            (string Budget, string Key, long Period) identity = (name.Budget, name.Key, line.Period);
            if (!uses.TryGetValue(identity, out BudgetUse? use))
            {
                uses.Add(identity, use = new BudgetUse(name.Budget, name.Key, line.Period));
            }

            use.Add(record, line);
        }
    }
}

/// <summary>Spend summed by one grouping.</summary>
internal sealed class SpendGroups(SpendGrouping grouping)
{
    private readonly Dictionary<string, SpendSum> _sums = new(StringComparer.Ordinal);

    public string By => grouping.Name;

    public bool IsTime => grouping.IsTime;

    /// <summary>The sums, ordered by time or by descending spend.</summary>
    public IReadOnlyList<SpendSum> Sums => grouping.IsTime
        ? [.. _sums.Values.OrderBy(sum => sum.Key, StringComparer.Ordinal)]
        : [.. _sums.Values.OrderByDescending(sum => sum.Spent).ThenBy(sum => sum.Key, StringComparer.Ordinal)];

    public void Add(SqliteSpendRecord record)
    {
        string key = grouping.KeyOf(record);
        if (!_sums.TryGetValue(key, out SpendSum? sum))
        {
            _sums.Add(key, sum = new SpendSum(key));
        }

        sum.Add(record);
    }
}
