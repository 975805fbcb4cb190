namespace MeaiBudget;

/// <summary>What a reservation has besides if it is a slice (<see cref="ISpendLedger.ExchangeAsync"/>): one line, held and charged in parts.</summary>
internal sealed partial class InMemoryReservation
{
    /// <summary>Gets or sets the sequence of the last exchange that was applied.</summary>
    public long Sequence { get; set; }

    /// <summary>Gets what exchanges have charged. It is part of the period's charge, and not of the line's until the slice is settled.</summary>
    public long Exchanged { get; private set; }

    /// <summary>
    /// Opens a slice whose lease ended again, as if it had held its amount all the time. The next <see cref="Exchange"/> replaces what the end
    /// of the lease charged.
    /// </summary>
    public void Reopen()
    {
        ref InMemoryReservationLine line = ref Lines[0];
        line.Period.Unconfirmed = SaturatingMath.Take(line.Period.Unconfirmed, line.Charged);
        line.Period.OpenReservations++;
        line.Account.OpenReservations++;
        AddHeld(line.Reserved);
        State = InMemoryReservationState.Open;
        Queued++;
    }

    /// <summary>Raises or lowers what exchanges have charged to a total, and takes a higher total from what is held.</summary>
    public void Exchange(long charged)
    {
        ref InMemoryReservationLine line = ref Lines[0];
        long more = SaturatingMath.Take(charged, Exchanged);
        line.Period.Replace(SaturatingMath.Add(Exchanged, line.Charged), charged);
        line.Charged = 0;
        Exchanged = charged;
        Hold(SaturatingMath.Take(line.Reserved, more));
    }

    /// <summary>Sets what the slice holds.</summary>
    public void Hold(long amount)
    {
        ref InMemoryReservationLine line = ref Lines[0];
        line.Period.Held = SaturatingMath.Take(line.Period.Held, line.Reserved);
        line.Account.Held = SaturatingMath.Take(line.Account.Held, line.Reserved);
        line.Reserved = amount;
        AddHeld(amount);
    }

    /// <summary>Settles a slice that holds nothing any more. Corrections of it are never overrun.</summary>
    public void CloseSlice()
    {
        ref InMemoryReservationLine line = ref Lines[0];
        line.Charged = Exchanged;
        line.Reserved = long.MaxValue;
        State = InMemoryReservationState.Settled;
    }

    /// <summary>Corrects the charge of a settled slice.</summary>
    public void Correct(long charged)
    {
        ref InMemoryReservationLine line = ref Lines[0];
        line.Period.Replace(line.Charged, charged);
        line.Charged = Exchanged = charged;
    }

    /// <summary>Holds the amount of a line in the period of a slice.</summary>
    public void HoldIn(int index, Slice slice, long amount)
    {
        Lines[index] = new InMemoryReservationLine
        {
            Account = slice.Account,
            Period = slice.Local,
            FirstPeriod = slice.Local.Index,
            Reserved = amount,
            IsTaken = true,
        };
        slice.Local.OpenReservations++;
        slice.Account.OpenReservations++;
        slice.Local.Held = SaturatingMath.Add(slice.Local.Held, amount);
        slice.Account.Held = SaturatingMath.Add(slice.Account.Held, amount);
    }

    private void AddHeld(long amount)
    {
        ref InMemoryReservationLine line = ref Lines[0];
        line.Period.Held = SaturatingMath.Add(line.Period.Held, amount);
        line.Account.Held = SaturatingMath.Add(line.Account.Held, amount);
    }
}
