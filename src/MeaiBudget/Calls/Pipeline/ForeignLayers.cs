using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Sends a frame through layers that do not belong to this library, to the next MeaiBudget layer below them.</summary>
internal static class ForeignLayers
{
    private static readonly OnceFlags SlippedPast = new();

    public static async ValueTask<ChatResponse> CallAsync(
        CallFrame frame,
        IChatClient client,
        CallLayerChatClient next,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellationToken)
    {
        frame.SentTo(next).Flow();
        ChatResponse response = await client.GetResponseAsync(messages, options, cancellationToken);
        if (CallReceipts.RecordOf(response) is { } record)
        {
            await ChargeIfAnothersAsync(frame, record, options);
        }

        return response;
    }

    public static async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        CallFrame frame,
        IChatClient client,
        CallLayerChatClient next,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        FlowingFrame sent = frame.SentTo(next);
        sent.Flow();
        CallRecord? another = null;
        IAsyncEnumerator<ChatResponseUpdate> updates =
            client.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                // Each resumption runs in the caller's flow, which does not have the frame.
                sent.Flow();
                if (!await updates.MoveNextAsync())
                {
                    break;
                }

                another ??= CallReceipts.RecordOf(updates.Current);
                yield return updates.Current;
            }
        }
        finally
        {
            sent.Flow();
            await updates.DisposeAsync();
            if (another is not null)
            {
                await ChargeIfAnothersAsync(frame, another, options);
            }
        }
    }

    /// <summary>
    /// Charges the gates above for a call that did not pass them. This happens if a layer between two MeaiBudget layers suppresses the
    /// flow of the execution context: the layers below it then open a separate call.
    /// </summary>
    private static async ValueTask ChargeIfAnothersAsync(CallFrame frame, CallRecord record, ChatOptions? options)
    {
        if (ReferenceEquals(record, frame.Record) || record.StartedAt < frame.Record.StartedAt || record.Receipt is not { } receipt)
        {
            return;
        }

        if (SlippedPast.First(0))
        {
            CallLog.SlippedPast(frame.Record.Logger);
        }

        foreach (AttemptReceipt attempt in receipt.Attempts)
        {
            if (attempt.Outcome is not (AttemptOutcome.Answered or AttemptOutcome.Failed or AttemptOutcome.Cancelled)
                || attempt.Usage == default)
            {
                continue;
            }

            var request = new SpendRequest
            {
                CallId = frame.Record.CallId,
                Attempt = frame.Record.NextAttempt(),
                ModelId = attempt.ModelId ?? "",
                RequestedModelId = frame.Record.RequestedModelId,
                Provider = attempt.Provider,
                Route = attempt.Route,
                Tags = CallTags.Of(options),
                Estimate = new TokenEstimate(attempt.Usage.InputTokens, attempt.Usage.InputTokens, TokenEstimateSource.Exact),
                OutputTokens = attempt.Usage.OutputTokens,
            };
            var settlement = new SpendSettlement
            {
                Usage = attempt.Usage,
                ResponseModelId = attempt.ResponseModelId,
                IsUnconfirmed = attempt.IsUnconfirmed,
                Outcome = attempt.Outcome,
            };
            foreach (ISpendGate gate in frame.Path.Gates)
            {
                await gate.SpendAsync(request, settlement);
            }
        }
    }
}
