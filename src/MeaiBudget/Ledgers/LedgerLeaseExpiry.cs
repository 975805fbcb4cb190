namespace MeaiBudget;

/// <summary>A reservation whose lease ended. It was charged in full, as unconfirmed; a later settlement replaces that.</summary>
/// <param name="Id">The reservation.</param>
/// <param name="Accounts">The accounts that were charged.</param>
/// <param name="Amounts">The amount charged to each, in its unit.</param>
public sealed record LedgerLeaseExpiry(LedgerReservationId Id, IReadOnlyList<string> Accounts, IReadOnlyList<long> Amounts);
