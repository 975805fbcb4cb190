using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>Changes what an attempt was charged, with all its owners (a tracker and a run may have recorded it).</summary>
internal static class AttemptCharge
{
    private const decimal Nano = 1_000_000_000m;

    /// <summary>How often one attempt is corrected from the same charge to the same other one, as bills are revised to and fro.</summary>
    private const int MostRevisions = 100;

    /// <summary>
    /// Changes the dollar accounts of an attempt by an amount in nano-dollars, not below zero. The change is an adjustment of the reservation.
    /// An attempt of another ledger, which has no reservation in this one, is written again to the history. Repeating it changes nothing.
    /// </summary>
    /// <param name="ledger">The ledger, whose history is read.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="change">The change.</param>
    /// <param name="cause">What the change follows from, for its id.</param>
    /// <param name="reason">The reason, for the audit.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>True if the ledger or the history changed.</returns>
    public static async Task<bool> ChangeAsync(ReadableLedger ledger, BookedAttempt attempt, long change, string cause, string reason, CancellationToken cancellationToken)
    {
        bool isApplied = false;
        foreach (SpendRecord record in attempt.All)
        {
            ISpendLedger changed = ledger.Ledger!;
            LedgerCharge? found = await changed.FindAsync(record.Id!.Value, cancellationToken);
            if (found is null && changed is ISpendHistory history)
            {
                isApplied |= await RewriteAsync(history, ledger.Accounts, record, change, reason, cancellationToken);
            }

            isApplied |= found is { IsOpen: false } charge && await AdjustAsync(changed, record, charge, change, cause, reason, cancellationToken);
        }

        return isApplied;
    }

    /// <summary>Makes an id from a text: the same for the same text.</summary>
    public static Guid IdOf(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static async Task<bool> AdjustAsync(
        ISpendLedger ledger, SpendRecord record, LedgerCharge charge, long change, string cause, string reason, CancellationToken cancellationToken)
    {
        LedgerReservationId id = record.Id!.Value;
        long[] amounts = [.. charge.Amounts.Select((amount, i) => CorrectionCarriers.IsDollars(charge.Accounts[i]) ? Math.Max(0, amount + change) : amount)];
        string step = $"{id.CallId:D} {id.Attempt} {id.Owner} {record.State} {string.Join(' ', charge.Amounts)} {string.Join(' ', amounts)} {cause}";
        for (int revision = 0; revision < MostRevisions; revision++)
        {
            LedgerSettlementResult result = await ledger.AdjustAsync(
                new LedgerAdjustment
                {
                    Id = IdOf(revision == 0 ? step : string.Create(CultureInfo.InvariantCulture, $"{step} {revision}")),
                    Reservation = id,
                    Amounts = amounts,
                    Reason = reason,
                },
                cancellationToken);
            if (result.IsApplied || result.IsUnknown || amounts.SequenceEqual(charge.Amounts))
            {
                return result.IsApplied;
            }

            // The id is known: an earlier bill had made the same step, and a revised one took it back, or another process makes it now.
            if (await ledger.FindAsync(id, cancellationToken) is not { IsOpen: false } now || !now.Amounts.SequenceEqual(charge.Amounts))
            {
                return false;
            }
        }

        return false;
    }

    private static async Task<bool> RewriteAsync(
        ISpendHistory history, SharedAccounts? accounts, SpendRecord record, long change, string reason, CancellationToken cancellationToken)
    {
        if (record.State is not ("settled" or "unconfirmed" or "expired") || (change == 0 && record.State == "settled"))
        {
            return false;
        }

        record = record with { SettledAt = record.SettledAt ?? record.Call!.At, Accounts = record.Accounts ?? [] };
        SpendRecord corrected = record with
        {
            State = "settled",
            Spent = Math.Max(0m, record.Spent + (change / Nano)),
            Unconfirmed = 0m,
            SettledAt = Next(record.SettledAt!.Value),
            Accounts = [.. record.Accounts.Select(account => CorrectionCarriers.IsDollars(account.Key) ? KeyValuePair.Create(account.Key, Math.Max(0, account.Value + change)) : account)],
        };
        if (accounts is not null)
        {
            // First, because the record says whether the step is still to do, and repeating an adjustment changes nothing.
            await accounts.AdjustAsync(record, corrected, reason, cancellationToken);
        }

        await history.WriteAsync([corrected], cancellationToken);
        return true;
    }

    /// <summary>Returns the next moment of the same day.</summary>
    private static DateTimeOffset Next(DateTimeOffset time) => time.AddTicks(1) is var next && next.UtcDateTime.Date == time.UtcDateTime.Date ? next : time;
}
