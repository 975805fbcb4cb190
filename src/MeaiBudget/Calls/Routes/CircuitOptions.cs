namespace MeaiBudget;

/// <summary>When a route is left alone, and for how long.</summary>
public sealed record CircuitOptions
{
    /// <summary>Gets the failures in a row that open the circuit. Default: 5; at least 1.</summary>
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>Gets the share of failed attempts within <see cref="Window"/> that opens the circuit. Default: 0.5; more than 0, at most 1.</summary>
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>Gets the attempts that a window must have before its ratio counts. Default: 20; at least 1.</summary>
    public int MinimumAttempts { get; init; } = 20;

    /// <summary>Gets the length of the window. Default: 30 seconds.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long the circuit stays open before one probe is let through. Default: 15 seconds.</summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Gets how long it stays open after a quota failure that names no time. Default: 5 minutes.</summary>
    public TimeSpan OpenForQuota { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets the longest that a provider's word may keep it open. Default: 31 days, as long as a monthly quota can take to come back.</summary>
    public TimeSpan MaxOpenFor { get; init; } = TimeSpan.FromDays(31);

    internal CircuitOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ConsecutiveFailures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinimumAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(FailureRatio);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FailureRatio, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Window, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(OpenFor, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(OpenForQuota, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxOpenFor, TimeSpan.Zero);
        return this;
    }
}
