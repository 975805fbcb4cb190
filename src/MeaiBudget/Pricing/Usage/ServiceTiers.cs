namespace MeaiBudget;

/// <summary>Service tiers as providers name them, in one spelling.</summary>
internal static class ServiceTiers
{
    internal const string Priority = "priority";
    internal const string Fast = "fast";
    internal const string Flex = "flex";
    internal const string Batch = "batch";

    /// <summary>Gives <see langword="null"/> for the standard tier, by whatever name, and the lower-case name of any other.</summary>
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
