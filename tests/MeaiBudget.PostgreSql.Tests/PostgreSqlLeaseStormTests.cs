namespace MeaiBudget.Tests;

/// <summary>Leasing processes on a PostgreSQL server, while these are killed at random; for as long as MEAIBUDGET_SOAK_SECONDS says.</summary>
public class PostgreSqlLeaseStormTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task NothingIsOverspentOrLostThoughTheServerOrProcessesAreKilledAtRandom(int seed, bool killsProcesses)
    {
        using var server = PostgreSqlServer.StartOwn();
        await LeaseStorm.RunAsync(
            seed,
            processes: 2,
            kills: 2,
            killsProcesses,
            ["postgresql-leased", server.ConnectionString, "storm"],
            async time =>
            {
                server.Kill();
                await Task.Delay(time, TimeProvider.System);
                server.Start();
            },
            async clock => await PostgreSqlSpendLedger.OpenAsync(server.ConnectionString, new PostgreSqlSpendLedgerOptions { Name = "storm", Clock = clock }));
    }
}
