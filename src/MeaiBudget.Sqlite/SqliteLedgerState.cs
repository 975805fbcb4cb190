namespace MeaiBudget;

/// <summary>The state of a recorded reservation. The numbers are stored in the file.</summary>
public enum SqliteReservationState
{
    /// <summary>Neither settled nor released.</summary>
    Open = 0,

    /// <summary>Settled with the billed amount, or adjusted.</summary>
    Settled = 1,

    /// <summary>Settled with an estimated amount. A later settlement with reported usage replaces it.</summary>
    Unconfirmed = 2,

    /// <summary>Released, because nothing was billed.</summary>
    Released = 3,

    /// <summary>The lease ended, and the reservation was charged in full.</summary>
    Expired = 4,
}

/// <summary>One row of the table <c>periods</c>.</summary>
internal struct SqlitePeriod
{
    public long Charged;
    public long Unconfirmed;
    public long Overrun;
    public long Held;
    public long Open;
    public long ForgetAfter;

    public readonly bool IsEmpty => Charged == 0 && Unconfirmed == 0 && Overrun == 0 && Open == 0;
}

/// <summary>One row of the table <c>lines</c>; its column <c>taken</c> is 0 (left out), 1, or 2 (taken beyond its limit).</summary>
internal readonly record struct SqliteLine(
    int Position, string Account, long Period, long FirstPeriod, long Reserved, bool IsTaken, bool Fits, long ForgetAfter, long Charged);

/// <summary>A reservation as it is stored in the file.</summary>
internal sealed record SqliteReservation(long Key, LedgerReservationId Id, SqliteReservationState State, List<SqliteLine> Lines)
{
    /// <summary>True if the charges of the lines are unconfirmed.</summary>
    public bool IsUnconfirmed => State is SqliteReservationState.Unconfirmed or SqliteReservationState.Expired;
}
