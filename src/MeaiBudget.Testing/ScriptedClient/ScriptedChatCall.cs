using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>One call that a <see cref="ScriptedChatClient"/> has seen.</summary>
/// <remarks>Safe to read from any thread, also while the call is running.</remarks>
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

    /// <summary>Gets the position of the call among all calls of its client, from zero.</summary>
    public int Index { get; }

    /// <summary>Gets the messages: the instances that arrived, in a list of its own.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; }

    /// <summary>Gets the options: the very instance that arrived, so that a test can tell whether it was cloned on the way.</summary>
    public ChatOptions? Options { get; }

    /// <summary>Gets the model that was asked for: the options' model id, else the client's default.</summary>
    public string? ModelId { get; }

    /// <summary>Gets a value indicating whether the call came through <see cref="IChatClient.GetStreamingResponseAsync"/>.</summary>
    public bool IsStreaming { get; }

    /// <summary>Gets the token that the call can be cancelled by.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Gets how many updates the caller has received so far; always zero for a call that is not streaming.</summary>
    public int UpdatesSent => Volatile.Read(ref _updatesSent);

    /// <summary>Gets how the call ended, or that it is still running.</summary>
    public ScriptedCallState State => _state;

    internal void CountUpdate() => Interlocked.Increment(ref _updatesSent);

    internal void End(ScriptedCallState state) => _state = state;
}
