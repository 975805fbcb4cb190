using System.Diagnostics;
using System.Globalization;
using Npgsql;
using StackExchange.Redis;

namespace MeaiBudget.Benchmarks;

/// <summary>Measures the memory or disk of a ledger after many calls of many tenants, after their windows ended, and after the retention of records.</summary>
/// <remarks><c>growth memory - | sqlite FILE | redis CONNECTION | postgresql CONNECTION [CALLS] [TENANTS]</c>. The clock is set forward, nothing is waited for.</remarks>
internal static class LedgerGrowth
{
    private const int Callers = 256;

    public static async Task RunAsync(string[] arguments)
    {
        if (arguments is not [("sqlite" or "redis" or "postgresql" or "memory") and var kind, var target, ..])
        {
            Console.Error.WriteLine("Usage: growth sqlite FILE | redis CONNECTION | postgresql CONNECTION | memory - [CALLS] [TENANTS]");
            return;
        }

        int calls = arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 1_000_000;
        int tenants = arguments.Length > 3 ? int.Parse(arguments[3], CultureInfo.InvariantCulture) : 1_000;
        var clock = new SetClock();
        string name = $"growth-{Guid.NewGuid():N}";
        ISpendLedger ledger = kind switch
        {
            "sqlite" => SqliteSpendLedger.Open(target, new SqliteSpendLedgerOptions { Clock = clock, Durability = SqliteDurability.ProcessCrash, BusyTimeout = TimeSpan.FromMinutes(1) }),
            "redis" => await RedisSpendLedger.ConnectAsync(target, new RedisSpendLedgerOptions { Name = name, Clock = clock, OperationTimeout = TimeSpan.FromMinutes(1) }),
            "postgresql" => await PostgreSqlSpendLedger.OpenAsync(target, new PostgreSqlSpendLedgerOptions { Name = name, Clock = clock, OperationTimeout = TimeSpan.FromMinutes(1) }),
            _ => new InMemorySpendLedger(clock) { KeepsRecords = true },
        };
        long empty = await BytesAsync(kind, target);
        await SayAsync("empty");

        // A day of calls.
        long step = TimeSpan.TicksPerDay / calls;
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (int call = Interlocked.Increment(ref next); call < calls; call = Interlocked.Increment(ref next))
            {
                clock.Add(step);
                await CallAsync(ledger, call % tenants);
            }
        })));
        await SayAsync($"{calls:N0} calls of {tenants:N0} tenants in a day");
        clock.Add(TimeSpan.FromDays(33).Ticks);
        await CleanAsync(ledger, clock);
        await SayAsync("a month later, when their windows have ended");
        clock.Add(TimeSpan.FromDays(401).Ticks);
        await CleanAsync(ledger, clock);
        await SayAsync("after the retention of records");
        switch (ledger)
        {
            case IAsyncDisposable asynchronous:
                await asynchronous.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }

        async Task SayAsync(string when)
        {
            double size = (await BytesAsync(kind, target) - empty) / 1_048_576.0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}: {size,10:N1} MiB, {when}"));
        }
    }

    private static async Task CallAsync(ISpendLedger ledger, int tenant)
    {
        DateTimeOffset now = ledger.Clock.GetUtcNow();
        long day = now.UtcTicks / TimeSpan.TicksPerDay;
        var reservation = new LedgerReservation
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "growth"),
            Lease = TimeSpan.FromMinutes(2),
            WantsStates = false,
            At = now,
            Lines =
            [
                new LedgerLine { Account = "day/usd/", Period = day, FirstPeriod = day, ForgetAfter = now.AddDays(2), Amount = 1_000_000, Limit = long.MaxValue },
                new LedgerLine { Account = $"tenants/usd/tenant {tenant}", Period = day, FirstPeriod = day, ForgetAfter = now.AddDays(2), Amount = 1_000_000, Limit = long.MaxValue },
                new LedgerLine { Account = "month/usd/", Period = day / 31, FirstPeriod = day / 31, ForgetAfter = now.AddDays(32), Amount = 1_000_000, Limit = long.MaxValue },
            ],
            Info = new LedgerCallInfo { At = now, Provider = "openai", ModelId = "gpt-4o-mini", Route = "main", Tags = new Dictionary<string, string> { ["tenant"] = $"tenant {tenant}" }, ReservedNanoDollars = 1_000_000 },
        };
        await ledger.ReserveAsync(reservation);
        await ledger.SettleAsync(new LedgerSettlement
        {
            Id = reservation.Id,
            Amounts = [500_000, 500_000, 500_000],
            WantsStates = false,
            Reservation = reservation,
            Info = new LedgerSettlementInfo { At = now, Outcome = "ok", ResponseModelId = "gpt-4o-mini-2024-07-18", Usage = new BillableUsage { InputTokens = 1_200, OutputTokens = 300 } },
        });
    }

    /// <summary>Lets a ledger delete what no longer counts: it does a part with each operation, or once a minute.</summary>
    private static async Task CleanAsync(ISpendLedger ledger, SetClock clock)
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < 1_200 || (ledger is RedisSpendLedger && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30)); i++)
        {
            clock.Add(TimeSpan.TicksPerSecond);
            await ledger.ReadAsync([new LedgerAccountQuery("day/usd/", 0, 0)]);
        }
    }

    private static async Task<long> BytesAsync(string kind, string target)
    {
        switch (kind)
        {
            case "sqlite":
                return new[] { target, target + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);
            case "redis":
                await using (ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(target + ",allowAdmin=true"))
                {
                    string memory = (string)(await connection.GetDatabase().ExecuteAsync("INFO", "memory"))!;
                    return long.Parse(memory.Split('\n').First(line => line.StartsWith("used_memory:", StringComparison.Ordinal)).Split(':')[1].Trim(), CultureInfo.InvariantCulture);
                }

            case "postgresql":
                await using (var connection = new NpgsqlConnection(target))
                {
                    await connection.OpenAsync();
                    await using var command = new NpgsqlCommand("SELECT pg_database_size(current_database())", connection);
                    return (long)(await command.ExecuteScalarAsync())!;
                }

            default:
                return GC.GetTotalMemory(forceFullCollection: true);
        }
    }

    private sealed class SetClock : TimeProvider
    {
        private long _now = new DateTimeOffset(2026, 3, 14, 0, 0, 0, TimeSpan.Zero).UtcTicks;

        public void Add(long ticks) => Interlocked.Add(ref _now, ticks);

        public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _now), TimeSpan.Zero);
    }
}
