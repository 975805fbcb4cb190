namespace MeaiBudget;

/// <summary>How a <see cref="TokenEstimator"/> counts and learns.</summary>
public sealed class TokenEstimatorOptions
{
    /// <summary>Gets or sets when a provider's counting endpoint is asked.</summary>
    /// <value>The default is <see cref="TokenCountMode.Local"/>: never.</value>
    public TokenCountMode CountMode { get; set; } = TokenCountMode.Local;

    /// <summary>Gets or sets how long a provider's endpoint may take before the local estimate is used.</summary>
    /// <value>The default is two seconds; at most one minute.</value>
    public TimeSpan CountTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets how uncertain a local estimate must be for <see cref="TokenCountMode.ProviderWhenUncertain"/> to ask: the room between estimate and upper bound, as a share of the estimate.</summary>
    /// <value>The default is 0.1.</value>
    public double UncertainAbove { get; set; } = 0.1;

    /// <summary>Gets or sets a value indicating whether reported usage corrects later estimates.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool LearnsFromUsage { get; set; } = true;

    /// <summary>Gets or sets how many pairs of model and request shape are remembered; the least recently used go first.</summary>
    /// <value>The default is 512; from 1 to 100,000.</value>
    public int LearningCapacity { get; set; } = 512;

    /// <summary>Gets or sets the cache of counts.</summary>
    /// <value>The default is the cache that the process shares.</value>
    public TokenCountCache Cache { get; set; } = TokenCountCache.Shared;

    /// <summary>Gets or sets the clock for time limits.</summary>
    /// <value>The default is the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CountTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CountTimeout, TimeSpan.FromMinutes(1));
        ArgumentOutOfRangeException.ThrowIfNegative(UncertainAbove);
        ArgumentOutOfRangeException.ThrowIfLessThan(LearningCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LearningCapacity, 100_000);
        ArgumentNullException.ThrowIfNull(Cache);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
