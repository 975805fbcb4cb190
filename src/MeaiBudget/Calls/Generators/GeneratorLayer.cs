using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One of our layers around a generator: the chat layer of the same name, above a <see cref="GeneratorClient"/>.</summary>
/// <param name="generator">The generator as the layer sees it.</param>
/// <param name="create">Makes the chat layer.</param>
#pragma warning disable CA1001 // The layer owns nothing: what it stands around is the generator's.
internal sealed class GeneratorLayer(GeneratorClient generator, Func<IChatClient, CallLayerChatClient> create)
#pragma warning restore CA1001
{
    private readonly CallLayerChatClient _layer = create(generator);

    /// <summary>The layer's own services, by which layers find each other; the others are the generator's.</summary>
    public object? GetService(Type serviceType, object? serviceKey) =>
        serviceKey is not null ? null
        : serviceType == typeof(CallLayerChatClient) ? _layer
        : _layer.GetOwnService(serviceType);

    /// <summary>Runs one request through the layers.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">The options under which it passes the budgets.</param>
    /// <param name="attach">Attaches the record of the call to what was made, where its receipt can be asked for.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <returns>What was made.</returns>
    public async Task<T> RunAsync<T>(
        GeneratorRequest request, ChatOptions options, Action<T, CallRecord>? attach, CancellationToken cancellationToken)
        where T : class
    {
        ChatResponse response = await _layer.GetResponseAsync(request.Messages, options, cancellationToken);
        var made = (T)response.RawRepresentation!;
        if (attach is not null && CallReceipts.RecordOf(response) is { } record)
        {
            attach(made, record);
        }

        return made;
    }

    /// <summary>The same, streaming. Runs and receipts are those of the moment of the enumeration.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        GeneratorRequest request, ChatOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        await foreach (ChatResponseUpdate update in _layer.GetStreamingResponseAsync(request.Messages, options, cancellationToken))
        {
            if (update.RawRepresentation is T made)
            {
                yield return made;
            }
        }
    }
}
