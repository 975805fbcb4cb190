using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Runs the attempts of one candidate: the only place that calls a provider's client.</summary>
internal static class AttemptRunner
{
    public static ValueTask<ChatResponse> RunAsync(
        CallFrame frame, IChatClient client, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        RunAsync(new CandidateRun(frame, client, messages, options, isStreaming: false, cancellationToken));

    // What waits for the provider keeps its variables in memory until the answer: the run has all of them.
    private static async ValueTask<ChatResponse> RunAsync(CandidateRun run)
    {
        FlowingFrame.Flow(run.Record);
        while (true)
        {
            using var attempt = new Attempt(run);
            try
            {
                ChatOptions? admitted = await attempt.AdmitAsync();
                WireAttempt.Current = attempt.Sends?.Wire;
                Task<ChatResponse> call = run.Client.GetResponseAsync(run.Messages, admitted, attempt.Token);

                // Not waited for: a client that ignores its token.
                ChatResponse response = await (call.IsCompleted ? call : call.WaitAsync(attempt.Token));
                if (attempt.RunningId(response) is { } responseId)
                {
                    await attempt.KeptAsync(responseId, response.ConversationId, response.ModelId);
                    return response;
                }

                await attempt.FindBillAsync(response.ResponseId);
                await AnsweredAsync(run, attempt, response);
                return response;
            }
            catch (Exception exception)
            {
                ChatFailure failure = await ClassifyAsync(exception, run, attempt, contentShown: false);
                await attempt.FailedAsync(failure, reported: null, receivedTokens: 0, responseModelId: null);
                if (attempt.Sends?.Refusal is { } refusal && !ReferenceEquals(refusal, exception))
                {
                    ChatFailures.Attach(refusal, failure);
                    ExceptionDispatchInfo.Throw(refusal);
                }

                if (!await run.RetryAsync(exception, failure, attempt.WasSent))
                {
                    attempt.ThrowIfCancelled(exception, failure);
                    throw;
                }
            }
        }
    }

    /// <summary>Says what a failure of an attempt was: by the exception, corrected by what the wire shows.</summary>
    public static async ValueTask<ChatFailure> ClassifyAsync(Exception exception, CandidateRun run, Attempt attempt, bool contentShown)
    {
        if (attempt.Sends is not { } sends)
        {
            return Classify(exception, run, contentShown, wire: null);
        }

        sends.Close();
        if (sends.Refusal is not null)
        {
            return new ChatFailure(ChatFailureKind.Refused, sends.Final is null or { Billing: WireBilling.NotSent } ? ChatFailurePhase.NotSent : ChatFailurePhase.Rejected);
        }

        ChatFailure failure = Classify(exception, run, contentShown, sends.Wire);
        if (!contentShown && sends.IsNothingSent && failure.Phase != ChatFailurePhase.NotSent)
        {
            failure = failure with { Phase = ChatFailurePhase.NotSent };
            ChatFailures.Attach(exception, failure);
        }

        if (failure.Kind == ChatFailureKind.Refused || run.CallerToken.IsCancellationRequested)
        {
            return failure;
        }

        if (sends.Final is { Billing: WireBilling.Answered, IsLeft: true } left)
        {
            // The SDK gave up an answer that is billed: its usage may still come.
            await left.DrainAsync(cancellationToken: run.CallerToken);
        }

        ChatFailure corrected = sends.Correct(failure);
        if (!ReferenceEquals(corrected, failure))
        {
            corrected = contentShown ? corrected with { Phase = ChatFailurePhase.MidStream } : corrected;
            ChatFailures.Attach(exception, corrected);
        }

        return corrected;
    }

    /// <summary>Settles an answer, and writes its usage in where the provider gave none.</summary>
    private static ValueTask AnsweredAsync(CandidateRun run, Attempt attempt, ChatResponse response)
    {
        BillableUsage? reported = attempt.IsOnWire(response.Usage) ? null : AnswerUsage.Read(response.Usage, response.RawRepresentation, run.Route);
        var received = new ReceivedResponse(run, attempt.Sends, response);
        BillableUsage usage = attempt.UsageOf(reported, received, out bool isReported);
        attempt.LearnLength(usage, received);
        ValueTask settling = attempt.AnsweredAsync(usage, reported, response.ModelId, isTruncated: false);
        if (!isReported && run.Frame.Path.FillsUsage)
        {
            response.Usage = AnswerUsage.Estimated(usage);
        }

        return settling.IsCompletedSuccessfully
            ? run.RememberAsync(response.ConversationId, response.ResponseId, attempt.TokensOfConversation(usage))
            : EndAsync(settling, run, response, attempt.TokensOfConversation(usage));
    }

    private static async ValueTask EndAsync(ValueTask settling, CandidateRun run, ChatResponse response, long? tokens)
    {
        await settling;
        await run.RememberAsync(response.ConversationId, response.ResponseId, tokens);
    }

    private static ChatFailure Classify(Exception exception, CandidateRun run, bool contentShown, WireAttempt? wire)
    {
        // What is known from below counts, unless the object was thrown before, in another call.
        ChatFailure failure = ChatFailures.Of(exception) is { } known && known.Kind == ChatFailureKind.Cancelled == run.CallerToken.IsCancellationRequested
            ? contentShown ? known with { Phase = ChatFailurePhase.MidStream } : known
            : ChatFailureClassification.Classify(exception, run.Route.Classifier, contentShown, run.CallerToken, wire);
        ChatFailures.Attach(exception, failure);
        return failure;
    }

    /// <summary>Attempts until one has shown content or ended well; a failure before that is no one's business but the retry policy's.</summary>
    public static async ValueTask<StreamedAttempt> OpenAsync(CandidateRun run)
    {
        FlowingFrame.Flow(run.Record);
        while (true)
        {
            var stream = new StreamedAttempt(run);
            WireAttempt.Current = stream.Attempt.Sends?.Wire;
            try
            {
                await stream.OpenAsync();
                return stream;
            }
            catch (Exception exception)
            {
                ChatFailure failure = await ClassifyAsync(exception, run, stream.Attempt, contentShown: false);
                await stream.FailedAsync(failure);
                await stream.DisposeAsync();
                if (stream.Attempt.Sends?.Refusal is { } refusal && !ReferenceEquals(refusal, exception))
                {
                    ChatFailures.Attach(refusal, failure);
                    ExceptionDispatchInfo.Throw(refusal);
                }

                if (!await run.RetryAsync(exception, failure, stream.WasSent))
                {
                    stream.ThrowIfCancelled(exception, failure);
                    throw;
                }
            }
        }
    }
}
