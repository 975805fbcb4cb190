namespace MeaiBudget.Tool;

/// <summary>Compares bills with a ledger by day, model and tier.</summary>
internal sealed class Reconciliation
{
    /// <summary>Providers revise a day's figures for about two days.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromHours(48);

    private readonly BillSums _bills;
    private readonly ReconcileOptions _options;
    private readonly BillModels _models;
    private readonly HashSet<string> _providers;
    private readonly HashSet<string> _withoutTier;
    private readonly HashSet<string> _withTools;
    private readonly Dictionary<ReconciledKey, BookedSum> _booked = [];

    private Reconciliation(BillSums bills, ReconcileOptions options)
    {
        _bills = bills;
        _options = options;
        _models = new BillModels(options.Catalog);
        _providers = bills.Providers;
        _withoutTier = [.. bills.Groups.Keys.Where(group => group.Model.Length > 0 && group.Tier is null).Select(group => group.Provider)];
        _withTools = [.. bills.Groups.Keys.Where(group => group is { IsTool: true, Model.Length: 0 }).Select(group => group.Provider)];
    }

    public IReadOnlyList<ReconciledRow> Rows { get; private set; } = [];

    public IReadOnlyDictionary<string, decimal> NoUsage => _bills.NoUsage;

    public DateTimeOffset From => _options.From ?? _bills.From;

    public DateTimeOffset To => _options.To ?? _bills.To;

    /// <summary>Gets the number of attempts that were compared.</summary>
    public long Attempts { get; private set; }

    public decimal Billed => Rows.Sum(row => row.BilledAmount ?? 0m);

    public decimal Booked => Rows.Where(row => row.BilledAmount is not null).Sum(row => row.BookedAmount);

    /// <summary>Gets a value indicating whether a row or the total differs by more than the tolerance.</summary>
    public bool Differs => Rows.Any(row => row.Differs);

    /// <summary>Reads the ledger and compares it with bills.</summary>
    /// <param name="history">The ledger's history.</param>
    /// <param name="bills">The bills.</param>
    /// <param name="options">What to compare and how.</param>
    /// <param name="progress">Receives the number of attempts read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="InvalidDataException">The bills have nothing to compare.</exception>
    public static async Task<Reconciliation> RunAsync(ISpendHistory history, BillSums bills, ReconcileOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (bills.To <= bills.From)
        {
            throw new InvalidDataException("The bills have no line and no time, so there is nothing to compare.");
        }

        var reconciliation = new Reconciliation(bills, options);
        await foreach (BookedAttempt attempt in reconciliation.AttemptsAsync(history, progress, cancellationToken))
        {
            reconciliation.Add(attempt);
        }

        reconciliation.Compare();
        return reconciliation;
    }

    /// <summary>Reads the attempts that the bills are about.</summary>
    public async IAsyncEnumerable<BookedAttempt> AttemptsAsync(
        ISpendHistory history, IProgress<long>? progress, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long read = 0;

        // An attempt is booked when it ends, and found by when it began.
        await foreach (BookedAttempt attempt in BookedAttempt.ReadAsync(history, From.AddDays(-1), To, cancellationToken))
        {
            if (++read % 10_000 == 0)
            {
                progress?.Report(read);
            }

            DateTimeOffset at = attempt.BookedAt;
            if (at >= From && at < To && _providers.Contains(ProviderOf(attempt.Record)) && IsAsked(attempt.Record))
            {
                yield return attempt;
            }
        }

        progress?.Report(read);
    }

    /// <summary>Returns what an attempt is compared by.</summary>
    public ReconciledKey KeyOf(BookedAttempt attempt)
    {
        SpendRecord record = attempt.Record;
        string provider = ProviderOf(record);
        string item = record.Id!.Value.Owner == BillCorrections.Owner ? Tag(record, BillCorrections.ItemTag) : "";
        return new ReconciledKey(
            Day(DateOnly.FromDateTime(attempt.BookedAt.UtcDateTime)), provider, _models.OfLedger(provider, record.ResponseModelId ?? record.Call!.ModelId ?? ""), item,
            _withoutTier.Contains(provider) ? "" : ServiceTiers.Canonical(record.Usage.ServiceTier) ?? "", Tag(record, _options.ProjectTag), Tag(record, _options.KeyTag));
    }

    /// <summary>Returns the rows that an attempt's charge belongs to: its model's, and those of tools that the bill lists apart.</summary>
    public IEnumerable<(ReconciledKey Key, decimal Amount)> PartsOf(BookedAttempt attempt)
    {
        ReconciledKey key = KeyOf(attempt);
        decimal rest = attempt.Spent;
        foreach ((ReconciledKey tool, decimal fee, _) in FeesOf(attempt, key))
        {
            rest -= fee;
            yield return (tool, fee);
        }

        yield return (key, Math.Max(0m, rest));
    }

    /// <summary>Returns the tags that give a record of the ledger the project and key of a row.</summary>
    public IEnumerable<KeyValuePair<string, string>> TagsOf(ReconciledKey key)
    {
        if (_options.ProjectTag is { } project && key.Project.Length > 0)
        {
            yield return KeyValuePair.Create(project, key.Project);
        }

        if (_options.KeyTag is { } ofKey && key.Key.Length > 0)
        {
            yield return KeyValuePair.Create(ofKey, key.Key);
        }
    }

    private IEnumerable<(ReconciledKey Key, decimal Fee, long Uses)> FeesOf(BookedAttempt attempt, ReconciledKey key) =>
        _withTools.Contains(key.Provider) && attempt.Record.Usage.HasUses
            ? ToolFees.Of(_options.Catalog, attempt.Record, key.Provider).Select(tool => (key with { Model = "", Item = tool.Item, Tier = "" }, tool.Fee, tool.Uses))
            : [];

    private void Add(BookedAttempt attempt)
    {
        Attempts++;
        ReconciledKey key = KeyOf(attempt);
        decimal fees = 0m;
        foreach ((ReconciledKey tool, decimal fee, long uses) in FeesOf(attempt, key))
        {
            fees += fee;
            Sum(tool).AddFee(fee, uses);
        }

        Sum(key).Add(attempt, Math.Max(0m, attempt.Spent - fees));
    }

    private BookedSum Sum(ReconciledKey key)
    {
        if (!_booked.TryGetValue(key, out BookedSum? sum))
        {
            _booked.Add(key, sum = new BookedSum());
        }

        return sum;
    }

    private void Compare()
    {
        var billed = new Dictionary<ReconciledKey, BilledSum>();
        foreach ((BilledGroup group, BilledSum sum) in _bills.Groups)
        {
            if (group.Day < DateOnly.FromDateTime(From.UtcDateTime) || group.Day.ToDateTime(default, DateTimeKind.Utc) >= To.UtcDateTime)
            {
                continue;
            }

            var key = new ReconciledKey(
                Day(group.Day), group.Provider, _models.OfBill(group.Provider, group.Model), group.Item, _withoutTier.Contains(group.Provider) || group.Model.Length == 0 ? "" : group.Tier ?? "",
                _options.ProjectTag is null ? "" : group.Project, _options.KeyTag is null ? "" : group.Key);
            if (!billed.TryGetValue(key, out BilledSum? known))
            {
                billed.Add(key, known = new BilledSum());
            }

            known.Add(sum);
        }

        ReconciledRow[] rows = [.. billed.Keys.Union(_booked.Keys)
            .Select(key => new ReconciledRow(key, billed.GetValueOrDefault(key), _booked.GetValueOrDefault(key)))
            .Where(row => row.Billed is not null || row.BookedAmount != 0m || row.Booked is { Attempts: > 0 })
            .OrderBy(row => row.Key.Day).ThenBy(row => row.Key.Provider, StringComparer.Ordinal).ThenBy(row => row.Key.Model, StringComparer.Ordinal).ThenBy(row => row.Key.Item, StringComparer.Ordinal).ThenBy(row => row.Key.Tier, StringComparer.Ordinal)];
        Rows = [.. rows.Select(row => ReconcileReasons.Explain(row with { IsProvisional = IsProvisional(row.Key.Day) }, rows, _options.Tolerance))];
    }

    private bool IsProvisional(DateOnly day)
    {
        DateTimeOffset end = new(day.ToDateTime(default), TimeSpan.Zero);
        end = _bills.IsMonthly ? end.AddMonths(1) : end.AddDays(1);
        return end + Settling > _options.Now || (_bills.CompleteUntil is { } until && until < end);
    }

    private DateOnly Day(DateOnly day) => _bills.IsMonthly ? new DateOnly(day.Year, day.Month, 1) : day;

    private string ProviderOf(SpendRecord record) => record.Call!.Provider is { Length: > 0 } named
        ? ProviderNames.Canonical(named)!
        : _options.Catalog.Resolve(record.ResponseModelId ?? record.Call.ModelId ?? "").Provider ?? "";

    private bool IsAsked(SpendRecord record) =>
        (_options.Projects.Count == 0 || _options.ProjectTag is null || _options.Projects.Contains(Tag(record, _options.ProjectTag)))
        && (_options.Keys.Count == 0 || _options.KeyTag is null || _options.Keys.Contains(Tag(record, _options.KeyTag)));

    private static string Tag(SpendRecord record, string? tag) => tag is null ? "" : record.Call!.Tags?.GetValueOrDefault(tag) ?? "";
}
