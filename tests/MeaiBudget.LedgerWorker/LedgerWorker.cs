using System.Globalization;

namespace MeaiBudget.LedgerWorker;

/// <summary>
/// Reserves and settles on one account of a ledger until its input ends, and reports its steps on its output: "T id" before a
/// reservation, "A id" after its admission, "S id amount" after its settlement. It may be killed at any instruction.
/// </summary>
internal static class LedgerWorker
{
    public const string Account = "hammered";
    public const long Limit = 1000;
    private const long Reserved = 10;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);
    private static readonly Lock Output = new();
    private static long _period;
    private static volatile bool _isStopped;

    public static async Task<int> Main(string[] arguments)
    {
        int callers = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        ISpendLedger ledger = arguments[0].Replace("-leased", "", StringComparison.Ordinal) switch
        {
            "sqlite" => SqliteSpendLedger.Open(arguments[1]),
            "postgresql" => await PostgreSqlSpendLedger.OpenAsync(arguments[1], new PostgreSqlSpendLedgerOptions { Name = arguments[2], OperationTimeout = TimeSpan.FromMinutes(1) }),
            _ => await RedisSpendLedger.ConnectAsync(arguments[1], new RedisSpendLedgerOptions { Name = arguments[2], SettledRetention = TimeSpan.FromDays(2) }),
        };
        if (arguments[0].EndsWith("-leased", StringComparison.Ordinal))
        {
            // Of so small a limit, the usual share would be less than some calls.
            ledger = new LeasedSpendLedger(ledger, mostShare: 0.5);
        }

        var work = Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => HammerAsync(ledger, caller))));
        Task<string> input = Task.Run(Console.In.ReadToEnd);
        await Task.WhenAny(work, input);
        _isStopped = true;
        await work;
        await ((IAsyncDisposable)ledger).DisposeAsync();
        return 0;
    }

    private static async Task HammerAsync(ISpendLedger ledger, int caller)
    {
        for (int step = caller; !_isStopped; step++)
        {
            long period = Volatile.Read(ref _period);
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "worker");
            Say($"T {id.CallId:N}");
            LedgerReservationResult result = await ledger.ReserveAsync(new LedgerReservation
            {
                Id = id,
                Lease = Lease,
                Lines = [new LedgerLine
                {
                    Account = Account,
                    Period = period,
                    FirstPeriod = period,
                    ForgetAfter = ledger.Clock.GetUtcNow().AddDays(2),
                    Amount = Reserved,
                    Limit = Limit,
                }],
            });
            if (ledger is not LeasedSpendLedger && result.Lines[0].Charged + result.Lines[0].Held > Limit)
            {
                throw new InvalidOperationException($"Beyond the limit: {result.Lines[0]}.");
            }

            if (!result.IsAdmitted)
            {
                Interlocked.CompareExchange(ref _period, period + 1, period);
                continue;
            }

            Say($"A {id.CallId:N}");
            if (step % 7 == 0)
            {
                await ledger.ReleaseAsync(id);
                continue;
            }

            long amount = step % (Reserved + 1);
            LedgerSettlementResult settled = await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [amount] });
            if (!settled.IsApplied)
            {
                throw new InvalidOperationException("A settlement was lost.");
            }

            Say($"S {id.CallId:N} {amount}");
        }
    }

    private static void Say(string line)
    {
        lock (Output)
        {
            Console.Out.WriteLine(line);
        }
    }
}
