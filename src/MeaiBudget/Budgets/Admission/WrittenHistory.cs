using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>The history that the application gave to a tracker, beside its ledger. What the ledger applied is written to it in the background. Thread-safe.</summary>
internal sealed class WrittenHistory(ISpendHistory history, ISpendLedger ledger, ILogger? logger)
{
    public HistoryQueue Queue { get; } = HistoryQueue.Of(history, ledger.Clock, logger);

    /// <summary>Writes a settlement that the ledger charged, or that it did not know any more: that money was spent, too.</summary>
    public void Settled(LedgerSettlement settlement, in LedgerSettlementResult result)
    {
        if (result.IsApplied || result.IsUnknown)
        {
            Queue.Add(RecordOf(settlement));
        }
    }

    /// <summary>Writes an attempt for which nothing was billed.</summary>
    public void Released(LedgerReservation reservation)
    {
        if (reservation.Info is { } call)
        {
            Queue.Add(new SpendRecord { Id = reservation.Id, State = "released", Attempts = 1, Released = 1, Call = call });
        }
    }

    /// <summary>Writes a reservation whose lease ended. Its description is lost with its process; a settlement replaces the record.</summary>
    public void Expired(LedgerLeaseExpiry expiry) => Queue.Add(new SpendRecord
    {
        Id = expiry.Id,
        State = "expired",
        Attempts = 1,
        Call = new LedgerCallInfo { At = ledger.Clock.GetUtcNow() },
        Accounts = [.. expiry.Accounts.Select((account, i) => KeyValuePair.Create(account, expiry.Amounts[i])).Where(account => IsNoShadow(account.Key))],
        Spent = Money.FromNanoDollars(expiry.Accounts.Select((account, i) => IsDollars(account) ? expiry.Amounts[i] : 0).DefaultIfEmpty().Max()),
    });

    /// <summary>Writes the corrected amounts of an attempt over those that are in the history.</summary>
    public async ValueTask AdjustedAsync(LedgerReservationId id, IReadOnlyList<string> accounts, long[] amounts, CancellationToken cancellationToken)
    {
        var query = new SpendQuery { Where = new Dictionary<string, string> { ["call"] = id.CallId.ToString("D") } };
        await Queue.Writing.WaitAsync(cancellationToken);
        if ((await history.ReadCallsAsync(query, cancellationToken)).FirstOrDefault(record => record.Id == id) is { } record)
        {
            Queue.Add(record with
            {
                State = "settled",
                Unconfirmed = 0,
                Accounts = [.. accounts.Select((account, i) => KeyValuePair.Create(account, amounts[i])).Where(account => IsNoShadow(account.Key))],
                Spent = Money.FromNanoDollars(accounts.Select((account, i) => IsDollars(account) ? amounts[i] : 0).DefaultIfEmpty().Max()),
            });
        }
    }

    /// <summary>Makes the record of a settlement, with what its reservation says of the attempt.</summary>
    public static SpendRecord RecordOf(LedgerSettlement settlement)
    {
        LedgerSettlementInfo? info = settlement.Info;
        IReadOnlyList<LedgerLine> lines = settlement.Reservation?.Lines ?? [];
        long nanoDollars = lines.Select((line, i) => IsDollars(line.Account) ? settlement.Amounts[i] : 0).Append(info?.Cost.NanoDollars ?? 0).Max();
        return new SpendRecord
        {
            Id = settlement.Id,
            State = settlement.IsUnconfirmed ? "unconfirmed" : "settled",
            Attempts = 1,
            Call = settlement.Reservation?.Info,
            SettledAt = info?.At,
            ResponseModelId = info?.ResponseModelId,
            Usage = info?.Usage ?? default,
            Outcome = info?.Outcome,
            Spent = Money.FromNanoDollars(nanoDollars),
            Unconfirmed = settlement.IsUnconfirmed ? Money.FromNanoDollars(nanoDollars) : 0,
            CostKind = info?.Cost.Kind ?? default,
            PriceMatch = info?.Cost.Match ?? default,
            CostFlags = info?.Cost.Flags ?? default,
            PriceId = info?.Cost.PriceId,

            // Whether the ledger took a shadow line is not known here.
            Accounts = [.. lines.Select((line, i) => KeyValuePair.Create(line.Account, settlement.Amounts[i])).Where(account => IsNoShadow(account.Key))],
        };
    }

    private static bool IsNoShadow(string account) => !AccountName.TryParse(account, out AccountName name) || !name.IsShadow;

    private static bool IsDollars(string account) => AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false };
}
