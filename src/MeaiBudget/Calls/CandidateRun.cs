using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One candidate's turn within one pass of a call: what its attempts have in common. Not thread-safe; one flow uses it.</summary>
internal sealed class CandidateRun
{
    private ITokenCounter? _outputCounter;
    private static readonly TimeSpan DefaultAttemptTimeout = TimeSpan.FromMinutes(15);

    private TokenEstimate? _estimate;
    private TimeSpan _delay;
    private int _retries;
    private bool _wasSent;
    private ExceptionDispatchInfo? _failed;

    public CandidateRun(
        CallFrame frame, IChatClient client, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool isStreaming, CancellationToken callerToken)
    {
        Frame = frame;
        Client = client;
        Messages = messages;
        Options = options;
        IsStreaming = isStreaming;
        CallerToken = callerToken;
        Route = frame.Route ?? UntaggedRoute(client, options);
        string? requested = options?.ModelId ?? Route.ModelId;
        ModelId = Route.Provider?.ResolveModelId(requested) ?? requested ?? Route.Metadata?.DefaultModelId;
        Target = new TokenEstimationTarget(ModelId, Route.Metadata, client);
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

    public CancellationToken CallerToken { get; }

    public string? ModelId { get; }

    /// <summary>The model as metrics may name it.</summary>
    public string? WrittenModelId => field ??= WrittenText.Of(ModelId);

    public TokenEstimationTarget Target { get; }

    public IAttemptRetryPolicy? Policy => Frame.RetryPolicy;

    public AdmissionPolicy Admission => Frame.Admission ?? AdmissionPolicy.Default;

    /// <summary>How long was waited before the attempt that comes next.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>What is left of the total time now; null without a deadline.</summary>
    public TimeSpan? TimeLeft => Frame.TotalTimeout is { } total ? total - Clock.GetElapsedTime(Frame.PassStarted) : null;

    /// <summary>How long the next attempt may take.</summary>
    public TimeSpan AttemptTimeout
    {
        get
        {
            TimeSpan timeout = Policy?.AttemptTimeout ?? DefaultAttemptTimeout;
            return TimeLeft is { } left && left < timeout ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : timeout;
        }
    }

    /// <summary>A client that no fallback knows has no tags that anybody could check.</summary>
    private static AttemptRoute UntaggedRoute(IChatClient client, ChatOptions? options) =>
        options is CallChatOptions { RequiredTags: { Count: > 0 } tags }
            ? throw new InvalidOperationException(
                $"The request requires the tag '{tags[0]}', and nothing in this pipeline knows the tags of its client. Add UseFallback, and state the client's tags in FallbackOptions.PrimaryTags.")
            : AttemptRoute.Of(client);

    /// <summary>The estimate of the request, made once for all attempts of the candidate.</summary>
    public async ValueTask<TokenEstimate> EstimateAsync()
    {
        if (_estimate is not null)
        {
            return _estimate;
        }

        ITokenEstimator estimator = Frame.Estimators.IsEmpty
            ? Client.GetService<ITokenEstimator>() ?? TokenEstimator.Shared
            : Frame.Estimators[^1];
        return _estimate = await estimator.EstimateAsync(Messages, Options, Target, CallerToken);
    }

    /// <summary>Told when an attempt is sent: only what was sent entitles to retries.</summary>
    public void Sent()
    {
        if (!_wasSent)
        {
            _wasSent = true;
            Policy?.OnFirstAttempt();
        }
    }

    /// <summary>Counts what a stream brings while it runs.</summary>
    public ITokenCounter OutputCounter => _outputCounter ??= TokenCounters.ForModel(ModelId ?? "");

    /// <summary>The estimate if one was made.</summary>
    public TokenEstimate? Estimate => _estimate;

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

        if (Policy is not { } policy
            || policy.NextDelay(failure, _retries + 1, _delay) is not { } delay
            || delay >= TimeLeft
            || Route.Circuit.RestsAt(Clock.GetUtcNow() + delay)
            || !policy.TryRetry())
        {
            return false;
        }

        _retries++;
        _delay = delay;
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
}
