namespace MeaiBudget;

/// <summary>Says what a budget's limit is for one key, where it is not the same for all: a plan for each tenant, a switch at run time.</summary>
/// <remarks>
/// Asked on the path of a call and cached for <see cref="CostTrackerOptions.LimitCacheDuration"/>. Read limits from configuration
/// or a store of yours, never from anything in a request. Implementations are thread-safe.
/// </remarks>
public interface IBudgetLimitProvider
{
    /// <summary>Gets the limit in US dollars.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="key">The partition key, for example a tenant's name; empty for a budget that is not divided.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>The limit, zero or more; <see langword="null"/> for none. <c>budget.Limit</c> leaves it as configured.</returns>
    ValueTask<decimal?> GetLimitAsync(Budget budget, string key, CancellationToken cancellationToken = default);
}
