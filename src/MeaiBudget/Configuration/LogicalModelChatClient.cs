using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Hands a request to the pipeline of the logical model that it names; without a name, or with one that is none of these, to that of its own.</summary>
/// <remarks>Thread-safe; changes nothing in a request. Any client of the configuration answers for every logical model.</remarks>
internal sealed class LogicalModelChatClient : CallLayerChatClient
{
    private readonly string _model;
    private readonly IReadOnlyDictionary<string, Lazy<IChatClient>> _pipelines;

    public LogicalModelChatClient(string model, IReadOnlyDictionary<string, Lazy<IChatClient>> pipelines, CallLayerSetup setup)
        : base(pipelines[model].Value, setup)
    {
        _model = model;
        _pipelines = pipelines;
    }

    internal override Task<ChatResponse> InvokeAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        (IChatClient client, CallLayerChatClient? next) = Choose(options);
        return PassOnAsync(frame, client, next, ReferenceEquals(client, next), messages, options, cancellationToken);
    }

    internal override IAsyncEnumerable<ChatResponseUpdate> InvokeStreamingAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        (IChatClient client, CallLayerChatClient? next) = Choose(options);
        return PassOnStreamingAsync(frame, client, next, ReferenceEquals(client, next), messages, options, cancellationToken);
    }

    private protected override CallFrame Contribute(CallFrame frame, ChatOptions? options) => frame;

    private protected override string? RequestedModelId(ChatOptions? options) => options?.ModelId ?? _model;

#pragma warning disable CA2215 // The pipelines belong to the service provider: whoever was given this client may dispose it, and others go on.
    protected override void Dispose(bool disposing)
#pragma warning restore CA2215
    {
    }

    private (IChatClient Client, CallLayerChatClient? Next) Choose(ChatOptions? options)
    {
        if (options?.ModelId is not { } asked || !_pipelines.TryGetValue(asked, out Lazy<IChatClient>? pipeline))
        {
            return (InnerClient, Next);
        }

        return (pipeline.Value, pipeline.Value.GetService<CallLayerChatClient>());
    }
}
