using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A generator as the layers see it: a client that sends what each request says, and estimates it.</summary>
/// <param name="services">The generator's own services.</param>
/// <param name="metadata">What is known of it.</param>
/// <param name="normalizer">What reads its usage; <see langword="null"/> for its own, else the usual one.</param>
internal sealed class GeneratorClient(Func<Type, object?, object?> services, ChatClientMetadata metadata, IUsageNormalizer? normalizer = null) : IChatClient, ITokenEstimator
{
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? services(serviceType, serviceKey)
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
