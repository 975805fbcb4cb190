using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>The accounts that calls of this process use, and their slices. Not thread-safe: the <see cref="SliceBook"/> locks.</summary>
internal sealed partial class SliceTable(SliceRules rules, InMemoryAccounts locals)
{
    private readonly Dictionary<(string Account, long Period), LeasedAccount> _accounts = [];

    /// <summary>The accounts that take part in exchanges.</summary>
    private readonly List<LeasedAccount> _active = [];

    /// <summary>Slices without new calls, until the far ledger has settled them and knows their last charge.</summary>
    private readonly List<Slice> _draining = [];

    /// <summary>Settled slices of which the far ledger does not know what is overrun and unconfirmed.</summary>
    private readonly List<Slice> _noted = [];

    private bool _isUrgent;

    /// <summary>Gets a value indicating whether exchanges are needed.</summary>
    public bool IsActive => _active.Count > 0 || _draining.Count > 0;

    /// <summary>Takes the wish for an exchange at once. Thread-safe.</summary>
    public bool TakeUrgency() => Volatile.Read(ref _isUrgent) && Interlocked.Exchange(ref _isUrgent, false);

    /// <summary>Wishes for an exchange at once, if any slice can be exchanged.</summary>
    public void ExchangesSoon() => _isUrgent |= _active.Count > 0;

    /// <summary>Finds the slice of a line's account.</summary>
    public Slice? Find(in LedgerLine line) => _accounts.TryGetValue((line.Account, line.Period), out LeasedAccount? account) ? account.Slice : null;

    /// <summary>Asks for the amount of a line, which the far ledger refused because others hold it.</summary>
    public void Ask(in LedgerLine line)
    {
        if (_accounts.TryGetValue((line.Account, line.Period), out LeasedAccount? account))
        {
            account.Asked = Math.Max(account.Asked, line.Amount);
            Activate(account);
        }
    }

    /// <summary>Adds to what the far ledger read what is only known here.</summary>
    public void Correct(LedgerAccountQuery query, ref LedgerLineState state)
    {
        foreach (LeasedAccount account in _active)
        {
            if (account.Slice is { } slice)
            {
                SliceStates.Correct(query, slice, ref state);
            }
        }

        foreach (Slice slice in _draining)
        {
            SliceStates.Correct(query, slice, ref state);
        }

        foreach (Slice slice in _noted)
        {
            SliceStates.Correct(query, slice, ref state);
        }
    }

    /// <summary>Returns true if the charge of a slice of an account in a period is not what the far ledger last said.</summary>
    public bool HasUntold(LedgerAccountQuery query)
    {
        return _active.Exists(account => account.Slice is { } slice && IsUntold(slice)) || _draining.Exists(IsUntold);

        bool IsUntold(Slice slice) =>
            slice.Local.Charged != slice.Charged && slice.Line.Period == query.Period && slice.Line.Account == query.Account;
    }

    /// <summary>Counts a line, and returns the slice that can hold it.</summary>
    public Slice? Use(in LedgerLine line, long now, long timestamp)
    {
        ref LeasedAccount? account = ref CollectionsMarshal.GetValueRefOrAddDefault(_accounts, (line.Account, line.Period), out bool isKnown);
        if (!isKnown)
        {
            account = new LeasedAccount(line, rules);
        }

        bool isBusy = account!.Use(line, timestamp);
        if (account.Slice is not { } slice)
        {
            if (isBusy && timestamp >= account.DirectUntil && line.ForgetAfter.UtcTicks > now && account.MostHeld(line.Limit) > 0)
            {
                Activate(account);
            }

            return null;
        }

        if (line.Limit < slice.Line.Limit)
        {
            // The slice was granted under a higher limit. The next exchange returns it.
            _isUrgent = true;
            return null;
        }

        if (slice.IsSuspended || timestamp >= slice.UsableUntil || line.Mode != slice.Line.Mode || line.Limit.HasValue != slice.Line.Limit.HasValue
            || line.FirstPeriod != slice.Line.FirstPeriod || slice.Line.ForgetAfter.UtcTicks <= now)
        {
            return null;
        }

        if (slice.Fits(line.Amount))
        {
            return slice;
        }

        _isUrgent |= account.CanGrow && timestamp >= account.DirectUntil;
        return null;
    }

    /// <summary>
    /// Lets the next exchange return what slices of an account, of all its periods, have to spare, and open none for it. Returns false if there
    /// is nothing to return.
    /// </summary>
    public bool ReturnsSpare(string name)
    {
        bool returns = false;
        foreach (LeasedAccount account in _active)
        {
            if (account.Line.Account == name)
            {
                account.Returns = true;
                returns |= account.Slice is { Spare: > 0 };
            }
        }

        return returns;
    }

    /// <summary>Lets a settled slice report again that its charge changed, and an overdrawn one soon.</summary>
    public void Changed(InMemoryReservation changed)
    {
        foreach (InMemoryReservationLine line in changed.Lines)
        {
            if (line.Period.Slice is not { } slice)
            {
                continue;
            }

            _isUrgent |= slice.IsOverdrawn;
            if (slice.Owner.Slice != slice && !slice.IsDraining)
            {
                // Without other slices no exchange would follow.
                _isUrgent |= !IsActive;
                slice.IsDraining = true;
                _draining.Add(slice);
                _noted.Remove(slice);
            }
        }
    }

    private void Activate(LeasedAccount account)
    {
        _isUrgent = true;
        if (!account.IsActive)
        {
            account.IsActive = true;
            _active.Add(account);
        }
    }
}
