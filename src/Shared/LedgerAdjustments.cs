namespace MeaiBudget;

/// <summary>Writes the adjustments of accounts as ledgers store them: with the escaped name of the account in the owner.</summary>
internal static class LedgerAdjustments
{
    public static string Owner(LedgerAdjustment adjustment) => adjustment.Account is { } account
        ? LedgerAdjustment.OfAccount(adjustment.Id, LedgerAccountName.Escape(account.Account), account.Period, 0, "").Reservation.Owner
        : adjustment.Reservation.Owner;

    /// <summary>Returns an adjustment that was read as it was written.</summary>
    public static LedgerAdjustment Read(LedgerAdjustment stored) => stored.Account is { } account
        ? LedgerAdjustment.OfAccount(stored.Id, LedgerAccountName.Unescape(account.Account), account.Period, stored.Amounts[0], stored.Reason)
        : stored;
}
