using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Notifies observers of what happens to budgets. An exception of an observer is logged and does not fail the call.</summary>
internal sealed partial class BudgetEvents(IEnumerable<ICallObserver> observers, ILogger? logger = null)
{
    private const int RememberedThresholds = 50_000;

    private readonly ICallObserver[] _observers = [.. observers];
    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly ConcurrentDictionary<string, (long Period, ulong Passed)> _reached = new(StringComparer.Ordinal);
    private int _accounts;

    /// <summary>Gets or sets what writes refusals to the history; <see langword="null"/> if there is none.</summary>
    public Action<SpendRequest, SpendRefusal, DateTimeOffset>? Record { get; set; }

    public bool HasObservers => _observers.Length > 0;

    /// <summary>True if an observer or a metrics listener uses the states of an admission.</summary>
    public bool HasListeners => HasObservers || MeaiBudgetDiagnostics.Instruments.Refusals.Enabled;

    public void Refused(SpendRequest request, SpendRefusal refusal, DateTimeOffset now)
    {
        (request.Run as BudgetRunGate)?.Run.Refused();
        MeaiBudgetDiagnostics.RecordRefusal(refusal.Budget, refusal.Reason);
        Record?.Invoke(request, refusal, now);
        if (HasObservers)
        {
            Notify(new BudgetEvent(BudgetEventKind.Refused, refusal.Budget, refusal.Key, now, Describe(refusal))
            {
                Amount = refusal.Wanted,
                CallId = request.CallId,
            });
        }
    }

    /// <summary>Reports which observing budgets would have refused an admitted attempt, and which did not know its price.</summary>
    public void Admitted(ReservationPlan plan, in LedgerReservationResult result)
    {
        if (!HasListeners)
        {
            return;
        }

        ReportUnpriced(plan);
        if (WouldRefuse(plan, result.Lines) is { } i)
        {
            ReportWouldHaveRefused(plan, plan.Meaning[i], plan.Lines[i], result.Lines[i]);
        }
    }

    public void AdmittedWithoutLedger(ReservationPlan plan, string ledger)
    {
        foreach (BudgetBook book in plan.Meaning.Select(line => line.Book).Distinct())
        {
            string key = plan.Meaning.First(line => ReferenceEquals(line.Book, book)).Key;
            Notify(new BudgetEvent(
                BudgetEventKind.LedgerUnavailable, book.Budget.Name, key, plan.Now, $"The ledger '{ledger}' failed. The attempt was admitted without a check and is recorded when the ledger works again.")
            {
                Amount = plan.NanoDollars / 1_000_000_000m,
                CallId = plan.Request.CallId,
            });
        }
    }

    public void LeaseExpired(LedgerLeaseExpiry expiry, DateTimeOffset now, Func<string, (string Budget, string Key)?> nameOf)
    {
        for (int i = 0; i < expiry.Accounts.Count && HasObservers; i++)
        {
            if (nameOf(expiry.Accounts[i]) is { } name)
            {
                Notify(new BudgetEvent(
                    BudgetEventKind.LeaseExpired, name.Budget, name.Key, now, "The attempt was not settled before its lease ended. It is charged in full until a settlement arrives.")
                {
                    Amount = expiry.Amounts[i] / 1_000_000_000m,
                    CallId = expiry.Id.CallId,
                });
            }
        }
    }

    /// <summary>Reports a settlement whose reservation the ledger did not know, once for each budget.</summary>
    public void SettledUnknown(LedgerSettlement settlement, bool isCharged, DateTimeOffset now)
    {
        IReadOnlyList<LedgerLine> lines = settlement.Reservation?.Lines ?? [];
        for (int i = 0; i < lines.Count && HasObservers; i++)
        {
            if (AccountName.TryParse(lines[i].Account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false })
            {
                Notify(new BudgetEvent(
                    BudgetEventKind.UnknownSettlement, name.Budget, name.Key, now, isCharged
                        ? "The ledger did not know the reservation of the settlement: it had lost or released it. The amount was charged."
                        : "The ledger did not know the reservation of the settlement. It is so old that it may have been charged and forgotten, so the amount was not charged.")
                {
                    Amount = settlement.Amounts[i] / 1_000_000_000m,
                    CallId = settlement.Id.CallId,
                });
            }
        }
    }

    public void Granted(string budget, string key, decimal amount, DateTimeOffset expiresAt, string reason, DateTimeOffset now) =>
        Notify(new BudgetEvent(BudgetEventKind.Granted, budget, key, now, $"{reason} (until {expiresAt:u})") { Amount = amount });

    public void Adjusted(string budget, string key, decimal total, Guid callId, string reason, DateTimeOffset now) =>
        Notify(new BudgetEvent(BudgetEventKind.Adjusted, budget, key, now, reason) { Amount = total, CallId = callId });

    /// <summary>Reports the thresholds that a settlement passed, and the amounts beyond the reservation.</summary>
    public void Settled(LedgeredReservation reservation, in LedgerSettlementResult result, DateTimeOffset now)
    {
        IReadOnlyList<LedgerLine> asked = reservation.Entry.Lines;
        IReadOnlyList<BudgetLine> lines = reservation.Lines;
        for (int i = 0; i < lines.Count && i < result.After.Count; i++)
        {
            BudgetLine line = lines[i];
            if (line.IsShadow || line.Unit == BudgetUnit.UnpricedTokens)
            {
                continue;
            }

            LedgerLineState before = result.Before[i];
            LedgerLineState after = result.After[i];
            if (after.Overrun > before.Overrun && asked[i].Limit is not null)
            {
                decimal amount = (after.Overrun - before.Overrun) / line.Unit.Scale();
                Notify(new BudgetEvent(
                    BudgetEventKind.Overrun, line.Book.Budget.Name, line.Key, now, $"The provider billed more {line.Unit.Name()} than were reserved.")
                {
                    Amount = amount,
                    CallId = reservation.Request.CallId,
                });
            }

            if (asked[i].Limit is > 0 and { } limit && after.Charged > before.Charged)
            {
                ReportThresholds(reservation.Request.CallId, line, asked[i], (decimal)limit + after.Granted, before, after, now);
            }
        }
    }

    /// <summary>
    /// Finds the line of the budget that a refusal would name if all observing budgets enforced, as <see cref="BudgetRefusals"/> does:
    /// of those that are spent the one that resets last, else the first whose money is held.
    /// </summary>
    private static int? WouldRefuse(ReservationPlan plan, IReadOnlyList<LedgerLineState> states)
    {
        int? refusing = null;
        bool isSpent = false;
        for (int i = 0; i < states.Count; i++)
        {
            LedgerLine line = plan.Lines[i];
            if (!plan.Meaning[i].IsShadow || states[i].Fits)
            {
                continue;
            }

            if (line.Amount > (Int128)line.Limit!.Value + states[i].Granted - states[i].Charged)
            {
                DateTimeOffset end = plan.Meaning[i].Slice.End ?? DateTimeOffset.MaxValue;
                if (!isSpent || end > (plan.Meaning[refusing!.Value].Slice.End ?? DateTimeOffset.MaxValue))
                {
                    (refusing, isSpent) = (i, true);
                }
            }
            else
            {
                refusing ??= i;
            }
        }

        return refusing;
    }

    private void ReportWouldHaveRefused(ReservationPlan plan, in BudgetLine line, LedgerLine asked, in LedgerLineState state)
    {
        decimal unit = line.Unit.Scale();
        RefusalReason reason = asked.Amount > (Int128)asked.Limit!.Value + state.Granted - state.Charged ? RefusalReason.Spent : RefusalReason.Held;
        MeaiBudgetDiagnostics.RecordRefusal(line.Book.Budget.Name, reason, isEnforced: false);
        Notify(new BudgetEvent(
            BudgetEventKind.WouldHaveRefused,
            line.Book.Budget.Name,
            line.Key,
            plan.Now,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{reason}: {asked.Amount / unit} {line.Unit.Name()} wanted, limit {(asked.Limit.Value + state.Granted) / unit}, spent {state.Charged / unit}, held {state.Held / unit}."))
        {
            Amount = asked.Amount / unit,
            CallId = plan.Request.CallId,
        });
    }

    private void ReportUnpriced(ReservationPlan plan)
    {
        // One refusal for each attempt, as if the budgets enforced.
        foreach ((BudgetBook book, string key, RefusalReason reason) in plan.WouldRefuse.Take(1))
        {
            MeaiBudgetDiagnostics.RecordRefusal(book.Budget.Name, reason, isEnforced: false);
            Notify(new BudgetEvent(BudgetEventKind.WouldHaveRefused, book.Budget.Name, key, plan.Now, $"{reason}: model '{WrittenText.Of(plan.Request.ModelId)}'.") { CallId = plan.Request.CallId });
        }

        foreach ((BudgetBook book, string key) in plan.Unpriced)
        {
            Notify(new BudgetEvent(BudgetEventKind.Unpriced, book.Budget.Name, key, plan.Now, $"The model '{WrittenText.Of(plan.Request.ModelId)}' has no known price.") { CallId = plan.Request.CallId });
        }
    }

    private void ReportThresholds(
        Guid callId, in BudgetLine line, LedgerLine asked, decimal limit, in LedgerLineState before, in LedgerLineState after, DateTimeOffset now)
    {
        ImmutableArray<decimal> thresholds = line.Book.Budget.Thresholds;
        for (int i = 0; i < thresholds.Length; i++)
        {
            decimal threshold = thresholds[i];
            decimal mark = threshold * limit;
            if (before.Charged >= mark || after.Charged < mark || !IsFirst(asked, line, i))
            {
                continue;
            }

            Notify(new BudgetEvent(
                BudgetEventKind.ThresholdPassed,
                line.Book.Budget.Name,
                line.Key,
                now,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{threshold:P0} of the limit of {limit / line.Unit.Scale()} {line.Unit.Name()} is spent."))
            {
                Amount = threshold,
                CallId = callId,
            });
        }
    }

    /// <summary>
    /// True if the threshold was not passed before in this period: a correction may lower spend below it again. Each threshold has
    /// its own bit, because two settlements that passed two of them may arrive here in either order.
    /// </summary>
    private bool IsFirst(LedgerLine asked, in BudgetLine line, int threshold)
    {
        long period = line.Book.Budget.Period.Kind == BudgetPeriodKind.Rolling ? asked.Period / BudgetPeriod.BucketsPerSpan : asked.Period;
        ulong bit = 1UL << threshold;
        while (true)
        {
            if (!_reached.TryGetValue(asked.Account, out (long Period, ulong Passed) known))
            {
                if (_reached.TryAdd(asked.Account, (period, bit)))
                {
                    // Accounts are counted here, because the dictionary's own count takes all its locks.
                    if (Interlocked.Increment(ref _accounts) > RememberedThresholds)
                    {
                        // Rare and harmless: a threshold may be reported twice.
                        Volatile.Write(ref _accounts, 0);
                        _reached.Clear();
                    }

                    return true;
                }
            }
            else if (known.Period > period || (known.Period == period && (known.Passed & bit) != 0))
            {
                return false;
            }
            else if (_reached.TryUpdate(asked.Account, (period, known.Period == period ? known.Passed | bit : bit), known))
            {
                return true;
            }
        }
    }

    private void Notify(BudgetEvent budgetEvent)
    {
        foreach (ICallObserver observer in _observers)
        {
            try
            {
                observer.OnBudget(budgetEvent);
            }
            catch (Exception exception)
            {
                if (_logger.IsEnabled(LogLevel.Error))
                {
                    LogObserverFailed(observer.GetType().Name, LoggedException.Describe(exception));
                }
            }
        }
    }

    private static string Describe(SpendRefusal refusal) => refusal.Reason is RefusalReason.Spent or RefusalReason.Held
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{refusal.Reason}: {refusal.Wanted} {refusal.Unit} wanted, limit {refusal.Limit}, spent {refusal.Spent}, held {refusal.Held}.")
        : refusal.Reason.ToString();

    [LoggerMessage(EventId = 410, Level = LogLevel.Error, Message = "The observer '{Observer}' threw an exception. The call continues: {Failure}")]
    private partial void LogObserverFailed(string observer, string failure);
}
