using System.CommandLine;
using MeaiBudget.Tool;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A ledger file with calls in it: a dollar a thousand output tokens, input free.</summary>
internal sealed class RecordedLedger : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-report-");

    public static PriceCatalog Prices { get; } = PriceCatalog.Empty
        .With("large", ModelPrice.PerMillionTokens(0m, 1_000m))
        .With("small", ModelPrice.PerMillionTokens(0m, 100m));

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 5, 4, 22, 30, 0, TimeSpan.Zero));

    public string File => Path.Combine(_folder.FullName, "ledger.db");

    public string InFolder(string name) => Path.Combine(_folder.FullName, name);

    public SqliteSpendLedger Open() => SqliteSpendLedger.Open(File, new SqliteSpendLedgerOptions { Clock = Clock });

    public static SpendRequest Request(string model, long output, string tenant, BudgetRun? run = null) => new()
    {
        CallId = Guid.NewGuid(),
        Attempt = 1,
        ModelId = model,
        Provider = "scripted",
        Route = "primary",
        Tags = new Dictionary<string, string> { ["tenant"] = tenant },
        Estimate = new TokenEstimate(10, 10, TokenEstimateSource.Exact),
        OutputTokens = output,
        Run = run?.Gate,
    };

    /// <summary>Makes one call that reserves and uses as many output tokens.</summary>
    public async Task CallAsync(CostTracker tracker, string model, long output, string tenant, TimeSpan? takes = null)
    {
        SpendReservation reservation = await tracker.ReserveAsync(Request(model, output, tenant));
        Clock.Advance(takes ?? TimeSpan.Zero);
        await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 10, OutputTokens = output } });
    }

    public static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        var root = new RootCommand { ReportCommand.Create(), SimulateCommand.Create() };
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = root.Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (exitCode, output.ToString(), error.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
