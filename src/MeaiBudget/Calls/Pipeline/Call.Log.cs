using Microsoft.Extensions.Logging;

namespace MeaiBudget;

internal static partial class CallLog
{
    [LoggerMessage(EventId = 101, EventName = "ObserverFailed", Level = LogLevel.Warning, Message = "Observer {Observer} threw; the call went on.")]
    public static partial void ObserverFailed(ILogger logger, string observer);

    [LoggerMessage(EventId = 102, EventName = "SlippedPast", Level = LogLevel.Warning,
        Message = "A layer between two of ours suppresses the flow of the execution context: the call below passed none of the budgets above, and was charged to them afterwards.")]
    public static partial void SlippedPast(ILogger logger);

    [LoggerMessage(EventId = 103, EventName = "NestedRetry", Level = LogLevel.Warning,
        Message = "One attempt on route {Route} made {Requests} HTTP requests: the SDK retries by itself, unseen by budgets. Turn it off: {Advice}")]
    public static partial void NestedRetry(ILogger logger, string route, int requests, string advice);

    [LoggerMessage(EventId = 104, EventName = "NoClassifier", Level = LogLevel.Warning,
        Message = "Route {Route} is a {Provider} client without a failure classifier, so its errors are known only roughly. Wrap the client: {Advice}")]
    public static partial void NoClassifier(ILogger logger, string route, string provider, string advice);

    [LoggerMessage(EventId = 105, EventName = "SdkRetries", Level = LogLevel.Warning,
        Message = "{Rule}: the client of route {Route} is set to retry {Retries} times by itself, unseen by budgets. Turn it off: {Advice} See docs/pipeline-rules.md.")]
    public static partial void SdkRetries(ILogger logger, string rule, string route, int retries, string advice);

    [LoggerMessage(EventId = 106, EventName = "SmallerWindow", Level = LogLevel.Warning,
        Message = "{Rule}: route {Route} holds {Window} tokens and the primary {Primary} {PrimaryWindow}; larger requests would be sent to it all the same. Give it as a ChatRoute with ContextWindow = {Window}. See docs/pipeline-rules.md.")]
    public static partial void SmallerWindow(ILogger logger, string rule, string route, long window, string primary, long primaryWindow);

    [LoggerMessage(EventId = 107, EventName = "UnknownWindow", Level = LogLevel.Warning,
        Message = "{Rule}: nobody knows how many tokens route {Route} holds, and its server cuts what does not fit without a word. Set ContextLength in OllamaChatClientOptions, or give it as a ChatRoute with ContextWindow. See docs/pipeline-rules.md.")]
    public static partial void UnknownWindow(ILogger logger, string rule, string route);

    [LoggerMessage(EventId = 108, EventName = "EstimatorFailed", Level = LogLevel.Warning, Message = "Estimator {Estimator} threw when an attempt was settled; the call went on without its word.")]
    public static partial void EstimatorFailed(ILogger logger, string estimator);
}
