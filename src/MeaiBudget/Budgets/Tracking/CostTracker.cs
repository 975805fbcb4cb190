using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Catalog, budgets and ledger together: says whether a call may be made, and keeps what it cost.</summary>
/// <remarks>
/// Thread-safe, and exact under any concurrency: what <see cref="ReserveAsync"/> admits is held until it is settled or released, over
/// all budgets at once or not at all. Make one for each set of budgets and keep it.
/// </remarks>
public sealed class CostTracker : ISpendGate, IMeasurementSource
{
    private readonly TrackerBudgets _budgets;
    private readonly BudgetEvents _events;
    private readonly LedgerAccess _access;
    private readonly BudgetAdmission _admission;
    private readonly BudgetSettlement _settlement;
    private readonly BudgetAccounts _accounts;
    private readonly BudgetGauges _gauges;
    private readonly ILogger? _logger;

    /// <summary>Makes a tracker with the reviewed catalog, in the memory of this process.</summary>
    /// <param name="budgets">The budgets, each of which must admit a call; none for only keeping what is spent each day.</param>
    public CostTracker(params Budget[] budgets)
        : this(budgets, (PriceCatalog?)null)
    {
    }

    /// <summary>Makes a tracker.</summary>
    /// <param name="budgets">The budgets, each of which must admit a call; none for only keeping what is spent each day.</param>
    /// <param name="catalog">The prices; <see cref="PriceCatalog.Default"/> by default.</param>
    /// <param name="ledger">Where spend is kept; the memory of this process by default.</param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">Two budgets have the same name.</exception>
    public CostTracker(
        IEnumerable<Budget> budgets, PriceCatalog? catalog = null, ISpendLedger? ledger = null, Action<CostTrackerOptions>? configure = null)
        : this(budgets, PriceCatalogSource.FromCatalog(catalog ?? PriceCatalog.Default), ledger, configure)
    {
    }

    /// <summary>Makes a tracker whose prices can change while it runs: each attempt is reckoned at those that are in force when it is admitted.</summary>
    /// <param name="budgets">The budgets, each of which must admit a call; none for only keeping what is spent each day.</param>
    /// <param name="prices">The prices; asked at every attempt, and not disposed with the tracker.</param>
    /// <param name="ledger">Where spend is kept; the memory of this process by default.</param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">Two budgets have the same name.</exception>
    public CostTracker(
        IEnumerable<Budget> budgets, PriceCatalogSource prices, ISpendLedger? ledger = null, Action<CostTrackerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(budgets);
        ArgumentNullException.ThrowIfNull(prices);
        var options = new CostTrackerOptions();
        configure?.Invoke(options);

        Prices = prices;
        Ledger = ledger ?? new InMemorySpendLedger(options.TimeProvider);
        ILogger? logger = _logger = options.LoggerFactory?.CreateLogger<CostTracker>();
        _events = new BudgetEvents(options.Observers, logger);
        _budgets = new TrackerBudgets(budgets, prices, Ledger.Clock, options, logger);
        Name = options.Name ?? string.Join('+', _budgets.Books.Select(book => book.Budget.Name));
        _access = new LedgerAccess(Ledger, logger);
        var planner = new ReservationPlanner(Name, Ledger, _budgets, _events);
        _admission = new BudgetAdmission(_access, planner, _events);
        _settlement = new BudgetSettlement(_access, planner, _budgets, _events);
        _accounts = new BudgetAccounts(Name, Ledger, _budgets, _events);
        _gauges = new BudgetGauges(_budgets, Ledger);
        MeaiBudgetDiagnostics.Observe(this);
        if (_events.HasObservers)
        {
            Ledger.LeaseExpired += _accounts.OnLeaseExpired;
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Gets the budgets.</summary>
    public IReadOnlyList<Budget> Budgets => _budgets.All;

    /// <summary>Gets where the prices come from.</summary>
    public PriceCatalogSource Prices { get; }

    /// <summary>Gets the prices in force now.</summary>
    public PriceCatalog Catalog => Prices.Current;

    /// <summary>Gets where spend is kept.</summary>
    public ISpendLedger Ledger { get; }

    TimeProvider ISpendGate.Clock => Ledger.Clock;

    /// <summary>Gets how many settlements and releases wait for a ledger that was away.</summary>
    internal int OutboxCount => _access.Outbox.Count;

    /// <summary>Says whether a call would be admitted now.</summary>
    /// <remarks>Advisory: it reserves nothing, so a call between this and yours may take what is left. Blocks on a ledger that is away from this process.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The most output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets are divided by.</param>
    /// <returns>Whether every budget would admit it.</returns>
    public bool Allow(string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null) =>
        Wait(AllowAsync(modelId, inputTokens, outputTokens, tags));

    /// <summary>Says whether a call would be admitted now.</summary>
    /// <remarks>Advisory: it reserves nothing, so a call between this and yours may take what is left.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The most output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets are divided by.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>Whether every budget would admit it.</returns>
    public async ValueTask<bool> AllowAsync(
        string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null, CancellationToken cancellationToken = default) =>
        (await QuoteAsync(RequestOf(modelId, inputTokens, outputTokens, tags), cancellationToken)).IsAdmitted;

    /// <summary>Charges what has been spent already, whatever the limits.</summary>
    /// <remarks>Blocks on a ledger that is away from this process. A ledger that cannot be asked is told later.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets are divided by.</param>
    /// <returns>What it cost.</returns>
    public Cost Spend(string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null) =>
        Wait(SpendAsync(modelId, inputTokens, outputTokens, tags));

    /// <summary>Charges what has been spent already, whatever the limits.</summary>
    /// <remarks>A ledger that cannot be asked is told later.</remarks>
    /// <param name="modelId">The model.</param>
    /// <param name="inputTokens">The input tokens, zero or more.</param>
    /// <param name="outputTokens">The output tokens, zero or more.</param>
    /// <param name="tags">The tags that budgets are divided by.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>What it cost.</returns>
    public ValueTask<Cost> SpendAsync(
        string modelId, long inputTokens, long outputTokens, IReadOnlyDictionary<string, string>? tags = null, CancellationToken cancellationToken = default) =>
        SpendAsync(
            RequestOf(modelId, inputTokens, outputTokens, tags),
            new BillableUsage { InputTokens = inputTokens, OutputTokens = outputTokens },
            cancellationToken);

    /// <summary>Charges what has been spent already, whatever the limits.</summary>
    /// <remarks>A ledger that cannot be asked is told later. The same call and attempt is charged once.</remarks>
    /// <param name="request">What was asked.</param>
    /// <param name="usage">What was used.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>What it cost.</returns>
    public ValueTask<Cost> SpendAsync(SpendRequest request, BillableUsage usage, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _settlement.SpendAsync(request, new SpendSettlement { Usage = usage }, cancellationToken);
    }

    /// <summary>Admits an attempt and holds the most that it can cost, in all budgets at once; or refuses it at once.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="cancellationToken">Ends the question; nothing is then held.</param>
    /// <returns>The reservation, to be settled or released, or the refusal.</returns>
    public ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _admission.ReserveAsync(request, cancellationToken);
    }

    /// <summary>Charges what an admitted attempt used, into the period that it was reserved in, and closes its reservation.</summary>
    /// <remarks>
    /// Idempotent for each call and attempt; a settlement that is sure replaces an unconfirmed one. Does not throw for a ledger that is
    /// away: the charge is kept and told again.
    /// </remarks>
    /// <param name="reservation">The reservation.</param>
    /// <param name="settlement">What was used.</param>
    /// <returns>What it cost.</returns>
    /// <exception cref="ArgumentException">The reservation was refused.</exception>
    public ValueTask<Cost> SettleAsync(SpendReservation reservation, SpendSettlement settlement)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _settlement.SettleAsync(reservation, settlement);
    }

    /// <summary>Gives back what an attempt held for which nothing was billed.</summary>
    /// <remarks>Idempotent. Does not throw for a ledger that is away: the release is kept and told again.</remarks>
    /// <param name="reservation">The reservation.</param>
    /// <returns>A task that completes when it is given back.</returns>
    public ValueTask ReleaseAsync(SpendReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _settlement.ReleaseAsync(reservation);
    }

    /// <summary>Extends an attempt's lease, counted from now.</summary>
    /// <param name="reservation">The reservation.</param>
    /// <param name="lease">The new length, more than zero.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>A task that completes when it is extended.</returns>
    public ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _settlement.RenewAsync(reservation, lease, cancellationToken);
    }

    /// <summary>Says what an attempt would cost and whether it would be admitted now, by the code that admits, without reserving.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>The quote.</returns>
    /// <exception cref="SpendLedgerException">The ledger could not be asked.</exception>
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

    ModelLimits? ISpendGate.LimitsOf(string modelId, string? provider) => Catalog.Resolve(modelId, provider).Limits;

    void IMeasurementSource.MeasureBudgets(ICollection<BudgetMeasurement> into) => _gauges.Measure(into);

    void ISpendGate.Refused(SpendRequest request, SpendRefusal refusal) => _events.Refused(request, refusal, Ledger.Clock.GetUtcNow());

    ValueTask<Cost> ISpendGate.SpendAsync(SpendRequest request, SpendSettlement settlement) =>
        _settlement.SpendAsync(request, settlement, CancellationToken.None);

    Task ISpendGate.WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken) =>
        _admission.WaitAsync(refusal, callId, cancellationToken);

    void ISpendGate.StopWaiting(Guid callId) => AdmissionQueue.Shared.Leave(callId);

    /// <inheritdoc/>
    public override string ToString() => $"tracker '{Name}' on ledger '{Ledger.Name}'";

    /// <summary>Whether another tracker keeps its spend in the same place.</summary>
    internal bool SharesLedgerWith(CostTracker other) =>
        ReferenceEquals(Ledger, other.Ledger)
        || (Ledger is not InMemorySpendLedger && Ledger.GetType() == other.Ledger.GetType() && string.Equals(Ledger.Name, other.Ledger.Name, StringComparison.Ordinal));

    /// <summary>Puts other budgets into force. A name that stays finds its spend again.</summary>
    internal void Replace(IEnumerable<Budget> budgets) => _budgets.Replace(budgets);

    /// <summary>Tells the ledger what it could not be told before.</summary>
    internal Task SendOutboxAsync() => _access.Outbox.SendAsync();

    /// <summary>Warns of the models of a pipeline that enforcing budgets refuse because their price is not known.</summary>
    internal void ReportUnknownPrices(IEnumerable<PipelineModel> models, ILogger pipelineLogger) =>
        _budgets.ReportUnknownPrices(models, pipelineLogger.IsEnabled(LogLevel.Warning) ? pipelineLogger : _logger ?? pipelineLogger);

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
