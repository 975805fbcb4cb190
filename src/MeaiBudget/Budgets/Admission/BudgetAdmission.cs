using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Admission and settlement against a set of budgets in one ledger: what a tracker and a run have in common.</summary>
internal sealed partial class BudgetAdmission
{
    private const int OutboxCapacity = 100_000;

    private readonly string _owner;
    private readonly ISpendLedger _ledger;
    private readonly IBudgetSelection _selection;
    private readonly BudgetEvents _events;
    private readonly LedgerOutbox _outbox;
    private readonly ILogger _logger;

    /// <summary>A plan that was used before, so that not every attempt makes one.</summary>
    private ReservationPlan? _sparePlan;

    public BudgetAdmission(string owner, ISpendLedger ledger, IBudgetSelection selection, BudgetEvents events, ILogger? logger = null)
    {
        _owner = owner;
        _ledger = ledger;
        _selection = selection;
        _events = events;
        _logger = logger ?? NullLogger.Instance;
        _outbox = new LedgerOutbox(
            ledger,
            OutboxCapacity,
            WhenOutboxWaits,
            id => LogOutboxDropped(_ledger.Name, id.CallId, id.Attempt));
    }

    /// <summary>Gets how many settlements and releases wait for the ledger.</summary>
    public int OutboxCount => _outbox.Count;

    /// <summary>Tells the ledger what it could not be told before.</summary>
    public Task SendOutboxAsync() => _outbox.SendAsync();

    public async ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _ledger.Clock.GetUtcNow();
        PriceResolution price = _selection.PriceOf(request);
        ReservationPlan plan = TakePlan();
        try
        {
            if (await FillAsync(plan, request, price, now, cancellationToken) is { } refused)
            {
                return Refuse(request, price, refused, now);
            }

            if (plan.Lines.Length == 0)
            {
                return new SpendReservation { Request = request, Price = price };
            }

            string? queued = AdmissionQueue.Shared.Count == 0 ? null : FirstQueued(plan, request.CallId);
            LedgerReservation reservation = LedgerReservationOf(request, price, plan, now);
            LedgerReservationResult result;
            try
            {
                if (_outbox.Count > 0)
                {
                    await _outbox.WithdrawReleaseAsync(reservation.Id, cancellationToken);
                }

                result = queued is null
                    ? await ReserveTwiceAsync(reservation, cancellationToken)
                    : new LedgerReservationResult(false, await ReadAsync(plan, cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Whether it was applied is unknown: make sure that it was not.
                _outbox.Release(reservation.Id);
                _ = _outbox.SendAsync();
                throw;
            }
            catch (Exception exception)
            {
                return WithoutLedger(request, price, plan, reservation, exception, now);
            }

            if (!result.IsAdmitted)
            {
                return Refuse(request, price, await RefusalOfAsync(request, price, plan, result.Lines, queued, now, cancellationToken), now);
            }

            TellAdmitted(request, plan, result, now);
            return Admitted(request, price, plan, reservation, isDegraded: false);
        }
        finally
        {
            Return(plan);
        }
    }

    /// <summary>What <see cref="ReserveAsync"/> would answer now, without reserving, and each line's account.</summary>
    public async ValueTask<(SpendReservation Answer, ReservationPlan Plan, IReadOnlyList<LedgerLineState> States)> QuoteAsync(
        SpendRequest request, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _ledger.Clock.GetUtcNow();
        PriceResolution price = _selection.PriceOf(request);
        ReservationPlan plan = TakePlan();
        SpendRefusal? refusal = await FillAsync(plan, request, price, now, cancellationToken);
        IReadOnlyList<LedgerLineState> states = [];
        if (refusal is null)
        {
            states = await ReadAsync(plan, cancellationToken);
            if (states.Where((state, i) => !state.Fits && plan.Lines[i].Mode == LedgerLineMode.Enforce).Any())
            {
                refusal = await RefusalOfAsync(request, price, plan, states, queued: null, now, cancellationToken);
            }
        }

        var answer = new SpendReservation
        {
            Request = request,
            Price = price,
            Refusal = refusal,
            NanoDollars = plan.NanoDollars,
            IsEnforced = plan.IsEnforced,
            Budgets = _selection.Names,
        };
        return (answer, plan, states);
    }

    /// <summary>Reports a refusal that was kept back because it might not have been the last word.</summary>
    public void Report(SpendRequest request, SpendRefusal refusal) => _events.Refused(request, refusal, _ledger.Clock.GetUtcNow());

    public Task WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken)
    {
        if (refusal is not { Reason: RefusalReason.Held, Account: { } account })
        {
            return Task.CompletedTask;
        }

        return AdmissionQueue.Shared.WaitAsync(_ledger, account, callId, token => HasChangedAsync(refusal, token), cancellationToken);
    }

    private static ValueTask<TResult> TwiceAsync<TState, TResult>(
        ISpendLedger ledger, TState state, Func<ISpendLedger, TState, ValueTask<TResult>> operation)
    {
        ValueTask<TResult> first;
        try
        {
            first = operation(ledger, state);
        }
        catch (SpendLedgerException exception)
        {
            first = ValueTask.FromException<TResult>(exception);
        }

        return first.IsCompletedSuccessfully ? first : AgainAsync(first, ledger, state, operation);
    }

    private static async ValueTask<TResult> AgainAsync<TState, TResult>(
        ValueTask<TResult> first, ISpendLedger ledger, TState state, Func<ISpendLedger, TState, ValueTask<TResult>> operation)
    {
        try
        {
            return await first;
        }
        catch (SpendLedgerException)
        {
            // Whether it was applied may be unknown. Every operation is idempotent, so asking again settles that.
            return await operation(ledger, state);
        }
    }

    private ValueTask<LedgerReservationResult> ReserveTwiceAsync(LedgerReservation reservation, CancellationToken cancellationToken) => TwiceAsync(
        _ledger,
        (Reservation: reservation, Token: cancellationToken),
        static (ledger, asked) => ledger.ReserveAsync(asked.Reservation, asked.Token));

    private ReservationPlan TakePlan(bool isSpent = false)
    {
        ReservationPlan plan = Interlocked.Exchange(ref _sparePlan, null) ?? new ReservationPlan();
        plan.Begin(isSpent);
        return plan;
    }

    private void Return(ReservationPlan plan) => Volatile.Write(ref _sparePlan, plan);

    private ValueTask<SpendRefusal?> FillAsync(
        ReservationPlan plan, SpendRequest request, PriceResolution price, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!plan.IsSpent && _selection.RefusalOf(request) is { } refusal)
        {
            return new(refusal);
        }

        _selection.Select(request, now, plan.Applied);
        ValueTask limiting = _selection.LimitAsync(plan.Applied, cancellationToken);
        return limiting.IsCompletedSuccessfully ? new(plan.Fill(request, price)) : FillWhenLimitedAsync(limiting, plan, request, price);
    }

    private static async ValueTask<SpendRefusal?> FillWhenLimitedAsync(ValueTask limiting, ReservationPlan plan, SpendRequest request, PriceResolution price)
    {
        await limiting;
        return plan.Fill(request, price);
    }

    private string? FirstQueued(ReservationPlan plan, Guid callId)
    {
        foreach (LedgerLine line in plan.Lines)
        {
            if (line.Mode == LedgerLineMode.Enforce && AdmissionQueue.Shared.IsBehind(_ledger, line.Account, callId))
            {
                return line.Account;
            }
        }

        return null;
    }

    private async ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(ReservationPlan plan, CancellationToken cancellationToken)
    {
        var queries = new LedgerAccountQuery[plan.Lines.Length];
        for (int i = 0; i < queries.Length; i++)
        {
            LedgerLine line = plan.Lines[i];
            queries[i] = new LedgerAccountQuery(line.Account, line.FirstPeriod, line.Period);
        }

        IReadOnlyList<LedgerLineState> read = await _ledger.ReadAsync(queries, cancellationToken);
        var states = new LedgerLineState[queries.Length];
        for (int i = 0; i < states.Length; i++)
        {
            LedgerLine line = plan.Lines[i];
            states[i] = read[i] with
            {
                Fits = line.Limit is not { } limit || (Int128)read[i].Held + read[i].Charged + line.Amount <= (Int128)limit + read[i].Granted,
            };
        }

        return states;
    }

    private async ValueTask<bool> HasChangedAsync(SpendRefusal refusal, CancellationToken cancellationToken)
    {
        if (refusal.IsQueued || refusal.Query is not { } query)
        {
            return true;
        }

        LedgerLineState now;
        try
        {
            now = (await _ledger.ReadAsync([query], cancellationToken))[0];
        }
        catch (SpendLedgerException)
        {
            // A change is waited for; asking again afterwards answers for a ledger that is away as the budget says.
            return false;
        }

        return now.Charged != refusal.Seen.Charged || now.Held != refusal.Seen.Held || now.Granted != refusal.Seen.Granted;
    }

    private LedgerReservation LedgerReservationOf(SpendRequest request, PriceResolution price, ReservationPlan plan, DateTimeOffset now) => new()
    {
        Id = new LedgerReservationId(request.CallId, request.Attempt, _owner),
        Lines = plan.Lines,
        Lease = request.Lease,
        WantsStates = HasListeners,
        Info = !_ledger.KeepsRecords ? null : new LedgerCallInfo
        {
            At = now,
            Provider = request.Provider,
            ModelId = WrittenText.Of(request.ModelId),
            Route = WrittenText.Of(request.Route),
            ModelClass = request.ModelClass,
            IsFree = price.Match == PriceMatch.Free,
            RunId = (request.Run as BudgetRunGate)?.Run.Id,
            Tags = TagsOf(request),
            EstimatedInputTokens = request.Estimate.InputTokens,
            ReservedInputTokens = request.Estimate.InputUpperBound,
            ReservedOutputTokens = request.OutputTokens,
            ReservedNanoDollars = plan.NanoDollars,
        },
    };

    /// <summary>The tags that are to be written down. Whatever else came with the request is the application's business, and may be a secret.</summary>
    private Dictionary<string, string>? TagsOf(SpendRequest request)
    {
        Dictionary<string, string>? tags = null;
        if (request.Tags is { Count: > 0 } given)
        {
            foreach (string tag in _selection.RecordedTags)
            {
                if (given.TryGetValue(tag, out string? value))
                {
                    (tags ??= new(StringComparer.Ordinal))[tag] = WrittenText.KeyOf(value) ?? "";
                }
            }
        }

        return tags;
    }

    private LedgeredReservation Admitted(SpendRequest request, PriceResolution price, ReservationPlan plan, LedgerReservation reservation, bool isDegraded) => new LedgeredReservation
    {
        Request = request,
        Price = price,
        NanoDollars = plan.NanoDollars,
        IsEnforced = plan.IsEnforced && !isDegraded,
        Budgets = _selection.Names,
        Entry = reservation,
        Lines = plan.Meaning,
        IsDegraded = isDegraded,
    };

    private SpendReservation Refuse(SpendRequest request, PriceResolution price, SpendRefusal refusal, DateTimeOffset now)
    {
        if (!request.ReportsRefusal)
        {
            _events.Refused(request, refusal, now);
        }

        return new SpendReservation { Request = request, Price = price, Refusal = refusal, Budgets = [refusal.Budget] };
    }

    private SpendReservation WithoutLedger(
        SpendRequest request, PriceResolution price, ReservationPlan plan, LedgerReservation reservation, Exception exception, DateTimeOffset now)
    {
        WhenLedgerUnavailable(exception);
        if (plan.DeniesWithoutLedger)
        {
            _outbox.Release(reservation.Id);
            BudgetLine denying = plan.Meaning.First(line => line.Book.Budget.DeniesWithoutLedger);
            return Refuse(
                request,
                price,
                new SpendRefusal
                {
                    Budget = denying.Book.Budget.Name,
                    Key = denying.Key,
                    Reason = RefusalReason.LedgerUnavailable,
                    Limit = (denying.Book.Limit ?? 0) / 1_000_000_000m,
                    Wanted = plan.NanoDollars / 1_000_000_000m,
                    RetryAfter = TimeSpan.FromSeconds(5),
                },
                now);
        }

        // Written down later as it was, beyond any limit: it will have been spent.
        LedgerReservation recorded = reservation with
        {
            Lines = [.. plan.Lines.Select(line => line.Mode == LedgerLineMode.Enforce ? line with { Mode = LedgerLineMode.Record } : line)],
        };
        _events.WithoutLedger(request, plan, _ledger.Name, now);
        return Admitted(request, price, plan, recorded, isDegraded: true);
    }

    /// <summary>Whether anybody would hear what an admission tells.</summary>
    private bool HasListeners => _events.HasObservers || MeaiBudgetDiagnostics.Instruments.Refusals.Enabled;

    private void TellAdmitted(SpendRequest request, ReservationPlan plan, LedgerReservationResult result, DateTimeOffset now)
    {
        if (!HasListeners)
        {
            return;
        }

        _events.Unpriced(request, plan, now);
        for (int i = 0; i < result.Lines.Count; i++)
        {
            if (plan.Meaning[i].IsShadow && !result.Lines[i].Fits)
            {
                _events.WouldHaveRefused(request, plan.Meaning[i], plan.Lines[i], result.Lines[i], now);
            }
        }
    }
}
