namespace MeaiBudget.Testing;

/// <summary>Kinds of requests to a <see cref="ProviderSimulator"/>.</summary>
public enum SimulatedEndpoint
{
    /// <summary>A chat request, which is billed.</summary>
    Chat,

    /// <summary>A request to count input tokens.</summary>
    TokenCount,

    /// <summary>A request about models or the server, such as the list of models.</summary>
    Information,

    /// <summary>A path that the provider does not have. The response has status 404.</summary>
    Unknown,

    /// <summary>A request for embeddings, which is billed.</summary>
    Embedding,

    /// <summary>A request that fetches, resumes, cancels or deletes a stored answer, which is not billed.</summary>
    StoredAnswer,
}
