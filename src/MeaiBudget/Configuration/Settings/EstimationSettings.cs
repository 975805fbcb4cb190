namespace MeaiBudget;

/// <summary>How requests are estimated, in configuration; <see cref="TokenEstimatorOptions"/> says more of each.</summary>
public sealed class EstimationSettings
{
    private static readonly TokenEstimatorOptions Defaults = new();

    /// <summary>Gets or sets when a provider's counting endpoint is asked. Default: Local, which is never.</summary>
    public TokenCountMode CountMode { get; set; } = Defaults.CountMode;

    /// <summary>Gets or sets how long it may take before the local estimate is used. Default: 2 seconds.</summary>
    public TimeSpan CountTimeout { get; set; } = Defaults.CountTimeout;

    /// <summary>Gets or sets the room between estimate and upper bound, as a share of the estimate, above which ProviderWhenUncertain asks. Default: 0.1.</summary>
    public double UncertainAbove { get; set; } = Defaults.UncertainAbove;

    /// <summary>Gets or sets a value indicating whether reported usage corrects later estimates. Default: true.</summary>
    public bool LearnsFromUsage { get; set; } = Defaults.LearnsFromUsage;

    /// <summary>Gets or sets how many pairs of model and request shape are remembered. Default: 512.</summary>
    public int LearningCapacity { get; set; } = Defaults.LearningCapacity;

    internal TokenEstimatorOptions ToOptions(TimeProvider clock) => new()
    {
        CountMode = CountMode,
        CountTimeout = CountTimeout,
        UncertainAbove = UncertainAbove,
        LearnsFromUsage = LearnsFromUsage,
        LearningCapacity = LearningCapacity,
        TimeProvider = clock,
    };
}
