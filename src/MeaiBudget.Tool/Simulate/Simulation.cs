namespace MeaiBudget.Tool;

/// <summary>
/// Replays recorded attempts through a tracker with other budgets and prices. Each attempt is reserved at its recorded time, held for
/// its recorded duration, and settled with its recorded tokens.
/// </summary>
/// <remarks>
/// An attempt that must wait for other reservations waits in the time of the replay, as long as the budget allows. Attempts that the
/// recorded budgets refused are not in the ledger, so they are not replayed. What callers would have done after a refusal is unknown.
/// Recorded output limits are kept unless the file has an output floor.
/// </remarks>
internal sealed class Simulation : ICallObserver
{
    /// <summary>The lease of a reservation that was never closed.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private readonly BudgetPlan _plan;
    private readonly ReplayClock _clock = new();
    private readonly CostTracker _tracker;
    private readonly PriorityQueue<Open, DateTimeOffset> _open = new();
    private readonly Dictionary<string, BudgetRun> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedBudget> _budgets = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, Outcome> _calls = [];
    private readonly RecordedSum _recorded = new();
    private long _lowered;
    private long _shortened;
    private long _waited;
    private decimal _spend;

    public Simulation(BudgetPlan plan)
    {
        _plan = plan;
        foreach (Budget budget in plan.Budgets)
        {
            _budgets.Add(budget.Name, new SimulatedBudget(budget.Name));
        }

        _tracker = new CostTracker(
            plan.Budgets, plan.Catalog.WithTimeProvider(_clock), new InMemorySpendLedger(_clock, "replay"), options =>
            {
                options.Name = "replay";
                options.Observers.Add(this);
            });
    }

    [Flags]
    private enum Outcome
    {
        None = 0,
        Refused = 1,
        Answered = 2,
    }

    public async Task<SimulationResult> ReplayAsync(IAsyncEnumerable<SqliteSpendRecord> records, IProgress<long>? progress = null)
    {
        var seen = new HashSet<(Guid CallId, int Attempt)>();
        await foreach (SqliteSpendRecord record in records)
        {
            // If a tracker and a run use the same ledger, each records the attempt.
            if (seen.Add((record.Id.CallId, record.Id.Attempt)))
            {
                _recorded.Add(record);
                await CloseUntilAsync(record.At);
                _clock.MoveTo(record.At);
                await ReplayAsync(record);
                progress?.Report(seen.Count);
            }
        }

        await CloseUntilAsync(DateTimeOffset.MaxValue);
        return new SimulationResult
        {
            Calls = _calls.Count,
            Refused = _calls.Values.Count(outcome => outcome == Outcome.Refused),
            Switched = _calls.Values.Count(outcome => outcome == (Outcome.Refused | Outcome.Answered)),
            Lowered = _lowered,
            Shortened = _shortened,
            Waited = _waited,
            RecordedSpend = _recorded.Spent / 1_000_000_000m,
            Spend = _spend,
            Budgets = [.. _budgets.Values],
        };
    }

    void ICallObserver.OnBudget(BudgetEvent budgetEvent) => _budgets.GetValueOrDefault(budgetEvent.Budget)?.Add(budgetEvent);

    private async Task ReplayAsync(SqliteSpendRecord record)
    {
        DateTimeOffset closes = record.SettledAt ?? record.ClosedAt ?? record.At + Lease;
        SpendRequest request = RequestOf(record, closes);
        SpendReservation reservation = await AdmitAsync(request);
        IReadOnlyList<AlternateEntry> alternates = _plan.AlternatesOf(record.Call.Route);
        for (int next = 0; !reservation.IsAdmitted && next < alternates.Count; next++)
        {
            AlternateEntry alternate = alternates[next];
            if (next == 0)
            {
                Refuse(record, reservation.Refusal!);
            }

            // Another attempt of the same call, with a number that no recorded attempt has.
            reservation = await AdmitAsync(request with
            {
                Attempt = 1_000_000 + (record.Id.Attempt * 1_000) + next,
                ModelId = alternate.Model,
                RequestedModelId = alternate.Model,
                Provider = alternate.Provider,
                Route = alternate.Route ?? alternate.Model,
                ModelClass = alternate.Class,
                IsFree = alternate.IsFree,
            });
        }

        if (!reservation.IsAdmitted)
        {
            if (alternates.Count == 0)
            {
                Refuse(record, reservation.Refusal!);
            }

            return;
        }

        bool isAnswer = record.State is not SqliteReservationState.Released && record.Outcome is null or "ok";
        _calls[record.Id.CallId] = _calls.GetValueOrDefault(record.Id.CallId) | (isAnswer ? Outcome.Answered : Outcome.None);
        _open.Enqueue(new Open(record, reservation), closes > _clock.GetUtcNow() ? closes : _clock.GetUtcNow());
    }

    private void Refuse(SqliteSpendRecord record, SpendRefusal refusal)
    {
        _calls[record.Id.CallId] = _calls.GetValueOrDefault(record.Id.CallId) | Outcome.Refused;
        _budgets.GetValueOrDefault(refusal.Budget)?.Refuse(refusal.Key, record.At);
    }

    /// <summary>Reserves as a pipeline does: waits for other reservations, and lowers the output limit if that is allowed.</summary>
    private async Task<SpendReservation> AdmitAsync(SpendRequest request)
    {
        DateTimeOffset asked = _clock.GetUtcNow();
        SpendReservation reservation = await _tracker.ReserveAsync(request);
        bool waited = false;
        while (reservation.Refusal is { Reason: RefusalReason.Held } held
            && _open.TryPeek(out _, out DateTimeOffset closes) && closes - asked <= held.MaxWait)
        {
            waited = true;
            await CloseUntilAsync(closes);
            reservation = await _tracker.ReserveAsync(request);
        }

        _waited += waited ? 1 : 0;
        for (int tries = 0; tries <= _tracker.Budgets.Count && _plan.OutputFloor is { } floor && reservation.Refusal is { } refusal; tries++)
        {
            long affordable = refusal.Reason switch
            {
                RefusalReason.Spent => refusal.PayableOutputTokens,
                RefusalReason.Held => refusal.FreeOutputTokens,
                _ => -1,
            };
            if (affordable < floor || affordable >= request.OutputTokens)
            {
                break;
            }

            request = request with { OutputTokens = affordable };
            reservation = await _tracker.ReserveAsync(request);
            _lowered += reservation.IsAdmitted ? 1 : 0;
        }

        return reservation;
    }

    private async Task CloseUntilAsync(DateTimeOffset time)
    {
        while (_open.TryPeek(out _, out DateTimeOffset closes) && closes <= time)
        {
            _clock.MoveTo(closes);
            await CloseAsync(_open.Dequeue());
        }
    }

    private async Task CloseAsync(Open open)
    {
        (SqliteSpendRecord record, SpendReservation reservation) = open;
        if (record.State == SqliteReservationState.Released)
        {
            await _tracker.ReleaseAsync(reservation);
            return;
        }

        // Without reported usage the attempt was charged in full, and is here, too.
        BillableUsage usage = record.Usage ?? new BillableUsage
        {
            InputTokens = record.Call.ReservedInputTokens,
            OutputTokens = record.Call.ReservedOutputTokens,
            IsEstimated = true,
        };
        bool isAlternate = reservation.Request.Attempt != record.Id.Attempt;
        long output = reservation.Request.OutputTokens;
        if (output < record.Call.ReservedOutputTokens && usage.OutputTokens > output)
        {
            _shortened++;
            usage = usage with { OutputTokens = output, ReasoningTokens = Math.Min(usage.ReasoningTokens, output) };
        }

        // A stated cost is based on the prices at that time, so it is not used with other prices.
        bool isRepriced = isAlternate || reservation.Price.Match == PriceMatch.Override;
        Cost cost = await _tracker.SettleAsync(reservation, new SpendSettlement
        {
            Usage = isRepriced ? usage with { ProviderStatedCost = null } : usage,
            ResponseModelId = isAlternate ? null : record.ResponseModelId,
            IsUnconfirmed = record.State is SqliteReservationState.Unconfirmed or SqliteReservationState.Expired,
        });
        _spend += cost.Amount;
    }

    private SpendRequest RequestOf(SqliteSpendRecord record, DateTimeOffset closes)
    {
        LedgerCallInfo call = record.Call;
        TimeSpan held = closes - record.At;
        return new SpendRequest
        {
            CallId = record.Id.CallId,
            Attempt = record.Id.Attempt,
            ModelId = call.ModelId ?? "",
            RequestedModelId = call.ModelId,
            Provider = call.Provider,
            Route = call.Route,
            ModelClass = call.ModelClass,
            IsFree = call.IsFree || record.PriceMatch == PriceMatch.Free,
            Tags = call.Tags,
            Estimate = new TokenEstimate(call.EstimatedInputTokens, Math.Max(call.EstimatedInputTokens, call.ReservedInputTokens), TokenEstimateSource.Exact),
            OutputTokens = call.ReservedOutputTokens,
            ServiceTier = record.Usage?.ServiceTier,
            Lease = (held > TimeSpan.Zero ? held : TimeSpan.Zero) + TimeSpan.FromHours(1),
            Run = call.RunId is { } id ? RunOf(id).Gate : null,
        };
    }

    /// <summary>Returns the run of a record. Runs are not nested, because their nesting is not recorded.</summary>
    private BudgetRun RunOf(string id)
    {
        if (!_runs.TryGetValue(id, out BudgetRun? run))
        {
            CallRun.IFlowingRun? around = CallRun.Current;
            CallRun.Current = null;
            _runs.Add(id, run = BudgetRun.Begin(id, tracker: _tracker));
            CallRun.Current = around;
        }

        return run;
    }

    private sealed record Open(SqliteSpendRecord Record, SpendReservation Reservation);
}
