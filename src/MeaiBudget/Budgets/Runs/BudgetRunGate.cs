using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>The gate of one run. It reserves in the run and all its outer runs atomically.</summary>
internal sealed class BudgetRunGate : CallRun.IFlowingRun, IBudgetSelection
{
    /// <summary>The amounts that reservations add to the run's totals, until they are released or garbage-collected.</summary>
    private readonly ConditionalWeakTable<SpendReservation, Counted> _counted = [];
    private readonly BudgetRun _run;
    private readonly List<string> _names = [];
    private readonly BudgetEvents _events = new([]);
    private readonly BudgetAdmission _admission;
    private readonly BudgetSettlement _settlement;

    public BudgetRunGate(BudgetRun run)
    {
        _run = run;
        for (BudgetRun? one = run; one is not null; one = one.Parent)
        {
            _names.Add(one.Name);
        }

        var access = new LedgerAccess(run.Ledger, _events, history: run.Tracker?.GivenHistory);
        var planner = new ReservationPlanner($"run:{run.Id}", access, this, _events);
        _events.Record = planner.RecordsRefusals();
        _admission = new BudgetAdmission(access, planner, _events);
        _settlement = new BudgetSettlement(access, planner, this, _events);
    }

    /// <summary>Gets the tags that the run's tracker records: of the records of an attempt, that of the run may be the one that counts.</summary>
    IReadOnlyCollection<string> IBudgetSelection.RecordedTags => ((ISpendGate?)_run.Tracker)?.CallerTags ?? [];

    public string Name => _run.Name;

    public BudgetRun Run => _run;

    public bool HasEnded => _run.IsEnded;

    public CallRun.IFlowingRun? Parent => _run.Parent?.RunGate;

    public PriceCatalog? Catalog => _run.Tracker?.Catalog;

    public TimeProvider Clock => _run.Ledger.Clock;

    public async ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken)
    {
        SpendReservation reservation = await _admission.ReserveAsync(
            ReferenceEquals(request.Run, this) ? request : request with { Run = this }, cancellationToken);
        if (reservation.IsAdmitted)
        {
            _counted.Add(reservation, new Counted { Held = reservation.NanoDollars });
            _run.Reserved(reservation.NanoDollars);
        }

        return reservation;
    }

    public void Refused(SpendRequest request, SpendRefusal refusal) => _events.Refused(request, refusal, Clock.GetUtcNow());

    public async ValueTask<Cost> SettleAsync(SpendReservation reservation, SpendSettlement settlement)
    {
        Cost cost = await _settlement.SettleAsync(reservation, settlement);
        if (_counted.TryGetValue(reservation, out Counted? counted))
        {
            lock (counted)
            {
                // As in the ledger, the first settlement stands, unless it was unconfirmed and this one is confirmed.
                if (counted.IsOpen || (counted.IsUnconfirmed && !settlement.IsUnconfirmed))
                {
                    _run.Reserved(-counted.Held);
                    _run.Settled(reservation.Request.ModelId, cost.NanoDollars - counted.Spent, counted.IsOpen);
                    counted.Held = 0;
                    counted.Spent = cost.NanoDollars;
                    counted.IsOpen = false;
                    counted.IsUnconfirmed = settlement.IsUnconfirmed;
                }
            }
        }

        foreach (SpendReservation added in settlement.Added ?? [])
        {
            GiveBack(added);
        }

        return cost;
    }

    public async ValueTask ReleaseAsync(SpendReservation reservation)
    {
        await _settlement.ReleaseAsync(reservation);
        GiveBack(reservation);
    }

    /// <summary>Subtracts the amount that a reservation holds from the run's totals.</summary>
    private void GiveBack(SpendReservation reservation)
    {
        if (_counted.TryGetValue(reservation, out Counted? counted))
        {
            lock (counted)
            {
                if (counted.IsOpen)
                {
                    _run.Reserved(-counted.Held);
                    counted.Held = 0;
                    counted.IsOpen = false;
                }
            }
        }
    }

    public async ValueTask<Cost> SpendAsync(SpendRequest request, SpendSettlement settlement)
    {
        Cost cost = await _settlement.SpendAsync(request with { Run = this }, settlement, CancellationToken.None);
        _run.Settled(request.ModelId, cost.NanoDollars, isFirst: true);
        return cost;
    }

    public ModelLimits? LimitsOf(string modelId, string? provider) => Catalog?.Resolve(modelId, provider).Limits;

    public ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken) =>
        _settlement.RenewAsync(reservation, lease, cancellationToken);

    public Task WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken) =>
        _admission.WaitAsync(refusal, callId, cancellationToken);

    public void StopWaiting(Guid callId) => AdmissionQueue.Shared.Leave(callId);

    IReadOnlyList<string> IBudgetSelection.Names => _names;

    PriceResolution IBudgetSelection.PriceOf(SpendRequest request) => RequestPrices.PriceOf(CatalogOf(request), request);

    PriceResolution IBudgetSelection.Resolve(SpendRequest request, string modelId) => CatalogOf(request).Resolve(modelId, request.Provider);

    SpendRefusal? IBudgetSelection.RefusalOf(SpendRequest request)
    {
        // An attempt needs the admission of all outer runs too, and a run that has ended admits nothing.
        BudgetRun? ended = _run;
        while (ended is { IsEnded: false })
        {
            ended = ended.Parent;
        }

        return ended is null ? null : new SpendRefusal
        {
            Budget = ended.Name,
            Key = ended.Id,
            Reason = RefusalReason.RunEnded,
            Limit = ended.Limit ?? 0m,
            Spent = ended.Spent,
            Held = ended.Held,
        };
    }

    void IBudgetSelection.Select(SpendRequest request, DateTimeOffset now, List<AppliedBudget> applied)
    {
        for (BudgetRun? run = _run; run is not null; run = run.Parent)
        {
            applied.Add(new AppliedBudget { Book = run.Book, Key = run.Id, Slice = run.Book.At(now), Limit = run.Book.Limit });
        }
    }

    ValueTask IBudgetSelection.LimitAsync(List<AppliedBudget> applied, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Returns the prices of the run's tracker, or else those of the attempt's path.</summary>
    private PriceCatalog CatalogOf(SpendRequest request) => Catalog ?? request.Catalog ?? PriceCatalog.Default;

    private sealed class Counted
    {
        public long Held;
        public long Spent;
        public bool IsOpen = true;
        public bool IsUnconfirmed;
    }
}
