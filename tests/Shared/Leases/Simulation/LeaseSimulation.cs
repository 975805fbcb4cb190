namespace MeaiBudget.Simulation;

/// <summary>Many nodes with a <see cref="LeasedSpendLedger"/> each, on one far ledger, in virtual time on one thread. The same seed gives the same run.</summary>
/// <remarks>
/// The simulation knows what really happened: what calls cost, and what those that run may still cost. After every step it checks that no account
/// has more of both than its limit, and that the far ledger holds to its own rule. At the end nothing may be lost.
/// </remarks>
internal sealed class LeaseSimulation
{
    private const long Day = 20_574;
    private static readonly TimeSpan CallLease = TimeSpan.FromMinutes(2);

    private readonly LeaseScenario _scenario;
    private readonly VirtualTime _time = new();
    private readonly Random _random;
    private readonly VirtualClock _farClock;
    private readonly InMemorySpendLedger _far;
    private readonly Dictionary<string, TrueAccount> _accounts = new(StringComparer.Ordinal);
    private readonly List<TrueAccount> _limited = [];
    private readonly LeaseNode[] _nodes;
    private readonly LeaseFigures _figures = new();
    private readonly long _end;
    private long _started;
    private Exception? _failure;
    private bool _hasCrashed;

    private LeaseSimulation(LeaseScenario scenario)
    {
        _scenario = scenario;
        _random = new Random(scenario.Seed * 7919);
        _farClock = new VirtualClock(_time, TimeSpan.Zero, 0);
        _far = new InMemorySpendLedger(_farClock) { RememberedReservations = 10_000_000 };
        double seconds = scenario.Calls / (scenario.Rate * scenario.Nodes);
        _end = TimeSpan.FromSeconds(seconds).Ticks;
        double cost = scenario.Calls * 600.0;
        AddAccount("all", (long)(cost * scenario.Funds));
        for (int i = 0; i < scenario.Teams; i++)
        {
            AddAccount($"team/{i}", (long)(cost / scenario.Teams * scenario.Funds * (0.5 + _random.NextDouble())));
        }

        for (int i = 0; i < scenario.Users; i++)
        {
            AddAccount($"user/{i}", (long)(cost / scenario.Users * (0.2 + (3 * _random.NextDouble()))));
        }

        _nodes = new LeaseNode[scenario.Nodes];
        for (int i = 0; i < _nodes.Length; i++)
        {
            _nodes[i] = NewNode();
        }
    }

    /// <summary>Runs a scenario; throws if a rule is broken.</summary>
    public static LeaseFigures Run(LeaseScenario scenario)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        try
        {
            var simulation = new LeaseSimulation(scenario);
            SynchronizationContext.SetSynchronizationContext(new VirtualContext(simulation._time));
            return simulation.Run();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Seed {scenario.Seed} ({scenario}): {exception.Message}", exception);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private LeaseFigures Run()
    {
        foreach (LeaseNode node in _nodes)
        {
            ScheduleCall(node);
        }

        Schedule(_scenario.Faults, BreakSomething);
        Schedule(_scenario.Changes, ChangeSomething);
        _time.RunUntil(_end, AfterStep);
        MeasureStranded();

        // Everything ends: calls settle, the network works again, and the nodes shut down in order.
        foreach (LeaseNode node in _nodes)
        {
            node.Far.IsCutOff = false;
            node.Far.IsReliable = true;
        }

        _time.RunUntil(_time.Now + TimeSpan.FromMinutes(3).Ticks, AfterStep);
        foreach (LeaseNode node in _nodes)
        {
            Watch(node.Ledger.DisposeAsync().AsTask());
        }

        _time.RunUntil(_time.Now + TimeSpan.FromMinutes(5).Ticks, AfterStep);
        CheckEnd();
        _figures.Operations = _nodes.Sum(node => node.Operations + node.Far.Operations);
        _figures.Steps = _time.Steps;
        return _figures;
    }

    private void AddAccount(string name, long limit)
    {
        bool isExact = _scenario is { Faults: 0, Network.Lost: 0 };
        var account = new TrueAccount(name, Math.Max(limit, 1), isExact ? TimeSpan.FromSeconds(1.1) + (_scenario.Network.Latency * 60) : TimeSpan.FromSeconds(12));
        _accounts.Add(name, account);
        _limited.Add(account);
    }

    private LeaseNode NewNode()
    {
        TimeSpan skew = _scenario.HasSkew ? TimeSpan.FromSeconds((_random.NextDouble() * 6) - 3) : TimeSpan.Zero;
        var clock = new VirtualClock(_time, skew, _scenario.HasSkew ? _random.Next(-300, 300) : 0);
        var far = new FarLedger(_far, _time, clock, new Random(_random.Next()), _scenario.Network);
        var ledger = new LeasedSpendLedger(far, far, new SliceRules { Clock = clock, MostShare = (decimal)_scenario.MostShare });
        return new LeaseNode(ledger, far, clock) { Limits = _accounts.ToDictionary(pair => pair.Key, pair => pair.Value.Limit), Version = CurrentVersion() };
    }

    private long CurrentVersion() => _far.ReadSettingsAsync().AsTask().Result.Version;

    private void Schedule(double rate, Action action)
    {
        if (rate > 0)
        {
            _time.After(TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / rate), () =>
            {
                if (_time.Now < _end)
                {
                    action();
                    Schedule(rate, action);
                }
            });
        }
    }

    private void ScheduleCall(LeaseNode node) =>
        _time.After(TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / _scenario.Rate), () =>
        {
            if (_time.Now < _end && _started < _scenario.Calls && !node.Clock.IsDead)
            {
                _started++;
                Watch(CallAsync(node));
                ScheduleCall(node);
            }
        });

    private async void Watch(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }
    }

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
        LedgerReservationResult result = default;
        LedgerReservation reservation = null!;
        for (int tries = 0; tries < 4; tries++)
        {
            reservation = Reservation(node, id, names, most);
            try
            {
                result = await node.Ledger.ReserveAsync(reservation);
            }
            catch (SpendLedgerException)
            {
                _figures.Failed++;
                Watch(UntilAppliedAsync(node, async () => await node.Ledger.ReleaseAsync(id)));
                return;
            }

            if (!result.SettingsChanged)
            {
                break;
            }

            await RefreshAsync(node);
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

        await _time.Delay(TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) * _scenario.CallTime.TotalSeconds));
        bool wasBilled = _random.Next(20) > 0;
        foreach (string name in names)
        {
            // What an answer costs beyond its reservation dies with the process that would have told it.
            _accounts[name].End(most, !wasBilled ? 0 : node.Clock.IsDead ? Math.Min(cost, most) : cost);
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

    private void CountRefusal(List<string> names, long most, LedgerReservationResult result, LedgerReservation reservation)
    {
        bool isRight = names.Exists(name => _accounts[name].IsRightlyRefused(most));
        _figures.Refused++;
        for (int i = 0; i < names.Count && i < result.Lines.Count; i++)
        {
            _accounts[names[i]].Refusals += result.Lines[i].Fits ? 0 : 1;
        }

        if (isRight || names.Select((name, i) => reservation.Lines[i].Limit < _accounts[name].Limit).Contains(true))
        {
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

    private void BreakSomething()
    {
        int i = _random.Next(_nodes.Length);
        LeaseNode node = _nodes[i];
        switch (_random.Next(4))
        {
            case 0:
                // The process dies, and another one starts a little later.
                _hasCrashed = true;
                node.Clock.IsDead = true;
                LeaseNode next = NewNode();
                next.Operations = node.Operations + node.Far.Operations;
                _nodes[i] = next;
                _time.After(TimeSpan.FromSeconds(_random.NextDouble() * 5), () => ScheduleCall(next));
                break;
            case 1:
                node.CutOff(_time.Now);
                _time.After(TimeSpan.FromSeconds(_random.NextDouble() * 40), () => node.Reconnect(_time.Now));
                break;
            case 2 when _scenario.HasSkew:
                node.Clock.Skew += TimeSpan.FromSeconds((_random.NextDouble() * 60) - 30);
                break;
            case 3 when _scenario.HasSkew:
                // The clock of the store jumps: leases end early, or late.
                _farClock.Skew += TimeSpan.FromSeconds((_random.NextDouble() * 40) - 20);
                break;
            default:
                break;
        }
    }

    private void ChangeSomething()
    {
        TrueAccount account = _limited[_random.Next(Math.Min(_limited.Count, 1 + _scenario.Teams))];
        long limit = _random.Next(3) switch { 0 => 1, 1 => account.FirstLimit, _ => (long)(account.FirstLimit * _random.NextDouble() * 1.5) + 1 };
        account.ChangeLimit(limit, _time.Now);
        _far.WriteSettingAsync(account.Name, limit.ToString(System.Globalization.CultureInfo.InvariantCulture)).AsTask().Wait();
    }

    private void AfterStep()
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        if (_figures.Overspent > 0)
        {
            throw new InvalidOperationException($"At {TimeSpan.FromTicks(_time.Now)}: {_figures.Overspent} were admitted beyond a limit.");
        }

        if (_scenario.Changes == 0 && !_scenario.HasOverrun && _time.Steps % 64 == 0)
        {
            CheckFar();
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

    private LedgerLineState Read(string account) => _far.ReadAsync([new LedgerAccountQuery(account, _scenario.IsRolling ? 0 : Day, _scenario.IsRolling ? 100_000 : Day)]).AsTask().Result[0];

    private void MeasureStranded()
    {
        foreach (TrueAccount account in _limited)
        {
            if (account.Refusals > 20 && account.Name.StartsWith("all", StringComparison.Ordinal) && _scenario.Changes == 0)
            {
                _figures.Stranded = Math.Max(_figures.Stranded, (double)Math.Max(0, account.Limit - account.Spent - account.InUse) / account.Limit);
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

    private Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
