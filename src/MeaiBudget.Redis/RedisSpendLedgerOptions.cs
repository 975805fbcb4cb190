namespace MeaiBudget;

/// <summary>Options of a <see cref="RedisSpendLedger"/>; copied when the ledger is connected.</summary>
public sealed class RedisSpendLedgerOptions
{
    /// <summary>
    /// Gets or sets the ledger's name; <c>default</c> by default. All keys are <c>meaibudget:{name}:...</c>, so that a cluster stores
    /// one ledger on one node. Allowed are letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.
    /// </summary>
    public string Name { get; set; } = "default";

    /// <summary>Gets or sets the number of the database; -1, the default, uses the connection's.</summary>
    public int Database { get; set; } = -1;

    /// <summary>
    /// Gets or sets how long an operation is repeated while the server is unavailable; 5 seconds by default. Repetitions have the
    /// same ids, so the operation is applied once.
    /// </summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets a clock for tests. With <see langword="null"/>, the default, leases, grants and periods use the server's time, so
    /// the clocks of the machines need not agree.
    /// </summary>
    public TimeProvider? Clock { get; set; }

    internal static bool IsName(string name) =>
        !string.IsNullOrEmpty(name) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    internal void Validate()
    {
        if (!IsName(Name))
        {
            throw new ArgumentException($"The name of the Redis ledger is '{Name}'. Use only letters, digits, '-', '_' and '.'.", nameof(Name));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(OperationTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Database, -1);
    }
}
