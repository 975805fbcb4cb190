using System.Diagnostics;
using System.Globalization;

namespace MeaiBudget.Tests;

/// <summary>Several processes on one ledger, of which one is killed again and again in the middle of its work.</summary>
internal static class LedgerHammer
{
    private static readonly TimeSpan SoakTime = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_SOAK_SECONDS") ?? "0", CultureInfo.InvariantCulture));

    /// <summary>Runs the processes, and checks that the ledger has every reported operation and no others.</summary>
    /// <param name="processes">How many work at once; the first is killed and started again.</param>
    /// <param name="kills">How often, at least.</param>
    /// <param name="arguments">The workers' arguments.</param>
    /// <param name="openLater">Opens the ledger with a clock that is a day ahead, so that every lease has ended.</param>
    public static async Task RunAsync(int processes, int kills, string[] arguments, Func<TimeProvider, Task<ISpendLedger>> openLater)
    {
        long started = Stopwatch.GetTimestamp();
        var workers = new List<LedgerWorkerProcess>();
        try
        {
            await HammerAsync(processes, kills, arguments, workers, started);
            await using var ledger = (IAsyncDisposable)await openLater(new Ahead());
            await CheckAsync((ISpendLedger)ledger, workers, isLeased: arguments[0].EndsWith("-leased", StringComparison.Ordinal));
        }
        finally
        {
            workers.ForEach(worker => worker.Dispose());
        }
    }

    private static async Task HammerAsync(int processes, int kills, string[] arguments, List<LedgerWorkerProcess> workers, long started)
    {
        workers.AddRange(Enumerable.Range(1, processes - 1).Select(_ => new LedgerWorkerProcess(arguments)));
        LedgerWorkerProcess[] lasting = workers.ToArray();
        for (int kill = 0; kill < kills || Stopwatch.GetElapsedTime(started) < SoakTime; kill++)
        {
            var victim = new LedgerWorkerProcess(arguments);
            workers.Add(victim);

            // After a number of answers and not of seconds: it is always at work when it is killed.
            await victim.WaitForSettlementsAsync(20 + (kill * 37 % 100));
            victim.Kill();
        }

        foreach (LedgerWorkerProcess worker in lasting)
        {
            await worker.WaitForSettlementsAsync(50);
            await worker.StopAsync();
        }
    }

    private static async Task CheckAsync(ISpendLedger ledger, List<LedgerWorkerProcess> workers, bool isLeased)
    {
        // Each question about the account first charges a part of the leases that dead processes left.
        for (int question = 0; question < 50; question++)
        {
            await ledger.ReadAsync([new LedgerAccountQuery("hammered", 0, 0)]);
        }

        long found = 0;
        foreach (Guid call in isLeased ? [] : workers.SelectMany(worker => worker.Tried))
        {
            LedgerCharge? charge = await ledger.FindAsync(new LedgerReservationId(call, 1, "worker"));
            Assert.False(charge?.IsOpen ?? false);
            found += charge?.Amounts[0] ?? 0;
        }

        foreach ((Guid call, (long amount, _)) in isLeased ? [] : workers.SelectMany(worker => worker.Settled))
        {
            LedgerCharge? charge = await ledger.FindAsync(new LedgerReservationId(call, 1, "worker"));
            Assert.Equal(amount, charge!.Amounts[0]);
        }

        long charged = 0;
        int last = 0;
        for (int period = 0; period - last < 50; period++)
        {
            LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery("hammered", period, period)]))[0];
            Assert.InRange(state.Charged, 0, 1000);
            Assert.Equal(0, state.Held);
            Assert.Equal(0, state.Overrun);
            charged += state.Charged;
            last = state.Charged > 0 ? period : last;
        }

        if (isLeased)
        {
            // Single calls are not known to the ledger, and a killed process leaves its slices to their leases: they are charged in full.
            Assert.True(charged >= workers.Sum(worker => worker.Settled.Values.Sum(call => call.Amount)), $"{charged} were charged.");
        }
        else
        {
            Assert.Equal(found, charged);
        }

        Assert.True(workers.Sum(worker => worker.Settled.Count) > 100);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{workers.Count} processes, {workers.Sum(worker => worker.Tried.Count)} tries, {workers.Sum(worker => worker.Settled.Count)} settled, {last + 1} periods.");
    }

    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(1);
    }
}
