using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Log records of <see cref="RedactedLoggingChatClient"/>. Event ids and names are stable, because alerts use them.</summary>
internal static partial class RedactedLoggingLog
{
    [LoggerMessage(EventId = 501, EventName = "CallCompleted", Level = LogLevel.Information,
        Message = "Call {CallId} answered by {Route} ({ResponseModel}) in {DurationMs} ms for {Cost} USD ({CostKind}): {InputTokens} input tokens (estimated {EstimatedInputTokens}), {OutputTokens} output tokens, {Attempts} attempts, finish reason {FinishReason}, request id {RequestId}, response id {ResponseId}, requested model {RequestedModel}, first content after {TimeToFirstContentMs} ms, budgets {Budgets}, unconfirmed {IsUnconfirmed}, run {RunId}, streaming {IsStreaming}.")]
    public static partial void CallCompleted(
        ILogger logger, Guid callId, string? route, string? responseModel, double durationMs, decimal cost, CostKind costKind,
        long inputTokens, long? estimatedInputTokens, long outputTokens, int attempts, string? finishReason, string? requestId,
        string? responseId, string? requestedModel, double? timeToFirstContentMs, string budgets, bool isUnconfirmed, string? runId, bool isStreaming);

    [LoggerMessage(EventId = 502, EventName = "CallFailed", Level = LogLevel.Error,
        Message = "Call {CallId} failed after {DurationMs} ms and {Attempts} attempts, for {Cost} USD: {ExceptionType}, kind {FailureKind}, status {StatusCode}, code {ProviderCode}, request id {RequestId}, last route {Route}, requested model {RequestedModel}, budgets {Budgets}, run {RunId}, streaming {IsStreaming}: {ErrorMessage}")]
    public static partial void CallFailed(
        ILogger logger, Guid callId, double durationMs, int attempts, decimal cost, string? exceptionType, ChatFailureKind? failureKind,
        int? statusCode, string? providerCode, string? requestId, string? route, string? requestedModel, string budgets, string? runId,
        bool isStreaming, string? errorMessage);

    [LoggerMessage(EventId = 503, EventName = "CallCancelled", Level = LogLevel.Information,
        Message = "Call {CallId} was cancelled by its caller after {DurationMs} ms and {Attempts} attempts, for {Cost} USD (unconfirmed {IsUnconfirmed}), last route {Route}, requested model {RequestedModel}, run {RunId}, streaming {IsStreaming}.")]
    public static partial void CallCancelled(
        ILogger logger, Guid callId, double durationMs, int attempts, decimal cost, bool isUnconfirmed, string? route, string? requestedModel, string? runId, bool isStreaming);

    [LoggerMessage(EventId = 504, EventName = "AttemptFailed", Level = LogLevel.Warning,
        Message = "Attempt {Attempt} of call {CallId} on {Route} ({Model}) failed after {DurationMs} ms: {FailureKind} {FailurePhase}, status {StatusCode}, code {ProviderCode}, request id {RequestId}, charged {Cost} USD (unconfirmed {IsUnconfirmed}), retry after {RetryAfterSeconds} s.")]
    public static partial void AttemptFailed(
        ILogger logger, int attempt, Guid callId, string? route, string? model, double durationMs, ChatFailureKind? failureKind,
        ChatFailurePhase? failurePhase, int? statusCode, string? providerCode, string? requestId, decimal cost, bool isUnconfirmed, double? retryAfterSeconds);

    [LoggerMessage(EventId = 505, EventName = "AttemptRefused", Level = LogLevel.Warning,
        Message = "Attempt {Attempt} of call {CallId} on {Route} ({Model}) was refused by budget {Budget} ({Reason}): limit {Limit}, spent {Spent}, held {Held}, wanted {Wanted} {Unit}.")]
    public static partial void AttemptRefused(
        ILogger logger, int attempt, Guid callId, string? route, string? model, string budget, RefusalReason reason,
        decimal limit, decimal spent, decimal held, decimal wanted, string unit);

    [LoggerMessage(EventId = 506, EventName = "CallContent", Level = LogLevel.Information,
        Message = "Call {CallId} asked: {Messages}\nand was answered: {Answer}")]
    public static partial void CallContent(ILogger logger, Guid callId, string messages, string answer);
}
