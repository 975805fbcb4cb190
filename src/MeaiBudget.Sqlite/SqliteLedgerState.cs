namespace MeaiBudget;

/// <summary>Where a recorded reservation stands; the numbers are stored in the file.</summary>
public enum SqliteReservationState
{
    /// <summary>Held: neither settled nor released.</summary>
    Open = 0,

    /// <summary>Settled with what was billed, or adjusted.</summary>
    Settled = 1,

    /// <summary>Settled unconfirmed, to be corrected when better is known.</summary>
    Unconfirmed = 2,

    /// <summary>Given back: nothing was billed.</summary>
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

/// <summary>A reservation as the file has it.</summary>
internal sealed record SqliteReservation(long Key, LedgerReservationId Id, SqliteReservationState State, List<SqliteLine> Lines)
{
    /// <summary>The unconfirmed part of what a line was charged: all of it, or nothing.</summary>
    public bool IsUnconfirmed => State is SqliteReservationState.Unconfirmed or SqliteReservationState.Expired;
}
