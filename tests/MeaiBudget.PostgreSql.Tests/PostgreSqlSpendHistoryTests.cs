namespace MeaiBudget.Tests;

public sealed class PostgreSqlSpendHistoryTests
{
    [Fact]
    public async Task SumsEqualTheAttemptsInEveryGroupAndPagesAddUp()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
        await SpendHistoryCases.FillAsync(ledger, store.Advance);
        await SpendHistoryCases.SumsEqualTheAttemptsAsync(ledger);
        await SpendHistoryCases.PagesAddUpAsync(ledger);
        await SpendHistoryCases.AnAttemptCountsOnceAsync(ledger, ledger);
    }
}
