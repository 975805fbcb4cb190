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
}
