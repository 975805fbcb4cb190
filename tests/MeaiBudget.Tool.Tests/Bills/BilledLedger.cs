using System.CommandLine;
using MeaiBudget.Tool;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A ledger file with calls of 2026-11-20, and a folder for bills of them.</summary>
internal sealed class BilledLedger : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-bills-");

    public static readonly DateTimeOffset Day = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The catalog without the step of long contexts, so that one call can stand for many.</summary>
    public static PriceCatalog Prices { get; } = PriceCatalog.Default.With("gpt-6-sol", ModelPrice.PerMillionTokens(2m, 10m, cachedInput: 0.2m, cacheWrite: 2.5m));

    public FakeTimeProvider Clock { get; } = new(Day.AddHours(8));

    public string File => InFolder("ledger.db");

    public string InFolder(string name) => Path.Combine(_folder.FullName, name);

    public string Write(string name, string content)
    {
        System.IO.File.WriteAllText(InFolder(name), content);
        return InFolder(name);
    }

    public SqliteSpendLedger Open() => SqliteSpendLedger.Open(File, new SqliteSpendLedgerOptions { Clock = Clock });

    /// <summary>Records calls that are charged at the catalog's prices, in a budget of each day and one of each tenant.</summary>
    public async Task RecordAsync(params (string Provider, string Model, BillableUsage Usage, string Tenant, bool IsUnconfirmed)[] calls)
    {
        await using SqliteSpendLedger ledger = Open();
        var tracker = new CostTracker(
            [Budget.Daily("day", 1_000m), Budget.Monthly("tenant", 1_000m).PerTag("tenant")], Prices.WithTimeProvider(Clock), ledger, options => options.TimeProvider = Clock);
        foreach ((string provider, string model, BillableUsage usage, string tenant, bool isUnconfirmed) in calls)
        {
            SpendReservation reservation = await tracker.ReserveAsync(new SpendRequest
            {
                CallId = Guid.NewGuid(),
                Attempt = 1,
                ModelId = model,
                Provider = provider,
                Tags = new Dictionary<string, string> { ["tenant"] = tenant },
                Estimate = new TokenEstimate(usage.InputTokens, usage.InputTokens, TokenEstimateSource.Exact),
                OutputTokens = usage.OutputTokens,
            });
            await tracker.SettleAsync(reservation, new SpendSettlement { Usage = usage, ResponseModelId = model, IsUnconfirmed = isUnconfirmed });
            Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    public static (int ExitCode, string Output, string Error) Run(params string[] arguments) => RunAt(new FakeTimeProvider(Day.AddDays(10)), arguments);

    public static (int ExitCode, string Output, string Error) RunAt(TimeProvider now, params string[] arguments)
    {
        var root = new RootCommand { ReconcileCommand.Create(now), RepriceCommand.Create(), ExportCommand.Create() };
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = root.Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (exitCode, output.ToString(), error.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
