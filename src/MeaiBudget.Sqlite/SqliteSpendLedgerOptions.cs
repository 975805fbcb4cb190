namespace MeaiBudget;

/// <summary>Settings of a <see cref="SqliteSpendLedger"/>; copied when the ledger is opened.</summary>
public sealed class SqliteSpendLedgerOptions
{
    /// <summary>Gets or sets the ledger's clock; the system's by default. Processes that share a file must share the time.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets what a committed operation survives; <see cref="SqliteDurability.PowerLoss"/> by default.</summary>
    public SqliteDurability Durability { get; set; } = SqliteDurability.PowerLoss;

    /// <summary>Gets or sets how long an operation waits for another process that holds the file; 10 seconds by default.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets how long the records of calls are kept for reports, 400 days by default; <see langword="null"/> keeps them
    /// for ever. Amounts that still count against a limit are kept in any case.
    /// </summary>
    public TimeSpan? RecordRetention { get; set; } = TimeSpan.FromDays(400);

    /// <summary>Gets or sets the size that the file may not pass, for tests of a full disk; zero for none.</summary>
    internal long MaximumBytes { get; set; }
}
