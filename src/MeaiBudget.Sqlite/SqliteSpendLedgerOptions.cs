namespace MeaiBudget;

/// <summary>Options of a <see cref="SqliteSpendLedger"/>; copied when the ledger is opened.</summary>
public sealed class SqliteSpendLedgerOptions
{
    /// <summary>Gets or sets the ledger's clock; the system's by default. The clocks of processes that share a file must agree.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets which failures a committed operation survives; <see cref="SqliteDurability.PowerLoss"/> by default.</summary>
    public SqliteDurability Durability { get; set; } = SqliteDurability.PowerLoss;

    /// <summary>Gets or sets how long an operation waits while another process locks the file, 10 seconds by default; after that, operations of a <c>CostTracker</c> do not wait until the file answers again.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets how long the records of calls are kept for reports; 400 days by default. <see langword="null"/> keeps them
    /// without limit. Amounts that still count against a limit are always kept.
    /// </summary>
    public TimeSpan? RecordRetention { get; set; } = TimeSpan.FromDays(400);

    /// <summary>Gets or sets the maximum size of the file in bytes, for tests of a full disk; zero for no limit.</summary>
    internal long MaximumBytes { get; set; }
}
