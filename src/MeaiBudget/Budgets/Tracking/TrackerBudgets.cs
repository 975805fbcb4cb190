using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>The budgets of a tracker: selects those that apply to an attempt, with their keys and limits.</summary>
internal sealed partial class TrackerBudgets : IBudgetSelection
{
    private readonly PriceCatalogSource _prices;
    private readonly string[] _recordedTags;
    private readonly BudgetLimits _limits;
    private readonly OutsideCalls? _outside;
    private readonly ConcurrentDictionary<(string Budget, string Tag, string? UnreadableType), bool> _reportedTags = new();
    private ILogger _logger;
    private volatile State _state;

    public TrackerBudgets(
        IEnumerable<Budget> budgets, PriceCatalogSource prices, ISpendLedger ledger, CostTrackerOptions options, ILogger? logger)
    {
        _recordedTags = [.. options.RecordedTags];
        _state = StateOf(budgets);
        _prices = prices;
        _logger = logger ?? NullLogger.Instance;
        _limits = new BudgetLimits(ledger, options, _logger);
        _outside = ledger is InMemorySpendLedger memory ? new OutsideCalls(memory) : null;
    }

    /// <summary>The day of the prices in use; <see langword="null"/> if their catalog states none.</summary>
    public DateOnly? PricesAsOf => _prices.Current.Date;

    public IReadOnlyList<Budget> All => _state.All;

    public BudgetBook[] Books => _state.Books;

    public IReadOnlyList<string> Names => _state.Names;

    public IReadOnlyCollection<string> RecordedTags => _state.RecordedTags;

    /// <summary>True if the application provides limits.</summary>
    public bool AsksForLimits => _limits.AsksProvider;

    /// <summary>The budgets that refuse a model without a known price; empty if there is none.</summary>
    private string NamesThatNeedPrices => string.Join(", ", All
        .Where(budget => budget.Enforcement == Enforcement.Enforce
            && (budget.Limit is not null || AsksForLimits)
            && Equals(budget.UnknownPriceBehavior, UnknownPriceBehavior.Deny))
        .Select(budget => $"Budget '{budget.Name}'"));

    /// <summary>Replaces the budgets for all admissions from now on. Existing reservations settle in their own accounts.</summary>
    /// <exception cref="ArgumentException">Two budgets have the same name.</exception>
    public void Replace(IEnumerable<Budget> budgets) => _state = StateOf(budgets);

    public BudgetBook Find(string budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        State state = _state;
        return Array.Find(state.Books, book => string.Equals(book.Budget.Name, budget, StringComparison.Ordinal))
            ?? throw new ArgumentException(
                $"The tracker has no budget '{budget}'. Its budgets are: {string.Join(", ", state.All.Select(known => $"'{known.Name}'"))}.", nameof(budget));
    }

    public PriceResolution PriceOf(SpendRequest request) => RequestPrices.PriceOf(_prices.Current, request);

    public PriceResolution Resolve(SpendRequest request, string modelId) => _prices.Current.Resolve(modelId, request.Provider);

    public SpendRefusal? RefusalOf(SpendRequest request) => null;

    public void Select(SpendRequest request, DateTimeOffset now, List<AppliedBudget> applied)
    {
        _limits.CompareCode(Books);
        foreach (BudgetBook book in Books)
        {
            BudgetPeriodSlice slice = book.At(now);
            string key = book.KeyOf(request);
            if (book.MissingTagOf(request, requiredOnly: false) is { } missing)
            {
                ReportMissingTag(book.Budget, missing, request);
            }

            if (book.Budget.Period.Kind != BudgetPeriodKind.Run)
            {
                applied.Add(new AppliedBudget { Book = book, Key = key, Slice = slice, Limit = book.Limit });
                continue;
            }

            // A nested run has the limit for itself and also counts against the runs around it. A call without a run is a run of its own.
            string suffix = key.Length == 0 ? "" : $"/{key}";
            BudgetRun? run = request.Run is BudgetRunGate gate ? gate.Run : BudgetRun.Current;
            if (run is null)
            {
                string callKey = $"{request.CallId}{suffix}";
                applied.Add(new AppliedBudget { Book = book, Key = callKey, LimitKey = key, Slice = BudgetPeriod.CallAt(now), Limit = book.Limit });
                _outside?.Add(request.CallId, book, callKey);
            }

            for (; run is not null; run = run.Parent)
            {
                applied.Add(new AppliedBudget { Book = book, Key = run.Id + suffix, Slice = slice, Limit = book.Limit });
            }
        }
    }

    public ValueTask LimitAsync(List<AppliedBudget> applied, CancellationToken cancellationToken) => _limits.ApplyAsync(applied, cancellationToken);

    public long? SettingsVersion => _limits.SettingsVersion;

    public ValueTask<bool> RefreshLimitsAsync(TimeSpan age, CancellationToken cancellationToken) => _limits.RefreshAsync(age, cancellationToken);

    /// <summary>Forgets the accounts of a call outside of runs, which no other call uses.</summary>
    public void EndCall(Guid callId) => _outside?.End(callId);

    /// <summary>Warns of the models that enforcing budgets refuse because their price is not known, with the override to add.</summary>
    public void ReportUnknownPrices(IEnumerable<PipelineModel> models, ILogger logger)
    {
        if (NamesThatNeedPrices is not { Length: > 0 } refusing || !logger.IsEnabled(LogLevel.Warning))
        {
            return;
        }

        PriceCatalog catalog = _prices.Current;
        foreach (PipelineModel model in models)
        {
            PriceResolution price = RequestPrices.PriceOf(catalog, model.ModelId, model.RequestedModelId, model.Provider, model.Endpoint, model.IsFree);
            if (price.AdviceFor(model.ModelId) is { } advice)
            {
                BudgetLog.PriceUnknown(logger, refusing, WrittenText.Of(model.Route), WrittenText.Of(model.ModelId), SecretRedactor.Default.Redact(advice));
            }
        }
    }

    /// <summary>Uses the pipeline's logger if the tracker was made without one.</summary>
    public void LogTo(ILogger logger)
    {
        if (_logger is NullLogger)
        {
            _logger = logger;
        }
    }

    /// <summary>Warns, once for each budget and cause, that a call is counted without the tag by which the budget is partitioned.</summary>
    private void ReportMissingTag(Budget budget, string tag, SpendRequest request)
    {
        if (_logger.IsEnabled(LogLevel.Warning) && _reportedTags.TryAdd((budget.Name, tag, CallTags.UnreadableType(request.Tags, tag)), true))
        {
            LogTagMissing(budget.Name, CallTags.WhyMissing(request.Tags, tag), budget.PartitionBy.Any(dimension => dimension.Tag == tag && dimension.IsRequired)
                ? "The budget requires the tag, so it refuses such calls if it enforces"
                : $"All such calls share one limit. Set the tag on every call, or refuse calls without it: PerTag(\"{tag}\", required: true)");
        }
    }

    private State StateOf(IEnumerable<Budget> budgets)
    {
        List<Budget> all = [.. budgets];
        if (all.Any(budget => budget is null))
        {
            throw new ArgumentException("The list of budgets contains null.", nameof(budgets));
        }

        if (all.GroupBy(budget => budget.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Two budgets have the name '{twice.Key}'. Give each its own: a ledger identifies a budget by its name.", nameof(budgets));
        }

        if (all.Count == 0)
        {
            // A budget without a limit, so that the spend of the day can be read.
            all = [Budget.Daily("spend", null) with { Enforcement = Enforcement.Warn }];
        }

        BudgetBook[] books = [.. all.Select(budget => new BudgetBook(budget))];
        return new State(
            all,
            books,
            [.. all.Select(budget => budget.Name)],
            [.. all.SelectMany(budget => budget.PartitionBy).Select(dimension => dimension.Tag).OfType<string>()
                .Concat(_recordedTags).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>The budgets in force.</summary>
    private sealed record State(
        IReadOnlyList<Budget> All, BudgetBook[] Books, IReadOnlyList<string> Names, IReadOnlyCollection<string> RecordedTags);

    [LoggerMessage(EventId = 421, EventName = "BudgetTagMissing", Level = LogLevel.Warning, Message = "A call that budget '{Budget}' partitions by tag {Cause}. {Advice}. This is logged once.")]
    private partial void LogTagMissing(string budget, string cause, string advice);
}
