using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One candidate's turn within one pass of a call: what its attempts have in common. Not thread-safe; one flow uses it.</summary>
internal sealed class CandidateRun
{
    private static readonly TimeSpan DefaultAttemptTimeout = TimeSpan.FromMinutes(15);

    private readonly RouteModel _model;
    private ITokenCounter? _outputCounter;
    private WireRequest? _rawRequest;
    private volatile History? _history;
    private int _retries;
    private bool _wasSent;
    private ExceptionDispatchInfo? _failed;

    public CandidateRun(
        CallFrame frame, IChatClient client, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool isStreaming, CancellationToken callerToken)
    {
        Frame = frame;
        Client = client;
        Messages = messages;
        Options = OfferedTools(options, client);
        IsStreaming = isStreaming;
        IsPoll = options?.ContinuationToken is not null && ContinuedResponse.IsPoll(messages, options);
        CallerToken = callerToken;
        Route = frame.Path.Route ?? UntaggedRoute(client, options, frame.Path.Circuit);
        string? requested = options?.ModelId ?? Route.ModelId;
        _model = Route.ModelFor(Route.KnownModelOf(Route.Provider?.ResolveModelId(requested) ?? requested ?? Route.Metadata?.DefaultModelId), client);
    }

    public CallFrame Frame { get; }

    /// <summary>What attempts are traced below.</summary>
    public Activity? ParentActivity { get; } = Activity.Current;

    public CallRecord Record => Frame.Record;

    public TimeProvider Clock => Frame.Record.Clock;

    public IChatClient Client { get; }

    public AttemptRoute Route { get; }

    public IReadOnlyList<ChatMessage> Messages { get; }

    public ChatOptions? Options { get; }

    public bool IsStreaming { get; }

    /// <summary>True if the request only fetches an answer that the provider is making already.</summary>
    public bool IsPoll { get; }

    public CancellationToken CallerToken { get; }

    public string? ModelId => _model.Id;

    /// <summary>The model as metrics may name it.</summary>
    public string? WrittenModelId => _model.WrittenId;

    public TokenEstimationTarget Target => _model.Target;

    public IAttemptRetryPolicy? Policy => Frame.Path.RetryPolicy;

    public ReservationOptions Admission => Frame.Path.Admission ?? ReservationOptions.Default;

    /// <summary>How long was waited before the latest attempt; nothing before the first.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>What is left of the total time now; null without a deadline.</summary>
    public TimeSpan? TimeLeft => Frame.TimeLeft;

    /// <summary>How long the next attempt may take.</summary>
    public TimeSpan AttemptTimeout
    {
        get
        {
            TimeSpan timeout = Policy?.AttemptTimeout ?? Admission.AttemptTimeout ?? DefaultAttemptTimeout;
            return TimeLeft is { } left && left < timeout ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : timeout;
        }
    }

    /// <summary>A client that no fallback knows has no tags that anybody could check.</summary>
    private static AttemptRoute UntaggedRoute(IChatClient client, ChatOptions? options, CircuitOptions? circuit) =>
        options is CallChatOptions { RequiredTags: { Count: > 0 } tags }
            ? throw new InvalidOperationException(
                $"The request requires the tag '{tags[0]}', and nothing in this pipeline knows the tags of its client. Add UseFallback, and state the client's tags in FallbackOptions.PrimaryTags.")
            : AttemptRoute.Of(client, circuit);

    /// <summary>The estimate of the request, made once for all attempts of the candidate.</summary>
    public ValueTask<TokenEstimate> EstimateAsync()
    {
        if (Estimate is { } known)
        {
            return new(known);
        }

        ValueTask<TokenEstimate> estimating = Frame.Path.EstimatorFor(Client).EstimateAsync(Messages, Options, Target, CallerToken);
        if (!estimating.IsCompletedSuccessfully)
        {
            return KeepAsync(estimating);
        }

        TokenEstimate own = estimating.Result;
        return ContinuesConversation(own) ? KeepAsync(new ValueTask<TokenEstimate>(own)) : new(Estimate = OwnEstimate = own);
    }

    /// <summary>Returns the stored conversation that ends with a response; null if it is not known, or by another model's tokens.</summary>
    public async ValueTask<RememberedConversation?> HistoryAsync(string? responseId, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(responseId))
        {
            return null;
        }

        History? history = _history;
        if (!string.Equals(history?.ResponseId, responseId, StringComparison.Ordinal))
        {
            _history = history = new History(responseId, await Record.Setup.Conversations.FindAsync(Route.Metadata, responseId, cancellationToken));
        }

        return history!.Conversation is { } known && known.Bounds(ModelId) ? known : null;
    }

    /// <summary>Remembers the conversation that an answer ends, if the provider stores it.</summary>
    /// <param name="conversationId">The id by which the client continues the conversation; null if it is not stored.</param>
    /// <param name="responseId">The answer's id. If the conversation has another id, it may change later and is not remembered by it.</param>
    /// <param name="tokens">The tokens of request and answer; null if they have no bound.</param>
    public ValueTask RememberAsync(string? conversationId, string? responseId, long? tokens) =>
        conversationId is null || responseId is null || tokens is null
            ? ValueTask.CompletedTask
            : Record.Setup.Conversations.RememberAsync(
                Route.Metadata, responseId, new RememberedConversation(tokens.Value, ModelId, Route.Name, _history?.Conversation is { HasMedia: true } || HasMedia(Messages)));

    /// <summary>True if the caller's own raw request may say something else than the options.</summary>
    public bool IsRaw => Options?.RawRepresentationFactory is not null;

    /// <summary>Reads the raw request from the body that the client would send. It is read once for all attempts of the candidate.</summary>
    /// <returns>
    /// The request; null if a cache answers instead. It is unseen if the client is not certain to have this library's HTTP handler, so that it
    /// cannot be read without being sent, or if its body cannot be read; then the advice says why.
    /// </returns>
    public async ValueTask<(WireRequest? Asked, bool IsUnseen, string? Advice)> ReadRawRequestAsync(CancellationToken cancellationToken)
    {
        if (_rawRequest is null && Route.IsCertainToSeeWire)
        {
            _rawRequest = await RequestProbe.ReadAsync(this, cancellationToken);
            if (_rawRequest is null)
            {
                AnsweredWithoutRequest();
                return (null, Route.MissesWire, null);
            }
        }

        return _rawRequest is { IsReadable: false, Advice: var advice } ? (null, true, advice) : (_rawRequest, _rawRequest is null, null);
    }

    /// <summary>Called if an answer came without a request that the HTTP handler saw. Logs a warning if the client should have the handler and has no cache.</summary>
    public void AnsweredWithoutRequest()
    {
        if (Route.IsCertainToSeeWire && Client.GetService<CachingChatClient>() is null)
        {
            Route.MissesWire = true;
            CallLog.UnseenRequest(Record.Logger, Route.Name, SdkAdvice.ChatWire(Route.Metadata?.ProviderName));
        }
    }

    /// <summary>Told when an attempt is sent: only what was sent entitles to retries.</summary>
    public void Sent()
    {
        if (!_wasSent)
        {
            _wasSent = true;
            Policy?.OnFirstAttempt(Route.Name);
        }
    }

    /// <summary>Counts what a stream brings while it runs.</summary>
    public ITokenCounter OutputCounter => _outputCounter ??= TokenCounters.ForModel(ModelId ?? "");

    /// <summary>The estimate if one was made, with the stored conversation that the request continues.</summary>
    public TokenEstimate? Estimate { get; private set; }

    /// <summary>The estimate of messages and options alone, if one was made.</summary>
    public TokenEstimate? OwnEstimate { get; private set; }

    /// <summary>
    /// Decides on another attempt after a failure, and waits for its time. False: give up on this candidate. A retry that was not
    /// let through, by a budget or the circuit, was not made: then what failed before it is thrown.
    /// </summary>
    public async ValueTask<bool> RetryAsync(Exception exception, ChatFailure failure, bool wasSent)
    {
        if (CallerToken.IsCancellationRequested)
        {
            return false;
        }

        if (!wasSent)
        {
            _failed?.Throw();
            return false;
        }

        if (Policy is not { } policy)
        {
            return false;
        }

        TimeSpan? next = policy.NextDelay(failure, _retries + 1, Waited);
        if (WhyNoRetry(policy, failure, next) is { } why)
        {
            Record.NotRetried(why);
            return false;
        }

        if (next is not { } delay)
        {
            return false;
        }

        _retries++;
        _failed = ExceptionDispatchInfo.Capture(exception);
        MeaiBudgetDiagnostics.RecordRetry(Route.Name, failure.Kind);
        Record.Retrying(delay);
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, Clock, CallerToken);
        }

        Waited = delay;
        return true;
    }

    /// <summary>Says why no retry is made after a delay; null if it is made, or if no retry could mend the failure. Takes a retry from the budget.</summary>
    private string? WhyNoRetry(IAttemptRetryPolicy policy, ChatFailure failure, TimeSpan? delay) =>
        delay is null ? policy.WhyNoRetry(failure, _retries + 1)
        : delay >= TimeLeft ? string.Create(CultureInfo.InvariantCulture, $"the total timeout leaves no time for a delay of {delay.Value.TotalSeconds:0.###} s")
        : Route.Circuit.RestsAt(Clock.GetUtcNow() + delay.Value) ? "the route's circuit is open"
        : policy.TryRetry(Route.Name) ? null
        : "the route's retry budget is used up (MaxRetryRatio, MinRetriesPerMinute)";

    /// <summary>Leaves the tools out of a request that must not call any, where the protocol cannot say so: Ollama has no tool choice.</summary>
    private static ChatOptions? OfferedTools(ChatOptions? options, IChatClient client)
    {
        if (options is not { ToolMode: NoneChatToolMode, Tools.Count: > 0 }
            || (client.GetService(typeof(ChatApi)) is not ChatApi.Ollama && client.GetService<ChatClientMetadata>()?.ProviderName != "ollama"))
        {
            return options;
        }

        ChatOptions without = options.Clone();
        without.Tools = null;
        return without;
    }

    private bool ContinuesConversation(TokenEstimate estimate) =>
        (estimate.Flags & TokenEstimateFlags.ServerSideHistory) != 0 && Options is { ConversationId.Length: > 0, ContinuationToken: null };

    private static bool HasMedia(IReadOnlyList<ChatMessage> messages) =>
        messages.Any(message => message.Contents.Any(content => content is DataContent or UriContent or HostedFileContent));

    private async ValueTask<TokenEstimate> KeepAsync(ValueTask<TokenEstimate> estimating)
    {
        TokenEstimate own = OwnEstimate = await estimating;
        RememberedConversation? history = ContinuesConversation(own) ? await HistoryAsync(Options!.ConversationId, CallerToken) : null;
        return Estimate = history?.AddTo(own) ?? own;
    }

    /// <summary>A stored conversation that was looked up. One object, since a hedging handler looks it up in parallel.</summary>
    private sealed record History(string ResponseId, RememberedConversation? Conversation);
}
