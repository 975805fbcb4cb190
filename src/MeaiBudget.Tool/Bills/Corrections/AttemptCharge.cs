using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>Changes what an attempt was charged, with all its owners (a tracker and a run may have recorded it).</summary>
internal static class AttemptCharge
{
    private const decimal Nano = 1_000_000_000m;

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
    public static async Task<bool> ChangeAsync(ISpendLedger ledger, BookedAttempt attempt, long change, string cause, string reason, CancellationToken cancellationToken)
    {
        bool isApplied = false;
        foreach (SpendRecord record in attempt.All)
        {
            LedgerReservationId id = record.Id!.Value;
            LedgerCharge? found = await ledger.FindAsync(id, cancellationToken);
            if (found is null && ledger is ISpendHistory history)
            {
                isApplied |= await RewriteAsync(history, record, change, cancellationToken);
            }

            if (found is not { IsOpen: false } charge)
            {
                continue;
            }

            long[] amounts = [.. charge.Amounts.Select((amount, i) => CorrectionCarriers.IsDollars(charge.Accounts[i]) ? Math.Max(0, amount + change) : amount)];
            LedgerSettlementResult result = await ledger.AdjustAsync(
                new LedgerAdjustment
                {
                    Id = IdOf($"{id.CallId:D} {id.Attempt} {id.Owner} {record.State} {string.Join(' ', charge.Amounts)} {string.Join(' ', amounts)} {cause}"),
                    Reservation = id,
                    Amounts = amounts,
                    Reason = reason,
                },
                cancellationToken);
            isApplied |= result.IsApplied;
        }

        return isApplied;
    }

    /// <summary>Makes an id from a text: the same for the same text.</summary>
    public static Guid IdOf(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static async Task<bool> RewriteAsync(ISpendHistory history, SpendRecord record, long change, CancellationToken cancellationToken)
    {
        if (record.State is not ("settled" or "unconfirmed" or "expired") || (change == 0 && record.State == "settled"))
        {
            return false;
        }

        await history.WriteAsync(
            [
                record with
                {
                    State = "settled",
                    Spent = Math.Max(0m, record.Spent + (change / Nano)),
                    Unconfirmed = 0m,
                    SettledAt = record.SettledAt ?? record.Call!.At,
                    Accounts = [.. (record.Accounts ?? []).Select(account => CorrectionCarriers.IsDollars(account.Key) ? KeyValuePair.Create(account.Key, Math.Max(0, account.Value + change)) : account)],
                },
            ],
            cancellationToken);
        return true;
    }
}
