namespace MeaiBudget;

/// <summary>Provides the limit of a budget for each key, for example the plan of each tenant, or a limit that changes at run time.</summary>
/// <remarks>
/// Called during a call; the result is cached for <see cref="CostTrackerOptions.LimitCacheDuration"/>. Read limits from configuration
/// or a database, never from a request. Implementations must be thread-safe.
/// </remarks>
public interface IBudgetLimitProvider
{
    /// <summary>Gets the limit in US dollars.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="key">The partition key, for example a tenant's name; empty for a budget without partitions.</param>
    /// <param name="cancellationToken">Cancels the request for the limit.</param>
    /// <returns>The limit, zero or more; <see langword="null"/> for none. Return <c>budget.Limit</c> to use the configured limit.</returns>
    ValueTask<decimal?> GetLimitAsync(Budget budget, string key, CancellationToken cancellationToken = default);
}
