using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A layer around a generator: the chat layer of the same name above a <see cref="GeneratorClient"/>.</summary>
#pragma warning disable CA1001 // The layer does not own the generator and has nothing else to dispose.
internal sealed class GeneratorLayer(GeneratorClient generator, Func<IChatClient, CallLayerChatClient> create)
#pragma warning restore CA1001
{
    private readonly CallLayerChatClient _layer = create(generator);

    /// <summary>Returns a service of the layer itself, which other layers look up; null for all others, which the generator provides.</summary>
    public object? GetService(Type serviceType, object? serviceKey) =>
        serviceKey is not null ? null
        : serviceType == typeof(CallLayerChatClient) ? _layer
        : _layer.GetOwnService(serviceType);

    /// <summary>Runs one request through the layers. Attaches the record of the call to the generator's result, and returns the result.</summary>
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

    /// <summary>Streaming variant of <see cref="RunAsync"/>. The run and the receipt capture are read when the enumeration starts.</summary>
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
