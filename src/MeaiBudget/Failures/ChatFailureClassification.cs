using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Converts exceptions to <see cref="ChatFailure"/>. All code of the library classifies through this class.</summary>
internal static partial class ChatFailureClassification
{
    private const int DeepestChain = 16;

    /// <summary>Classifies the exception of an attempt. Never throws.</summary>
    /// <param name="exception">The exception as the client threw it.</param>
    /// <param name="classifier">The client's own classifier; null if it has none.</param>
    /// <param name="contentShown">True if the caller has already received content of this attempt.</param>
    /// <param name="callerToken">The caller's token. Only its state distinguishes a cancellation from a time-out.</param>
    /// <param name="wire">The requests of the attempt; null if they are not known.</param>
    public static ChatFailure Classify(
        Exception exception, IChatFailureClassifier? classifier, bool contentShown, CancellationToken callerToken, WireAttempt? wire = null)
    {
        // A classifier has only the exception. It finds the headers of the answer through the ambient attempt.
        WireAttempt? outer = WireAttempt.Current;
        WireAttempt.Current = wire;
        ChatFailure failure;
        try
        {
            failure = AskClassifier(exception, classifier) ?? ClassifyChain(exception, classifier);
        }
        finally
        {
            WireAttempt.Current = outer;
        }

        if (wire?.LastAnswered is { } answered)
        {
            failure = WithHeaders(failure, answered);
        }

        if (contentShown)
        {
            failure = failure with { Phase = ChatFailurePhase.MidStream };
        }

        // Keep the phase of the exception: a call that was rejected before the caller cancelled was not billed.
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
#pragma warning disable CA1031 // A classifier must not throw. If it does, the original failure must still be reported.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>Classifies the first exception in the chain of inner exceptions that is recognised.</summary>
    private static ChatFailure ClassifyChain(Exception exception, IChatFailureClassifier? classifier)
    {
        Exception? current = exception;
        for (int depth = 0; current is not null && depth < DeepestChain; depth++)
        {
            // The retries of an SDK end in an AggregateException, whose last inner exception is the latest failure.
            Exception? inner = current is AggregateException { InnerExceptions: [.., var last] } ? last : current.InnerException;
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
        // A request without a budget is refused before it is sent, and a repetition would be, too.
        PipelineException => new(ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent),
        AuthenticationException => new(ChatFailureKind.Network, ChatFailurePhase.NotSent),
        SocketException socket => new(ChatFailureKind.Network, PhaseOf(socket.SocketErrorCode)),
        HttpIOException or IOException { InnerException: null or IOException or SocketException } => new(ChatFailureKind.Network, ChatFailurePhase.Ambiguous),

        // Some handlers wrap a refused connection in a cancellation or a time-out. The inner exception is the real cause.
        OperationCanceledException { InnerException: HttpRequestException request } when request.HttpRequestError != HttpRequestError.Unknown =>
            FromHttpRequestError(request),
        OperationCanceledException or TimeoutException => new(ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous),

        // The provider answered, and billed, but the answer cannot be read.
        JsonException or FormatException or InvalidDataException => new(ChatFailureKind.ServerError, ChatFailurePhase.Ambiguous),
        ArgumentException => new(ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent),

        // Another client may support the request.
        NotSupportedException => new(ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent) { CanAnotherProviderHelp = true },
        _ => FromPolly(exception) ?? FromStatusInMessage(exception),
    };

    /// <summary>
    /// Reads the HTTP status of exceptions whose packages this library does not need, for clients without a provider's classifier, such as an
    /// adapter of Semantic Kernel. Their messages begin with it: "HTTP 429 (...)" or "Service request failed. Status: 429 (...)".
    /// </summary>
    private static ChatFailure? FromStatusInMessage(Exception exception)
    {
        if (exception.GetType().FullName is not ("System.ClientModel.ClientResultException" or "Azure.RequestFailedException" or "Microsoft.SemanticKernel.HttpOperationException"))
        {
            return null;
        }

        Match status = StatusInMessage().Match(exception.Message);
        if (!status.Success)
        {
            return null;
        }

        // The words after the status are the error's type and code, which distinguish a used up quota from a rate limit.
        var error = new JsonObject { ["type"] = status.Groups[2].Value, ["code"] = status.Groups[3].Value, ["message"] = exception.Message };
        return HttpChatFailures.Classify(int.Parse(status.Groups[1].ValueSpan, CultureInfo.InvariantCulture), new JsonObject { ["error"] = error }.ToJsonString());
    }

    [GeneratedRegex(@"(?:^HTTP |\bStatus: )([45]\d\d)\b(?: \(([^:)]*)(?:: ?([^)]*))?\))?", RegexOptions.CultureInvariant)]
    private static partial Regex StatusInMessage();

    /// <summary>What a resilience handler of the application throws; by name, since the library does not need Polly.</summary>
    private static ChatFailure? FromPolly(Exception exception)
    {
        for (Type? type = exception.GetType(); type?.Namespace?.StartsWith("Polly", StringComparison.Ordinal) == true; type = type.BaseType)
        {
            switch (type.FullName)
            {
                case "Polly.CircuitBreaker.BrokenCircuitException":
                    return new(ChatFailureKind.Overloaded, ChatFailurePhase.NotSent);
                case "Polly.RateLimiting.RateLimiterRejectedException" or "Polly.Bulkhead.BulkheadRejectedException":
                    return new(ChatFailureKind.RateLimited, ChatFailurePhase.NotSent);
                case "Polly.Timeout.TimeoutRejectedException":
                    return new(ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous);
            }
        }

        return null;
    }

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

    /// <summary>Adds status and headers that the HTTP handler saw but the SDK's exception does not contain.</summary>
    private static ChatFailure WithHeaders(ChatFailure failure, WireExchange answered)
    {
        if (failure.StatusCode is null || answered.StatusCode != failure.StatusCode || failure is { RetryAfter: not null, ShouldRetry: not null, RequestId: not null })
        {
            return failure;
        }

        ChatFailure seen = HttpChatFailures.Classify(failure.StatusCode.Value, null, answered.GetHeader);
        return failure with
        {
            RetryAfter = failure.RetryAfter ?? (failure.ShouldRetry is false ? null : seen.RetryAfter),
            ShouldRetry = failure.ShouldRetry ?? seen.ShouldRetry,
            RequestId = failure.RequestId ?? seen.RequestId,
        };
    }
}
