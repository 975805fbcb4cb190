namespace MeaiBudget;

/// <summary>What a <see cref="TokenCountCache"/> did so far.</summary>
/// <param name="Hits">The counts that were remembered.</param>
/// <param name="Misses">The texts that had to be counted.</param>
/// <param name="Entries">The counts that it holds.</param>
internal readonly record struct TokenCountCacheStatistics(long Hits, long Misses, long Entries);
