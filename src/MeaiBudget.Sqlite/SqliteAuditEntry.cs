namespace MeaiBudget;

/// <summary>A grant in a ledger file.</summary>
/// <param name="Grant">The grant.</param>
/// <param name="GrantedAt">The time of the grant.</param>
public sealed record SqliteRecordedGrant(LedgerGrant Grant, DateTimeOffset GrantedAt);

/// <summary>An adjustment in a ledger file.</summary>
/// <param name="Adjustment">The adjustment.</param>
/// <param name="AdjustedAt">The time of the adjustment.</param>
public sealed record SqliteRecordedAdjustment(LedgerAdjustment Adjustment, DateTimeOffset AdjustedAt);

/// <summary>The amounts of an account in one period, in the account's unit.</summary>
/// <param name="Account">The account.</param>
/// <param name="Period">The period index.</param>
/// <param name="Charged">The settled amount, including overrun, unconfirmed charges and adjustments.</param>
/// <param name="Held">The amount of open reservations.</param>
/// <param name="Unconfirmed">The part of <paramref name="Charged"/> that is estimated because the provider reported no usage.</param>
/// <param name="Overrun">The part of <paramref name="Charged"/> that exceeds the reserved amounts.</param>
public readonly record struct SqliteRecordedPeriod(string Account, long Period, long Charged, long Held, long Unconfirmed, long Overrun);
