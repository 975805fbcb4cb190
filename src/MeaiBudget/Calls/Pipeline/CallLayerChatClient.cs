using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Base class of the layers of this library. Each layer contributes to a call, and the innermost layer runs its attempts.</summary>
/// <remarks>Thread-safe. Other assemblies cannot derive from it; derive from <see cref="DelegatingChatClient"/> instead.</remarks>
public abstract class CallLayerChatClient : DelegatingChatClient
{
    private readonly CallLayerChatClient? _next;
    private readonly PathContribution _contribution;

    private protected CallLayerChatClient(IChatClient innerClient, CallLayerSetup? setup)
        : base(innerClient)
    {
        Setup = setup ?? CallLayerSetup.Default;
        _next = innerClient.GetService<CallLayerChatClient>();
        IsAdjacent = ReferenceEquals(_next, innerClient);
        _contribution = new PathContribution(Contribute);
        if (_next is null)
        {
            PipelineRules.WarnOfSdkRetries([(AttemptRoute.NameOf(innerClient), innerClient)], Setup.Logger);
        }
    }

    /// <summary>Clock, observers and logger of the layer.</summary>
    private protected CallLayerSetup Setup { get; }

    /// <summary>The next MeaiBudget layer on the way to the provider; null if this is the innermost one.</summary>
    private protected CallLayerChatClient? Next => _next;

    /// <summary>True if no other layer is between this layer and <see cref="Next"/>.</summary>
    private protected bool IsAdjacent { get; }

    /// <inheritdoc/>
    public sealed override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        CallArguments.Check(messages, options);
        return CallAsync(messages as IReadOnlyList<ChatMessage> ?? [.. messages], options, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>The run, the parent call and the receipt capture are read when this method is called. Each enumeration is a separate call.</remarks>
    public sealed override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        CallArguments.Check(messages, options);
        var origin = new CallStream.Origin(
            FlowingFrame.ReceivedBy(this), FlowingFrame.CurrentRecord, CallRun.Of(options), ReceiptCapture.Flowing,
            messages as IReadOnlyList<ChatMessage> ?? [.. messages]);
        return new CallStream(this, origin, options, cancellationToken);
    }

    /// <summary>Returns a service that this layer provides, for example its gate; null if the layers below must provide it.</summary>
    internal virtual object? GetOwnService(Type serviceType) => null;

    /// <summary>Returns the path with this layer's contribution. The result must depend only on the arguments, because it is cached.</summary>
    private protected abstract CallPath Contribute(CallPath path, ISpendGate? run);

    /// <summary>Runs one pass through this layer and everything below it.</summary>
    internal virtual ValueTask<ChatResponse> InvokeAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        PassOnAsync(frame.With(_contribution), InnerClient, _next, IsAdjacent, messages, options, cancellationToken);

    /// <summary>Streaming variant of <see cref="InvokeAsync"/>.</summary>
    internal virtual IAsyncEnumerable<ChatResponseUpdate> InvokeStreamingAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        PassOnStreamingAsync(frame.With(_contribution), InnerClient, _next, IsAdjacent, messages, options, cancellationToken);

    /// <summary>Passes a frame to a client: to the next MeaiBudget layer, directly or through other layers, or to the provider.</summary>
    private protected static ValueTask<ChatResponse> PassOnAsync(
        CallFrame frame,
        IChatClient client,
        CallLayerChatClient? next,
        bool isAdjacent,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellationToken) =>
        next is null ? AttemptRunner.RunAsync(frame, client, messages, options, cancellationToken)
        : isAdjacent ? next.InvokeAsync(frame, messages, options, cancellationToken)
        : ForeignLayers.CallAsync(frame, client, next, messages, options, cancellationToken);

    /// <summary>Streaming variant of <see cref="PassOnAsync"/>.</summary>
    private protected static IAsyncEnumerable<ChatResponseUpdate> PassOnStreamingAsync(
        CallFrame frame,
        IChatClient client,
        CallLayerChatClient? next,
        bool isAdjacent,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellationToken) =>
        next is null ? new CandidateStream(frame, client, messages, options, cancellationToken)
        : isAdjacent ? next.InvokeStreamingAsync(frame, messages, options, cancellationToken)
        : ForeignLayers.StreamAsync(frame, client, next, messages, options, cancellationToken);

    private async Task<ChatResponse> CallAsync(IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        ISpendGate? run = CallRun.Of(options);
        if (FlowingFrame.ReceivedBy(this) is { } joined)
        {
            return await InvokeAsync(joined.BeginPass(run), messages, options, cancellationToken);
        }

        using Activity? activity = CallActivity.StartCall();
        CallRecord record = Open(FlowingFrame.CurrentRecord, run, options, isStreaming: false);
        try
        {
            ChatResponse response = await InvokeAsync(CallFrame.Open(record, run), messages, options, cancellationToken);
            CallReceipts.Attach(response, record, messages, options);
            return response;
        }
        catch (Exception exception)
        {
            CallReceipts.Attach(exception, record);
            throw;
        }
        finally
        {
            record.End();
            Describe(activity, record);
            ReceiptCapture.Flowing?.Add(record.Receipt!);
        }
    }

    /// <summary>Writes a call's receipt into its activity, if it has one.</summary>
    internal void Describe(Activity? activity, CallRecord record)
    {
        if (activity is not null)
        {
            CallActivity.Describe(activity, record.Receipt!, CallActivity.OperationOf(InnerClient));
        }
    }

    /// <summary>Opens the record of a call of which this is the outermost layer.</summary>
    internal CallRecord Open(CallRecord? parent, ISpendGate? run, ChatOptions? options, bool isStreaming)
    {
        if (run is null)
        {
            CallRun.CalledOutside(Setup.Logger);
        }

        var record = new CallRecord(parent, Setup, options?.ModelId, isStreaming, run?.Name);
        for (CallLayerChatClient? layer = this; layer is not null; layer = layer._next)
        {
            layer.Observe(record);
        }

        return record;
    }

    private void Observe(CallRecord record)
    {
        foreach (ICallObserver observer in Setup.Observers)
        {
            record.Observe(observer);
        }
    }
}
