namespace MeaiBudget;

/// <summary>One line of a reservation: the period that it holds in or has charged.</summary>
internal struct InMemoryReservationLine
{
    public InMemoryAccount Account;
    public InMemoryPeriod Period;
    public long FirstPeriod;
    public long Reserved;
    public long Charged;

    /// <summary>False if the line did not fit a shadow account and was left out.</summary>
    public bool IsTaken;
}
