using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Adapts a generator to <see cref="IChatClient"/>, so that chat layers can call it. Each <see cref="GeneratorRequest"/> sends and estimates itself.</summary>
/// <param name="services">The generator's services.</param>
/// <param name="metadata">The generator's metadata.</param>
/// <param name="normalizer">Normalizes the usage; <see langword="null"/> for the generator's own normalizer, or else the default one.</param>
internal sealed class GeneratorClient(Func<Type, object?, object?> services, ChatClientMetadata metadata, IUsageNormalizer? normalizer = null) : IChatClient, ITokenEstimator
{
    /// <summary>Gets the operation by OpenTelemetry's semantic conventions.</summary>
    public string Operation { get; init; } = "generate_content";

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? services(serviceType, serviceKey)
        : serviceType == typeof(GeneratorClient) ? this
        : serviceType == typeof(ChatClientMetadata) ? metadata
        : serviceType == typeof(ITokenEstimator) ? this
        : serviceType == typeof(IUsageNormalizer) && normalizer is not null ? normalizer
        : services(serviceType, serviceKey);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GeneratorRequest.Of(messages).SendAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GeneratorRequest.Of(messages).StreamAsync(cancellationToken);

    public ValueTask<TokenEstimate> EstimateAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken = default) =>
        new(GeneratorRequest.Of(messages).Estimate(target));

    public void Dispose()
    {
    }
}
