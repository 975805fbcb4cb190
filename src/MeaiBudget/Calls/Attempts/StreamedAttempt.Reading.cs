using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <content>How the next update is read and kept.</content>
internal sealed partial class StreamedAttempt
{
    private ValueTask<bool> BeginRead()
    {
        try
        {
            return _source!.MoveNextAsync();
        }
#pragma warning disable CA1031 // Not swallowed: it is handed on as the failure of the read.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return ValueTask.FromException<bool>(exception);
        }
    }

    private async ValueTask<bool> EndReadAsync(ValueTask<bool> moving)
    {
        bool more;
        try
        {
            more = moving.IsCompleted ? await moving : await PatientlyAsync(moving);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && _hasContent && _attempt.Sends is { Wire.Refusal: null })
        {
            if (await EndOfAnswerAsync(_attempt.Sends) is not { } end)
            {
                throw;
            }

            // The answer came to its end and only the SDK cannot say so: it ends here as the provider said.
            _sourceEnded = true;
            Keep(end);
            return true;
        }

        if (!more)
        {
            _sourceEnded = true;
            return false;
        }

        Keep(_source!.Current);
        return true;
    }

    /// <summary>The last update of an answer of which the caller has all the text; null if something is missing.</summary>
    private async ValueTask<ChatResponseUpdate?> EndOfAnswerAsync(AttemptSends sends)
    {
        if (sends.Final is { Billing: WireBilling.Answered, IsLeft: true } left)
        {
            await left.DrainAsync(cancellationToken: _run.CallerToken);
        }

        return sends.CameToItsEnd(_received.Bytes(), out ChatFinishReason? reason)
            ? new ChatResponseUpdate { Role = ChatRole.Assistant, ModelId = _modelId, FinishReason = reason, Contents = ContentsOfEnd() }
            : null;
    }

    /// <summary>The usage on the wire, unless the client passed one on.</summary>
    private List<AIContent> ContentsOfEnd() => Reported is null && _attempt.Sends?.Answer?.Usage is { } usage
        ?
        [
            new UsageContent(new UsageDetails
            {
                InputTokenCount = usage.InputTokens,
                OutputTokenCount = usage.OutputTokens,
                TotalTokenCount = SaturatingMath.Add(usage.InputTokens, usage.OutputTokens),
                CachedInputTokenCount = usage.CachedInputTokens,
                ReasoningTokenCount = usage.ReasoningTokens,
            }),
        ]
        : [];

    /// <summary>Does not wait for a stream that ignores its token.</summary>
    private async Task<bool> PatientlyAsync(ValueTask<bool> moving)
    {
        Task<bool> move = moving.AsTask();
        TimeSpan? silence = _hasContent ? _run.Policy?.UpdateTimeout : null;
        if (silence is not null)
        {
            _attempt.ExpectWithin(silence);
        }

        try
        {
            bool more = await move.WaitAsync(_attempt.Token);
            if (silence is not null)
            {
                // What the caller does with an update is not the provider's silence.
                _attempt.ExpectWithin(null);
            }

            return more;
        }
        catch (OperationCanceledException) when (!move.IsCompleted)
        {
            _abandonSource = true;
            IAsyncEnumerator<ChatResponseUpdate> source = _source!;
            _ = move.ContinueWith(_ => source.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    private void Keep(ChatResponseUpdate update)
    {
        Current = update;
        if (_hasContent && _received.TryAddText(update, out string? text))
        {
            (_continuationToken, _isUsageBehind) = (null, true);
            _receivedAtMost += _isMetered ? Encoding.UTF8.GetByteCount(text) : 0;
            LookAhead();
            return;
        }

        _received.Add(update);
        _modelId ??= update.ModelId;
        _responseId ??= update.ResponseId;
        _conversationId = update.ConversationId ?? _conversationId;
        _continuationToken = update.ContinuationToken;
        _hasFinishReason |= update.FinishReason is not null;
        bool hadContent = _hasContent;
        IList<AIContent> contents = update.Contents;
        for (int i = 0; i < contents.Count; i++)
        {
            if (contents[i] is UsageContent usage)
            {
                if (AnswerUsage.Read(usage.Details, usage.RawRepresentation ?? update.RawRepresentation, _run.Route) is { } report)
                {
                    _reports.Take(report);
                }

                _isUsageBehind = false;
            }
            else if (!IsEmpty(contents[i]))
            {
                _hasContent = _isUsageBehind = true;
            }
        }

        if (_hasContent && !hadContent)
        {
            _attempt.ContentBegan(_run.Clock.GetElapsedTime(_opened));
            _attempt.Steps?.Begin();
        }

        if (_hasContent && _isMetered)
        {
            _receivedAtMost += OutputMeter.UpperBound(_run, contents);
        }

        LookAhead();
    }

    /// <summary>Reserves more output before what is reserved is used up.</summary>
    private void LookAhead()
    {
        if (_attempt.Steps is { } steps && _hasContent && _receivedAtMost >= steps.NextLook)
        {
            _receivedAtMost = ReceivedTokens();
            steps.Look(_receivedAtMost);
        }
    }

    /// <summary>Providers open streams with a text of nothing, which shows nobody anything.</summary>
    private static bool IsEmpty(AIContent content) => content
        is TextContent { Text: "" } or TextReasoningContent { Text: "", ProtectedData: null };
}
