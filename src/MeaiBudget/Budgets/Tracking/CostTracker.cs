using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Combines prices, budgets and a ledger: admits attempts, and records what they cost.</summary>
/// <remarks>
/// Thread-safe, and exact under any concurrency: <see cref="ReserveAsync"/> holds the amount in all budgets atomically, until it is
/// settled or released. Create one for each set of budgets and keep it.
/// </remarks>
/// <example>
/// <code>
/// var tracker = new CostTracker(Budget.Daily("day", 20m), Budget.Monthly("tenant", 50m).PerTag("tenant"));
/// IChatClient client = new ChatClientBuilder(openAi).UseBudget(tracker).Build();
///
/// var options = new ChatOptions { AdditionalProperties = new() { ["tenant"] = "acme" } };
/// await client.GetResponseAsync("What is the capital of Italy?", options);
///
/// BudgetStatus status = await tracker.GetStatusAsync("tenant", "acme");
/// Console.WriteLine($"{status.Spent} of {status.Limit} USD, resets at {status.ResetsAt}");
/// </code>
/// </example>
public sealed class CostTracker : ISpendGate, IMeasurementSource
{
    private readonly TrackerBudgets _budgets;
    private readonly BudgetEvents _events;
    private readonly LedgerAccess _access;
    private readonly ResponseLinks _links;
    private readonly BudgetAdmission _admission;
    private readonly BudgetSettlement _settlement;
    private readonly BudgetAccounts _accounts;
    private readonly BudgetGauges _gauges;
    private readonly ILogger? _logger;
    private readonly string[] _metricTags;

    /// <summary>Creates a tracker with the built-in price catalog and an in-memory ledger.</summary>
    /// <param name="budgets">The budgets, each of which must admit a call. Without budgets the tracker only records the spend of each day.</param>
    public CostTracker(params Budget[] budgets)
        : this(budgets, (PriceCatalog?)null)
    {
    }

    /// <summary>Creates a tracker.</summary>
    /// <param name="budgets">The budgets, each of which must admit a call. Without budgets the tracker only records the spend of each day.</param>
    /// <param name="catalog">The prices; <see cref="PriceCatalog.Default"/> by default.</param>
    /// <param name="ledger">The ledger; a new <see cref="InMemorySpendLedger"/> by default. It is not disposed with the tracker.</param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">Two budgets have the same name.</exception>
    public CostTracker(
        IEnumerable<Budget> budgets, PriceCatalog? catalog = null, ISpendLedger? ledger = null, Action<CostTrackerOptions>? configure = null)
        : this(budgets, PriceCatalogSource.FromCatalog(catalog ?? PriceCatalog.Default), ledger, configure)
    {
    }

    /// <summary>Creates a tracker whose prices can change while it runs. Each attempt uses the prices at its admission.</summary>
    /// <param name="budgets">The budgets, each of which must admit a call. Without budgets the tracker only records the spend of each day.</param>
    /// <param name="prices">The source of the prices, read at every attempt. It is not disposed with the tracker.</param>
    /// <param name="ledger">The ledger; a new <see cref="InMemorySpendLedger"/> by default. It is not disposed with the tracker.</param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">Two budgets have the same name.</exception>
    public CostTracker(
        IEnumerable<Budget> budgets, PriceCatalogSource prices, ISpendLedger? ledger = null, Action<CostTrackerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(budgets);
        ArgumentNullException.ThrowIfNull(prices);
        var options = new CostTrackerOptions();
        configure?.Invoke(options);

        _metricTags = [.. options.MetricTags];
        GivenHistory = options.History;
        Prices = prices;
        Ledger = ledger ?? new InMemorySpendLedger(options.TimeProvider);
        ILogger? logger = _logger = options.LoggerFactory?.CreateLogger<CostTracker>();
        _events = new BudgetEvents(options.Observers, logger);
        _budgets = new TrackerBudgets(budgets, prices, GuardedLedger.Of(Ledger), options, logger);
        Name = options.Name ?? string.Join('+', _budgets.Books.Select(book => book.Budget.Name));
        _access = new LedgerAccess(Ledger, _events, logger, options.History);
        var planner = new ReservationPlanner(Name, _access, _budgets, _events);
        _events.Record = planner.RecordsRefusals();
        _admission = new BudgetAdmission(_access, planner, _events);
        _settlement = new BudgetSettlement(_access, planner, _budgets, _events);
        _accounts = new BudgetAccounts(Name, _access, _budgets, _events);
        _links = new ResponseLinks(Name, _access, _budgets);
        _gauges = new BudgetGauges(_budgets, _access.Ledger);
        MeaiBudgetDiagnostics.Observe(this);
        if (logger is not null)
        {
            prices.LogAge(logger);
        }

        if (_events.HasObservers || _access.History is not null)
        {
            Ledger.LeaseExpired += _accounts.OnLeaseExpired;
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Gets the budgets.</summary>
    public IReadOnlyList<Budget> Budgets => _budgets.All;

    /// <summary>Gets the source of the prices.</summary>
    public PriceCatalogSource Prices { get; }

    /// <summary>Gets the prices in force now.</summary>
    public PriceCatalog Catalog => Prices.Current;

    /// <summary>Gets the ledger.</summary>
    public ISpendLedger Ledger { get; }

    /// <summary>
    /// Gets the history of the attempts: <see cref="CostTrackerOptions.History"/>, or the ledger's own; <see langword="null"/> if the ledger
    /// keeps none.
    /// </summary>
    public ISpendHistory? History => GivenHistory ?? (Ledger.KeepsRecords ? Ledger as ISpendHistory : null);

    TimeProvider ISpendGate.Clock => Ledger.Clock;

    /// <summary>Gets how many settlements and releases wait in this process for a ledger that failed. They are sent again until it applies them.</summary>
    public int PendingSettlements => _access.Outbox.Count;

    /// <summary>Checks whether a call would be admitted now.</summary>
    /// <remarks>Reserves nothing, so another call may take what is left before yours. Blocks while a ledger outside this process answers.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The most output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets partition by.</param>
    /// <returns>True if every budget would admit it.</returns>
    public bool Allow(string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null) =>
        Wait(AllowAsync(modelId, inputTokens, outputTokens, tags));

    /// <summary>Checks whether a call would be admitted now.</summary>
    /// <remarks>Reserves nothing, so another call may take what is left before yours.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The most output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets partition by.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>True if every budget would admit it.</returns>
    public async ValueTask<bool> AllowAsync(
        string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null, CancellationToken cancellationToken = default) =>
        (await QuoteAsync(RequestOf(modelId, inputTokens, outputTokens, tags), cancellationToken)).IsAdmitted;

    /// <summary>Charges money that has been spent already, beyond any limit.</summary>
    /// <remarks>Blocks while a ledger outside this process answers. If the ledger fails, the charge is kept and sent again.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets partition by.</param>
    /// <returns>The cost.</returns>
    public Cost Spend(string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null) =>
        Wait(SpendAsync(modelId, inputTokens, outputTokens, tags));

    /// <summary>Charges money that has been spent already, beyond any limit.</summary>
    /// <remarks>If the ledger fails, the charge is kept and sent again.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets partition by.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The cost.</returns>
    public ValueTask<Cost> SpendAsync(
        string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null, CancellationToken cancellationToken = default) =>
        SpendAndEndAsync(
            RequestOf(modelId, inputTokens, outputTokens, tags),
            new BillableUsage { InputTokens = inputTokens, OutputTokens = outputTokens },
            cancellationToken);

    /// <summary>Charges money that has been spent already, beyond any limit.</summary>
    /// <remarks>If the ledger fails, the charge is kept and sent again. The same call and attempt is charged once.</remarks>
    /// <param name="request">The attempt.</param>
    /// <param name="usage">The usage.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The cost.</returns>
    public ValueTask<Cost> SpendAsync(SpendRequest request, BillableUsage usage, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _settlement.SpendAsync(request, new SpendSettlement { Usage = usage }, cancellationToken);
    }

    /// <summary>Holds the most that an attempt can cost, in all budgets atomically, or refuses it. Does not wait for other calls.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger; nothing stays held.</param>
    /// <returns>The reservation, which must be settled or released, or the refusal. If the ledger fails, <see cref="Budget.LedgerFailureBehavior"/> decides.</returns>
    public ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _admission.ReserveAsync(request, cancellationToken);
    }

    /// <summary>Charges the usage of an admitted attempt into the period of its reservation, and closes the reservation.</summary>
    /// <remarks>
    /// Idempotent for each call and attempt. A settlement with provider-reported usage replaces an estimated one. If the ledger fails,
    /// nothing is thrown: the charge is kept and sent again.
    /// </remarks>
    /// <param name="reservation">The reservation.</param>
    /// <param name="settlement">The usage.</param>
    /// <returns>The cost.</returns>
    /// <exception cref="ArgumentException">The reservation was refused.</exception>
    public ValueTask<Cost> SettleAsync(SpendReservation reservation, SpendSettlement settlement)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _settlement.SettleAsync(reservation, settlement);
    }

    /// <summary>Releases the reservation of an attempt for which nothing was billed.</summary>
    /// <remarks>Idempotent. If the ledger fails, nothing is thrown: the release is kept and sent again.</remarks>
    /// <param name="reservation">The reservation.</param>
    /// <returns>A task that completes when the reservation is released or the release is kept.</returns>
    public ValueTask ReleaseAsync(SpendReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _settlement.ReleaseAsync(reservation);
    }

    /// <summary>Extends an attempt's lease, counted from now.</summary>
    /// <param name="reservation">The reservation.</param>
    /// <param name="lease">The new length, more than zero.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>A task that completes when the lease is extended.</returns>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _settlement.RenewAsync(reservation, lease, cancellationToken);
    }

    /// <summary>Computes what an attempt would cost and whether it would be admitted now, without reserving.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The quote, computed by the code that admits.</returns>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public async ValueTask<BudgetQuote> QuoteAsync(SpendRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        (SpendReservation answer, long? freeOutputTokens) = await _admission.QuoteAsync(request, cancellationToken);
        var input = new BillableUsage { InputTokens = request.Estimate.InputTokens, IsEstimated = true };
        return new BudgetQuote
        {
            Refusal = answer.Refusal,
            Price = answer.Price,
            WorstCase = answer.NanoDollars / 1_000_000_000m,
            ExpectedInput = answer.Price.Price?.CostOf(input, answer.Price.Match) ?? new Cost(0, CostKind.Unknown, answer.Price.Match),
            AffordableOutputTokens = freeOutputTokens,
            Budgets = answer.Refusal is { } refusal ? [refusal.Budget] : answer.Budgets,
        };
    }

    /// <summary>Reads the status of every budget, for every key that has charges or reservations in its current period.</summary>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>One status for each budget and key; a budget without partitions always has one.</returns>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask<IReadOnlyList<BudgetStatus>> GetStatusAsync(CancellationToken cancellationToken = default) => _accounts.GetStatusAsync(cancellationToken);

    /// <summary>Reads the status of one budget for one key.</summary>
    /// <param name="budget">The budget's name.</param>
    /// <param name="key">The partition key; empty for a budget without partitions.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The status.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget.</exception>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask<BudgetStatus> GetStatusAsync(string budget, string key = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _accounts.GetStatusAsync(_budgets.Find(budget), key, cancellationToken);
    }

    /// <summary>
    /// Creates a tool by which a model reads what is left of the current <see cref="BudgetRun"/> and of this tracker's budgets, so that it can
    /// plan its steps. Add it to the tools of an agent.
    /// </summary>
    /// <remarks>
    /// It reads the budgets without partitions, and those of the tags of the call that invokes it. The answer contains the names of budgets,
    /// limits and remaining amounts, which the provider of the model receives.
    /// </remarks>
    /// <param name="name">The tool's name.</param>
    /// <returns>The tool. It has no parameters and returns text.</returns>
    public AIFunction CreateRemainingBudgetTool(string name = "remaining_budget")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new RemainingBudgetFunction(this, name);
    }

    /// <summary>Gets the status of the budgets of a call: those that are not divided, or by tags only.</summary>
    internal async ValueTask<IReadOnlyList<BudgetStatus>> GetStatusOfCallAsync(IReadOnlyDictionary<string, string>? tags, CancellationToken cancellationToken)
    {
        var request = new SpendRequest { CallId = Guid.Empty, Attempt = 1, ModelId = "", Estimate = new TokenEstimate(0, 0, TokenEstimateSource.Exact), OutputTokens = 0, Tags = tags };
        var statuses = new List<BudgetStatus>();
        foreach (BudgetBook book in _budgets.Books)
        {
            if (book.Budget.Period.Kind != BudgetPeriodKind.Run && book.Budget.PartitionBy.All(dimension => dimension.Kind == BudgetDimensionKind.Tag))
            {
                statuses.Add(await _accounts.GetStatusAsync(book, book.KeyOf(request), cancellationToken));
            }
        }

        return statuses;
    }

    /// <summary>Raises the limit of one key of a budget by an amount, until a moment.</summary>
    /// <remarks>Reservations that were admitted under a grant stay when it ends.</remarks>
    /// <param name="budget">The budget's name.</param>
    /// <param name="key">The partition key, as events and refusals show it; empty for a budget without partitions.</param>
    /// <param name="amount">The amount in US dollars, more than zero and at most 9 billion.</param>
    /// <param name="expiresAt">When the grant ends.</param>
    /// <param name="reason">Who grants it and why, for the audit; no secret.</param>
    /// <param name="id">The grant's id, which makes repeating it safe; a new one by default.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>True if the grant was new.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget, or the amount is out of range.</exception>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask<bool> GrantAsync(
        string budget, string key, decimal amount, DateTimeOffset expiresAt, string reason, Guid? id = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(amount, 0m);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, 9_000_000_000m);
        return _accounts.GrantAsync(_budgets.Find(budget), key, amount, expiresAt, reason, id, cancellationToken);
    }

    /// <summary>Corrects the cost of an attempt: the new total is charged into the period of its reservation.</summary>
    /// <remarks>The ledger keeps every correction. Repeating one with the same id changes nothing.</remarks>
    /// <param name="callId">The call.</param>
    /// <param name="attempt">The attempt within the call, from 1.</param>
    /// <param name="cost">The new total in US dollars, from zero to 9 billion.</param>
    /// <param name="reason">Who corrects it and why, for the audit; no secret.</param>
    /// <param name="id">The correction's id, which makes repeating it safe; a new one by default.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>True if it was applied; false if the ledger does not know the attempt, if it is not settled yet, or if the id was applied before.</returns>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask<bool> AdjustAsync(
        Guid callId, int attempt, decimal cost, string reason, Guid? id = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cost, 9_000_000_000m);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return _accounts.AdjustAsync(callId, attempt, cost, reason, id, cancellationToken);
    }

    /// <summary>Sets the limit of a budget in the ledger, for every service that uses it. It takes effect at their next calls.</summary>
    /// <remarks>It replaces the limit of the code, the configuration and <see cref="CostTrackerOptions.LimitProvider"/>. Spend continues.</remarks>
    /// <param name="budget">The budget's name.</param>
    /// <param name="key">The partition key; <see langword="null"/> or empty for all keys, of which each has the limit for itself.</param>
    /// <param name="limit">The limit in US dollars, from zero to 9 billion; <see langword="null"/> removes the ledger's limit, so that the code's applies again.</param>
    /// <param name="reason">Who sets it and why, for operators; no secret.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>A task that completes when the limit is set.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget, or the limit is out of range.</exception>
    /// <exception cref="NotSupportedException">The ledger stores no settings.</exception>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask SetLimitAsync(string budget, string? key, decimal? limit, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentOutOfRangeException.ThrowIfNegative(limit ?? 0m, nameof(limit));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit ?? 0m, 9_000_000_000m, nameof(limit));
        return _accounts.SetLimitAsync(_budgets.Find(budget), key, limit, reason, cancellationToken);
    }

    /// <summary>Stops a budget in the ledger: every service that uses it refuses all further calls that the budget applies to.</summary>
    /// <remarks>Admitted attempts continue. The budget refuses whatever its <see cref="Budget.Enforcement"/>, and calls that cost nothing too.</remarks>
    /// <param name="budget">The budget's name.</param>
    /// <param name="key">The partition key; <see langword="null"/> or empty for all keys.</param>
    /// <param name="reason">Who stops it and why; part of the refusals, no secret.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>A task that completes when the budget is stopped.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget.</exception>
    /// <exception cref="NotSupportedException">The ledger stores no settings.</exception>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask StopAsync(string budget, string? key, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return _accounts.StopAsync(_budgets.Find(budget), key, reason, cancellationToken);
    }

    /// <summary>Ends a stop.</summary>
    /// <param name="budget">The budget's name.</param>
    /// <param name="key">The partition key, as it was given to <see cref="StopAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>A task that completes when the budget is resumed.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget.</exception>
    /// <exception cref="NotSupportedException">The ledger stores no settings.</exception>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask ResumeAsync(string budget, string? key = null, CancellationToken cancellationToken = default) =>
        _accounts.StopAsync(_budgets.Find(budget), key, null, cancellationToken);

    /// <summary>Reads the status of a budget for its keys, a page at a time. Keys without spend in the current period are left out.</summary>
    /// <param name="budget">The budget's name.</param>
    /// <param name="contains">A text that the key must contain, compared ordinally; empty for all keys.</param>
    /// <param name="isBySpent">True for the largest spend first; false for the ledger's own order of keys.</param>
    /// <param name="cursor">The <c>Next</c> of the page before; <see langword="null"/> for the first page.</param>
    /// <param name="count">The most keys of a page, from 1 to 10,000.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The statuses, and the cursor of the next page; <see langword="null"/> if this is the last one.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget, or the cursor is not one that a page returned.</exception>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public ValueTask<(IReadOnlyList<BudgetStatus> Statuses, string? Next)> GetStatusPageAsync(
        string budget, string contains = "", bool isBySpent = false, string? cursor = null, int count = 100, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(contains);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 10_000);
        return _accounts.GetStatusPageAsync(_budgets.Find(budget), contains, isBySpent, cursor, count, cancellationToken);
    }

    ModelLimits? ISpendGate.LimitsOf(string modelId, string? provider) => Catalog.Resolve(modelId, provider).Limits;

    void IMeasurementSource.MeasureBudgets(ICollection<BudgetMeasurement> into) => _gauges.Measure(into);

    void ISpendGate.Refused(SpendRequest request, SpendRefusal refusal) => _events.Refused(request, refusal, Ledger.Clock.GetUtcNow());

    ValueTask<Cost> ISpendGate.SpendAsync(SpendRequest request, SpendSettlement settlement) =>
        _settlement.SpendAsync(request, settlement, CancellationToken.None);

    ValueTask ISpendGate.LinkAsync(Guid response, IReadOnlyList<SpendReservation> reservations) => _links.LinkAsync(response, reservations);

    ValueTask<IReadOnlyList<SpendReservation>> ISpendGate.FindLinkedAsync(Guid response, SpendRequest asked, CancellationToken cancellationToken) =>
        _links.FindAsync(response, asked, cancellationToken);

    Task ISpendGate.WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken) =>
        _admission.WaitAsync(refusal, callId, cancellationToken);

    void ISpendGate.EndCall(Guid callId) => _budgets.EndCall(callId);

    void ISpendGate.StopWaiting(Guid callId) => AdmissionQueue.Shared.Leave(callId);

    /// <inheritdoc/>
    public override string ToString() => $"tracker '{Name}' on ledger '{Ledger.Name}'";

    /// <summary>True if another tracker uses the same ledger.</summary>
    internal bool SharesLedgerWith(CostTracker other) =>
        ReferenceEquals(Ledger, other.Ledger)
        || (Ledger is not InMemorySpendLedger && Ledger.GetType() == other.Ledger.GetType() && string.Equals(Ledger.Name, other.Ledger.Name, StringComparison.Ordinal));

    /// <summary>Replaces the budgets. A budget with the same name continues with its spend.</summary>
    internal void Replace(IEnumerable<Budget> budgets) => _budgets.Replace(budgets);

    /// <summary>Gets the history that the application gave; <see langword="null"/> for none.</summary>
    internal ISpendHistory? GivenHistory { get; }

    /// <summary>Gets the task that writes to the history now.</summary>
    internal Task WritingHistory => _access.Records?.Writing ?? Task.CompletedTask;

    /// <summary>Sends the settlements and releases that the ledger failed to apply.</summary>
    internal Task SendOutboxAsync() => _access.Outbox.SendAsync();

    IReadOnlyCollection<string> ISpendGate.MetricTags => _metricTags;

    IReadOnlyCollection<string> ISpendGate.CallerTags => _budgets.RecordedTags;

    /// <summary>Uses a pipeline's logger for warnings about tags if the tracker was made without one.</summary>
    internal void LogTo(ILogger pipelineLogger) => _budgets.LogTo(pipelineLogger);

    /// <summary>Warns of the models of a pipeline that enforcing budgets refuse because their price is not known.</summary>
    internal void ReportUnknownPrices(IEnumerable<PipelineModel> models, ILogger pipelineLogger) =>
        _budgets.ReportUnknownPrices(models, pipelineLogger.IsEnabled(LogLevel.Warning) ? pipelineLogger : _logger ?? pipelineLogger);

    /// <summary>Charges a call that has ended by then.</summary>
    private async ValueTask<Cost> SpendAndEndAsync(SpendRequest request, BillableUsage usage, CancellationToken cancellationToken)
    {
        Cost cost = await SpendAsync(request, usage, cancellationToken);
        _budgets.EndCall(request.CallId);
        return cost;
    }

    private static SpendRequest RequestOf(string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ArgumentOutOfRangeException.ThrowIfNegative(inputTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(outputTokens);
        return new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = modelId,
            RequestedModelId = modelId,
            Tags = tags,
            Estimate = new TokenEstimate(inputTokens, inputTokens, TokenEstimateSource.Exact),
            OutputTokens = outputTokens,
        };
    }

    private static T Wait<T>(ValueTask<T> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : Task.Run(task.AsTask).GetAwaiter().GetResult();
}
