using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A provider's embedding generator with services for this library: failure classification and usage.</summary>
internal sealed class ProviderEmbeddingGenerator<TInput, TEmbedding>(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, params object[] services)
    : DelegatingEmbeddingGenerator<TInput, TEmbedding>(innerGenerator)
    where TEmbedding : Embedding
{
    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return (serviceKey is null ? Array.Find(services, serviceType.IsInstanceOfType) : null) ?? base.GetService(serviceType, serviceKey);
    }
}
