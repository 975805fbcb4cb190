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

    /// <summary>Waits for a read, but not for a stream that ignores its token. <see cref="EndRead"/> must follow.</summary>
    private ValueTask<bool> WaitAsync(ValueTask<bool> reading)
    {
        if (reading.IsCompleted)
        {
            return reading;
        }

        if (_hasContent && _run.Policy?.UpdateTimeout is { } silence)
        {
            _attempt.ExpectWithin(silence);
        }

        _read ??= new AbandonableRead(_source!, _attempt.Token);
        return _read.WaitAsync(reading);
    }

    /// <summary>Takes what a read brought.</summary>
    /// <param name="more">False at the end of the stream.</param>
    private bool EndRead(bool more)
    {
        if (_hasContent)
        {
            // What the caller does with an update is not the provider's silence.
            _attempt.ExpectWithin(null);
        }

        if (more)
        {
            Keep(_source!.Current);
        }
        else
        {
            _sourceEnded = true;
        }

        return more;
    }

    /// <summary>True if a failed read may be that of an SDK that cannot say how the answer ended.</summary>
    private bool MayHaveEnded(Exception exception) => exception is not OperationCanceledException && _hasContent && _attempt.Sends is { Wire.Refusal: null };

    /// <summary>Ends the stream as the provider did, if the caller has all of the answer.</summary>
    private async ValueTask<bool> TryEndAsync()
    {
        if (await EndOfAnswerAsync(_attempt.Sends!) is not { } end)
        {
            return false;
        }

        _sourceEnded = true;
        Keep(end);
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
