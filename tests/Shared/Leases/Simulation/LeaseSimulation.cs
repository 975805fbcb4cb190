namespace MeaiBudget.Simulation;

/// <summary>Many nodes with a <see cref="LeasedSpendLedger"/> each, on one far ledger, in virtual time on one thread. The same seed gives the same run.</summary>
/// <remarks>
/// The simulation knows what really happened: what calls cost, and what those that run may still cost. After every step it checks that no account
/// has more of both than its limit, and that the far ledger holds to its own rule. At the end nothing may be lost.
/// </remarks>
internal sealed partial class LeaseSimulation
{
    private const long Day = 20_574;

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
            if (node.Ledger is IAsyncDisposable leased)
            {
                Watch(leased.DisposeAsync().AsTask());
            }
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
        ISpendLedger ledger = _scenario.IsLeased ? new LeasedSpendLedger(far, far, new SliceRules { Clock = clock, MostShare = (decimal)_scenario.MostShare }) : far;
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
                _time.After(TimeSpan.FromSeconds(_random.NextDouble() * 40), () => node.Reconnect());
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

    private Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
