using System.Diagnostics;
using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>A full disk, a pooler that is killed in flight, many tenants, and a clock that is set back.</summary>
public sealed class PostgreSqlAttackTests
{
    [Fact]
    public async Task AFullDiskRefusesAndLosesNothing()
    {
        using var server = PostgreSqlServer.StartOwn();
        using var disk = SmallDisk.Mount();
        await using (var admin = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await admin.CreateCommand($"CREATE TABLESPACE small LOCATION '{disk.Folder}'").ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            await admin.CreateCommand("CREATE DATABASE small TABLESPACE small").ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(server.ConnectionString.Replace("Database=postgres", "Database=small", StringComparison.Ordinal));
        long admitted = 0;
        PostgreSqlSpendLedgerException full = await Assert.ThrowsAsync<PostgreSqlSpendLedgerException>(async () =>
        {
            while (admitted < 100_000)
            {
                Task[] some = [.. Enumerable.Range(0, 100).Select(async _ =>
                {
                    await ledger.ReserveAsync(Reservation("day", 10, Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(600))));
                    Interlocked.Increment(ref admitted);
                })];
                await Task.WhenAll(some);
            }
        });

        Assert.Equal(PostgreSqlLedgerProblem.DiskFull, full.Problem);
        Assert.InRange(admitted, 100, 99_999);
        Assert.Equal((0, 10 * admitted), await ChargedAndHeldAsync(ledger, "day"));
    }

    [Fact]
    public async Task APoolerThatIsKilledInFlightLosesAndDoublesNothing()
    {
        var server = PostgreSqlServer.Get();
        var options = new PostgreSqlSpendLedgerOptions { Name = $"pooler-{Guid.NewGuid():N}", OperationTimeout = TimeSpan.FromSeconds(2) };
        LedgerReservation[] all = [.. Enumerable.Range(0, 300).Select(_ => Reservation("day", 10))];
        bool[] isTold = new bool[all.Length];
        int started = 0;
        using (var pooler = PgBouncer.Start(server, sessions: 3))
        {
            await using PostgreSqlSpendLedger pooled = await PostgreSqlSpendLedger.OpenAsync(pooler.ConnectionString, options);
            Task[] asked = [.. all.Select((one, i) => Task.Run(async () =>
            {
                try
                {
                    if (Interlocked.Increment(ref started) == all.Length / 2)
                    {
                        pooler.Kill();
                    }

                    isTold[i] = (await pooled.ReserveAsync(one)).IsAdmitted;
                    await pooled.SettleAsync(new LedgerSettlement { Id = one.Id, Amounts = [7] });
                }
                catch (PostgreSqlSpendLedgerException exception) when (exception.Problem == PostgreSqlLedgerProblem.Unavailable)
                {
                    // Nobody knows whether it was applied. It is repeated below.
                }
            }))];
            await Task.WhenAll(asked);
        }

        await using PostgreSqlSpendLedger direct = await PostgreSqlSpendLedger.OpenAsync(server.ConnectionString, options);
        for (int i = 0; i < all.Length; i++)
        {
            Assert.True(!isTold[i] || await direct.FindAsync(all[i].Id, TestContext.Current.CancellationToken) is not null);
        }

        await Task.WhenAll(all.Select(async one =>
        {
            Assert.True((await direct.ReserveAsync(one)).IsAdmitted);
            await direct.SettleAsync(new LedgerSettlement { Id = one.Id, Amounts = [7] });
        }));
        Assert.Equal((7 * all.Length, 0), await ChargedAndHeldAsync(direct, "day"));
    }

    [Fact]
    public async Task TenThousandTenantsOverspendNothingThoughTheClockIsSetBack()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
        int tenants = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_SOAK_SECONDS") ?? "0", System.Globalization.CultureInfo.InvariantCulture) > 0 ? 10_000 : 500;
        DateTimeOffset now = store.Clock.GetUtcNow();
        long admitted = 0;
        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, tenants).Select(async i =>
            {
                LedgerReservation one = Reservation($"tenant/usd/{i}", 40, limit: 100, at: now);
                if ((await ledger.ReserveAsync(one)).IsAdmitted)
                {
                    Interlocked.Increment(ref admitted);
                }
            }));
            store.Advance(-TimeSpan.FromMinutes(50));
        }

        Assert.Equal(2L * tenants, admitted);
        IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await ledger.ReadPageAsync(new LedgerAccountQuery("tenant/usd/", 1, 1), "", true, null, 100);
        Assert.All(page, one => Assert.Equal((0, 80), (one.Value.Charged, one.Value.Held)));
    }

    private static LedgerReservation Reservation(string account, long amount, string owner = "test", long? limit = null, DateTimeOffset? at = null) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, owner),
        Lines = [new LedgerLine { Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = (at ?? TimeProvider.System.GetUtcNow()).AddDays(1), Amount = amount, Limit = limit }],
        Lease = TimeSpan.FromMinutes(10),
    };

    private static async Task<(long Charged, long Held)> ChargedAndHeldAsync(PostgreSqlSpendLedger ledger, string account)
    {
        LedgerLineState state = (await ledger.ReadAsync([new LedgerAccountQuery(account, 1, 1)]))[0];
        return (state.Charged, state.Held);
    }

    /// <summary>A disk of 12 MB in memory.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string folder) => Folder = folder;

        public string Folder { get; }

        /// <summary>Mounts it; skips the test where that is not allowed.</summary>
        public static SmallDisk Mount()
        {
            string folder = Directory.CreateTempSubdirectory("meaibudget-disk-").FullName;
            Assert.SkipUnless(Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", "size=12m,mode=777,uid=65534,gid=65534", "tmpfs", folder), "This user cannot mount a small disk.");
            return new SmallDisk(folder);
        }

        public void Dispose()
        {
            Run("umount", "-l", Folder);
            Directory.Delete(Folder);
        }

        private static bool Run(string program, params string[] arguments)
        {
            try
            {
                using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
                process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}
