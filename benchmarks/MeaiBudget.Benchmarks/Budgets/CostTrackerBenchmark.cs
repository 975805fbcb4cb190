using BenchmarkDotNet.Attributes;

namespace MeaiBudget.Benchmarks;

/// <summary>All work of a tracker for one attempt: price, periods, keys, reserve, cost, settle.</summary>
[MemoryDiagnoser]
[InProcess]
public class CostTrackerBenchmark
{
    private static readonly TokenEstimate Estimate = new(1_000, 1_050, TokenEstimateSource.Exact);
    private readonly Dictionary<string, string> _tags = new() { ["tenant"] = "acme" };
    private readonly SpendSettlement _settlement = new()
    {
        Usage = new BillableUsage { InputTokens = 1_000, OutputTokens = 200 },
        Outcome = AttemptOutcome.Answered,
    };

    private CostTracker _tracker = new();

    /// <summary>The number of budgets of the tracker.</summary>
    [Params(1, 3)]
    public int Budgets { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Budget[] all = [Budget.Daily("day", 1_000_000_000m), Budget.Monthly("month", 1_000_000_000m), Budget.Daily("tenant", 1_000_000_000m).PerTag("tenant")];
        _tracker = new CostTracker(all[..Budgets]);
    }

    [Benchmark]
    public async ValueTask<long> ReserveAndSettle()
    {
        var request = new SpendRequest
        {
            CallId = CallIds.Next(),
            Attempt = 1,
            ModelId = "gpt-4o-mini",
            Tags = _tags,
            Estimate = Estimate,
            OutputTokens = 1_024,
        };
        SpendReservation reservation = await _tracker.ReserveAsync(request);
        return (await _tracker.SettleAsync(reservation, _settlement)).NanoDollars;
    }
}
