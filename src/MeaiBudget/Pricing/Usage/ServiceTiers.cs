namespace MeaiBudget;

/// <summary>Maps the providers' names of service tiers to one spelling.</summary>
internal static class ServiceTiers
{
    internal const string Priority = "priority";
    internal const string Fast = "fast";
    internal const string Flex = "flex";
    internal const string Batch = "batch";

    /// <summary>Returns the canonical name of a tier in lower case; null for the standard tier by any of its names.</summary>
    internal static string? Canonical(string? tier) => tier switch
    {
        null or "" or "default" or "standard" or "auto" or "on_demand" => null,
        Priority or Fast or Flex or Batch => tier,
        _ => CanonicalOfOtherSpelling(tier),
    };

    private static string? CanonicalOfOtherSpelling(string tier)
    {
        string lower = tier.Trim().ToLowerInvariant().Replace('-', '_');
        return lower switch
        {
            "" or "default" or "standard" or "standard_only" or "auto" or "on_demand" or "unspecified" => null,
            "batches" => Batch,
            _ => lower,
        };
    }
}
