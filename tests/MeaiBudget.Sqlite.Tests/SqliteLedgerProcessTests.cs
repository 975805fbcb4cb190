namespace MeaiBudget.Tests;

public class SqliteLedgerProcessTests
{
    [Fact]
    public async Task B6_TwoProcessesOnOneFileKeepEverythingTheyWereToldThoughOneIsKilledAgainAndAgain()
    {
        using var folder = new SqliteLedgerFolder();
        await LedgerHammer.RunAsync(
            processes: 2,
            kills: 5,
            ["sqlite", folder.File, "-", "4"],
            clock => Task.FromResult<ISpendLedger>(SqliteSpendLedger.Open(folder.File, new SqliteSpendLedgerOptions { Clock = clock })));
    }
}
