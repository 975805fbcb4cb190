using System.Globalization;
using MeaiBudget.Simulation;

namespace MeaiBudget.Tests;

public sealed class LeaseSimulationTests
{
    /// <summary>How many seeds to run; 1,000 seeds of 10,000 calls are the long run of docs/scale.md.</summary>
    private static readonly int Seeds = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_LEASE_SEEDS") ?? "0", CultureInfo.InvariantCulture);

    [Fact]
    public void NothingIsOverspentOrLostWhateverFails()
    {
        int first = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_LEASE_SEED") ?? "1", CultureInfo.InvariantCulture);
        var total = new LeaseFigures();
        for (int seed = first; seed < first + (Seeds > 0 ? Seeds : 10); seed++)
        {
            total.Add(LeaseSimulation.Run(LeaseScenario.Any(seed, Seeds > 0 ? 10_000 : 2_000)));
        }

        Assert.Equal(0, total.Overspent);
        Assert.True(total.Admitted > total.Calls / 4, total.ToString());
        Assert.True(total.WronglyRefused * 1000 <= total.Calls, total.ToString());
    }

    [Fact]
    public void BusyAccountsHardlyNeedTheStore()
    {
        LeaseFigures figures = LeaseSimulation.Run(LeaseScenario.Steady(seed: 1, nodes: 4, rate: 100, users: 0, seconds: 40, funds: 30));

        Assert.Equal(figures.Calls, figures.Admitted);
        Assert.True(figures.OperationsACall <= 0.02, figures.ToString());
    }

    [Fact]
    public void NothingIsRefusedWronglyOrLeftOverWhenABudgetIsSpent()
    {
        LeaseFigures figures = LeaseSimulation.Run(LeaseScenario.Steady(seed: 2, nodes: 30, rate: 20, users: 0, seconds: 20, funds: 0.7));

        Assert.True(figures.Refused > 1000, figures.ToString());
        Assert.True(figures.WronglyRefused * 1000 <= figures.Calls, figures.ToString());
        Assert.Equal(0, figures.WronglySpent);
        Assert.True(figures.Stranded <= 0.01, figures.ToString());
    }

    [Fact]
    public void ManySlowNodesWithLongCallsKeepNothingFromEachOther()
    {
        LeaseFigures figures = LeaseSimulation.Run(
            LeaseScenario.Steady(seed: 3, nodes: 200, rate: 1, users: 0, seconds: 20, funds: 0.5) with { CallTime = TimeSpan.FromSeconds(8), MostShare = 0.05 });

        Assert.True(figures.Refused > 500, figures.ToString());
        Assert.True(figures.WronglyRefused * 1000 <= figures.Calls, figures.ToString());
        Assert.True(figures.Stranded <= 0.01, figures.ToString());
    }

    [Fact]
    public void TheSameSeedGivesTheSameRun()
    {
        LeaseFigures one = LeaseSimulation.Run(LeaseScenario.Any(11, 1_500));
        LeaseFigures other = LeaseSimulation.Run(LeaseScenario.Any(11, 1_500));

        Assert.Equal(one.ToString(), other.ToString());
    }
}
