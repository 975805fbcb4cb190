namespace MeaiBudget;

/// <summary>The sums of one period of one account.</summary>
internal sealed class InMemoryPeriod(long index)
{
    public readonly long Index = index;
    public long Charged;
    public long Held;
    public long Unconfirmed;
    public long Overrun;

    /// <summary>The UTC ticks after which the period may be forgotten.</summary>
    public long ForgetAfter;

    /// <summary>In a <see cref="SliceBook"/>, the slice whose charges these are.</summary>
    public Slice? Slice;

    /// <summary>How many open reservations charge this period.</summary>
    public int OpenReservations;

    /// <summary>Replaces a part of the charge. What is unconfirmed or overrun stays within the charge, also after an adjustment of the account.</summary>
    public void Replace(long was, long amount)
    {
        Charged = SaturatingMath.Replace(Charged, was, amount);
        Unconfirmed = Math.Min(Unconfirmed, Charged);
        Overrun = Math.Min(Overrun, Charged);
    }
}
