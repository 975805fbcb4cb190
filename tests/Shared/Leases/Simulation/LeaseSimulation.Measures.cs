namespace MeaiBudget.Simulation;

/// <summary>What is measured, and what must be true.</summary>
internal sealed partial class LeaseSimulation
{
    /// <summary>Counts a refusal as wrong if the far ledger, without what living nodes have to spare, has more than 1 % of each limit left.</summary>
    private void CountRefusal(List<string> names, long most, LedgerReservationResult result, LedgerReservation reservation)
    {
        _figures.Refused++;
        for (int i = 0; i < names.Count && i < result.Lines.Count; i++)
        {
            _accounts[names[i]].Refusals += result.Lines[i].Fits ? 0 : 1;
        }

        for (int i = 0; i < names.Count; i++)
        {
            TrueAccount account = _accounts[names[i]];
            if (account.IsRightlyRefused(most) || reservation.Lines[i].Limit < account.Limit)
            {
                return;
            }
        }

        if (names.Exists(name => Left(name) - most <= _accounts[name].Limit / 100))
        {
            return;
        }

        if (names.Exists(name => Left(name, heardOnly: true) - most <= _accounts[name].Limit / 100))
        {
            _figures.RefusedInOutages++;
            return;
        }

        _figures.WronglyRefused++;
        for (int i = 0; i < names.Count && i < result.Lines.Count; i++)
        {
            LedgerLineState state = result.Lines[i];
            if (!state.Fits && most > reservation.Lines[i].Limit + state.Granted - state.Charged)
            {
                _figures.WronglySpent++;
                break;
            }
        }
    }

    /// <summary>What calls neither spent nor hold of an account, as far as the far ledger and the nodes know: it is free, or to spare in slices.</summary>
    private long Left(string name, bool heardOnly = false)
    {
        LedgerAccountQuery[] query = [QueryOf(name)];
        LedgerLineState[] state = [Read(name)];
        foreach (LeaseNode node in _nodes)
        {
            if (node.Far.IsHeard || !heardOnly)
            {
                (node.Ledger as LeasedSpendLedger)?.Book.Correct(query, state);
            }
        }

        return _accounts[name].Limit + state[0].Granted - state[0].Charged - state[0].Held;
    }

    private void MeasureStranded()
    {
        foreach (TrueAccount account in _limited)
        {
            if (account.Refusals > 20 && account.Name.StartsWith("all", StringComparison.Ordinal) && _scenario.Changes == 0)
            {
                _figures.Stranded = Math.Max(_figures.Stranded, (double)Math.Max(0, Left(account.Name)) / account.Limit);
            }
        }
    }

    private void CheckEnd()
    {
        foreach (TrueAccount account in _limited)
        {
            LedgerLineState state = Read(account.Name);
            if (state.Held != 0)
            {
                throw new InvalidOperationException($"In the end '{account.Name}' still holds {state.Held}.");
            }

            // A process that dies takes with it what answers of the last second cost beyond their reservations.
            if (state.Charged < account.Spent - (_hasCrashed ? account.Overrun : 0))
            {
                throw new InvalidOperationException($"'{account.Name}' was charged {state.Charged}, but calls cost {account.Spent}: {account.Spent - state.Charged} were lost.");
            }

            if (!_hasCrashed && state.Charged != account.Spent)
            {
                throw new InvalidOperationException($"'{account.Name}' was charged {state.Charged}, but calls cost {account.Spent}, and no process died.");
            }
        }
    }

    /// <summary>The far ledger holds and has charged no more than the limits.</summary>
    private void CheckFar()
    {
        for (int i = 0; i < Math.Min(_limited.Count, 1 + _scenario.Teams); i++)
        {
            LedgerLineState state = Read(_limited[i].Name);
            if (state.Held + state.Charged - state.Overrun > _limited[i].Limit)
            {
                throw new InvalidOperationException($"At {TimeSpan.FromTicks(_time.Now)}: the far ledger holds {state.Held} and has charged {state.Charged} of '{_limited[i].Name}', whose limit is {_limited[i].Limit}.");
            }
        }
    }

    private LedgerLineState Read(string account) => _far.ReadAsync([QueryOf(account)]).AsTask().Result[0];

    private LedgerAccountQuery QueryOf(string account) => _scenario.IsRolling ? new LedgerAccountQuery(account, 0, 100_000) : new LedgerAccountQuery(account, Day, Day);
}
