using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>
/// Reconciles a ledger with many attempts against a bill of 10,000 lines in a process of its own, and prints its time and memory. The
/// number of attempts is 2,000, or that of MEAIBUDGET_BILL_RECORDS, for example 1000000.
/// </summary>
public sealed class ReconcileLoadTests : IDisposable
{
    private const int Days = 20;
    private const int Keys = 250;
    private static readonly string[] Models = ["gpt-4o", "gpt-4.1-mini"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-bills-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ManyAttemptsAgreeWithABillOfTenThousandLines()
    {
        int records = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_BILL_RECORDS") ?? "2000", CultureInfo.InvariantCulture);
        string file = Path.Combine(_folder.FullName, "ledger.db");
        string bill = Path.Combine(_folder.FullName, "bill.csv");
        long[] sums = await RecordAsync(file, records);
        await File.WriteAllTextAsync(bill, Bill(sums), TestContext.Current.CancellationToken);

        (int exitCode, string output, string error, TimeSpan time, long peakKilobytes) = await RunAsync(
            "reconcile", file, bill, "--from", "2026-11-01", "--to", "2026-11-21", "--key-tag", "key", "--csv", "--tolerance", "0");

        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{records:N0} attempts, {sums.Length:N0} lines: {time.TotalSeconds:0.0} s, {peakKilobytes / 1024:N0} MB at most"));
        Assert.Equal(("", 0), (error, exitCode));
        Assert.InRange(peakKilobytes, 0, 200 * 1024);
        Assert.Equal(sums.Length + 1, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    /// <summary>Records attempts round about the days, models and keys, and returns what each of these was charged.</summary>
    private static async Task<long[]> RecordAsync(string file, int records)
    {
        long[] sums = new long[Days * Models.Length * Keys];
        await using var ledger = SqliteSpendLedger.Open(file, new SqliteSpendLedgerOptions { Durability = SqliteDurability.ProcessCrash });
        await Parallel.ForAsync(0, records, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (number, cancellationToken) =>
        {
            int line = number % sums.Length;
            var at = new DateTimeOffset(2026, 11, 1 + (line / (Models.Length * Keys)), 12, 0, 0, TimeSpan.Zero);
            string model = Models[line / Keys % Models.Length];
            string key = $"key-{line % Keys}";
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker");
            long amount = 1_000_000 + number;
            Interlocked.Add(ref sums[line], amount);
            await ledger.ReserveAsync(new LedgerReservation
            {
                Id = id,
                Lease = TimeSpan.FromMinutes(10),
                Lines = [Line("day/usd/", at, amount), Line($"keys/usd/key={key}", at, amount)],
                Info = new LedgerCallInfo
                {
                    At = at.AddSeconds(number % 3_600),
                    Provider = "openai",
                    ModelId = model,
                    Route = "primary",
                    ReservedNanoDollars = amount,
                    Tags = new Dictionary<string, string> { ["key"] = key, ["tenant"] = $"tenant-{number % 97}" },
                },
            }, cancellationToken);
            await ledger.SettleAsync(new LedgerSettlement
            {
                Id = id,
                Amounts = [amount, amount],
                Info = new LedgerSettlementInfo
                {
                    At = at.AddSeconds((number % 3_600) + 2),
                    ResponseModelId = model,
                    Outcome = "stop",
                    Cost = new Cost(amount, CostKind.Computed, PriceMatch.Exact),
                    Usage = new BillableUsage { InputTokens = 1_000, CachedInputTokens = 200, OutputTokens = 100, ReasoningTokens = 20 },
                },
            }, cancellationToken);
        });
        return sums;
    }

    private static LedgerLine Line(string account, DateTimeOffset at, long amount) => new()
    {
        Account = account,
        Period = at.Day,
        FirstPeriod = at.Day,
        ForgetAfter = at.AddYears(1),
        Amount = amount,
        Mode = LedgerLineMode.Record,
    };

    private static string Bill(long[] sums)
    {
        var text = new StringBuilder("start_time,end_time,amount_value,amount_currency,line_item,project_id,api_key_id\n");
        for (int line = 0; line < sums.Length; line++)
        {
            long from = new DateTimeOffset(2026, 11, 1 + (line / (Models.Length * Keys)), 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
            text.Append(CultureInfo.InvariantCulture, $"{from},{from + 86_400},{sums[line] / 1_000_000_000m},usd,\"{Models[line / Keys % Models.Length]}, input\",proj_1,key-{line % Keys}\n");
        }

        return text.ToString();
    }

    private static async Task<(int ExitCode, string Output, string Error, TimeSpan Time, long PeakKilobytes)> RunAsync(params string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MeaiBudget.Tool.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(20))
        {
            peak = Math.Max(peak, PeakOf(process.Id));
        }

        return (process.ExitCode, await output, await error, Stopwatch.GetElapsedTime(start), peak);
    }

    /// <summary>Reads the largest resident memory so far; zero where the system does not tell.</summary>
    private static long PeakOf(int process)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/status").Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1], CultureInfo.InvariantCulture)).FirstOrDefault();
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
