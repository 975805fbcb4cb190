namespace MeaiBudget;

/// <summary>Provides the limit of a budget for each key, for example the plan of each tenant, or a limit that changes at run time.</summary>
/// <remarks>
/// Called during a call; the result is cached for <see cref="CostTrackerOptions.LimitCacheDuration"/>. If there is none after
/// <see cref="CostTrackerOptions.LimitTimeout"/>, the request is cancelled and the last known limit is used. Read limits from configuration
/// or a database, never from a request. Implementations must be thread-safe.
/// </remarks>
public interface IBudgetLimitProvider
{
    /// <summary>Gets the limit in US dollars.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="key">The partition key, for example a tenant's name; empty for a budget without partitions, and for the calls outside of runs of a budget per run.</param>
    /// <param name="cancellationToken">Cancels the request for the limit.</param>
    /// <returns>The limit, zero or more; a negative one counts as zero, and <see langword="null"/> is no limit. Return <c>budget.Limit</c> to use the configured limit.</returns>
    ValueTask<decimal?> GetLimitAsync(Budget budget, string key, CancellationToken cancellationToken = default);
}
