namespace MeaiBudget.Tool;

/// <summary>The spend in a ledger file, by group and by budget.</summary>
internal sealed class SpendReport
{
    private SpendReport(string file, DateTimeOffset from, DateTimeOffset to)
    {
        File = file;
        From = from;
        To = to;
    }

    public string File { get; }

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    public SpendSum Total { get; private set; } = new("total", new SpendRecord());

    public DateTimeOffset? First { get; private set; }

    public DateTimeOffset? Last { get; private set; }

    public IReadOnlyList<SpendGroups> Groups { get; private set; } = [];

    public IReadOnlyList<BudgetUse> Budgets { get; private set; } = [];

    public IReadOnlyList<SqliteRecordedGrant> Grants { get; private set; } = [];

    public IReadOnlyList<SqliteRecordedAdjustment> Adjustments { get; private set; } = [];

    /// <exception cref="SqliteSpendLedgerException">The file is missing or not a ledger.</exception>
    public static async Task<SpendReport> ReadAsync(
        string file, SpendQuery query, IReadOnlyList<string> groupings, IReadOnlyList<Budget> budgets, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        SqliteSpendRecords records = LedgerCommand.Open(file);
        var report = new SpendReport(records.Path, query.From, query.To);
        var uses = new Dictionary<(string Budget, string Key, long Period), BudgetUse>();
        long read = 0;
        await foreach (SqliteSpendRecord record in records.ReadRecordsAsync(query.From, query.To, cancellationToken))
        {
            AddTo(uses, record);
            progress?.Report(++read);
        }

        SpendRecord? total = (await records.QueryAsync(query, cancellationToken)).FirstOrDefault(sum => sum.Attempts > 0);
        report.Total = new SpendSum("total", total ?? new SpendRecord());
        (report.First, report.Last) = (total?.First, total?.Last);
        var groups = new List<SpendGroups>();
        foreach (string name in groupings)
        {
            IReadOnlyList<SpendRecord> sums = await records.QueryAsync(query with { GroupBy = [name], Take = 100_000 }, cancellationToken);
            groups.Add(new SpendGroups(name, [.. sums.Select(sum => new SpendSum(sum.Group[0], sum))]));
        }

        report.Groups = groups;
        report.Budgets = BudgetUse.Against(uses.Values, budgets);
        report.Grants = [.. records.ReadGrants().Where(grant => grant.GrantedAt >= query.From && grant.GrantedAt < query.To)];
        report.Adjustments = [.. records.ReadAdjustments().Where(adjustment => adjustment.AdjustedAt >= query.From && adjustment.AdjustedAt < query.To)];
        return report;
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

/// <summary>Spend summed by one grouping: by time, or by descending spend.</summary>
internal sealed record SpendGroups(string By, IReadOnlyList<SpendSum> Sums)
{
    public bool IsTime => By is "day" or "hour" or "month";
}
