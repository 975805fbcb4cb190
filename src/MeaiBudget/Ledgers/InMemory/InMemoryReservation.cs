namespace MeaiBudget;

/// <summary>One reservation, open or closed.</summary>
internal sealed partial class InMemoryReservation
{
    private HashSet<Guid>? _adjustments;

    public InMemoryReservation(LedgerReservationId id, int lines)
    {
        Id = id;
        Lines = new InMemoryReservationLine[lines];
    }

    public LedgerReservationId Id { get; private set; }

    public InMemoryReservationLine[] Lines { get; private set; }

    public InMemoryReservationState State { get; private set; }

    /// <summary>Gets or sets the index in the <see cref="LeaseQueue"/>; -1 if it is not there.</summary>
    public int LeaseIndex { get; set; } = -1;

    /// <summary>Gets or sets the UTC ticks at which the lease ends.</summary>
    public long LeaseEnd { get; set; }

    public bool IsOpen => State == InMemoryReservationState.Open;

    /// <summary>True if the charges are not confirmed, so that a settlement will replace them.</summary>
    public bool IsUncertain => State is InMemoryReservationState.Unconfirmed or InMemoryReservationState.Expired;

    /// <summary>Gets or sets the UTC ticks until which the reservation is remembered although its own periods no longer count.</summary>
    public long RememberUntil { get; set; }

    /// <summary>Gets or sets a number that changes when the reservation is queued again, so that its older queue entries are ignored.</summary>
    public int Queued { get; set; }

    /// <summary>True if a settlement still changes what was charged.</summary>
    public bool CanSettle(bool isUnconfirmed) => State switch
    {
        InMemoryReservationState.Open or InMemoryReservationState.Expired => true,
        InMemoryReservationState.Unconfirmed => !isUnconfirmed,
        _ => false,
    };

    /// <summary>Makes a forgotten reservation a new, open one.</summary>
    public void Reset(LedgerReservationId id, int lines)
    {
        Id = id;
        State = InMemoryReservationState.Open;
        _adjustments = null;
        Sequence = 0;
        Exchanged = 0;
        RememberUntil = 0;
        if (Lines.Length != lines)
        {
            Lines = new InMemoryReservationLine[lines];
        }
    }

    /// <summary>Sets one line and holds its amount, unless it was left out.</summary>
    public void Hold(int index, LedgerLine line, InMemoryAccount account, bool isTaken)
    {
        InMemoryPeriod period = account.GetOrAddPeriod(line.Period, line.ForgetAfter.UtcTicks);
        Lines[index] = new InMemoryReservationLine
        {
            Account = account,
            Period = period,
            FirstPeriod = line.FirstPeriod,
            Reserved = line.Amount,
            IsTaken = isTaken,
        };
        period.OpenReservations++;
        account.OpenReservations++;
        if (isTaken)
        {
            period.Held = SaturatingMath.Add(period.Held, line.Amount);
            account.Held = SaturatingMath.Add(account.Held, line.Amount);
        }
    }

    /// <summary>Ends what an open reservation holds.</summary>
    public void EndHold()
    {
        foreach (InMemoryReservationLine line in Lines)
        {
            line.Period.OpenReservations--;
            line.Account.OpenReservations--;
            if (line.IsTaken)
            {
                line.Period.Held = SaturatingMath.Take(line.Period.Held, line.Reserved);
                line.Account.Held = SaturatingMath.Take(line.Account.Held, line.Reserved);
            }
        }
    }

    /// <summary>Charges the amounts in place of what the reservation had charged before.</summary>
    public void Charge(IReadOnlyList<long> amounts, InMemoryReservationState state)
    {
        bool wasUnconfirmed = IsUncertain;
        bool isUnconfirmed = state is InMemoryReservationState.Unconfirmed or InMemoryReservationState.Expired;
        for (int i = 0; i < Lines.Length; i++)
        {
            ref InMemoryReservationLine line = ref Lines[i];
            if (!line.IsTaken)
            {
                continue;
            }

            long amount = amounts[i];
            InMemoryPeriod period = line.Period;
            period.Overrun = SaturatingMath.Replace(period.Overrun, SaturatingMath.Take(line.Charged, line.Reserved), SaturatingMath.Take(amount, line.Reserved));
            period.Unconfirmed = SaturatingMath.Replace(period.Unconfirmed, wasUnconfirmed ? line.Charged : 0, isUnconfirmed ? amount : 0);
            period.Replace(line.Charged, amount);
            line.Charged = amount;
        }

        State = state;
    }

    /// <summary>Marks an open reservation as released.</summary>
    public void Release() => State = InMemoryReservationState.Released;

    /// <summary>Remembers an adjustment. Returns false if its id is known.</summary>
    public bool AddAdjustment(Guid id) => (_adjustments ??= []).Add(id);

    /// <summary>Reads the account of each line.</summary>
    public LedgerLineState[] ReadAccounts(long now)
    {
        var states = new LedgerLineState[Lines.Length];
        for (int i = 0; i < states.Length; i++)
        {
            ref InMemoryReservationLine line = ref Lines[i];
            states[i] = line.Account.Read(line.FirstPeriod, line.Period.Index, now, line.IsTaken);
        }

        return states;
    }

    /// <summary>Wakes the callers that wait for one of the accounts.</summary>
    public void NotifyChanged()
    {
        foreach (InMemoryReservationLine line in Lines)
        {
            line.Account.NotifyChanged();
        }
    }

    /// <summary>True if no period of the reservation counts any longer.</summary>
    public bool IsOutdated(long now)
    {
        if (RememberUntil > now)
        {
            return false;
        }

        foreach (InMemoryReservationLine line in Lines)
        {
            if (line.Period.ForgetAfter > now)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>States what the reservation holds or has charged.</summary>
    public LedgerCharge ToCharge() => new(
        IsOpen,
        [.. Lines.Select(line => line.Account.Name)],
        [.. Lines.Select(line => !line.IsTaken ? 0 : IsOpen ? line.Reserved : line.Charged)]);

    /// <summary>States what the end of the lease charged.</summary>
    public LedgerLeaseExpiry ToLeaseExpiry() => new(
        Id,
        [.. Lines.Where(line => line.IsTaken).Select(line => line.Account.Name)],
        [.. Lines.Where(line => line.IsTaken).Select(line => line.Reserved)]);
}
