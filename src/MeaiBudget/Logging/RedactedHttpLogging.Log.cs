using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Log records of <see cref="RedactedHttpLoggingHandler"/>. Event ids and names are stable.</summary>
internal static partial class RedactedHttpLog
{
    [LoggerMessage(EventId = 511, EventName = "HttpExchanged", Level = LogLevel.Information,
        Message = "{Method} {Path} answered {StatusCode} in {DurationMs} ms, request id {RequestId}, headers {Headers}.")]
    public static partial void Exchanged(ILogger logger, string method, string path, int statusCode, double durationMs, string requestId, string headers);

    [LoggerMessage(EventId = 512, EventName = "HttpFailed", Level = LogLevel.Warning,
        Message = "{Method} {Path} failed after {DurationMs} ms: {ExceptionType} {HttpError}.")]
    public static partial void Failed(ILogger logger, string method, string path, double durationMs, string? exceptionType, HttpRequestError? httpError);

    [LoggerMessage(EventId = 513, EventName = "HttpBodies", Level = LogLevel.Information,
        Message = "{Method} {Path} sent: {RequestBody}\nand received: {ResponseBody}")]
    public static partial void Bodies(ILogger logger, string method, string path, string requestBody, string responseBody);
}
