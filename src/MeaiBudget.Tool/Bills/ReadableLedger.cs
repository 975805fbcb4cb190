namespace MeaiBudget.Tool;

/// <summary>A ledger whose history can be read, and which can be changed if it was opened for that.</summary>
/// <param name="Name">The name for messages; no password.</param>
/// <param name="History">The history.</param>
/// <param name="Ledger">The ledger; null if it was opened for reading only.</param>
internal sealed record ReadableLedger(string Name, ISpendHistory History, ISpendLedger? Ledger) : IAsyncDisposable
{
    /// <summary>Gets the accounts of the ledger whose history this is; null if they are this ledger's own.</summary>
    public SharedAccounts? Accounts { get; init; }

    /// <exception cref="SpendLedgerException">The ledger cannot be used.</exception>
    /// <exception cref="ArgumentException">The ledger keeps no history, or the environment variable is not set.</exception>
    public static async Task<ReadableLedger> OpenAsync(string ledger, string name, bool writes, CancellationToken cancellationToken)
    {
        var address = LedgerAddress.Parse(ledger);
        if (address.Kind == LedgerStore.Redis)
        {
            throw new ArgumentException("A ledger in Redis keeps no single calls to compare with a bill. Name the history that the application writes beside it (UseHistory): a SQLite file or a connection string of PostgreSQL.");
        }

        if (address.Kind == LedgerStore.PostgreSql)
        {
            PostgreSqlSpendLedger opened = await PostgreSqlSpendLedger.OpenAsync(address.Value, new PostgreSqlSpendLedgerOptions { Name = name, Migrate = false }, cancellationToken);
            return new ReadableLedger($"postgresql:{name}", opened, writes ? opened : null);
        }

        var records = SqliteSpendRecords.Open(address.ToFile());
        return new ReadableLedger(records.Path, records, writes ? SqliteSpendLedger.Open(address.Value) : null);
    }

    public async ValueTask DisposeAsync()
    {
        if (Accounts is not null)
        {
            await Accounts.DisposeAsync();
        }

        if (((object?)Ledger ?? History) is IAsyncDisposable opened)
        {
            await opened.DisposeAsync();
        }
    }
}
