using Microsoft.Data.Sqlite;

namespace MeaiBudget.Tests;

/// <summary>Pages of many accounts.</summary>
public sealed class SqliteLedgerPageTests : IDisposable
{
    private readonly SqliteLedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ThePageOfManyAccountsIsOneReadInTheOrderOfTheKey()
    {
        await using SqliteSpendLedger ledger = _folder.Open();
        foreach (int[] some in Enumerable.Range(0, LedgerFirstPages.Accounts).Chunk(500))
        {
            await Task.WhenAll(some.Select(async i =>
            {
                var id = new LedgerReservationId(Guid.NewGuid(), 1, "page");
                await ledger.ReserveAsync(new LedgerReservation
                {
                    Id = id,
                    Lease = TimeSpan.FromMinutes(1),
                    Lines = [new LedgerLine { Account = $"tenants/usd/{i}", Period = 1, FirstPeriod = 1, ForgetAfter = DateTimeOffset.MaxValue, Amount = 1 }],
                });
                await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [i] });
            }));
        }

        await LedgerFirstPages.CheckAsync(ledger, "SQLite");

        // By name, the database does not sort: a sort would read all accounts before the first page.
        using var connection = new SqliteConnection($"Data Source={_folder.File};Mode=ReadOnly");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN SELECT account, charged, held FROM periods WHERE account >= 'tenants/usd/' AND period = 1 AND (charged <> 0 OR held <> 0) ORDER BY account";
        using SqliteDataReader row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var plan = new List<string>();
        while (await row.ReadAsync(TestContext.Current.CancellationToken))
        {
            plan.Add(row.GetString(3));
        }

        Assert.Equal(["SEARCH periods USING PRIMARY KEY (account>?)"], plan);
    }
}
