using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>An <see cref="IChatClient"/> in memory that answers, streams and fails as a test tells it to, and records what it saw.</summary>
/// <remarks>
/// <para>Replies are taken from a queue in the order in which calls begin; once it is empty, <see cref="Default"/> answers. A stream
/// begins when it is enumerated, and each enumeration is a call of its own.</para>
/// <para>All members are safe for concurrent use.</para>
/// </remarks>
public sealed class ScriptedChatClient : IChatClient
{
    private readonly ConcurrentQueue<ScriptedReply> _replies = new();
    private readonly Lock _lock = new();
    private readonly List<ScriptedChatCall> _calls = [];
    private readonly ConcurrentQueue<object> _services = new();
    private volatile ScriptedReply _default;
    private volatile int _disposeCount;

    /// <summary>Creates a client whose every answer is <c>Hello from the script.</c> until it is told otherwise.</summary>
    /// <param name="modelId">The default model id in its metadata, and in its answers where the options name none.</param>
    /// <param name="providerName">The provider's name in its metadata.</param>
    /// <param name="providerUri">The provider's address in its metadata.</param>
    public ScriptedChatClient(string? modelId = "scripted-model", string? providerName = "scripted", Uri? providerUri = null)
    {
        Metadata = new ChatClientMetadata(providerName, providerUri, modelId);
        _default = ScriptedReply.Text("Hello from the script.");
    }

    /// <summary>Gets the metadata that <see cref="GetService"/> returns.</summary>
    public ChatClientMetadata Metadata { get; }

    /// <summary>Gets or sets the reply of every call that finds the queue empty.</summary>
    public ScriptedReply Default
    {
        get => _default;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _default = value;
        }
    }

    /// <summary>Gets the calls seen so far, in the order in which they began; a snapshot.</summary>
    public IReadOnlyList<ScriptedChatCall> Calls
    {
        get
        {
            lock (_lock)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>Gets how many replies are still in the queue.</summary>
    public int Remaining => _replies.Count;

    /// <summary>Gets how often the client has been disposed.</summary>
    public int DisposeCount => _disposeCount;

    /// <summary>Adds replies to the queue.</summary>
    /// <param name="replies">The replies, in order.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient Enqueue(params ScriptedReply[] replies)
    {
        ArgumentNullException.ThrowIfNull(replies);
        foreach (ScriptedReply reply in replies)
        {
            ArgumentNullException.ThrowIfNull(reply, nameof(replies));
            _replies.Enqueue(reply);
        }

        return this;
    }

    /// <summary>Adds an answer that consists of text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient Enqueue(string text) => Enqueue(ScriptedReply.Text(text));

    /// <summary>Adds a failure.</summary>
    /// <param name="exception">The exception, thrown as it is.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient Enqueue(Exception exception) => Enqueue(ScriptedReply.Throw(exception));

    /// <summary>Adds an object that <see cref="GetService"/> hands out to whoever asks for one of its types.</summary>
    /// <param name="service">The object, for example a failure classifier.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient AddService(object service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _services.Enqueue(service);
        return this;
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        (ScriptedChatCall call, ScriptedReply reply) = Begin(messages, options, isStreaming: false, cancellationToken);
        try
        {
            ChatResponse response = await reply.RunAsync(call, cancellationToken);
            call.End(ScriptedCallState.Completed);
            return response;
        }
        catch
        {
            call.End(EndedBy(cancellationToken));
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        (ScriptedChatCall call, ScriptedReply reply) = Begin(messages, options, isStreaming: true, cancellationToken);
        ScriptedCallState end = ScriptedCallState.Abandoned;
        try
        {
            await using IAsyncEnumerator<ChatResponseUpdate> updates = reply.StreamAsync(call, cancellationToken).GetAsyncEnumerator(CancellationToken.None);
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        end = ScriptedCallState.Completed;
                        break;
                    }
                }
                catch
                {
                    end = EndedBy(cancellationToken);
                    throw;
                }

                yield return updates.Current;
            }
        }
        finally
        {
            call.End(end);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
        {
            return null;
        }

        return serviceType == typeof(ChatClientMetadata) ? Metadata
            : serviceType.IsInstanceOfType(this) ? this
            : _services.FirstOrDefault(serviceType.IsInstanceOfType);
    }

    /// <summary>Counts the disposal; the client goes on answering, so that a test can find a call after disposal in <see cref="Calls"/>.</summary>
    public void Dispose() => Interlocked.Increment(ref _disposeCount);

    private (ScriptedChatCall Call, ScriptedReply Reply) Begin(
        IEnumerable<ChatMessage> messages, ChatOptions? options, bool isStreaming, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] copy = [.. messages];
        ScriptedChatCall call;
        ScriptedReply reply;
        lock (_lock)
        {
            call = new ScriptedChatCall(_calls.Count, copy, options, options?.ModelId ?? Metadata.DefaultModelId, isStreaming, cancellationToken);
            _calls.Add(call);
            reply = _replies.TryDequeue(out ScriptedReply? queued) ? queued : Default;
        }

        return (call, reply);
    }

    private static ScriptedCallState EndedBy(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ScriptedCallState.Cancelled : ScriptedCallState.Failed;
}
