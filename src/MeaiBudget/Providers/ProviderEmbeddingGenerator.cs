using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A provider's embedding generator with services for this library: failure classification and usage. Thread-safe.</summary>
/// <typeparam name="TInput">The type of the input.</typeparam>
/// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
public sealed class ProviderEmbeddingGenerator<TInput, TEmbedding> : DelegatingEmbeddingGenerator<TInput, TEmbedding>, IWireObserver
    where TEmbedding : Embedding
{
    private readonly object[] _services;
    private readonly bool _seesWire;

    /// <summary>Wraps a generator. Requests are not changed; only services are added.</summary>
    /// <param name="innerGenerator">The provider's generator.</param>
    /// <param name="services">The objects that <see cref="GetService"/> returns, first match first, for example an <see cref="IChatFailureClassifier"/> or an <see cref="IUsageNormalizer"/>.</param>
    public ProviderEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, params object[] services)
        : base(innerGenerator)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = [.. services];
    }

    /// <summary>
    /// Gets a value indicating whether every request of the generator is certain to pass a <see cref="ChatWireHandler"/>. If so, the handler reads a
    /// raw request and stops it before it is admitted. If the value is wrong, that request is sent without a reservation.
    /// </summary>
    /// <value>The default is the value of a wrapped <see cref="ProviderEmbeddingGenerator{TInput, TEmbedding}"/>; true if one of the services is an HTTP client with the handler.</value>
    public bool SeesWire
    {
        get => _seesWire || InnerGenerator.GetService(typeof(IWireObserver)) is IWireObserver { SeesWire: true }
            || Array.Exists(_services, static service => service is HttpMessageInvoker http && ChatWireHandler.IsIn(http));
        init => _seesWire = value;
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return (serviceKey is null ? Array.Find(_services, serviceType.IsInstanceOfType) : null) ?? base.GetService(serviceType, serviceKey);
    }
}
