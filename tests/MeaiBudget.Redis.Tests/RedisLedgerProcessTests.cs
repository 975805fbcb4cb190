namespace MeaiBudget.Tests;

public class RedisLedgerProcessTests
{
    [Theory]
    [InlineData(RedisServerKind.Redis)]
    [InlineData(RedisServerKind.Garnet)]
    public async Task B6_FourProcessesOnOneServerKeepEverythingTheyWereToldThoughOneIsKilledAgainAndAgain(RedisServerKind server)
    {
        string configuration = RedisServer.Get(server).Configuration;
        string name = $"test-{Guid.NewGuid():N}";
        await LedgerHammer.RunAsync(
            processes: 4,
            kills: 2,
            ["redis", configuration, name, "4"],
            async clock => await RedisSpendLedger.ConnectAsync(configuration, new RedisSpendLedgerOptions { Name = name, Clock = clock, SettledRetention = TimeSpan.FromDays(2) }));
    }
}
