namespace MeaiBudget;

/// <summary>Options of <see cref="RetryChatClient"/>, which copies them.</summary>
public sealed class RetryOptions
{
    /// <summary>The longest that the runtime's timers can wait, in whole days.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    /// <summary>Gets or sets the retries after a first attempt, on the same route. Default: 2; from 0, for none, to 100.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>Gets or sets the shortest backoff. Default: 500 ms; at least 0.</summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets the longest backoff. Default: 20 seconds; from <see cref="BaseDelay"/> to 49 days.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Gets or sets the longest wait that a provider may ask for. If it asks for more, the route is not retried, and the next candidate is
    /// tried. Default: 60 seconds; at least 0.
    /// </summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the longest that one attempt may take. Default: 15 minutes, because reasoning models can be silent that long; more
    /// than 0, at most 49 days.
    /// </summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Gets or sets the longest that a stream may take to its first content; <see langword="null"/> for <see cref="AttemptTimeout"/> alone.</summary>
    public TimeSpan? FirstContentTimeout { get; set; }

    /// <summary>Gets or sets the longest silence between two updates of a stream; <see langword="null"/> for <see cref="AttemptTimeout"/> alone.</summary>
    public TimeSpan? UpdateTimeout { get; set; }

    /// <summary>Gets or sets the longest that one pass through all retries and candidates may take; <see langword="null"/> for no limit.</summary>
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>Gets or sets a value indicating whether attempts are retried that the provider may have billed; each one is charged. Default: false.</summary>
    public bool RetryAmbiguous { get; set; }

    /// <summary>
    /// Gets or sets the retries that are granted for each first attempt within a minute. Default: 0.1; from 0 to 1. Ignored if
    /// <see cref="RetryBudget"/> is set.
    /// </summary>
    /// <remarks>
    /// While this and <see cref="MinRetriesPerMinute"/> have their defaults, all pipelines of the process count together
    /// (<see cref="MeaiBudget.RetryBudget.Shared"/>). Otherwise each layer that is made from these options counts for itself. Pipelines
    /// of one service provider that <c>AddMeaiBudget</c> configures count together.
    /// </remarks>
    public double MaxRetryRatio { get; set; } = RetryBudget.DefaultRatio;

    /// <summary>
    /// Gets or sets the retries that are granted within a minute whatever their share. Default: 10; at least 0. Ignored if
    /// <see cref="RetryBudget"/> is set.
    /// </summary>
    public int MinRetriesPerMinute { get; set; } = RetryBudget.DefaultMinimum;

    /// <summary>Gets or sets the source of randomness for the jitter, from 0 to below 1; thread-safe. Default: the runtime's. Only code can set it.</summary>
    public Func<double>? Randomizer { get; set; }

    /// <summary>
    /// Gets or sets the budget that bounds the share of retries; <see langword="null"/> for <see cref="MaxRetryRatio"/> and
    /// <see cref="MinRetriesPerMinute"/>. Only code can set it.
    /// </summary>
    public RetryBudget? RetryBudget { get; set; }

    /// <summary>The budget of the layers that set nothing else: the process's, or that of the pipelines that configuration describes.</summary>
    internal RetryBudget SharedBudget { get; private set; } = RetryBudget.Shared;

    internal RetryOptions Copy() => (RetryOptions)MemberwiseClone();

    /// <summary>A copy for a container, whose layers share one retry budget.</summary>
    internal RetryOptions ForContainer(TimeProvider clock)
    {
        RetryOptions copy = Copy();
        copy.SharedBudget = new RetryBudget(MaxRetryRatio, MinRetriesPerMinute, timeProvider: clock);
        return copy;
    }

    /// <summary>The budget that a layer uses.</summary>
    internal RetryBudget BudgetFor(TimeProvider clock) =>
        RetryBudget
        ?? (SharedBudget.Ratio == MaxRetryRatio && SharedBudget.Minimum == MinRetriesPerMinute
            ? SharedBudget
            : new RetryBudget(MaxRetryRatio, MinRetriesPerMinute, timeProvider: clock));

    /// <summary>A copy that keeps the rules.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is not allowed.</exception>
    internal RetryOptions Validated()
    {
        RetryOptions copy = Copy();
        copy.Check().ThrowIfAny(nameof(RetryOptions));
        return copy;
    }

    /// <summary>The rules that the values must keep.</summary>
    internal OptionRules Check() => new OptionRules()
        .Between(MaxRetries, 0, 100)
        .AtLeast(BaseDelay, TimeSpan.Zero)
        .Between(MaxDelay, TimeSpan.Zero, LongestTimer)
        .NotBelow(MaxDelay, BaseDelay)
        .AtLeast(MaxRetryAfter, TimeSpan.Zero)
        .MoreThan(AttemptTimeout, TimeSpan.Zero, LongestTimer)
        .MoreThan(FirstContentTimeout, TimeSpan.Zero)
        .MoreThan(UpdateTimeout, TimeSpan.Zero)
        .MoreThan(TotalTimeout, TimeSpan.Zero)
        .Between(MaxRetryRatio, 0d, 1d)
        .AtLeast(MinRetriesPerMinute, 0);
}
