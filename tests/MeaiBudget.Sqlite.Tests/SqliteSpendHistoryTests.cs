using Microsoft.Data.Sqlite;

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
        await SpendHistoryCases.ACallIsFoundByItsIdAsync(ledger);
        await SpendHistoryCases.PagesAddUpAsync(SqliteSpendRecords.Open(folder.File));
        await SpendHistoryCases.AnAttemptCountsOnceAsync(ledger, ledger);
        await SpendHistoryCases.WrittenRecordsComeBackAsync(ledger, folder.Clock.GetUtcNow());
    }

    [Fact]
    public async Task TheHistoryAnswersWhoWasRefusedAndWhatFellBack()
    {
        using var folder = new SqliteLedgerFolder();
        await using SqliteSpendLedger ledger = folder.Open();
        await RecordedCalls.AnswerWhoWasRefusedAndWhatFellBackAsync(ledger, SqliteSpendRecords.Open(folder.File));
    }

    [Fact]
    public async Task AFileOfAnOlderVersionIsReadWithoutAMigration()
    {
        using var folder = new SqliteLedgerFolder();
        using (var connection = new SqliteConnection($"Data Source={folder.File};Pooling=False"))
        {
            connection.Open();
            SqliteSchema.Migrate(connection, folder.File, SqliteSchema.Migrations[..SqliteSchema.OldestReadable]);
            SqliteSchema.Execute(connection, $$"""
                INSERT INTO reservations (call_id, attempt, owner, state, reserved_at, lease_until, keep_until, call) VALUES ('{{Guid.NewGuid():D}}', 1, 'old', 1, 5, 6, 7, '{"at":"2026-01-01T00:00:00Z","modelId":"m"}')
                """);
        }

        var records = SqliteSpendRecords.Open(folder.File);
        Assert.Equal("m", Assert.Single(await records.ReadCallsAsync(new SpendQuery())).Call!.ModelId);
        Assert.Equal(1, (await records.QueryAsync(new SpendQuery())).Single().Attempts);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await ((ISpendHistory)records).WriteAsync([]));
    }

    [Fact]
    public void RefusalsBeyondTheNumberAndTheRetentionAreDeleted()
    {
        using var folder = new SqliteLedgerFolder();
        using var connection = new SqliteConnection($"Data Source={folder.File};Pooling=False");
        connection.Open();
        SqliteSchema.Migrate(connection, folder.File, SqliteSchema.Migrations);
        using var tables = new SqliteHistoryTables(connection);
        DateTimeOffset start = folder.Clock.GetUtcNow();
        for (int i = 0; i < 30; i++)
        {
            tables.Put(HistoryRow.Of(SpendHistoryCases.Refusal(start.AddMinutes(i), "a")), start.AddMinutes(i < 3 ? 1 : 1000).UtcTicks);
        }

        Assert.False(tables.Forget(start.AddMinutes(60).UtcTicks, mostRefusals: 10));

        Assert.Equal(10, SqliteSchema.ReadNumber(connection, "SELECT count(*) FROM history"));
        Assert.Equal(10, SqliteSchema.ReadNumber(connection, "SELECT count(*) FROM history_lines"));
        Assert.Equal(start.AddMinutes(20).UtcTicks, SqliteSchema.ReadNumber(connection, "SELECT min(reserved_at) FROM history"));
    }
}
