using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A layer that asks other clients than the one below it; so that a layer further out can look at them.</summary>
internal interface IAlternateClients
{
    /// <summary>Gets the other clients.</summary>
    IEnumerable<IChatClient> Alternates { get; }

    /// <summary>Every client on a way below: the one given, and those that are asked in its place.</summary>
    static IEnumerable<IChatClient> AllOf(IChatClient client) =>
        [client, .. client.GetService<IAlternateClients>()?.Alternates.SelectMany(AllOf) ?? []];
}
