using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Hands a request to the pipeline of the logical model that it names; without a name, or with one that is none of these, to that of its own.</summary>
/// <remarks>Thread-safe; changes nothing in a request but a model id that is missing. Every client of the configuration answers for every logical model.</remarks>
internal sealed class LogicalModelChatClient : DelegatingChatClient
{
    private readonly string _model;
    private readonly CallLayerChatClient? _next;
    private readonly IReadOnlyDictionary<string, Lazy<IChatClient>> _pipelines;

    public LogicalModelChatClient(string model, IReadOnlyDictionary<string, Lazy<IChatClient>> pipelines)
        : base(pipelines[model].Value)
    {
        _model = model;
        _next = InnerClient.GetService<CallLayerChatClient>();
        _pipelines = pipelines;
    }

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IChatClient pipeline = Choose(ref options);
        return Redirected(pipeline) is { } frame
            ? ForeignLayers.CallAsync(frame, pipeline, Next(pipeline), [.. messages], options, cancellationToken).AsTask()
            : pipeline.GetResponseAsync(messages, options, cancellationToken);
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IChatClient pipeline = Choose(ref options);
        return Redirected(pipeline) is { } frame
            ? ForeignLayers.StreamAsync(frame, pipeline, Next(pipeline), [.. messages], options, cancellationToken)
            : pipeline.GetStreamingResponseAsync(messages, options, cancellationToken);
    }

#pragma warning disable CA2215 // The pipelines belong to the service provider: whoever was given this client may dispose it, and others go on.
    protected override void Dispose(bool disposing)
#pragma warning restore CA2215
    {
    }

    private static CallLayerChatClient Next(IChatClient pipeline) => pipeline.GetService<CallLayerChatClient>()!;

    private IChatClient Choose(ref ChatOptions? options)
    {
        if (options?.ModelId is { } asked)
        {
            return _pipelines.TryGetValue(asked, out Lazy<IChatClient>? pipeline) ? pipeline.Value : InnerClient;
        }

        // By its name the model is found in receipts, and prices that are given for it.
        options = options?.Clone() ?? new ChatOptions();
        options.ModelId = _model;
        return InnerClient;
    }

    /// <summary>The call of a layer further out that takes this client's own pipeline for its next step, if the request goes elsewhere.</summary>
    private CallFrame? Redirected(IChatClient pipeline) =>
        _next is not null && !ReferenceEquals(pipeline, InnerClient) ? FlowingFrame.ReceivedBy(_next) : null;
}
