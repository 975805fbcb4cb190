namespace MeaiBudget.Tool;

/// <summary>What lines of bills are added up by, as the bills say it.</summary>
internal readonly record struct BilledGroup(DateOnly Day, string Provider, string Model, string Item, string? Tier, string Project, string Key, bool IsTool);
