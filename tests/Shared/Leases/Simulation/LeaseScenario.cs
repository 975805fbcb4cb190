namespace MeaiBudget.Simulation;

/// <summary>What one simulation does. All of it follows from its seed.</summary>
internal sealed record LeaseScenario
{
    public required int Seed { get; init; }

    public required int Nodes { get; init; }

    public required long Calls { get; init; }

    /// <summary>Gets how many calls a node starts in a second.</summary>
    public required double Rate { get; init; }

    /// <summary>Gets how many accounts are shared by some of the calls.</summary>
    public int Teams { get; init; } = 3;

    /// <summary>Gets how many accounts each see few calls; zero for none.</summary>
    public int Users { get; init; } = 200;

    /// <summary>Gets the limit of the account of all calls, as a part of what all calls would cost.</summary>
    public double Funds { get; init; } = 1;

    public TimeSpan CallTime { get; init; } = TimeSpan.FromSeconds(1);

    public required NetworkRules Network { get; init; }

    /// <summary>Gets how often something bad happens to a node, in a second.</summary>
    public double Faults { get; init; }

    /// <summary>Gets how often a limit or stop changes, in a second.</summary>
    public double Changes { get; init; }

    /// <summary>Gets a value indicating whether answers may cost more than was reserved.</summary>
    public bool HasOverrun { get; init; }

    /// <summary>Gets a value indicating whether calls charge a rolling window.</summary>
    public bool IsRolling { get; init; }

    /// <summary>Gets a value indicating whether the wall clocks of the nodes and of the store are wrong and jump.</summary>
    public bool HasSkew { get; init; }

    /// <summary>Gets how many calls are settled by an estimate first.</summary>
    public double Unconfirmed { get; init; } = 0.1;

    public double MostShare { get; init; } = 0.01;

    /// <summary>Gets a value indicating whether nodes lease; otherwise each call asks the far ledger, to compare.</summary>
    public bool IsLeased { get; init; } = true;

    /// <summary>Gets how long a call waits for money that others hold: as long as Budget.MaxWait says by default.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Makes a scenario without faults, in which the limit is reached before the end.</summary>
    public static LeaseScenario Steady(int seed, int nodes, double rate, int users, double seconds, double funds) => new()
    {
        Seed = seed,
        Nodes = nodes,
        Calls = (long)(nodes * rate * seconds),
        Rate = rate,
        Users = users,
        Funds = funds,
        Network = new NetworkRules(TimeSpan.FromMilliseconds(0.5), 0, 0),
        Unconfirmed = 0,
    };

    /// <summary>Makes any scenario.</summary>
    public static LeaseScenario Any(int seed, long calls)
    {
        var random = new Random(seed);
        int[] nodes = [1, 2, 3, 5, 10, 20, 50, 100, 300];
        int count = random.Next(200) == 0 ? 1000 : nodes[random.Next(nodes.Length)];
        double rate = Math.Min(100, Math.Max(0.5, calls / (20.0 + (random.NextDouble() * 60)) / count));
        bool isRough = random.Next(4) > 0;
        return new LeaseScenario
        {
            Seed = seed,
            Nodes = count,
            Calls = calls,
            Rate = rate,
            Teams = 1 + random.Next(5),
            Users = random.Next(3) == 0 ? 0 : random.Next(500),
            Funds = random.Next(3) switch { 0 => 0.2 + random.NextDouble(), 1 => 0.9 + (random.NextDouble() / 5), _ => 3 },
            CallTime = TimeSpan.FromSeconds(random.Next(3) switch { 0 => 0.05, 1 => 1, _ => 8 }),
            Network = new NetworkRules(
                TimeSpan.FromMilliseconds(random.Next(3) switch { 0 => 0.3, 1 => 3, _ => 60 }), isRough ? random.NextDouble() * 0.05 : 0, isRough ? random.NextDouble() * 0.2 : 0),
            Faults = isRough && random.Next(2) == 0 ? 0.3 * random.NextDouble() : 0,
            Changes = random.Next(3) == 0 ? 0.2 : 0,
            HasOverrun = random.Next(5) == 0,
            IsRolling = random.Next(4) == 0,
            HasSkew = random.Next(2) == 0,
            MostShare = random.Next(3) switch { 0 => 0.01, 1 => 0.05, _ => 0.5 },
        };
    }
}
