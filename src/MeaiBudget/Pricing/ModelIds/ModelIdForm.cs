namespace MeaiBudget;

/// <summary>One form of a model id, with the provider and region that the full form contained.</summary>
internal sealed record ModelIdForm(string Id, string? Provider, string? Region)
{
    /// <summary>True if a removed part has an unknown meaning.</summary>
    internal bool IsGuess { get; init; }

    /// <summary>True if the id was that of an open model's repository at a host that is not known: only the application's own price applies.</summary>
    internal bool IsOpenRepository { get; init; }
}
