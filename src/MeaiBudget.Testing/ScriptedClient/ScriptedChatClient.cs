using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>An in-memory <see cref="IChatClient"/> that answers, streams and fails according to a script, and records its calls.</summary>
/// <remarks>
/// <para>Each call takes the next reply from a queue when it begins. If the queue is empty, <see cref="Default"/> answers. A stream begins
/// when it is enumerated, and each enumeration is a separate call.</para>
/// <para>Thread-safe.</para>
/// </remarks>
/// <example>
/// <code>
/// using var provider = new ScriptedChatClient("gpt-4.1-mini", "openai");
/// provider.Enqueue(ScriptedReply.Text("Rome.").WithUsage(120, 2));
/// IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
///
/// ChatResponse response = await client.GetResponseAsync("What is the capital of Italy?");
/// Assert.Equal("Rome.", response.Text);
/// Assert.Single(provider.Calls);
/// </code>
/// </example>
public sealed class ScriptedChatClient : IChatClient
{
    private readonly ConcurrentQueue<ScriptedReply> _replies = new();
    private readonly Lock _lock = new();
    private readonly List<ScriptedChatCall> _calls = [];
    private readonly ConcurrentQueue<object> _services = new();
    private volatile ScriptedReply _default;
    private volatile int _disposeCount;

    /// <summary>Creates a client whose default answer is <c>Hello from the script.</c></summary>
    /// <param name="modelId">The default model id in the metadata, also used in answers if the options have none.</param>
    /// <param name="providerName">The provider name in the metadata.</param>
    /// <param name="providerUri">The provider's URL in the metadata.</param>
    public ScriptedChatClient(string? modelId = "scripted-model", string? providerName = "scripted", Uri? providerUri = null)
    {
        Metadata = new ChatClientMetadata(providerName, providerUri, modelId);
        _default = ScriptedReply.Text("Hello from the script.");
    }

    /// <summary>Gets the metadata that <see cref="GetService"/> returns.</summary>
    public ChatClientMetadata Metadata { get; }

    /// <summary>Gets or sets the reply of calls that find the queue empty.</summary>
    public ScriptedReply Default
    {
        get => _default;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _default = value;
        }
    }

    /// <summary>Gets a snapshot of the calls so far, in the order in which they began.</summary>
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

    /// <summary>Gets the number of replies in the queue.</summary>
    public int Remaining => _replies.Count;

    /// <summary>Gets how many times the client was disposed.</summary>
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

    /// <summary>Adds a text answer to the queue.</summary>
    /// <param name="text">The text.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient Enqueue(string text) => Enqueue(ScriptedReply.Text(text));

    /// <summary>Adds a failure to the queue.</summary>
    /// <param name="exception">The exception to throw; not wrapped.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient Enqueue(Exception exception) => Enqueue(ScriptedReply.Throw(exception));

    /// <summary>Adds an object that <see cref="GetService"/> returns for each of its types.</summary>
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

    /// <summary>Counts the disposal. The client still answers, so that a test can find a call after disposal in <see cref="Calls"/>.</summary>
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
