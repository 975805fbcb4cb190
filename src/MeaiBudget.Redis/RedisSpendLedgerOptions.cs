namespace MeaiBudget;

/// <summary>Settings of a <see cref="RedisSpendLedger"/>; copied when the ledger is connected.</summary>
public sealed class RedisSpendLedgerOptions
{
    /// <summary>
    /// Gets or sets the ledger's name, <c>default</c> if nothing is set: every key is <c>meaibudget:{name}:...</c>, so that a
    /// cluster keeps one ledger on one node. Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.
    /// </summary>
    public string Name { get; set; } = "default";

    /// <summary>Gets or sets the number of the database; -1, the default, takes the connection's.</summary>
    public int Database { get; set; } = -1;

    /// <summary>
    /// Gets or sets how long an operation is repeated while the server is away, 5 seconds by default. Each repetition carries the
    /// same ids, so that one which had been applied after all is not applied twice.
    /// </summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets a clock instead of the server's, for tests; <see langword="null"/>, the default, measures leases, grants and
    /// periods by the server's time, so that it does not matter whether the clocks of the machines agree.
    /// </summary>
    public TimeProvider? Clock { get; set; }

    internal static bool IsName(string name) =>
        !string.IsNullOrEmpty(name) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    internal void Validate()
    {
        if (!IsName(Name))
        {
            throw new ArgumentException("A Redis ledger's name consists of letters, digits, '-', '_' and '.'.", nameof(Name));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(OperationTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Database, -1);
    }
}
