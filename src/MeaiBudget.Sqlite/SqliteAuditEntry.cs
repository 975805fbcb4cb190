namespace MeaiBudget;

/// <summary>A grant as a ledger file recorded it.</summary>
/// <param name="Grant">The grant.</param>
/// <param name="GrantedAt">When it was granted.</param>
public sealed record SqliteRecordedGrant(LedgerGrant Grant, DateTimeOffset GrantedAt);

/// <summary>An adjustment as a ledger file recorded it.</summary>
/// <param name="Adjustment">The adjustment.</param>
/// <param name="AdjustedAt">When it was made.</param>
public sealed record SqliteRecordedAdjustment(LedgerAdjustment Adjustment, DateTimeOffset AdjustedAt);

/// <summary>What an account holds in one period.</summary>
/// <param name="Account">The account.</param>
/// <param name="Period">The period index.</param>
/// <param name="Charged">Settled: overrun, unconfirmed charges and adjustments included.</param>
/// <param name="Held">Open reservations.</param>
/// <param name="Unconfirmed">The part of <paramref name="Charged"/> that was charged as unconfirmed.</param>
/// <param name="Overrun">The part of <paramref name="Charged"/> beyond what had been reserved.</param>
public readonly record struct SqliteRecordedPeriod(string Account, long Period, long Charged, long Held, long Unconfirmed, long Overrun);
