namespace MeaiBudget;

/// <summary>Options of a <see cref="PostgreSqlSpendLedger"/>; copied when the ledger is opened.</summary>
public sealed class PostgreSqlSpendLedgerOptions
{
    /// <summary>Gets or sets the ledger's name within its schema; <c>default</c> by default. Allowed are letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public string Name { get; set; } = "default";

    /// <summary>
    /// Gets or sets the schema of the tables; <c>meaibudget</c> by default. Allowed are lower-case letters, digits and <c>_</c>, at
    /// most 63, and no digit first.
    /// </summary>
    public string Schema { get; set; } = "meaibudget";

    /// <summary>
    /// Gets or sets a value indicating whether opening creates missing tables and applies missing migrations;
    /// <see langword="true"/> by default. The user then needs CREATE on the database, or on the schema if it exists.
    /// </summary>
    public bool Migrate { get; set; } = true;

    /// <summary>
    /// Gets or sets how long an operation waits and is repeated while the server is unavailable; 5 seconds by default. Repetitions
    /// have the same ids, so the operation is applied once.
    /// </summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets how long the records of calls are kept for reports; 400 days by default. <see langword="null"/> keeps them
    /// without limit. Amounts that still count against a limit are always kept.
    /// </summary>
    public TimeSpan? RecordRetention { get; set; } = TimeSpan.FromDays(400);

    /// <summary>
    /// Gets or sets a clock for tests. With <see langword="null"/>, the default, leases, grants and periods use the server's time, so
    /// the clocks of the machines need not agree.
    /// </summary>
    public TimeProvider? Clock { get; set; }

    internal static bool IsName(string? name) =>
        !string.IsNullOrEmpty(name) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    internal static bool IsSchema(string? name) =>
        !string.IsNullOrEmpty(name) && name.Length <= 63 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '_');

    internal PostgreSqlSpendLedgerOptions Checked()
    {
        if (!IsName(Name))
        {
            throw new ArgumentException($"The name of the PostgreSQL ledger is '{Name}'. Use only letters, digits, '-', '_' and '.'.", nameof(Name));
        }

        if (!IsSchema(Schema))
        {
            throw new ArgumentException($"The schema of the PostgreSQL ledger is '{Schema}'. Use only lower-case letters, digits and '_', at most 63, and no digit first.", nameof(Schema));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(OperationTimeout, TimeSpan.Zero);
        return (PostgreSqlSpendLedgerOptions)MemberwiseClone();
    }
}
