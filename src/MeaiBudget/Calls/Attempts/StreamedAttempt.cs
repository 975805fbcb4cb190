using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// One attempt that streams. Updates without content are held back until the first content, so that a failure before it can
/// still move on unseen; after it, a failure ends the stream with what was received.
/// </summary>
internal sealed partial class StreamedAttempt : IReceivedOutput, IAsyncDisposable
{
    /// <summary>Updates without content that are held back at most; a provider that sends more is shown as it is.</summary>
    private const int MaxHeldBack = 32;

    private readonly CandidateRun _run;
    private readonly Attempt _attempt;
    private IAsyncEnumerator<ChatResponseUpdate>? _source;

    // Null if no read had to be waited for.
    private AbandonableRead? _read;
    private readonly ReceivedUpdates _received = new();

    // Those that came before the first content, until they are shown.
    private readonly Queue<ChatResponseUpdate> _heldBack = new();
    private long _opened;
    private bool _sourceEnded;
    private bool _finished;
    private bool _isDisposed;
    private bool _abandonSource;
    private StreamedUsage _reports;
    private long _receivedAtMost;
    private string? _modelId;
    private string? _responseId;
    private string? _conversationId;
    private ResponseContinuationToken? _continuationToken;
    private bool _hasFinishReason;
    private bool _hasContent;
    private bool _isUsageBehind;
    private bool _isMetered;
    private long _surelyWithin = long.MaxValue;

    public StreamedAttempt(CandidateRun run)
    {
        _run = run;
        _attempt = new Attempt(run);
        _reports = new StreamedUsage(isSum: run.Route.Normalizer is not null);
    }

    public ChatResponseUpdate Current { get; private set; } = null!;

    /// <summary>The attempt that the stream belongs to.</summary>
    public Attempt Attempt => _attempt;

    /// <summary>True once the request was passed to the provider's client.</summary>
    public bool WasSent => _attempt.WasSent;

    /// <summary>Sends, and reads up to the first content.</summary>
    public async ValueTask OpenAsync()
    {
        ChatOptions? admitted = await _attempt.AdmitAsync();
        _isMetered = _attempt.OutputLimit is not null || _attempt.Steps is not null;

        // What was admitted as a whole stays reserved, so that only a stream beyond it needs a closer look.
        _surelyWithin = _attempt.Steps is not null ? -1 : _attempt.OutputLimit ?? long.MaxValue;
        _attempt.ExpectWithin(_run.Policy?.FirstContentTimeout);
        _opened = _run.Clock.GetTimestamp();
        _source = _run.Client.GetStreamingResponseAsync(_run.Messages, admitted, _attempt.Token).GetAsyncEnumerator(_attempt.Token);
        while (!_hasContent && _received.Count < MaxHeldBack)
        {
            if (!EndRead(await WaitAsync(BeginRead())))
            {
                break;
            }

            _heldBack.Enqueue(Current);

            if (IsInBackground)
            {
                // From here on a failure must not start a second answer: the caller resumes this one.
                await _attempt.LinkAsync(_responseId!, _conversationId);
                break;
            }
        }

        if (_sourceEnded && IsTruncated && !_hasContent && !IsInBackground)
        {
            throw new TruncatedStreamException(_run.Route.Name);
        }

        _attempt.IsWaiting = false;
    }

    /// <summary>
    /// Goes on without an asynchronous method of its own where the next update is there already. Ends the attempt at the last update and at a failure.
    /// </summary>
    public ValueTask<bool> MoveNextAsync()
    {
        _attempt.WasRead = true;
        if (_heldBack.TryDequeue(out ChatResponseUpdate? held))
        {
            Current = held;
            return new(true);
        }

        if (_finished || _isDisposed)
        {
            return EndAsync();
        }

        if (_sourceEnded || IsOverLimit)
        {
            return CloseAsync();
        }

        ValueTask<bool> moving = BeginRead();
        if (!moving.IsCompletedSuccessfully)
        {
            return GoOnAsync(moving);
        }

        if (!moving.Result)
        {
            _sourceEnded = true;
            return CloseAsync();
        }

        Keep(_source!.Current);
        return new(true);
    }

    public void ThrowIfCancelled(Exception exception, ChatFailure failure) => _attempt.ThrowIfCancelled(exception, failure);

    public ValueTask FailedAsync(ChatFailure failure)
    {
        _finished = true;
        if (IsInBackground && _attempt.Sends?.Answer is not { IsComplete: true })
        {
            return _attempt.KeptAsync(_responseId!, _conversationId, _modelId, failure);
        }

        BillableUsage? usage = UsageSoFar(out long received);
        _attempt.ShownBytes = _received.Bytes();
        return _attempt.FailedAsync(failure, usage, received, _modelId);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            if (!_finished)
            {
                // The caller left before the end: the provider may go on and bill what it made.
                ChatFailure left = new(ChatFailureKind.Cancelled, _received.Count > 0 ? ChatFailurePhase.MidStream : ChatFailurePhase.Ambiguous);
                await FailedAsync(left);
            }
        }
        finally
        {
            _read?.Dispose();
            _attempt.Dispose();
            _received.Clear();
            _heldBack.Clear();
            if (_source is not null && !_abandonSource && _read is not { IsAbandoned: true })
            {
                await _source.DisposeAsync();
            }
        }
    }

    /// <summary>A known SDK always says when an answer is complete; one that does not swallowed an error.</summary>
    private bool IsTruncated => _run.Route.Classifier is not null && _run.Route.ReportsStreamEnd && !_hasFinishReason && Reported is null
        && _attempt.Sends?.Final is not { Answer: { IsComplete: true, Error: null, SaysNothing: false } };

    /// <summary>
    /// What came is counted only when its bytes could be too many tokens, and again only after as many bytes as tokens were
    /// left, which is seldom enough to stay near linear.
    /// </summary>
    private bool IsOverLimit
    {
        get
        {
            if (_receivedAtMost <= _surelyWithin || _attempt.OutputLimit is not { } limit || _receivedAtMost <= limit + OutputGrace(limit))
            {
                return false;
            }

            _receivedAtMost = _attempt.Steps is null ? _received.TokensAtMost(_run, LimitWithGrace(limit)) : ReceivedTokens();
            return _receivedAtMost > limit + OutputGrace(limit) && _attempt.Steps?.GoesOn(_receivedAtMost, LimitWithGrace) != true;
        }
    }

    /// <summary>True if the provider goes on making the answer when the stream ends: the latest update can be continued from.</summary>
    private bool IsInBackground => _continuationToken is not null && !string.IsNullOrEmpty(_responseId);

    /// <summary>What the client reported so far.</summary>
    private BillableUsage? Reported => _reports.Value;

    long IReceivedOutput.ShownBytes() => _received.Bytes();

    long IReceivedOutput.Tokens() => ReceivedTokens();

    /// <summary>The output tokens that came, with those that the SDK did not pass on.</summary>
    private long ReceivedTokens() => _received.Tokens(_run) + (_attempt.Sends?.HiddenTokens(_received.Bytes()) ?? 0);

    /// <summary>What a stream that did not come to its end has used: the output of a usage that was told before the last content is a placeholder.</summary>
    private BillableUsage? UsageSoFar(out long received)
    {
        BillableUsage? reported = Reported;
        received = reported is null || _isUsageBehind ? ReceivedTokens() : 0;
        return reported is { } told && told.OutputTokens < received ? told with { IsEstimated = true } : reported;
    }

    private BillableUsage UsageAtCut() => UsageSoFar(out long received) switch
    {
        null => _attempt.EstimatedUsage(received),
        { IsEstimated: true } behind => behind with { OutputTokens = received },
        { } told => told,
    };

    private static long OutputGrace(long limit) => 16 + (limit / 50);

    private static long LimitWithGrace(long limit) => limit + OutputGrace(limit);

    /// <summary>Waits for the next update.</summary>
    /// <remarks>One asynchronous method for all that a waiting update needs, without an allocation: most updates of real streams have to be waited for.</remarks>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> GoOnAsync(ValueTask<bool> reading)
    {
        bool more = false;
        _attempt.IsWaiting = true;
        try
        {
            try
            {
                more = EndRead(await WaitAsync(reading));
            }
            catch (Exception exception)
            {
                if (!MayHaveEnded(exception) || !await TryEndAsync())
                {
                    await FailAsync(exception);
                    throw;
                }

                more = true;
            }

            _attempt.IsWaiting = false;
            more = more || await FinishAsync();
        }
        finally
        {
            if (!more)
            {
                await DisposeAsync();
            }
        }

        return more;
    }

    /// <summary>Ends a stream that failed.</summary>
    /// <exception cref="ChatStreamInterruptedException">The failure is no cancellation.</exception>
    private async ValueTask FailAsync(Exception exception)
    {
        ChatFailure failure = await AttemptRunner.ClassifyAsync(exception, _run, _attempt, contentShown: true);
        await FailedAsync(failure);
        if (failure.Kind != ChatFailureKind.Cancelled)
        {
            throw Interrupted(failure, exception);
        }

        ThrowIfCancelled(exception, failure);
    }

    private async ValueTask<bool> CloseAsync()
    {
        bool more = false;
        try
        {
            more = await FinishAsync();
        }
        finally
        {
            if (!more)
            {
                await DisposeAsync();
            }
        }

        return more;
    }

    private async ValueTask<bool> EndAsync()
    {
        await DisposeAsync();
        return false;
    }

    private async ValueTask<bool> FinishAsync()
    {
        _finished = true;
        bool isCut = !_sourceEnded;
        if (!isCut && IsTruncated)
        {
            var failure = new ChatFailure(ChatFailureKind.Truncated, ChatFailurePhase.MidStream);
            await FailedAsync(failure);
            throw Interrupted(failure, null);
        }

        if (isCut)
        {
            _run.Record.FinishReason = MeaiBudgetFinishReasons.BudgetReached.Value;
        }

        if (isCut && IsInBackground)
        {
            // The provider goes on, up to the bound that it was told.
            await _attempt.KeptAsync(_responseId!, _conversationId, _modelId, new ChatFailure(ChatFailureKind.Truncated, ChatFailurePhase.MidStream));
            Current = new ChatResponseUpdate { Role = ChatRole.Assistant, ModelId = _modelId, FinishReason = MeaiBudgetFinishReasons.BudgetReached, ContinuationToken = _continuationToken };
            return true;
        }

        await _attempt.FindBillAsync(_responseId);
        bool isReported = false;
        BillableUsage usage = isCut ? UsageAtCut() : _attempt.UsageOf(Reported, this, out isReported);
        _attempt.LearnLength(usage, this);
        if (isCut && _attempt.Steps is not null)
        {
            await LeaveSourceAsync();
        }

        await _attempt.AnsweredAsync(usage, isCut ? null : Reported, _modelId, isTruncated: isCut);
        if (!isCut)
        {
            await _run.RememberAsync(_conversationId, _responseId, _attempt.TokensOfConversation(usage));
        }

        // The SDK may have ended the stream without saying why the provider ended the answer.
        ChatFinishReason? reason = null;
        bool isUnsaid = !isCut && !_hasFinishReason && _attempt.Sends is { } sends && sends.CameToItsEnd(long.MaxValue, out reason) && reason is not null;
        if (isCut || (!isReported && _run.Frame.Path.FillsUsage))
        {
            Current = new ChatResponseUpdate
            {
                Role = ChatRole.Assistant,
                ModelId = _modelId,
                FinishReason = isCut ? MeaiBudgetFinishReasons.BudgetReached : isUnsaid ? reason : null,
                Contents = [new UsageContent(AnswerUsage.Estimated(usage))],
            };
            return true;
        }

        if (isUnsaid)
        {
            Current = new ChatResponseUpdate
            {
                Role = ChatRole.Assistant,
                ModelId = _modelId,
                FinishReason = reason,
                Contents = ContentsOfEnd(),
            };
            return true;
        }

        return false;
    }

    /// <summary>Ends the request of a stream that is cut below the maximum that the provider was told, so that it does not go on.</summary>
    private async ValueTask LeaveSourceAsync()
    {
        _attempt.Sends?.Close();
        _abandonSource = true;
        try
        {
            await _source!.DisposeAsync();
        }
#pragma warning disable CA1031 // What has arrived must be settled, whatever the client does.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The answer is not read any further.
        }
    }

    private ChatStreamInterruptedException Interrupted(ChatFailure failure, Exception? exception)
    {
        var interrupted = new ChatStreamInterruptedException(
            _run.Route.Name, failure, _received.ToResponse(), exception);
        ChatFailures.Attach(interrupted, failure);
        return interrupted;
    }
}
