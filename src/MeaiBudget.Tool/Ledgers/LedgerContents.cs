namespace MeaiBudget.Tool;

/// <summary>What of a ledger is copied: accounts, closed reservations, grants and settings.</summary>
/// <param name="Name">The name for messages; no password.</param>
/// <param name="Open">How many reservations are open.</param>
/// <param name="Periods">The charges of accounts that still count.</param>
/// <param name="Reservations">Closed reservations that the ledger remembers to recognize a repeated or later settlement.</param>
/// <param name="Grants">The grants that have not ended.</param>
internal sealed record LedgerContents(
    string Name, long Open, IReadOnlyList<CopiedPeriod> Periods, IReadOnlyList<CopiedReservation> Reservations, IReadOnlyList<LedgerGrant> Grants);

/// <summary>The charges of an account in a period.</summary>
internal sealed record CopiedPeriod(string Account, long Period, long Charged, long Unconfirmed, long Overrun, long ForgetAfter);

/// <summary>A closed reservation.</summary>
internal sealed record CopiedReservation(LedgerReservationId Id, bool IsUnconfirmed, IReadOnlyList<CopiedLine> Lines);

/// <summary>A line of a closed reservation.</summary>
internal sealed record CopiedLine(string Account, long Period, long FirstPeriod, long Reserved, long Charged, bool IsTaken, long ForgetAfter);
