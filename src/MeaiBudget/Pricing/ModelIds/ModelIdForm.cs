namespace MeaiBudget;

/// <summary>One way to write a model id, with what the longer way of writing it said of provider and region.</summary>
internal sealed record ModelIdForm(string Id, string? Provider, string? Region)
{
    /// <summary>Gets a value indicating whether something was taken off whose meaning is not known.</summary>
    internal bool IsGuess { get; init; }
}
