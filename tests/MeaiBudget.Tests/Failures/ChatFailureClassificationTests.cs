using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace MeaiBudget.Tests;

public class ChatFailureClassificationTests
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    public static TheoryData<Exception, ChatFailureKind, ChatFailurePhase> Exceptions => new()
    {
        { new HttpRequestException(HttpRequestError.NameResolutionError), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new HttpRequestException(HttpRequestError.ConnectionError), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new HttpRequestException(HttpRequestError.SecureConnectionError), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new HttpRequestException(HttpRequestError.ProxyTunnelError), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new HttpRequestException(HttpRequestError.ResponseEnded), ChatFailureKind.Network, ChatFailurePhase.Ambiguous },
        { new HttpRequestException(HttpRequestError.InvalidResponse), ChatFailureKind.Network, ChatFailurePhase.Ambiguous },
        { new HttpRequestException("lost", new IOException("reset")), ChatFailureKind.Network, ChatFailurePhase.Ambiguous },
        { new HttpRequestException("x", new SocketException((int)SocketError.ConnectionRefused)), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new HttpRequestException("x", new SocketException((int)SocketError.ConnectionReset)), ChatFailureKind.Network, ChatFailurePhase.Ambiguous },
        { new HttpRequestException("x", new AuthenticationException("tls")), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new HttpRequestException("x", null, HttpStatusCode.TooManyRequests), ChatFailureKind.RateLimited, ChatFailurePhase.Rejected },
        { new HttpRequestException("x", null, HttpStatusCode.InternalServerError), ChatFailureKind.ServerError, ChatFailurePhase.Rejected },
        { new HttpRequestException("x", null, HttpStatusCode.GatewayTimeout), ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous },
        { new HttpIOException(HttpRequestError.ResponseEnded), ChatFailureKind.Network, ChatFailurePhase.Ambiguous },
        { new IOException("x", new SocketException((int)SocketError.ConnectionReset)), ChatFailureKind.Network, ChatFailurePhase.Ambiguous },
        { new SocketException((int)SocketError.HostNotFound), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new TimeoutException(), ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous },
        { new TaskCanceledException("x", new TimeoutException()), ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous },
        { new OperationCanceledException(Cancelled), ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous },
        { new AggregateException("Retry failed after 4 tries.", new HttpRequestException("x", null, HttpStatusCode.InternalServerError), new HttpRequestException(HttpRequestError.ConnectionError)), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new AggregateException(new TaskCanceledException(), new TaskCanceledException()), ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous },
        { new InvalidOperationException("an SDK's own", new HttpRequestException(HttpRequestError.NameResolutionError)), ChatFailureKind.Network, ChatFailurePhase.NotSent },
        { new JsonException("bad"), ChatFailureKind.ServerError, ChatFailurePhase.Ambiguous },
        { new ArgumentException("bad"), ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent },
        { new InvalidOperationException("who knows"), ChatFailureKind.Unknown, ChatFailurePhase.Ambiguous },
        { new AggregateException(), ChatFailureKind.Unknown, ChatFailurePhase.Ambiguous },
        { new ProviderErrorInResponseException(new ChatFailure(ChatFailureKind.Overloaded, ChatFailurePhase.Rejected)), ChatFailureKind.Overloaded, ChatFailurePhase.Rejected },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void F6_TheBaseLibrarysExceptionsAreKnownWithoutAnyClassifier(Exception exception, ChatFailureKind kind, ChatFailurePhase phase)
    {
        ChatFailure failure = ChatFailureClassification.Classify(exception, null, contentShown: false, CancellationToken.None);
        Assert.Equal((kind, phase), (failure.Kind, failure.Phase));
        Assert.Equal(ChatFailurePhase.MidStream, ChatFailureClassification.Classify(exception, null, contentShown: true, CancellationToken.None).Phase);
    }

    [Fact]
    public void F11_OnlyTheCallersTokenMeansCancelled()
    {
        var cancellation = new OperationCanceledException(Cancelled);
        Assert.Equal(ChatFailureKind.Timeout, ChatFailureClassification.Classify(cancellation, null, false, CancellationToken.None).Kind);
        Assert.Equal(ChatFailureKind.Cancelled, ChatFailureClassification.Classify(cancellation, null, false, Cancelled).Kind);
        Assert.Equal(ChatFailureKind.Cancelled, ChatFailureClassification.Classify(new IOException("aborted"), null, false, Cancelled).Kind);
    }

    [Fact]
    public void WhoLeavesWhileARefusalArrivesWasNotBilled()
    {
        ChatFailure failure = ChatFailureClassification.Classify(new HttpRequestException("x", null, HttpStatusCode.TooManyRequests), null, false, Cancelled);
        Assert.Equal((ChatFailureKind.Cancelled, ChatFailurePhase.Rejected), (failure.Kind, failure.Phase));
    }

    [Fact]
    public void AClassifierIsAskedFirstAlsoForWhatIsWrapped()
    {
        var own = new InvalidTimeZoneException("an SDK's own");
        IChatFailureClassifier classifier = Substitute.For<IChatFailureClassifier>();
        classifier.Classify(own).Returns(new ChatFailure(ChatFailureKind.Overloaded, ChatFailurePhase.Rejected));
        Assert.Equal(ChatFailureKind.Overloaded, ChatFailureClassification.Classify(own, classifier, false, default).Kind);
        Assert.Equal(ChatFailureKind.Overloaded, ChatFailureClassification.Classify(new AggregateException(new TimeoutException(), own), classifier, false, default).Kind);
    }

    [Fact]
    public void AClassifierThatThrowsHidesNothing()
    {
        IChatFailureClassifier classifier = Substitute.For<IChatFailureClassifier>();
        classifier.Classify(Arg.Any<Exception>()).Throws(new NotSupportedException());
        Assert.Equal(ChatFailureKind.Timeout, ChatFailureClassification.Classify(new TimeoutException(), classifier, false, default).Kind);
    }

    [Fact]
    public void ACircleOfInnerExceptionsEnds()
    {
        Exception exception = new InvalidOperationException();
        for (int i = 0; i < 1_000; i++)
        {
            exception = new InvalidOperationException("x", exception);
        }

        Assert.Equal(ChatFailureKind.Unknown, ChatFailureClassification.Classify(exception, null, false, default).Kind);
    }

    [Fact]
    public async Task HeadersThatTheSdkHidesAreReadFromTheWire()
    {
        using var wire = new WireAttempt(new NoCover());
        using var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
        response.Headers.TryAddWithoutValidation("Retry-After", "7");
        response.Headers.TryAddWithoutValidation("x-request-id", "req_1");
        response.Headers.TryAddWithoutValidation("x-should-retry", "true");
        await SendAsync(wire, response);

        ChatFailure failure = ChatFailureClassification.Classify(new HttpRequestException("x", null, HttpStatusCode.TooManyRequests), null, false, default, wire);
        Assert.Equal((TimeSpan.FromSeconds(7), "req_1", true), (failure.RetryAfter, failure.RequestId, failure.ShouldRetry));

        // A classifier that has only the exception gets them as well; nothing is left behind.
        failure = ChatFailureClassification.Classify(new InvalidOperationException(), new StatusClassifier(429), false, default, wire);
        Assert.Equal(TimeSpan.FromSeconds(7), failure.RetryAfter);
        Assert.Null(WireAttempt.Current);

        // Headers of another answer than the one that failed are not mixed in.
        Assert.Null(ChatFailureClassification.Classify(new HttpRequestException("x", null, HttpStatusCode.BadRequest), null, false, default, wire).RequestId);
        Assert.Null(ChatFailureClassification.Classify(new HttpRequestException("x", null, HttpStatusCode.TooManyRequests), null, false, default).RequestId);
    }

    private static async Task SendAsync(WireAttempt wire, HttpResponseMessage response)
    {
        using var client = new HttpMessageInvoker(new ChatWireHandler(new AnswerHandler(response)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/v1/chat/completions") { Content = new StringContent("{\"model\":\"m\",\"messages\":[]}") };
        WireAttempt.Current = wire;
        try
        {
            await client.SendAsync(request, TestContext.Current.CancellationToken);
        }
        finally
        {
            WireAttempt.Current = null;
        }
    }

    private sealed class AnswerHandler(HttpResponseMessage response) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(response);
    }

    private sealed class NoCover : IWireCover
    {
        public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken) => default;
    }

    private sealed class StatusClassifier(int status) : IChatFailureClassifier
    {
        public ChatFailure? Classify(Exception exception) => HttpChatFailures.Classify(status, null);
    }
}
