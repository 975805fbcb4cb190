namespace MeaiBudget;

/// <summary>Maps the providers' names of service tiers to one spelling.</summary>
internal static class ServiceTiers
{
    internal const string Standard = "standard";
    internal const string Priority = "priority";
    internal const string Fast = "fast";
    internal const string Ultrafast = "ultrafast";
    internal const string Flex = "flex";
    internal const string Batch = "batch";

    /// <summary>Anthropic's inference in the United States only, for which every token costs a tenth more.</summary>
    internal const string UsOnly = "us_only";

    /// <summary>Adds a place of inference to a tier, where the place has a price of its own.</summary>
    /// <param name="tier">The canonical tier.</param>
    /// <param name="geo">The place as the provider names it.</param>
    internal static string? Combined(string? tier, string? geo) =>
        !string.Equals(geo, "us", StringComparison.OrdinalIgnoreCase) ? tier : tier is null ? UsOnly : tier + "+" + UsOnly;

    /// <summary>Returns the tier that is billed: what the answer says of tier and place, and what was asked for where it says nothing.</summary>
    /// <param name="asked">The canonical tier that was asked for, with its place.</param>
    /// <param name="answered">The canonical tier of the answer, with its place; null for the standard tier, and if it names none.</param>
    /// <param name="said">What the answer says where it tells that tier, as written; null if it says nothing.</param>
    /// <param name="geo">The place that the answer says; null if it says nothing.</param>
    internal static string? Billed(string asked, string? answered, string? said, string? geo)
    {
        string? tier = WithoutPlace(answered) ?? (said is null or "" or "auto" ? WithoutPlace(asked) : Canonical(said));
        return Combined(tier, geo ?? (asked.EndsWith(UsOnly, StringComparison.Ordinal) ? "us" : null));
    }

    /// <summary>Returns the canonical name of a tier in lower case; null for the standard tier by any of its names.</summary>
    internal static string? Canonical(string? tier)
    {
        string? lower = tier?.Trim().ToLowerInvariant().Replace('-', '_');
        return lower switch
        {
            null or "" or "default" or Standard or "standard_only" or "auto" or "on_demand" or "unspecified" or "traffic_type_unspecified" => null,
            "batches" => Batch,
            "on_demand_priority" => Priority,
            "on_demand_flex" => Flex,
            _ => lower,
        };
    }

    private static string? WithoutPlace(string? tier) =>
        tier is null || !tier.EndsWith(UsOnly, StringComparison.Ordinal) ? tier : tier[..^UsOnly.Length].TrimEnd('+') is { Length: > 0 } bare ? bare : null;
}
