using Microsoft.Extensions.Logging;

namespace MeaiBudget;

internal static partial class CallLog
{
    [LoggerMessage(EventId = 101, EventName = "ObserverFailed", Level = LogLevel.Warning, Message = "The call observer {Observer} threw an exception. The call continues. Fix the observer: it must not throw.")]
    public static partial void ObserverFailed(ILogger logger, string observer);

    [LoggerMessage(EventId = 102, EventName = "SlippedPast", Level = LogLevel.Warning,
        Message = "A layer between two MeaiBudget layers suppresses the flow of the execution context. The call below it passed none of the budgets above it; its cost was charged to them afterwards. Put the layer above or below all MeaiBudget layers.")]
    public static partial void SlippedPast(ILogger logger);

    [LoggerMessage(EventId = 103, EventName = "NestedRetry", Level = LogLevel.Warning,
        Message = "One attempt on route {Route} made {Requests} HTTP requests: {Layer} repeats requests, in addition to UseRetry. Disable it: {Advice}")]
    public static partial void NestedRetry(ILogger logger, string route, int requests, string layer, string advice);

    [LoggerMessage(EventId = 104, EventName = "NoClassifier", Level = LogLevel.Warning,
        Message = "The client of route {Route} ({Provider}) has no failure classifier, so its errors are classified with less detail. Wrap the client: {Advice}")]
    public static partial void NoClassifier(ILogger logger, string route, string provider, string advice);

    [LoggerMessage(EventId = 105, EventName = "SdkRetries", Level = LogLevel.Warning,
        Message = "{Rule}: the client of route {Route} is set to retry {Retries} times, and budgets do not see its retries. Disable them: {Advice} See docs/pipeline-rules.md.")]
    public static partial void SdkRetries(ILogger logger, string rule, string route, int retries, string advice);

    [LoggerMessage(EventId = 106, EventName = "SmallerWindow", Level = LogLevel.Warning,
        Message = "{Rule}: the context window of route {Route} is {Window} tokens, smaller than the {PrimaryWindow} tokens of the primary route {Primary}, and larger requests are still sent to it. Declare the route as a ChatRoute with ContextWindow = {Window}. See docs/pipeline-rules.md.")]
    public static partial void SmallerWindow(ILogger logger, string rule, string route, long window, string primary, long primaryWindow);

    [LoggerMessage(EventId = 107, EventName = "UnknownWindow", Level = LogLevel.Warning,
        Message = "{Rule}: the context window of route {Route} is unknown, and its server cuts longer requests without an error. Set ContextLength in OllamaChatClientOptions, or declare the route as a ChatRoute with ContextWindow. See docs/pipeline-rules.md.")]
    public static partial void UnknownWindow(ILogger logger, string rule, string route);

    [LoggerMessage(EventId = 108, EventName = "EstimatorFailed", Level = LogLevel.Warning, Message = "The token estimator {Estimator} threw an exception in Learn while an attempt was settled. The call continues; the estimator did not learn from this attempt.")]
    public static partial void EstimatorFailed(ILogger logger, string estimator);

    [LoggerMessage(EventId = 109, EventName = "UnseenRequest", Level = LogLevel.Warning,
        Message = "Route {Route} answered without a request through the ChatWireHandler that its client is said to have, so budgets do not see what it sends. Raw requests are not read before they are sent any more. Add the handler: {Advice}")]
    public static partial void UnseenRequest(ILogger logger, string route, string advice);

    [LoggerMessage(EventId = 110, EventName = "ConversationCacheFailed", Level = LogLevel.Warning,
        Message = "The distributed cache failed with {Error} or took longer than 100 ms. The call continues; conversations that only the cache remembers count as unseen, and budgets treat them as UnboundedInputBehavior says.")]
    public static partial void ConversationCacheFailed(ILogger logger, string error);
}
