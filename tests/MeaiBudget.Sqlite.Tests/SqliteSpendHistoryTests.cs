namespace MeaiBudget.Tests;

public sealed class SqliteSpendHistoryTests
{
    [Fact]
    public async Task SumsEqualTheAttemptsInEveryGroupAndPagesAddUp()
    {
        using var folder = new SqliteLedgerFolder();
        await using SqliteSpendLedger ledger = folder.Open();
        await SpendHistoryCases.FillAsync(ledger, folder.Advance);
        await SpendHistoryCases.SumsEqualTheAttemptsAsync(ledger);
        await SpendHistoryCases.PagesAddUpAsync(SqliteSpendRecords.Open(folder.File));
        await SpendHistoryCases.AnAttemptCountsOnceAsync(ledger, ledger);
    }
}
