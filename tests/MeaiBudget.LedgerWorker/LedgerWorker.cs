using System.Globalization;

namespace MeaiBudget.LedgerWorker;

/// <summary>
/// Reserves and settles on one account of a ledger until its input ends, and reports its steps on its output: "T id" before a
/// reservation, "A id" after its admission, "S id amount period" after its settlement. It may be killed at any instruction.
/// </summary>
/// <remarks>
/// Arguments: the kind of the ledger, its connection, its name, the number of callers; then optionally the limit of a period, and with
/// it the worker repeats what fails because the server is away. It then adds "here" to the admissions that no server was asked for.
/// </remarks>
internal static class LedgerWorker
{
    public const string Account = "hammered";
    private const long UsualLimit = 1000;
    private const long Reserved = 10;
    private const int MostHeldRefusals = 30;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);
    private static readonly Lock Output = new();
    private static long _limit = UsualLimit;
    private static bool _isPatient;
    private static long _period;
    private static volatile bool _isStopped;

    public static async Task<int> Main(string[] arguments)
    {
        int callers = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        if (arguments.Length > 4)
        {
            (_limit, _isPatient) = (long.Parse(arguments[4], CultureInfo.InvariantCulture), true);
        }

        ISpendLedger ledger = await UntilAnsweredAsync(async () => (ISpendLedger)(arguments[0].Replace("-leased", "", StringComparison.Ordinal) switch
        {
            "sqlite" => SqliteSpendLedger.Open(arguments[1]),
            "postgresql" => await PostgreSqlSpendLedger.OpenAsync(arguments[1], new PostgreSqlSpendLedgerOptions { Name = arguments[2], OperationTimeout = TimeSpan.FromMinutes(1) }),
            _ => await RedisSpendLedger.ConnectAsync(arguments[1], new RedisSpendLedgerOptions { Name = arguments[2], SettledRetention = TimeSpan.FromDays(2) }),
        }));
        if (arguments[0].EndsWith("-leased", StringComparison.Ordinal))
        {
            // Of so small a limit, the usual share would be less than some calls.
            ledger = new LeasedSpendLedger(ledger, mostShare: _isPatient ? 0.1 : 0.5);
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
        int heldRefusals = 0;
        for (int step = caller; !_isStopped; step++)
        {
            long period = Volatile.Read(ref _period);
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "worker");
            Say($"T {id.CallId:N}");
            LedgerReservationResult result;
            bool isHere;
            try
            {
                ValueTask<LedgerReservationResult> reserving = ledger.ReserveAsync(new LedgerReservation
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
                        Limit = _limit,
                    }],
                });
                isHere = reserving.IsCompleted && _isPatient;
                result = await reserving;
            }
            catch (SpendLedgerException) when (_isPatient)
            {
                // It may have been applied.
                await Task.Delay(RetryAfter, TimeProvider.System);
                await UntilAnsweredAsync(async () => await ledger.ReleaseAsync(id));
                continue;
            }

            if (ledger is not LeasedSpendLedger && result.Lines[0].Charged + result.Lines[0].Held > _limit)
            {
                throw new InvalidOperationException($"Beyond the limit: {result.Lines[0]}.");
            }

            if (!result.IsAdmitted)
            {
                if (_isPatient && result.Lines is [var state] && state.Charged + Reserved <= _limit && ++heldRefusals < MostHeldRefusals)
                {
                    // Others hold the money, and may return it; dead processes do not.
                    await Task.Delay(RetryAfter, TimeProvider.System);
                    continue;
                }

                heldRefusals = 0;
                Interlocked.CompareExchange(ref _period, period + 1, period);
                continue;
            }

            heldRefusals = 0;
            Say(isHere ? $"A {id.CallId:N} here" : $"A {id.CallId:N}");
            if (step % 7 == 0)
            {
                await UntilAnsweredAsync(async () => await ledger.ReleaseAsync(id));
                continue;
            }

            long amount = step % (Reserved + 1);
            LedgerSettlementResult settled = await UntilAnsweredAsync(async () => await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [amount] }));
            if (!settled.IsApplied && !_isPatient)
            {
                throw new InvalidOperationException("A settlement was lost.");
            }

            Say($"S {id.CallId:N} {amount} {period}");
        }
    }

    private static async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> operation)
    {
        while (true)
        {
            try
            {
                return await operation();
            }
            catch (SpendLedgerException) when (_isPatient)
            {
                await Task.Delay(RetryAfter, TimeProvider.System);
            }
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
