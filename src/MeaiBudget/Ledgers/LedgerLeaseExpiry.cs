namespace MeaiBudget;

/// <summary>A reservation whose lease ran out: it was charged in full as unconfirmed, and a later settlement may lower that.</summary>
/// <param name="Id">The reservation.</param>
/// <param name="Accounts">The accounts that were charged.</param>
/// <param name="Amounts">What each was charged.</param>
public sealed record LedgerLeaseExpiry(LedgerReservationId Id, IReadOnlyList<string> Accounts, IReadOnlyList<long> Amounts);
