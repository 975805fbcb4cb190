namespace MeaiBudget;

/// <summary>Statistics of a <see cref="TokenCountCache"/> since it was created. Immutable.</summary>
/// <param name="Hits">The number of texts whose count was in the cache.</param>
/// <param name="Misses">The number of texts that had to be counted.</param>
/// <param name="Entries">The number of counts in the cache.</param>
internal readonly record struct TokenCountCacheStatistics(long Hits, long Misses, long Entries);
