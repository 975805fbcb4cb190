using System.Diagnostics;
using System.Globalization;

namespace MeaiBudget.Tests;

/// <summary>Several processes that lease from one server, while the server, the processes or both are killed at random.</summary>
internal static class LeaseStorm
{
    private const string Account = "hammered";
    private const long Limit = 20_000;
    private const int Callers = 4;

    private static readonly TimeSpan SoakTime = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_SOAK_SECONDS") ?? "0", CultureInfo.InvariantCulture));

    /// <summary>Runs the processes, and checks what the ledger has charged with what they reported.</summary>
    /// <param name="seed">Decides what is killed, and when.</param>
    /// <param name="processes">How many work at once.</param>
    /// <param name="kills">How often something is killed, at least.</param>
    /// <param name="killsProcesses">False to kill the server only: then nothing may be charged but what calls cost.</param>
    /// <param name="arguments">The workers' kind of ledger, its connection and its name.</param>
    /// <param name="restartServer">Kills the server and starts it again on its data, after a time.</param>
    /// <param name="openLater">Opens the ledger with a clock that is a day ahead, so that every lease has ended.</param>
    public static async Task RunAsync(
        int seed,
        int processes,
        int kills,
        bool killsProcesses,
        string[] arguments,
        Func<TimeSpan, Task> restartServer,
        Func<TimeProvider, Task<ISpendLedger>> openLater)
    {
        string[] all = [.. arguments, Callers.ToString(CultureInfo.InvariantCulture), Limit.ToString(CultureInfo.InvariantCulture)];
        var random = new Random(seed);
        var ended = new List<LedgerWorkerProcess>();
        LedgerWorkerProcess[] working = [.. Enumerable.Range(0, processes).Select(_ => new LedgerWorkerProcess(all))];
        try
        {
            long started = Stopwatch.GetTimestamp();
            for (int kill = 0; kill < kills || Stopwatch.GetElapsedTime(started) < SoakTime; kill++)
            {
                // After a number of answers and not of seconds: it is always at work when something is killed.
                int i = random.Next(working.Length);
                await working[i].WaitForSettlementsAsync(200 + random.Next(SoakTime > TimeSpan.Zero ? 5_000 : 500));
                if (killsProcesses && (kill == 0 || (kill > 1 && random.Next(2) == 0)))
                {
                    working[i].Kill();
                    ended.Add(working[i]);
                    working[i] = new LedgerWorkerProcess(all);
                }
                else
                {
                    // Now and then for longer than a lease.
                    await restartServer(TimeSpan.FromSeconds(SoakTime > TimeSpan.Zero && random.Next(4) == 0 ? 12 : random.NextDouble()));
                }
            }

            foreach (LedgerWorkerProcess worker in working)
            {
                await worker.WaitForSettlementsAsync(100);
                await worker.StopAsync();
            }

            await using var ledger = (IAsyncDisposable)await openLater(new Ahead());
            await CheckAsync((ISpendLedger)ledger, [.. working, .. ended], isExact: !killsProcesses);
        }
        finally
        {
            Array.ForEach(working, worker => worker.Dispose());
            ended.ForEach(worker => worker.Dispose());
        }
    }

    private static async Task CheckAsync(ISpendLedger ledger, LedgerWorkerProcess[] workers, bool isExact)
    {
        var spent = workers.SelectMany(worker => worker.Settled.Values).GroupBy(call => call.Period).ToDictionary(calls => calls.Key, calls => calls.Sum(call => call.Amount));
        long last = spent.Keys.Max();
        for (long period = 0; period <= last + 1; period++)
        {
            LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery(Account, period, period)]))[0];
            long cost = spent.GetValueOrDefault(period);
            Assert.InRange(state.Charged, cost, Limit);
            Assert.Equal((0, 0), (state.Held, state.Overrun));
            if (isExact)
            {
                Assert.Equal(cost, state.Charged);
                Assert.True(period >= last || SoakTime > TimeSpan.Zero || Limit - cost <= Limit / 100, $"{Limit - cost} of {Limit} were left in the period {period}.");
            }
        }

        int admitted = workers.Sum(worker => worker.Admitted), here = workers.Sum(worker => worker.AdmittedHere);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{workers.Length} processes, {admitted} admitted, {here} of them in slices, {last + 1} periods."));
        Assert.True(here > admitted / 4, $"Of {admitted} calls only {here} were admitted in slices.");
    }

    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(1);
    }
}
