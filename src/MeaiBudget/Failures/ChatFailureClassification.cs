using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>The one place where an exception becomes a <see cref="ChatFailure"/>.</summary>
internal static class ChatFailureClassification
{
    private const int DeepestChain = 16;

    /// <summary>Classifies what an attempt threw. Never throws.</summary>
    /// <param name="exception">The exception as the client threw it.</param>
    /// <param name="classifier">The client's own classifier, if it has one.</param>
    /// <param name="contentShown">Whether the caller has already seen content of this attempt.</param>
    /// <param name="callerToken">The caller's token, which alone tells a cancellation from a time-out.</param>
    public static ChatFailure Classify(Exception exception, IChatFailureClassifier? classifier, bool contentShown, CancellationToken callerToken)
    {
        var failure = AskClassifier(exception, classifier) ?? ClassifyChain(exception, classifier);
        var wire = WireObservation.Current;
        if (wire is { IsObserved: true, RequestCount: 0 })
        {
            failure = failure with { Phase = ChatFailurePhase.NotSent };
        }
        else if (wire is not null)
        {
            failure = WithHeaders(failure, wire);
        }

        if (contentShown)
        {
            failure = failure with { Phase = ChatFailurePhase.MidStream };
        }

        // The phase stays what the exception tells: a call that was refused before the caller left was not billed.
        return callerToken.IsCancellationRequested
            ? new ChatFailure(ChatFailureKind.Cancelled, failure.Phase) { StatusCode = failure.StatusCode, RequestId = failure.RequestId }
            : failure;
    }

    private static ChatFailure? AskClassifier(Exception exception, IChatFailureClassifier? classifier)
    {
        try
        {
            return classifier?.Classify(exception);
        }
#pragma warning disable CA1031 // A classifier must not throw; one that does must not hide the failure it was asked about.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>Goes down the chain of inner exceptions to the first one that says something.</summary>
    private static ChatFailure ClassifyChain(Exception exception, IChatFailureClassifier? classifier)
    {
        var current = exception;
        for (var depth = 0; current is not null && depth < DeepestChain; depth++)
        {
            // An SDK's own retries end in an AggregateException; its last one is what happened last.
            var inner = current is AggregateException { InnerExceptions: [.., var last] } ? last : current.InnerException;
            if (current is not AggregateException
                && ((depth > 0 ? AskClassifier(current, classifier) : null) ?? FromBaseClassLibrary(current)) is { } failure)
            {
                return failure;
            }

            current = inner;
        }

        return new ChatFailure(ChatFailureKind.Unknown, ChatFailurePhase.Ambiguous);
    }

    private static ChatFailure? FromBaseClassLibrary(Exception exception) => exception switch
    {
        ProviderErrorInResponseException error => error.Failure,
        HttpRequestException { StatusCode: { } status } => HttpChatFailures.Classify((int)status, null),
        HttpRequestException request => FromHttpRequestError(request),
        AuthenticationException => new(ChatFailureKind.Network, ChatFailurePhase.NotSent),
        SocketException socket => new(ChatFailureKind.Network, PhaseOf(socket.SocketErrorCode)),
        HttpIOException or IOException { InnerException: null or IOException or SocketException } => new(ChatFailureKind.Network, ChatFailurePhase.Ambiguous),

        // Whoever wraps a refused connection in a cancellation or time-out is believed about the connection.
        OperationCanceledException { InnerException: HttpRequestException request } when request.HttpRequestError != HttpRequestError.Unknown =>
            FromHttpRequestError(request),
        OperationCanceledException or TimeoutException => new(ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous),

        // An answer that cannot be read was given, and billed.
        JsonException or FormatException or InvalidDataException => new(ChatFailureKind.ServerError, ChatFailurePhase.Ambiguous),
        ArgumentException => new(ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent),

        // What this client cannot say, another may.
        NotSupportedException => new(ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent) { CanAnotherProviderHelp = true },
        _ => null,
    };

    private static ChatFailure FromHttpRequestError(HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError or HttpRequestError.VersionNegotiationError => new(ChatFailureKind.Network, ChatFailurePhase.NotSent),
        HttpRequestError.UserAuthenticationError => new(ChatFailureKind.Authentication, ChatFailurePhase.Rejected),
        HttpRequestError.Unknown when exception.InnerException is SocketException socket => new(ChatFailureKind.Network, PhaseOf(socket.SocketErrorCode)),
        HttpRequestError.Unknown when exception.InnerException is AuthenticationException => new(ChatFailureKind.Network, ChatFailurePhase.NotSent),
        _ => new(ChatFailureKind.Network, ChatFailurePhase.Ambiguous),
    };

    private static ChatFailurePhase PhaseOf(SocketError error) => error is SocketError.ConnectionRefused or SocketError.HostNotFound
        or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown
        or SocketError.NoData or SocketError.TryAgain or SocketError.AddressNotAvailable
        ? ChatFailurePhase.NotSent
        : ChatFailurePhase.Ambiguous;

    /// <summary>Adds what the SDK hid: its exception has the status, the handler saw the headers.</summary>
    private static ChatFailure WithHeaders(ChatFailure failure, WireObservation wire)
    {
        if (failure.StatusCode is null || wire.StatusCode != failure.StatusCode || failure is { RetryAfter: not null, ShouldRetry: not null, RequestId: not null })
        {
            return failure;
        }

        var seen = HttpChatFailures.Classify(failure.StatusCode.Value, null, wire.GetHeader);
        return failure with
        {
            RetryAfter = failure.RetryAfter ?? (failure.ShouldRetry is false ? null : seen.RetryAfter),
            ShouldRetry = failure.ShouldRetry ?? seen.ShouldRetry,
            RequestId = failure.RequestId ?? seen.RequestId,
        };
    }
}
