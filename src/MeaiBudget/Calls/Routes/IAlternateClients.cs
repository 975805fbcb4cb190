using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A layer that can send a call to other clients than the one below it. Layers further out use it to check these clients.</summary>
internal interface IAlternateClients
{
    /// <summary>Gets the other clients.</summary>
    IEnumerable<IChatClient> Alternates { get; }

    /// <summary>Returns a client and all alternates below it, recursively.</summary>
    static IEnumerable<IChatClient> AllOf(IChatClient client) =>
        [client, .. client.GetService<IAlternateClients>()?.Alternates.SelectMany(AllOf) ?? []];
}
