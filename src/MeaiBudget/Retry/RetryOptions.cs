namespace MeaiBudget;

/// <summary>Options of <see cref="RetryChatClient"/>; copied when the client is created, which throws if a value is outside its range.</summary>
/// <example>
/// <code>
/// IChatClient client = new ChatClientBuilder(openAi)
///     .UseBudget(tracker)
///     .UseRetry(new RetryOptions { MaxRetries = 2, TotalTimeout = TimeSpan.FromMinutes(2) })
///     .Build();
/// </code>
/// </example>
public sealed class RetryOptions
{
    /// <summary>The longest wait of the runtime's timers, in whole days.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    /// <summary>Gets or sets the maximum number of retries after a first attempt, on the same route. Default: 2; from 0, for none, to 100.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>Gets or sets the shortest backoff. Default: 500 ms; zero or more.</summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets the longest backoff. Default: 20 seconds; from <see cref="BaseDelay"/> to 49 days.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Gets or sets the longest wait that a provider may ask for. If it asks for more, the route is not retried, and the next route is
    /// tried. Default: 60 seconds; zero or more.
    /// </summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the longest time for one attempt. Default: 15 minutes, because reasoning models can take minutes before their first
    /// token; more than zero, at most 49 days.
    /// </summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Gets or sets the longest time until a stream's first content, more than zero; <see langword="null"/> if only <see cref="AttemptTimeout"/> applies.
    /// </summary>
    public TimeSpan? FirstContentTimeout { get; set; }

    /// <summary>
    /// Gets or sets the longest time between two updates of a stream, more than zero; <see langword="null"/> if only <see cref="AttemptTimeout"/> applies.
    /// </summary>
    public TimeSpan? UpdateTimeout { get; set; }

    /// <summary>Gets or sets the longest time for one pass through all retries and routes, more than zero; <see langword="null"/> for no limit.</summary>
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>Gets or sets a value indicating whether attempts are retried that the provider may have billed. Every attempt is charged. Default: false.</summary>
    public bool RetryAmbiguous { get; set; }

    /// <summary>
    /// Gets or sets the retries that a route is granted for each of its first attempts within a minute. Default: 0.1; from 0 to 1. Ignored if
    /// <see cref="RetryBudget"/> is set.
    /// </summary>
    /// <remarks>
    /// While this and <see cref="MinRetriesPerMinute"/> have their defaults, all pipelines of the process share one count
    /// (<see cref="MeaiBudget.RetryBudget.Shared"/>). Otherwise each layer created from these options has its own count. Pipelines of
    /// one service provider that <c>AddMeaiBudget</c> configures share one count.
    /// </remarks>
    public double MaxRetryRatio { get; set; } = RetryBudget.DefaultRatio;

    /// <summary>
    /// Gets or sets the retries that a route is always granted within a minute. Default: 10; zero or more. Ignored if
    /// <see cref="RetryBudget"/> is set.
    /// </summary>
    public int MinRetriesPerMinute { get; set; } = RetryBudget.DefaultMinimum;

    /// <summary>
    /// Gets or sets the random source of the jitter, which returns values from 0 to below 1 and must be thread-safe; <see langword="null"/>
    /// for the runtime's. Only code can set it.
    /// </summary>
    public Func<double>? Randomizer { get; set; }

    /// <summary>
    /// Gets or sets the budget that limits the ratio of retries; <see langword="null"/> for <see cref="MaxRetryRatio"/> and
    /// <see cref="MinRetriesPerMinute"/>. Only code can set it.
    /// </summary>
    public RetryBudget? RetryBudget { get; set; }

    /// <summary>The default retry budget: that of the process, or that of the pipelines of one configuration.</summary>
    internal RetryBudget SharedBudget { get; private set; } = RetryBudget.Shared;

    internal RetryOptions Copy() => (RetryOptions)MemberwiseClone();

    /// <summary>Returns a copy for a service provider, whose layers share one retry budget.</summary>
    internal RetryOptions ForContainer(TimeProvider clock)
    {
        RetryOptions copy = Copy();
        copy.SharedBudget = new RetryBudget(MaxRetryRatio, MinRetriesPerMinute, timeProvider: clock);
        return copy;
    }

    /// <summary>Returns the retry budget of a layer.</summary>
    internal RetryBudget BudgetFor(TimeProvider clock) =>
        RetryBudget
        ?? (SharedBudget.Ratio == MaxRetryRatio && SharedBudget.Minimum == MinRetriesPerMinute
            ? SharedBudget
            : new RetryBudget(MaxRetryRatio, MinRetriesPerMinute, timeProvider: clock));

    /// <summary>Returns a validated copy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    internal RetryOptions Validated()
    {
        RetryOptions copy = Copy();
        copy.Check().ThrowIfAny(nameof(RetryOptions));
        return copy;
    }

    /// <summary>Returns the ranges of the values.</summary>
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
