using System.Diagnostics;
using System.Globalization;

namespace MeaiBudget.Benchmarks;

/// <summary>
/// Measures the pairs of reserve and settle per second of a ledger for a number of concurrent callers, with three accounts each. Uses a
/// stopwatch, because it measures the throughput of many callers, not the time of one.
/// </summary>
/// <remarks>
/// <c>ledgers sqlite FILE [CALLERS] [SECONDS]</c>, <c>ledgers redis CONNECTION [CALLERS] [SECONDS]</c>,
/// <c>ledgers postgresql CONNECTION [CALLERS] [SECONDS]</c>, <c>ledgers memory - [CALLERS] [SECONDS]</c>.
/// </remarks>
internal static class LedgerThroughput
{
    public static async Task RunAsync(string[] arguments)
    {
        if (arguments is not [("sqlite" or "redis" or "postgresql" or "memory") and var kind, _, ..])
        {
            Console.Error.WriteLine("Usage: ledgers sqlite FILE | redis CONNECTION | postgresql CONNECTION | memory - [CALLERS] [SECONDS]");
            return;
        }

        int callers = arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : kind is "redis" or "postgresql" ? 32 : 8;
        double seconds = arguments.Length > 3 ? double.Parse(arguments[3], CultureInfo.InvariantCulture) : 5;
        ISpendLedger ledger = await OpenAsync(kind, arguments[1]);
        // Until the runtime has compiled what is measured.
        await MeasureAsync(ledger, callers, TimeSpan.FromSeconds(Math.Min(3, seconds)));
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        (long pairs, TimeSpan time) = await MeasureAsync(ledger, callers, TimeSpan.FromSeconds(seconds));
        TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime - before;
        Console.WriteLine(
            $"{kind}: {pairs / time.TotalSeconds:N0} pairs per second, {callers} callers, 3 accounts, {time.TotalSeconds:F1} s, {used.TotalMicroseconds / pairs:N0} µs of this process's processor time for a pair");
        await CloseAsync(ledger);
    }

    /// <summary>Opens an empty ledger.</summary>
    /// <param name="kind">One of sqlite, redis, postgresql, and memory.</param>
    /// <param name="place">The file or the connection.</param>
    internal static async Task<ISpendLedger> OpenAsync(string kind, string place) => kind switch
    {
        "sqlite" => SqliteSpendLedger.Open(place),
        "redis" => await RedisSpendLedger.ConnectAsync(place, new RedisSpendLedgerOptions { Name = $"benchmark-{Guid.NewGuid():N}" }),
        "postgresql" => await PostgreSqlSpendLedger.OpenAsync(place, new PostgreSqlSpendLedgerOptions { Name = $"benchmark-{Guid.NewGuid():N}" }),
        "memory" => new InMemorySpendLedger(),
        _ => throw new ArgumentException($"Unknown ledger '{kind}'. Use memory, sqlite, redis or postgresql.", nameof(kind)),
    };

    /// <summary>Disposes a ledger that can be disposed.</summary>
    internal static async ValueTask CloseAsync(ISpendLedger? ledger)
    {
        switch (ledger)
        {
            case IAsyncDisposable asynchronous:
                await asynchronous.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }

    private static async Task<(long Pairs, TimeSpan Time)> MeasureAsync(ISpendLedger ledger, int callers, TimeSpan time)
    {
        long started = Stopwatch.GetTimestamp();
        long[] counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(ledger, caller, started, time))));
        return (counts.Sum(), Stopwatch.GetElapsedTime(started));
    }

    private static async Task<long> CallAsync(ISpendLedger ledger, int caller, long started, TimeSpan time)
    {
        long pairs = 0;
        DateTimeOffset forget = ledger.Clock.GetUtcNow().AddDays(2);
        string[] accounts = ["day/usd/", $"tenant/usd/{caller % 4}", "month/usd/"];
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "benchmark");
            LedgerReservationResult reserved = await ledger.ReserveAsync(new LedgerReservation
            {
                Id = id,
                Lease = TimeSpan.FromMinutes(2),
                WantsStates = false,
                Lines = [.. accounts.Select(account => new LedgerLine
                {
                    Account = account,
                    Period = 20_000,
                    FirstPeriod = 20_000,
                    ForgetAfter = forget,
                    Amount = 1_000_000,
                    Limit = 900_000_000_000_000,
                })],
            });
            if (!reserved.IsAdmitted)
            {
                throw new InvalidOperationException("The ledger refused a reservation. The limit is too low for this benchmark; raise it.");
            }

            await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [500_000, 500_000, 500_000], WantsStates = false });
            pairs++;
        }

        return pairs;
    }
}
