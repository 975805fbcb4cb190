using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Catalog, budgets and ledger together: says whether a call may be made, and keeps what it cost.</summary>
/// <remarks>
/// Thread-safe, and exact under any concurrency: what <see cref="ReserveAsync"/> admits is held until it is settled or released, over
/// all budgets at once or not at all. Make one for each set of budgets and keep it.
/// </remarks>
public sealed partial class CostTracker : ISpendGate, IMeasurementSource
{
    private readonly BudgetAdmission _admission;
    private readonly TrackerBudgets _budgets;
    private readonly BudgetEvents _events;
    private readonly ILogger? _logger;
    private readonly BudgetGauges _gauges;

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
        _admission = new BudgetAdmission(Name, Ledger, _budgets, _events, logger);
        _gauges = new BudgetGauges(_budgets, Ledger);
        MeaiBudgetDiagnostics.Observe(this);
        if (_events.HasObservers)
        {
            Ledger.LeaseExpired += OnLeaseExpired;
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
    internal int OutboxCount => _admission.OutboxCount;

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
        return _admission.SpendAsync(request, new SpendSettlement { Usage = usage }, cancellationToken);
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
        return _admission.SettleAsync(reservation, settlement);
    }

    /// <summary>Gives back what an attempt held for which nothing was billed.</summary>
    /// <remarks>Idempotent. Does not throw for a ledger that is away: the release is kept and told again.</remarks>
    /// <param name="reservation">The reservation.</param>
    /// <returns>A task that completes when it is given back.</returns>
    public ValueTask ReleaseAsync(SpendReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _admission.ReleaseAsync(reservation);
    }

    /// <summary>Extends an attempt's lease, counted from now.</summary>
    /// <param name="reservation">The reservation.</param>
    /// <param name="lease">The new length, more than zero.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>A task that completes when it is extended.</returns>
    public ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return _admission.RenewAsync(reservation, lease, cancellationToken);
    }

    /// <summary>Says what an attempt would cost and whether it would be admitted now, by the code that admits, without reserving.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>The quote.</returns>
    /// <exception cref="SpendLedgerException">The ledger could not be asked.</exception>
    public async ValueTask<BudgetQuote> QuoteAsync(SpendRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        (SpendReservation answer, ReservationPlan plan, IReadOnlyList<LedgerLineState> states) = await _admission.QuoteAsync(request, cancellationToken);
        var input = new BillableUsage { InputTokens = request.Estimate.InputTokens, IsEstimated = true };
        return new BudgetQuote
        {
            Refusal = answer.Refusal,
            Price = answer.Price,
            WorstCase = answer.NanoDollars / 1_000_000_000m,
            ExpectedInput = answer.Price.Price?.CostOf(input, answer.Price.Match) ?? new Cost(0, CostKind.Unknown, answer.Price.Match),
            AffordableOutputTokens = BudgetAdmission.FreeOutputTokens(request, answer.Price, plan, states),
            Budgets = answer.Refusal is { } refusal ? [refusal.Budget] : answer.Budgets,
        };
    }

    ModelLimits? ISpendGate.LimitsOf(string modelId, string? provider) => Catalog.Resolve(modelId, provider).Limits;

    void IMeasurementSource.MeasureBudgets(ICollection<BudgetMeasurement> into) => _gauges.Measure(into);

    void ISpendGate.Refused(SpendRequest request, SpendRefusal refusal) => _admission.Report(request, refusal);

    ValueTask<Cost> ISpendGate.SpendAsync(SpendRequest request, SpendSettlement settlement) =>
        _admission.SpendAsync(request, settlement, CancellationToken.None);

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
    internal Task SendOutboxAsync() => _admission.SendOutboxAsync();

    /// <summary>Says in the log which models of a pipeline its enforcing budgets would refuse for want of a price, and the line to add.</summary>
    internal void ReportUnknownPrices(IEnumerable<PipelineModel> models, ILogger pipelineLogger)
    {
        ILogger logger = pipelineLogger.IsEnabled(LogLevel.Warning) ? pipelineLogger : _logger ?? pipelineLogger;
        if (_budgets.NamesThatNeedPrices is not { Length: > 0 } budgets || !logger.IsEnabled(LogLevel.Warning))
        {
            return;
        }

        PriceCatalog catalog = Catalog;
        foreach (PipelineModel model in models)
        {
            PriceResolution price = RequestPrices.PriceOf(catalog, model.ModelId, model.RequestedModelId, model.Provider, model.Endpoint, model.IsFree);
            if (price.AdviceFor(model.ModelId) is { } advice)
            {
                BudgetLog.PriceUnknown(logger, budgets, WrittenText.Of(model.Route), WrittenText.Of(model.ModelId), SecretRedactor.Default.Redact(advice));
            }
        }
    }

    private void OnLeaseExpired(LedgerLeaseExpiry expiry)
    {
        if (string.Equals(expiry.Id.Owner, Name, StringComparison.Ordinal))
        {
            _events.LeaseExpired(expiry, Ledger.Clock.GetUtcNow(), static account =>
                AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false } ? (name.Budget, name.Key) : null);
        }
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
