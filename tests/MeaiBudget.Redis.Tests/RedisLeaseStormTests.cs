namespace MeaiBudget.Tests;

/// <summary>Leasing processes on a redis-server with an append-only file, while these are killed at random; for as long as MEAIBUDGET_SOAK_SECONDS says.</summary>
public class RedisLeaseStormTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task NothingIsOverspentOrLostThoughTheServerOrProcessesAreKilledAtRandom(int seed, bool killsProcesses)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("meaibudget-redis-");
        int port = RedisServer.FreePort();
        string[] durable = ["--appendonly", "yes", "--appendfsync", "no", "--dir", folder.FullName];
        var server = RedisServerProcess.TryStart(port, durable);
        try
        {
            Assert.SkipWhen(server is null, "There is no redis-server on the PATH.");
            string configuration = server.Configuration;
            await LeaseStorm.RunAsync(
                seed,
                processes: 2,
                kills: 2,
                killsProcesses,
                ["redis-leased", configuration, "storm"],
                async time =>
                {
                    server.Dispose();
                    await Task.Delay(time, TimeProvider.System);
                    server = RedisServerProcess.TryStart(port, durable)!;
                },
                async clock => await RedisSpendLedger.ConnectAsync(
                    configuration, new RedisSpendLedgerOptions { Name = "storm", Clock = clock, SettledRetention = TimeSpan.FromDays(2) }));
        }
        finally
        {
            server?.Dispose();
            folder.Delete(recursive: true);
        }
    }
}
