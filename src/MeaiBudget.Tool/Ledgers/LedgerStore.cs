namespace MeaiBudget.Tool;

/// <summary>The kind of store that a ledger is in.</summary>
internal enum LedgerStore
{
    File,
    PostgreSql,
    Redis,
}
