using Microsoft.Extensions.Logging;

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
    /// Gets or sets how long an operation takes at most, with its repetitions while the server is unavailable; 5 seconds by default.
    /// Repetitions have the same ids, so the operation is applied once. While the server is known to be away, operations of a
    /// <c>CostTracker</c> do not wait for it.
    /// </summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets how long a settled reservation is remembered, at least the hour that is the default: repeated settlements and
    /// adjustments need it. Open, unconfirmed and expired ones are remembered until their periods end. The processes on one ledger
    /// should use the same value.
    /// </summary>
    public TimeSpan SettledRetention { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Gets or sets how long the sums of what was spent by the hour are kept on the server; 90 days by default. Zero keeps none. An hour takes
    /// about 500 bytes for each group of model, route, tags and so on, and has at most 10,000 groups.
    /// </summary>
    public TimeSpan HourlySumRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// Gets or sets a value indicating whether the ledger also connects to a server that deletes keys when its memory is full
    /// (<c>maxmemory-policy allkeys-...</c>); <see langword="false"/> by default. Deleted keys are forgotten spend.
    /// </summary>
    public bool AllowEviction { get; set; }

    /// <summary>Gets or sets the factory of the ledger's logger, for data that the server lost; by default <see langword="null"/>, for no logs.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

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
        ArgumentOutOfRangeException.ThrowIfLessThan(SettledRetention, TimeSpan.FromHours(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(HourlySumRetention, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Database, -1);
    }
}
