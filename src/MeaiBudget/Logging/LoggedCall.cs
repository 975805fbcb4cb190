// The layer checks whether logging is enabled before it creates a LoggedCall, and OnCall checks again.
#pragma warning disable CA1873
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Collects one call and writes its log records when it has ended.</summary>
internal sealed class LoggedCall : ICallObserver
{
    private readonly ILogger _logger;
    private readonly RedactedLoggingOptions _options;
    private readonly LoggedText? _messages;
    private readonly LoggedText? _answer;
    private string? _finishReason;
    private string? _responseId;
    private Exception? _exception;
    private bool _isCancelled;
    private readonly Activity? _activity;

    public LoggedCall(ILogger logger, RedactedLoggingOptions options, IReadOnlyList<ChatMessage> messages)
    {
        _logger = logger;
        _options = options;
        _activity = options.AddCostToActivity ? CallActivity.OutsideOf(Activity.Current) : null;
        if (options.Content == LoggedContent.None)
        {
            return;
        }

        _messages = new LoggedText(options.Content, options.Redactor, options.MaxContentLength);
        _answer = new LoggedText(options.Content, options.Redactor, options.MaxContentLength);
        foreach (ChatMessage message in messages)
        {
            _messages.Append($"[{message.Role.Value}] ");
            _messages.Append(message.Contents);
            _messages.Append("\n");
        }
    }

    public void Answered(ChatResponse response)
    {
        _finishReason = response.FinishReason?.Value;
        _responseId = response.ResponseId;
        foreach (ChatMessage message in response.Messages)
        {
            _answer?.Append(message.Contents);
        }
    }

    public void Answered(ChatResponseUpdate update)
    {
        _finishReason = update.FinishReason?.Value ?? _finishReason;
        _responseId = update.ResponseId ?? _responseId;
        _answer?.Append(update.Contents);
    }

    public void Failed(Exception exception, CancellationToken callerToken)
    {
        _exception = exception;
        _isCancelled = callerToken.IsCancellationRequested && exception is OperationCanceledException;
    }

    public void OnAttempt(AttemptReceipt attempt)
    {
        if (attempt.Outcome == AttemptOutcome.Failed)
        {
            RedactedLoggingLog.AttemptFailed(
                _logger, attempt.Number, attempt.CallId, attempt.Route, attempt.ModelId, attempt.Duration.TotalMilliseconds,
                attempt.Failure?.Kind, attempt.Failure?.Phase, attempt.Failure?.StatusCode, attempt.Failure?.ProviderCode,
                attempt.RequestId, attempt.Cost.Amount, attempt.IsUnconfirmed, attempt.Failure?.RetryAfter?.TotalSeconds);
        }
        else if (attempt is { Outcome: AttemptOutcome.Refused, Refusal: { } refusal })
        {
            RedactedLoggingLog.AttemptRefused(
                _logger, attempt.Number, attempt.CallId, attempt.Route, attempt.ModelId, Redact(refusal.Budget)!,
                refusal.Reason, refusal.Limit, refusal.Spent, refusal.Held, refusal.Wanted, refusal.Unit);
        }
    }

    public void OnCall(CallReceipt receipt)
    {
        CostTelemetry.AddTo(_activity, receipt.Cost, receipt.Answer?.Cost.Kind ?? (receipt.Cost > 0 ? CostKind.Estimated : CostKind.Unknown));

        if (!_logger.IsEnabled(LogLevel.Information) && !_logger.IsEnabled(LogLevel.Error))
        {
            return;
        }

        AttemptReceipt? last = receipt.Answer ?? (receipt.Attempts.Count > 0 ? receipt.Attempts[^1] : null);
        string budgets = Redact(string.Join(", ", receipt.Attempts.SelectMany(static attempt => attempt.Budgets).Distinct(StringComparer.Ordinal)))!;
        if (_isCancelled || (_exception is null && last?.Outcome == AttemptOutcome.Cancelled))
        {
            RedactedLoggingLog.CallCancelled(
                _logger, receipt.CallId, receipt.Duration.TotalMilliseconds, receipt.Attempts.Count, receipt.Cost,
                receipt.Attempts.Any(static attempt => attempt.IsUnconfirmed), last?.Route, receipt.RequestedModelId, receipt.RunId, receipt.IsStreaming);
        }
        else if (_exception is not null)
        {
            RedactedLoggingLog.CallFailed(
                _logger, receipt.CallId, receipt.Duration.TotalMilliseconds, receipt.Attempts.Count, receipt.Cost, _exception.GetType().FullName,
                last?.Failure?.Kind, last?.Failure?.StatusCode, last?.Failure?.ProviderCode, last?.RequestId, last?.Route,
                receipt.RequestedModelId, budgets, receipt.RunId, receipt.IsStreaming, ErrorMessage(_exception));
        }
        else
        {
            RedactedLoggingLog.CallCompleted(
                _logger, receipt.CallId, last?.Route, Redact(last?.ResponseModelId ?? last?.ModelId), receipt.Duration.TotalMilliseconds,
                receipt.Cost, last?.Cost.Kind ?? CostKind.Unknown, last?.Usage.InputTokens ?? 0, last?.Estimate?.InputTokens, last?.Usage.OutputTokens ?? 0,
                receipt.Attempts.Count, Redact(receipt.FinishReason ?? _finishReason), last?.RequestId, Redact(_responseId),
                receipt.RequestedModelId, last?.TimeToFirstContent?.TotalMilliseconds, budgets, last?.IsUnconfirmed ?? false, receipt.RunId, receipt.IsStreaming);
        }

        if (_messages is not null)
        {
            RedactedLoggingLog.CallContent(_logger, receipt.CallId, _messages.Complete(), _answer!.Complete());
        }
    }

    // Exceptions of providers contain request and response bodies. Without content logging, only this library's messages are logged.
    private string? ErrorMessage(Exception exception)
    {
        bool isOurs = exception.GetType().Assembly == typeof(LoggedCall).Assembly && exception is not FallbackExhaustedException;
        if (_options.Content == LoggedContent.None && !isOurs)
        {
            return null;
        }

        var text = new LoggedText(LoggedContent.Redacted, _options.Redactor, _options.MaxContentLength);
        text.Append(exception.Message);
        return text.Complete();
    }

    private static string? Redact(string? text) => WrittenText.Shortened(text);
}
