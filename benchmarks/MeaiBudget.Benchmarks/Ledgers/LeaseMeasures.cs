using System.Diagnostics;
using System.Globalization;
using MeaiBudget.Simulation;

namespace MeaiBudget.Benchmarks;

/// <summary>Simulates many nodes that lease from one ledger, and measures the admission on a held slice.</summary>
/// <remarks>
/// <c>leases simulate FIRST-SEED SEEDS CALLS</c>: any scenarios; prints the sums and every seed that breaks a rule.
/// <c>leases steady SEED NODES RATE USERS SECONDS FUNDS</c>: one scenario without faults. <c>leases admission</c>: pairs of reserve and
/// settle on held slices and on the ledger in memory, in turns.
/// </remarks>
internal static class LeaseMeasures
{
    private const int Pairs = 200_000;
    private const int Rounds = 15;
    private static readonly string[] Accounts = ["day", "month", "team/a"];

    public static async Task RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["simulate", var first, var seeds, var calls]:
                Simulate(int.Parse(first, CultureInfo.InvariantCulture), int.Parse(seeds, CultureInfo.InvariantCulture), long.Parse(calls, CultureInfo.InvariantCulture));
                break;
            case ["steady", var seed, var nodes, var rate, var users, var seconds, var funds]:
                Console.WriteLine(LeaseSimulation.Run(LeaseScenario.Steady(
                    int.Parse(seed, CultureInfo.InvariantCulture),
                    int.Parse(nodes, CultureInfo.InvariantCulture),
                    double.Parse(rate, CultureInfo.InvariantCulture),
                    int.Parse(users, CultureInfo.InvariantCulture),
                    double.Parse(seconds, CultureInfo.InvariantCulture),
                    double.Parse(funds, CultureInfo.InvariantCulture))));
                break;
            case ["admission"]:
                await MeasureAdmissionAsync();
                break;
            default:
                Console.Error.WriteLine("Usage: leases simulate FIRST-SEED SEEDS CALLS | leases steady SEED NODES RATE USERS SECONDS FUNDS | leases admission");
                break;
        }
    }

    private static void Simulate(int first, int seeds, long calls)
    {
        var leased = new LeaseFigures();
        var direct = new LeaseFigures();
        int broken = 0;
        for (int seed = first; seed < first + seeds; seed++)
        {
            try
            {
                var scenario = LeaseScenario.Any(seed, calls);
                LeaseFigures figures = LeaseSimulation.Run(scenario);
                leased.Add(figures);
                direct.Add(LeaseSimulation.Run(scenario with { IsLeased = false }));
                if (figures.WronglyRefused * 1000 > figures.Calls || figures.Stranded > 0.01)
                {
                    Console.WriteLine($"Seed {seed} ({scenario}): {figures}");
                }
            }
            catch (InvalidOperationException failure)
            {
                broken++;
                Console.WriteLine(failure.Message);
            }
        }

        Console.WriteLine($"{seeds} seeds, {broken} broke a rule; {leased}");
        Console.WriteLine($"The same without leases: {direct}");
    }

    private static async Task MeasureAdmissionAsync()
    {
        var memory = new InMemorySpendLedger();
        await using var leased = new LeasedSpendLedger(new InMemorySpendLedger());
        await RunPairsAsync(memory, Pairs);
        await RunPairsAsync(leased, Pairs);
        await Task.Delay(TimeSpan.FromMilliseconds(1500), TimeProvider.System);
        var ratios = new List<double>();
        var times = new List<(double Memory, double Leased)>();
        for (int round = 0; round < Rounds; round++)
        {
            double one = await RunPairsAsync(memory, Pairs);
            double other = await RunPairsAsync(leased, Pairs);
            ratios.Add(other / one);
            times.Add((one, other));
        }

        ratios.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"in memory {times.Select(time => time.Memory).Order().ElementAt(Rounds / 2):F0} ns, on held slices {times.Select(time => time.Leased).Order().ElementAt(Rounds / 2):F0} ns a pair of reserve and settle over 3 accounts; median ratio {ratios[Rounds / 2]:F2}"));
    }

    /// <summary>Returns the nanoseconds of a pair.</summary>
    private static async Task<double> RunPairsAsync(ISpendLedger ledger, int pairs)
    {
        DateTimeOffset forget = ledger.Clock.GetUtcNow().AddDays(2);
        LedgerLine[] lines = [.. Accounts.Select(account => new LedgerLine
        {
            Account = account,
            Period = 7,
            FirstPeriod = 7,
            ForgetAfter = forget,
            Amount = 1_000,
            Limit = long.MaxValue / 2,
        })];
        long[] amounts = [600, 600, 600];
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < pairs; i++)
        {
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "pairs");
            await ledger.ReserveAsync(new LedgerReservation { Id = id, Lines = lines, Lease = TimeSpan.FromMinutes(2), WantsStates = false });
            await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = amounts, WantsStates = false });
        }

        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / pairs;
    }
}
