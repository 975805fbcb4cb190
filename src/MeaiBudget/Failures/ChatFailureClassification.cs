using System.Net;

namespace MeaiBudget;

/// <summary>The one place where an exception becomes a <see cref="ChatFailure"/>.</summary>
internal static class ChatFailureClassification
{
    /// <summary>Classifies what an attempt threw. Never throws.</summary>
    /// <param name="exception">The exception as the client threw it.</param>
    /// <param name="classifier">The client's own classifier, if it has one.</param>
    /// <param name="contentShown">Whether the caller has already seen content of this attempt.</param>
    /// <param name="callerToken">The caller's token, which alone tells a cancellation from a time-out.</param>
    public static ChatFailure Classify(Exception exception, IChatFailureClassifier? classifier, bool contentShown, CancellationToken callerToken)
    {
        if (callerToken.IsCancellationRequested)
        {
            return new ChatFailure(ChatFailureKind.Cancelled, contentShown ? ChatFailurePhase.MidStream : ChatFailurePhase.Ambiguous);
        }

        var failure = classifier?.Classify(exception) ?? exception switch
        {
            OperationCanceledException or TimeoutException => new ChatFailure(ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous),
            HttpRequestException { StatusCode: HttpStatusCode.TooManyRequests } =>
                new ChatFailure(ChatFailureKind.RateLimited, ChatFailurePhase.Rejected) { StatusCode = 429 },
            HttpRequestException => new ChatFailure(ChatFailureKind.Network, ChatFailurePhase.Ambiguous),
            _ => new ChatFailure(ChatFailureKind.Unknown, ChatFailurePhase.Ambiguous),
        };
        return contentShown ? failure with { Phase = ChatFailurePhase.MidStream } : failure;
    }
}
