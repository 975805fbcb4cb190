using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>One recorded call to a <see cref="ScriptedChatClient"/>.</summary>
/// <remarks>Thread-safe for reading, also during the call.</remarks>
public sealed class ScriptedChatCall
{
    private int _updatesSent;
    private volatile ScriptedCallState _state;

    internal ScriptedChatCall(
        int index,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        string? modelId,
        bool isStreaming,
        CancellationToken cancellationToken)
    {
        Index = index;
        Messages = messages;
        Options = options;
        ModelId = modelId;
        IsStreaming = isStreaming;
        CancellationToken = cancellationToken;
    }

    /// <summary>Gets the index of the call among all calls of its client, starting from 0.</summary>
    public int Index { get; }

    /// <summary>Gets the messages: the received instances, in a new list.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; }

    /// <summary>Gets the options: the received instance, so that a test can check whether it was cloned; <see langword="null"/> if there were none.</summary>
    public ChatOptions? Options { get; }

    /// <summary>Gets the requested model: the options' model id, or else the client's default.</summary>
    public string? ModelId { get; }

    /// <summary>Gets a value indicating whether the call used <see cref="IChatClient.GetStreamingResponseAsync"/>.</summary>
    public bool IsStreaming { get; }

    /// <summary>Gets the cancellation token of the call.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Gets the number of updates that the caller has received so far; 0 for a call without streaming.</summary>
    public int UpdatesSent => Volatile.Read(ref _updatesSent);

    /// <summary>Gets the state of the call.</summary>
    public ScriptedCallState State => _state;

    internal void CountUpdate() => Interlocked.Increment(ref _updatesSent);

    internal void End(ScriptedCallState state) => _state = state;
}
