namespace MeaiBudget;

/// <summary>Sets when the circuit of a route opens, and for how long. While it is open, the route gets no attempts. Copied when the route is created.</summary>
public sealed class CircuitOptions
{
    /// <summary>Gets or sets a value indicating whether the circuit opens at all. Default: true.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Gets or sets the number of consecutive failures that open the circuit. Default: 5; at least 1.</summary>
    public int ConsecutiveFailures { get; set; } = 5;

    /// <summary>Gets or sets the share of failed attempts within <see cref="Window"/> that opens the circuit. Default: 0.5; more than 0, at most 1.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Gets or sets the minimum number of attempts in a window for <see cref="FailureRatio"/> to apply. Default: 20; at least 1.</summary>
    public int MinimumAttempts { get; set; } = 20;

    /// <summary>Gets or sets the length of the window. Default: 30 seconds; more than 0.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets how long the circuit stays open before it lets one probe through. Default: 15 seconds; more than 0.</summary>
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Gets or sets how long the circuit stays open after a quota failure without a reset time. Default: 5 minutes; more than 0.</summary>
    public TimeSpan OpenForQuota { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets or sets the maximum time that the circuit stays open if the provider states a reset time. Default: 31 days, because a monthly
    /// quota can take that long to reset; more than 0.
    /// </summary>
    public TimeSpan MaxOpenFor { get; set; } = TimeSpan.FromDays(31);

    internal CircuitOptions Copy() => (CircuitOptions)MemberwiseClone();

    /// <summary>Returns a validated copy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is not allowed.</exception>
    internal CircuitOptions Validated()
    {
        CircuitOptions copy = Copy();
        copy.Check().ThrowIfAny(nameof(CircuitOptions));
        return copy;
    }

    /// <summary>Returns the rules for the values.</summary>
    internal OptionRules Check() => new OptionRules()
        .AtLeast(ConsecutiveFailures, 1)
        .MoreThan(FailureRatio, 0d, 1d)
        .AtLeast(MinimumAttempts, 1)
        .MoreThan(Window, TimeSpan.Zero)
        .MoreThan(OpenFor, TimeSpan.Zero)
        .MoreThan(OpenForQuota, TimeSpan.Zero)
        .MoreThan(MaxOpenFor, TimeSpan.Zero);
}
