namespace MeaiBudget;

/// <summary>Options of <see cref="TokenEstimator"/>, which copies them.</summary>
public sealed class TokenEstimatorOptions
{
    /// <summary>Gets or sets when the estimator calls the provider's counting endpoint.</summary>
    /// <value>The default is <see cref="TokenCountMode.Local"/>, which never calls it.</value>
    public TokenCountMode CountMode { get; set; } = TokenCountMode.Local;

    /// <summary>Gets or sets how long a provider's endpoint may take before the local estimate is used.</summary>
    /// <value>The default is 2 seconds; more than 0, at most 1 minute.</value>
    public TimeSpan CountTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets or sets how uncertain a local estimate must be for <see cref="TokenCountMode.ProviderWhenUncertain"/> to call the provider:
    /// the distance between estimate and upper bound, as a share of the estimate. A distance of up to 64 tokens never counts as uncertain.
    /// </summary>
    /// <value>The default is 0.1; at least 0.</value>
    public double UncertainAbove { get; set; } = 0.1;

    /// <summary>Gets or sets a value indicating whether reported usage corrects later estimates.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool LearnsFromUsage { get; set; } = true;

    /// <summary>Gets or sets how many pairs of model and request shape are kept; the least recently used are removed first.</summary>
    /// <value>The default is 512; from 1 to 100,000.</value>
    public int LearningCapacity { get; set; } = 512;

    /// <summary>Gets or sets the cache of counts. Only code can set it.</summary>
    /// <value>The default is the cache that the process shares.</value>
    public TokenCountCache Cache { get; set; } = TokenCountCache.Shared;

    /// <summary>Gets or sets the clock for time limits. Only code can set it.</summary>
    /// <value>The default is the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Returns a copy with the service provider's clock, unless the application set one.</summary>
    internal TokenEstimatorOptions ForContainer(TimeProvider clock)
    {
        var copy = (TokenEstimatorOptions)MemberwiseClone();
        copy.TimeProvider = ReferenceEquals(TimeProvider, TimeProvider.System) ? clock : TimeProvider;
        return copy;
    }

    /// <summary>Returns a validated copy.</summary>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    internal TokenEstimatorOptions Validated()
    {
        var copy = (TokenEstimatorOptions)MemberwiseClone();
        copy.Check().ThrowIfAny(nameof(TokenEstimatorOptions));
        return copy;
    }

    /// <summary>Returns the ranges of the values.</summary>
    internal OptionRules Check() => new OptionRules()
        .MoreThan(CountTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(1))
        .AtLeast(UncertainAbove, 0d)
        .Between(LearningCapacity, 1, 100_000)
        .NotNull(Cache)
        .NotNull(TimeProvider);
}
