namespace MeaiBudget.Testing;

/// <summary>What a request to a <see cref="ProviderSimulator"/> was for.</summary>
public enum SimulatedEndpoint
{
    /// <summary>An answer of a model: the requests that cost money.</summary>
    Chat,

    /// <summary>A count of input tokens.</summary>
    TokenCount,

    /// <summary>Anything about models or the server, such as the list of models.</summary>
    Information,

    /// <summary>A path that the provider does not have; it is answered with 404.</summary>
    Unknown,

    /// <summary>Vectors for texts: they cost money, too.</summary>
    Embedding,
}
