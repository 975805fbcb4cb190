namespace MeaiBudget;

/// <summary>One form of a model id, with the provider and region that the full form contained.</summary>
internal sealed record ModelIdForm(string Id, string? Provider, string? Region)
{
    /// <summary>True if a removed part has an unknown meaning.</summary>
    internal bool IsGuess { get; init; }
}
