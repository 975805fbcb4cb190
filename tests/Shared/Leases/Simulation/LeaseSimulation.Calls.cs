namespace MeaiBudget.Simulation;

/// <summary>What calls do.</summary>
internal sealed partial class LeaseSimulation
{
    private const int MostRefreshes = 4;
    private static readonly TimeSpan CallLease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(0.1);

    private async Task CallAsync(LeaseNode node)
    {
        _figures.Calls++;
        long most = 400 + _random.Next(1200);
        long cost = (long)(most * (0.2 + (_random.NextDouble() * 0.8)));
        if (_scenario.HasOverrun && _random.Next(20) == 0)
        {
            cost = most + _random.Next(2000);
        }

        var names = new List<string> { "all", $"team/{_random.Next(_scenario.Teams)}" };
        if (_scenario.Users > 0)
        {
            names.Add($"user/{_random.Next(_scenario.Users)}");
        }

        var id = new LedgerReservationId(NewGuid(), 1, "sim");
        if (await ReserveAsync(node, id, names, most) is not var (reservation, result))
        {
            return;
        }

        if (node.Clock.IsDead)
        {
            return;
        }

        if (!result.IsAdmitted)
        {
            CountRefusal(names, most, result, reservation);
            return;
        }

        _figures.Admitted++;
        foreach (string name in names)
        {
            _accounts[name].Begin(most, _time.Now, node.IsConnectedSince(_time.Now), _figures);
        }

        // Leases are not renewed here, so no call lasts longer than its lease.
        double seconds = -Math.Log(1 - _random.NextDouble()) * _scenario.CallTime.TotalSeconds;
        await _time.Delay(TimeSpan.FromSeconds(Math.Min(seconds, CallLease.TotalSeconds / 2)));
        bool wasBilled = _random.Next(20) > 0;
        foreach (string name in names)
        {
            // A ledger charges in full what calls of a dead process held. What an answer costs beyond that dies with the process.
            _accounts[name].End(most, node.Clock.IsDead ? most : wasBilled ? cost : 0);
        }

        if (node.Clock.IsDead)
        {
            return;
        }

        long[] amounts = [.. names.Select(_ => cost)];
        bool isUnconfirmed = _random.NextDouble() < _scenario.Unconfirmed;
        await UntilAppliedAsync(node, async () =>
        {
            if (wasBilled)
            {
                // An estimate may be too high, and is replaced later.
                await node.Ledger.SettleAsync(new LedgerSettlement
                {
                    Id = id,
                    Amounts = isUnconfirmed ? [.. names.Select(_ => Math.Max(cost, most))] : amounts,
                    IsUnconfirmed = isUnconfirmed,
                    Reservation = reservation,
                });
            }
            else
            {
                await node.Ledger.ReleaseAsync(id);
            }
        });
        if (wasBilled && isUnconfirmed)
        {
            await _time.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 10));
            await UntilAppliedAsync(node, async () => await node.Ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = amounts, Reservation = reservation }));
        }
    }

    /// <summary>Reserves, and waits in line for money that others hold, as a pipeline does. <see langword="null"/> if the ledger failed.</summary>
    private async Task<(LedgerReservation Reservation, LedgerReservationResult Result)?> ReserveAsync(LeaseNode node, LedgerReservationId id, List<string> names, long most)
    {
        long patientUntil = _time.Now + _scenario.Patience.Ticks;
        LinkedList<LedgerReservationId>? line = null;
        try
        {
            for (int refreshes = 0; ;)
            {
                LedgerReservation reservation = Reservation(node, id, names, most);
                LedgerReservationResult result = await node.Ledger.ReserveAsync(reservation);
                if (result.SettingsChanged && refreshes++ < MostRefreshes)
                {
                    await RefreshAsync(node);
                    continue;
                }

                if (result.IsAdmitted || HeldAccount(reservation, result) is not { } account)
                {
                    return (reservation, result);
                }

                if (line is null)
                {
                    line = node.LineOf(account);
                    line.AddLast(id);
                }

                do
                {
                    if (_time.Now + Wait.Ticks > patientUntil)
                    {
                        return (reservation, result);
                    }

                    await _time.Delay(Wait);
                }
                while (line.First!.Value != id);
            }
        }
        catch (SpendLedgerException)
        {
            _figures.Failed++;
            Watch(UntilAppliedAsync(node, async () => await node.Ledger.ReleaseAsync(id)));
            return null;
        }
        finally
        {
            line?.Remove(id);
        }
    }

    private async Task UntilAppliedAsync(LeaseNode node, Func<Task> operation)
    {
        while (!node.Clock.IsDead)
        {
            try
            {
                await operation();
                return;
            }
            catch (SpendLedgerException)
            {
                await _time.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static async Task RefreshAsync(LeaseNode node)
    {
        try
        {
            (long version, IReadOnlyDictionary<string, string> settings) = await node.Ledger.ReadSettingsAsync();
            if (version >= node.Version)
            {
                node.Version = version;
                foreach ((string name, string value) in settings)
                {
                    node.Limits[name] = long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
                }
            }
        }
        catch (SpendLedgerException)
        {
            // The next attempt reads again.
        }
    }

    private LedgerReservation Reservation(LeaseNode node, LedgerReservationId id, List<string> names, long most)
    {
        // A rolling window of 20 periods of 5 seconds, longer than the scenario.
        long period = _scenario.IsRolling ? (_time.Now / TimeSpan.FromSeconds(5).Ticks) + 1000 : Day;
        return new LedgerReservation
        {
            Id = id,
            Lease = CallLease,
            At = _farClock.GetUtcNow(),
            WantsStates = _random.Next(2) == 0,
            SettingsVersion = node.Version,
            Lines = [.. names.Select(name => new LedgerLine
            {
                Account = name,
                Period = period,
                FirstPeriod = _scenario.IsRolling ? period - 1000 : period,
                ForgetAfter = VirtualTime.Start.AddDays(2),
                Amount = most,
                Limit = node.Limits[name],
            })],
        };
    }

    /// <summary>Returns the first account that the ledger refused, if all that it refused is held and not spent.</summary>
    private static string? HeldAccount(LedgerReservation reservation, LedgerReservationResult result)
    {
        string? held = null;
        for (int i = 0; i < result.Lines.Count; i++)
        {
            LedgerLine line = reservation.Lines[i];
            LedgerLineState state = result.Lines[i];
            if (state.Fits)
            {
                continue;
            }

            if (line.Amount > line.Limit + state.Granted - state.Charged)
            {
                return null;
            }

            held ??= line.Account;
        }

        return held;
    }
}
