using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A provider's embedding generator with services for this library: failure classification and usage. Thread-safe.</summary>
/// <typeparam name="TInput">The type of the input.</typeparam>
/// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
public sealed class ProviderEmbeddingGenerator<TInput, TEmbedding> : DelegatingEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    private readonly object[] _services;

    /// <summary>Wraps a generator. Requests are not changed; only services are added.</summary>
    /// <param name="innerGenerator">The provider's generator.</param>
    /// <param name="services">The objects that <see cref="GetService"/> returns, first match first, for example an <see cref="IChatFailureClassifier"/> or an <see cref="IUsageNormalizer"/>.</param>
    public ProviderEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, params object[] services)
        : base(innerGenerator)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = [.. services];
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return (serviceKey is null ? Array.Find(_services, serviceType.IsInstanceOfType) : null) ?? base.GetService(serviceType, serviceKey);
    }
}
