using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>One scripted answer of a <see cref="ScriptedChatClient"/>: content, usage and failures.</summary>
/// <remarks>
/// Immutable: each <c>With…</c> method returns a new reply, so one reply can be used for many calls. Response, messages and
/// <see cref="UsageDetails"/> are created for each call, unless they were passed as objects.
/// </remarks>
public sealed class ScriptedReply
{
    private readonly Func<ScriptedChatCall, ChatResponse> _respond;
    private IReadOnlyList<ChatResponseUpdate>? _updates;
    private Action<ScriptedChatCall, ChatResponse> _configure = static (_, _) => { };
    private Func<ScriptedChatCall, CancellationToken, ValueTask> _before = static (_, _) => default;
    private Func<ScriptedChatCall, int, CancellationToken, ValueTask> _beforeUpdate = static (_, _, _) => default;
    private Exception? _failure;
    private int _failAfterUpdates;

    private ScriptedReply(Func<ScriptedChatCall, ChatResponse> respond) => _respond = respond;

    /// <summary>Creates a text answer. A stream sends it word by word.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The reply. Its usage counts one token per word; its finish reason is <see cref="ChatFinishReason.Stop"/>.</returns>
    public static ScriptedReply Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Contents(() => [new TextContent(text)], ChatFinishReason.Stop);
    }

    /// <summary>Creates an answer that calls one tool.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">The arguments; <see langword="null"/> for none.</param>
    /// <param name="callId">The id of the tool call; <see langword="null"/> to derive it from the call's index.</param>
    /// <returns>The reply. Its finish reason is <see cref="ChatFinishReason.ToolCalls"/>.</returns>
    public static ScriptedReply ToolCall(string name, IDictionary<string, object?>? arguments = null, string? callId = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new ScriptedReply(call => Response(
            call,
            [new FunctionCallContent(callId ?? $"call_{call.Index}", name, arguments is null ? null : new Dictionary<string, object?>(arguments))],
            ChatFinishReason.ToolCalls));
    }

    /// <summary>Creates an answer from a function of the test.</summary>
    /// <param name="respond">Creates the response for a call. It must return a new instance each time, because layers may change it.</param>
    /// <returns>The reply.</returns>
    public static ScriptedReply Respond(Func<ScriptedChatCall, ChatResponse> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        return new ScriptedReply(respond);
    }

    /// <summary>Creates a stream of exactly these updates. Without streaming they are combined to one response.</summary>
    /// <param name="updates">The updates; not changed.</param>
    /// <returns>The reply. <see cref="Configure"/>, and methods based on it such as <see cref="WithUsage(long, long)"/>, do not change the updates.</returns>
    public static ScriptedReply Stream(params ChatResponseUpdate[] updates)
    {
        ArgumentNullException.ThrowIfNull(updates);
        ChatResponseUpdate[] copy = [.. updates];
        return new ScriptedReply(_ => copy.ToChatResponse()) { _updates = copy };
    }

    /// <summary>Creates a failure before any content.</summary>
    /// <param name="exception">The exception to throw; not wrapped.</param>
    /// <returns>The reply.</returns>
    public static ScriptedReply Throw(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Text("").ThrowAfterUpdates(0, exception);
    }

    /// <summary>Sets the reported usage.</summary>
    /// <param name="inputTokens">Input tokens, zero or more.</param>
    /// <param name="outputTokens">Output tokens, zero or more.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply WithUsage(long inputTokens, long outputTokens) => WithUsage(new UsageDetails
    {
        InputTokenCount = inputTokens,
        OutputTokenCount = outputTokens,
        TotalTokenCount = inputTokens + outputTokens,
    });

    /// <summary>Sets the reported usage with all details.</summary>
    /// <param name="usage">The usage; each call reports a copy.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply WithUsage(UsageDetails usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        UsageDetails kept = Copy(usage);
        return Configure(response => response.Usage = Copy(kept));
    }

    /// <summary>Removes the reported usage.</summary>
    /// <returns>A new reply.</returns>
    public ScriptedReply WithoutUsage() => Configure(response => response.Usage = null);

    /// <summary>Sets the finish reason.</summary>
    /// <param name="finishReason">The reason; <see langword="null"/> for none.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply WithFinishReason(ChatFinishReason? finishReason) => Configure(response => response.FinishReason = finishReason);

    /// <summary>Sets the model id of the answer, like a provider that serves a dated or another model.</summary>
    /// <param name="modelId">The model id; <see langword="null"/> for none.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply WithModelId(string? modelId) => Configure(response => response.ModelId = modelId);

    /// <summary>Changes the response before it is returned or streamed.</summary>
    /// <param name="configure">Changes the response.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply Configure(Action<ChatResponse> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Action<ScriptedChatCall, ChatResponse> earlier = _configure;
        return With(reply => reply._configure = (call, response) =>
        {
            earlier(call, response);
            configure(response);
        });
    }

    /// <summary>Runs a hook before the call answers or fails.</summary>
    /// <param name="hook">Receives the call and its cancellation token. The call throws the exceptions of the hook.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply Before(Func<ScriptedChatCall, CancellationToken, ValueTask> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        Func<ScriptedChatCall, CancellationToken, ValueTask> earlier = _before;
        return With(reply => reply._before = async (call, cancellationToken) =>
        {
            await earlier(call, cancellationToken);
            await hook(call, cancellationToken);
        });
    }

    /// <summary>Waits for a task before the call answers or fails. The caller's token ends the wait.</summary>
    /// <param name="gate">The task to wait for.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply WaitFor(Task gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return Before((_, cancellationToken) => new ValueTask(gate.WaitAsync(cancellationToken)));
    }

    /// <summary>Waits for a duration before the call answers or fails. The caller's token ends the wait.</summary>
    /// <param name="delay">The duration.</param>
    /// <param name="timeProvider">The clock, in tests usually a fake one.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply After(TimeSpan delay, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        return Before((_, cancellationToken) => new ValueTask(Task.Delay(delay, timeProvider, cancellationToken)));
    }

    /// <summary>Never answers. Waits until the caller's token is cancelled.</summary>
    /// <returns>A new reply.</returns>
    public ScriptedReply NeverAnswers() =>
        Before((_, cancellationToken) => new ValueTask(Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken)));

    /// <summary>Runs a hook before each update of a stream.</summary>
    /// <param name="hook">Receives the call, the index of the update starting from 0, and the cancellation token. The stream throws the exceptions of the hook.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply BeforeEachUpdate(Func<ScriptedChatCall, int, CancellationToken, ValueTask> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        Func<ScriptedChatCall, int, CancellationToken, ValueTask> earlier = _beforeUpdate;
        return With(reply => reply._beforeUpdate = async (call, index, cancellationToken) =>
        {
            await earlier(call, index, cancellationToken);
            await hook(call, index, cancellationToken);
        });
    }

    /// <summary>Throws after some updates. A call without streaming throws instead of answering.</summary>
    /// <param name="updates">The number of updates to send first, zero or more. A shorter stream fails at its end.</param>
    /// <param name="exception">The exception to throw; not wrapped.</param>
    /// <returns>A new reply.</returns>
    public ScriptedReply ThrowAfterUpdates(int updates, Exception exception)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(updates);
        ArgumentNullException.ThrowIfNull(exception);
        return With(reply =>
        {
            reply._failure = exception;
            reply._failAfterUpdates = updates;
        });
    }

    internal async Task<ChatResponse> RunAsync(ScriptedChatCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _before(call, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return _failure is null ? MakeResponse(call) : throw _failure;
    }

    internal async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        ScriptedChatCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _before(call, cancellationToken);
        int sent = 0;
        if (_failure is null || _failAfterUpdates > 0)
        {
            foreach (ChatResponseUpdate update in _updates ?? Updates(MakeResponse(call)))
            {
                await _beforeUpdate(call, sent, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                call.CountUpdate();
                yield return update;
                if (++sent == _failAfterUpdates && _failure is not null)
                {
                    break;
                }
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_failure is not null)
        {
            throw _failure;
        }
    }

    private ChatResponse MakeResponse(ScriptedChatCall call)
    {
        ChatResponse response = _respond(call);
        _configure(call, response);
        return response;
    }

    private static ScriptedReply Contents(Func<IList<AIContent>> contents, ChatFinishReason finishReason) =>
        new(call => Response(call, contents(), finishReason));

    private static ChatResponse Response(ScriptedChatCall call, IList<AIContent> contents, ChatFinishReason finishReason)
    {
        var message = new ChatMessage(ChatRole.Assistant, contents) { MessageId = $"scripted-message-{call.Index}" };
        long input = call.Messages.Sum(m => WordCount.Of(m.Text));
        long output = contents.Sum(content => content is TextContent text ? WordCount.Of(text.Text) : 1);
        return new ChatResponse(message)
        {
            ResponseId = $"scripted-response-{call.Index}",
            ModelId = call.ModelId,
            FinishReason = finishReason,
            Usage = MadeUpUsage.Mark(new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output }),
        };
    }

    // In the order of real providers' streams: content, then finish reason, then usage.
    private static IEnumerable<ChatResponseUpdate> Updates(ChatResponse response)
    {
        foreach (ChatMessage message in response.Messages)
        {
            foreach (AIContent content in message.Contents)
            {
                IEnumerable<AIContent> pieces = content is TextContent text
                    ? WordCount.Pieces(text.Text).Select(piece => new TextContent(piece))
                    : [content];
                foreach (AIContent piece in pieces)
                {
                    yield return Update(response, message, [piece]);
                }
            }
        }

        ChatMessage? last = response.Messages.LastOrDefault();
        if (response.FinishReason is { } reason)
        {
            ChatResponseUpdate update = Update(response, last, []);
            update.FinishReason = reason;
            yield return update;
        }

        if (response.Usage is { } usage)
        {
            yield return Update(response, last, [new UsageContent(usage)]);
        }
    }

    private static ChatResponseUpdate Update(ChatResponse response, ChatMessage? message, IList<AIContent> contents) =>
        new(message?.Role ?? ChatRole.Assistant, contents)
        {
            ResponseId = response.ResponseId,
            MessageId = message?.MessageId,
            ModelId = response.ModelId,
            ConversationId = response.ConversationId,
            CreatedAt = response.CreatedAt,
            AdditionalProperties = response.AdditionalProperties?.Clone(),
            RawRepresentation = response.RawRepresentation,
        };

    private static UsageDetails Copy(UsageDetails usage)
    {
        var copy = new UsageDetails();
        copy.Add(usage);
        return copy;
    }

    private ScriptedReply With(Action<ScriptedReply> change)
    {
        var copy = (ScriptedReply)MemberwiseClone();
        change(copy);
        return copy;
    }
}
