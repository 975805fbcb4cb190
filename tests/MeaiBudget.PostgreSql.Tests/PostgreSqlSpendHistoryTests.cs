using Microsoft.Extensions.Time.Testing;
using Npgsql;

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
        await SpendHistoryCases.ACallIsFoundByItsIdAsync(ledger);
        await SpendHistoryCases.PagesAddUpAsync(ledger);
        await SpendHistoryCases.AnAttemptCountsOnceAsync(ledger, ledger);
        await SpendHistoryCases.WrittenRecordsComeBackAsync(ledger, store.Clock.GetUtcNow());
    }

    [Fact]
    public async Task TheHistoryAnswersWhoWasRefusedAndWhatFellBack()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
        await RecordedCalls.AnswerWhoWasRefusedAndWhatFellBackAsync(ledger, ledger);
    }

    [Fact]
    public async Task ASchemaOfTheFirstVersionStillWorksAndIsRead()
    {
        string schema = $"old_{Guid.NewGuid():N}";
        await using var dataSource = NpgsqlDataSource.Create(PostgreSqlServer.Get().ConnectionString);
        await using (NpgsqlConnection connection = await dataSource.OpenConnectionAsync())
        {
            await PostgreSqlSchema.MigrateAsync(connection, schema, "old", isAllowed: true, CancellationToken.None, newest: 1);
        }

        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));
        var options = new PostgreSqlSpendLedgerOptions { Schema = schema, Clock = clock, Migrate = false };
        await using PostgreSqlSpendLedger old = await PostgreSqlSpendLedger.OpenAsync(dataSource, options);
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "old");
        await old.ReserveAsync(new LedgerReservation { Id = id, Lease = TimeSpan.FromMinutes(5), Lines = [], Info = new LedgerCallInfo { At = clock.GetUtcNow(), ModelId = "m" } });
        await Assert.ThrowsAsync<NotSupportedException>(async () => await old.WriteAsync([SpendHistoryCases.Refusal(clock.GetUtcNow(), "a")]));
        Assert.Equal(1, (await old.QueryAsync(new SpendQuery())).Single().Attempts);

        // A newer process migrates while the older one works on.
        options.Migrate = true;
        await using PostgreSqlSpendLedger migrated = await PostgreSqlSpendLedger.OpenAsync(dataSource, options);
        await migrated.WriteAsync([SpendHistoryCases.Refusal(clock.GetUtcNow(), "a", 7)]);
        await old.SettleAsync(new LedgerSettlement { Id = id, Amounts = [], Info = new LedgerSettlementInfo { At = clock.GetUtcNow(), Outcome = "ok" } });

        SpendRecord sum = (await migrated.QueryAsync(new SpendQuery())).Single();
        Assert.Equal((1L, 7L), (sum.Attempts, sum.Refused));
        Assert.Equal(["refused", "settled"], (await migrated.ReadCallsAsync(new SpendQuery())).Select(call => call.State).Order(StringComparer.Ordinal));
        Assert.Equal(1, (await old.QueryAsync(new SpendQuery())).Single().Attempts);
    }

    [Fact]
    public async Task RecordsOfRefusalsAreDeletedAfterTheirRetention()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        PostgreSqlSpendLedgerOptions options = store.Options;
        options.RecordRetention = TimeSpan.FromDays(10);
        await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(PostgreSqlServer.Get().ConnectionString, options);
        await ledger.WriteAsync([SpendHistoryCases.Refusal(store.Clock.GetUtcNow(), "a")]);
        store.Advance(TimeSpan.FromDays(11));
        await ledger.WriteAsync([SpendHistoryCases.Refusal(store.Clock.GetUtcNow(), "b")]);
        await ledger.ReadAsync([new LedgerAccountQuery("any", 0, 0)]);
        Assert.Single(await ledger.ReadCallsAsync(new SpendQuery()));
    }
}
