using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Tells observers what happens to budgets; one that throws is logged and breaks nothing.</summary>
internal sealed partial class BudgetEvents(IEnumerable<ICallObserver> observers, ILogger? logger = null)
{
    private const int RememberedThresholds = 50_000;

    private readonly ICallObserver[] _observers = [.. observers];
    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly ConcurrentDictionary<string, (long Period, ulong Passed)> _reached = new(StringComparer.Ordinal);

    public bool HasObservers => _observers.Length > 0;

    public void Refused(SpendRequest request, SpendRefusal refusal, DateTimeOffset now)
    {
        MeaiBudgetDiagnostics.RecordRefusal(refusal.Budget, refusal.Reason);
        if (HasObservers)
        {
            Tell(new BudgetEvent(BudgetEventKind.Refused, refusal.Budget, refusal.Key, now, Describe(refusal))
            {
                Amount = refusal.Wanted,
                CallId = request.CallId,
            });
        }
    }

    public void WouldHaveRefused(SpendRequest request, in BudgetLine line, LedgerLine asked, in LedgerLineState state, DateTimeOffset now)
    {
        decimal unit = UnitOf(line.Unit);
        RefusalReason reason = asked.Amount > (Int128)asked.Limit!.Value + state.Granted - state.Charged ? RefusalReason.Spent : RefusalReason.Held;
        MeaiBudgetDiagnostics.RecordRefusal(line.Book.Budget.Name, reason, isEnforced: false);
        Tell(new BudgetEvent(
            BudgetEventKind.WouldHaveRefused,
            line.Book.Budget.Name,
            line.Key,
            now,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{reason}: {asked.Amount / unit} {BudgetAdmission.NameOf(line.Unit)} wanted, limit {(asked.Limit.Value + state.Granted) / unit}, spent {state.Charged / unit}, held {state.Held / unit}."))
        {
            Amount = asked.Amount / unit,
            CallId = request.CallId,
        });
    }

    public void Unpriced(SpendRequest request, ReservationPlan plan, DateTimeOffset now)
    {
        foreach ((BudgetBook book, string key, RefusalReason reason) in plan.WouldRefuse)
        {
            MeaiBudgetDiagnostics.RecordRefusal(book.Budget.Name, reason, isEnforced: false);
            Tell(new BudgetEvent(BudgetEventKind.WouldHaveRefused, book.Budget.Name, key, now, $"{reason}: model '{WrittenText.Of(request.ModelId)}'.") { CallId = request.CallId });
        }

        foreach ((BudgetBook book, string key) in plan.Unpriced)
        {
            Tell(new BudgetEvent(BudgetEventKind.Unpriced, book.Budget.Name, key, now, $"The model '{WrittenText.Of(request.ModelId)}' has no known price.") { CallId = request.CallId });
        }
    }

    public void WithoutLedger(SpendRequest request, ReservationPlan plan, string ledger, DateTimeOffset now)
    {
        foreach (BudgetBook book in plan.Meaning.Select(line => line.Book).Distinct())
        {
            string key = plan.Meaning.First(line => ReferenceEquals(line.Book, book)).Key;
            Tell(new BudgetEvent(
                BudgetEventKind.LedgerUnavailable, book.Budget.Name, key, now, $"The ledger '{ledger}' could not be asked; the attempt passed unchecked and is written down later.")
            {
                Amount = plan.NanoDollars / 1_000_000_000m,
                CallId = request.CallId,
            });
        }
    }

    public void LeaseExpired(LedgerLeaseExpiry expiry, DateTimeOffset now, Func<string, (string Budget, string Key)?> nameOf)
    {
        for (int i = 0; i < expiry.Accounts.Count && HasObservers; i++)
        {
            if (nameOf(expiry.Accounts[i]) is { } name)
            {
                Tell(new BudgetEvent(
                    BudgetEventKind.LeaseExpired, name.Budget, name.Key, now, "The attempt was not settled in time and is charged in full until it is.")
                {
                    Amount = expiry.Amounts[i] / 1_000_000_000m,
                    CallId = expiry.Id.CallId,
                });
            }
        }
    }

    public void Granted(string budget, string key, decimal amount, DateTimeOffset expiresAt, string reason, DateTimeOffset now) =>
        Tell(new BudgetEvent(BudgetEventKind.Granted, budget, key, now, $"{reason} (until {expiresAt:u})") { Amount = amount });

    public void Adjusted(string budget, string key, decimal total, Guid callId, string reason, DateTimeOffset now) =>
        Tell(new BudgetEvent(BudgetEventKind.Adjusted, budget, key, now, reason) { Amount = total, CallId = callId });

    /// <summary>Says which thresholds a settlement passed, and what was billed beyond the reservation.</summary>
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
                decimal amount = (after.Overrun - before.Overrun) / UnitOf(line.Unit);
                Tell(new BudgetEvent(
                    BudgetEventKind.Overrun, line.Book.Budget.Name, line.Key, now, $"More {BudgetAdmission.NameOf(line.Unit)} were billed than had been reserved.")
                {
                    Amount = amount,
                    CallId = reservation.Request.CallId,
                });
            }

            if (asked[i].Limit is > 0 and { } limit && after.Charged > before.Charged)
            {
                Passed(reservation.Request.CallId, line, asked[i], (decimal)limit + after.Granted, before, after, now);
            }
        }
    }

    private void Passed(
        Guid callId, in BudgetLine line, LedgerLine asked, decimal limit, in LedgerLineState before, in LedgerLineState after, DateTimeOffset now)
    {
        var thresholds = line.Book.Budget.Thresholds;
        for (int i = 0; i < thresholds.Length; i++)
        {
            decimal threshold = thresholds[i];
            decimal mark = threshold * limit;
            if (before.Charged >= mark || after.Charged < mark || !IsFirst(asked, line, i))
            {
                continue;
            }

            Tell(new BudgetEvent(
                BudgetEventKind.ThresholdPassed,
                line.Book.Budget.Name,
                line.Key,
                now,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{threshold:P0} of the limit of {limit / UnitOf(line.Unit)} {BudgetAdmission.NameOf(line.Unit)} is spent."))
            {
                Amount = threshold,
                CallId = callId,
            });
        }
    }

    /// <summary>
    /// A correction may take spend back below a threshold; passing it again in the same period is no news. Each threshold is
    /// remembered by itself: settlements that passed two of them may be told in either order.
    /// </summary>
    private bool IsFirst(LedgerLine asked, in BudgetLine line, int threshold)
    {
        long period = line.Book.Budget.Period.Kind == BudgetPeriodKind.Rolling ? asked.Period / BudgetPeriod.BucketsPerSpan : asked.Period;
        if (_reached.Count > RememberedThresholds)
        {
            // Rare, and harmless: a threshold may be told twice.
            _reached.Clear();
        }

        ulong bit = 1UL << threshold;
        while (true)
        {
            if (!_reached.TryGetValue(asked.Account, out (long Period, ulong Passed) known))
            {
                if (_reached.TryAdd(asked.Account, (period, bit)))
                {
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

    private void Tell(BudgetEvent budgetEvent)
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

    private static decimal UnitOf(BudgetUnit unit) => unit == BudgetUnit.Dollars ? 1_000_000_000m : 1m;

    private static string Describe(SpendRefusal refusal) => refusal.Reason is RefusalReason.Spent or RefusalReason.Held
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{refusal.Reason}: {refusal.Wanted} {refusal.Unit} wanted, limit {refusal.Limit}, spent {refusal.Spent}, held {refusal.Held}.")
        : refusal.Reason.ToString();

    [LoggerMessage(EventId = 410, Level = LogLevel.Error, Message = "The observer '{Observer}' threw; the call goes on: {Failure}")]
    private partial void LogObserverFailed(string observer, string failure);
}
