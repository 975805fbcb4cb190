namespace MeaiBudget;

/// <summary>Classifies HTTP errors of providers. Use it to implement an <see cref="IChatFailureClassifier"/> for another SDK.</summary>
/// <remarks>
/// The rules are the same for every provider: error codes first, then known error texts, then the status code.
/// docs/failures.md lists them. Thread-safe; never throws; does not keep the text of the response.
/// </remarks>
public static class HttpChatFailures
{
    /// <summary>The header by which a gateway says what is left of a quota. Its name is this library's: gateways let their administrators choose.</summary>
    internal const string RemainingQuotaHeader = "x-quota-remaining";

    private const int LongestServerErrorText = 100;

    private static readonly string[] RequestIdHeaders = ["x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "x-litellm-call-id"];

    /// <summary>Classifies an error response, or an error in the body of a response with a success status.</summary>
    /// <param name="statusCode">The HTTP status code; 2xx if the error is in the body of a successful response.</param>
    /// <param name="body">The body, or the part of it that contains the error; <see langword="null"/> if there is none.</param>
    /// <param name="header">Returns a response header by its lower-case name, several values joined by a comma; <see langword="null"/> if the SDK does not expose headers.</param>
    /// <param name="timeProvider">The clock for waits that are given as dates; <see langword="null"/> for <see cref="TimeProvider.System"/>.</param>
    /// <returns>The failure.</returns>
    public static ChatFailure Classify(int statusCode, string? body, Func<string, string?>? header = null, TimeProvider? timeProvider = null)
    {
        header ??= WireAttempt.Current?.LastAnswered is { } answered && answered.StatusCode == statusCode ? answered.GetHeader : static _ => null;
        var error = ProviderErrorBody.Parse(body);
        // The body of a server error may quote anything, such as part of the answer. Only its codes and first words are used.
        string text = statusCode >= 500 && error.Text.Length > LongestServerErrorText ? error.Text[..LongestServerErrorText] : error.Text;
        int status = statusCode is >= 200 and < 300 ? error.StatusCode ?? statusCode : statusCode;
        ChatFailureKind kind = KindOf(status, error, text, header);
        DateTimeOffset now = (timeProvider ?? TimeProvider.System).GetUtcNow();
        bool isRateLimited = kind is ChatFailureKind.RateLimited;
        bool isAboveLimit = isRateLimited && FailureWordings.IsRequestAboveRateLimit(text);
        DateTimeOffset? resetsAt = kind is not ChatFailureKind.QuotaExhausted ? null
            : RetryAfterParser.RegainDateFromText(text)
            ?? (status is 403 && (RetryAfterParser.FromHeaders(header, isRateLimited: false, now) ?? RetryAfterParser.FromText(text)) is { } left ? now + left : null);
        return new ChatFailure(kind, PhaseOf(status, kind))
        {
            StatusCode = status is >= 400 ? status : statusCode,
            ProviderCode = ShortCode(error.BestCode),
            RequestId = error.RequestId ?? Array.ConvertAll(RequestIdHeaders, name => header(name)).FirstOrDefault(id => id is not null),
            ShouldRetry = isAboveLimit ? false : RetryAfterParser.ShouldRetry(header("x-should-retry")),
            RetryAfter = isAboveLimit ? null
                : resetsAt is { } at ? RetryAfterParser.Until(at, now)
                : RetryAfterParser.FromHeaders(header, isRateLimited, now) ?? error.RetryAfter
                ?? (isRateLimited || kind is ChatFailureKind.Overloaded ? RetryAfterParser.FromText(text) : null),
            ResetsAt = resetsAt,
            CanAnotherProviderHelp = CanAnotherProviderHelp(kind, status, error, text),
        };
    }

    private static ChatFailureKind KindOf(int status, ProviderErrorBody error, string text, Func<string, string?> header)
    {
        ChatFailureKind? byCode = (status is 403 ? KindOfRefusal(text) : null) ?? KindByCode(status, error, text);
        if (byCode is null && status is 403 && (header("retry-after") is not null || header(RemainingQuotaHeader) is not null))
        {
            return ChatFailureKind.QuotaExhausted;
        }

        return byCode ?? status switch
        {
            401 or 403 or 407 => ChatFailureKind.Authentication,
            402 => ChatFailureKind.QuotaExhausted,
            408 or 504 or 524 or 598 or 599 => ChatFailureKind.Timeout,
            409 or 424 or 425 => ChatFailureKind.ServerError,
            413 => ChatFailureKind.ContextLengthExceeded,
            429 => FailureWordings.IsOverloaded(error, text) ? ChatFailureKind.Overloaded : ChatFailureKind.RateLimited,
            498 or 503 or 529 => ChatFailureKind.Overloaded,
            460 or 499 => ChatFailureKind.Network,
            >= 400 and < 500 => ChatFailureKind.InvalidRequest,
            >= 500 when WireStatus.IsUnreached(status) || WireStatus.IsInterrupted(status) => ChatFailureKind.Network,
            >= 500 => FailureWordings.IsOverloaded(error, text) ? ChatFailureKind.Overloaded : ChatFailureKind.ServerError,
            _ => KindInsideSuccess(error, text),
        };
    }

    /// <summary>Classifies errors for which providers use different status codes: 400, 403, 429 or 500.</summary>
    private static ChatFailureKind? KindByCode(int status, ProviderErrorBody error, string text)
    {
        if (status is 401)
        {
            return null;
        }

        if (FailureWordings.IsContentFilter(error, text))
        {
            return ChatFailureKind.ContentFiltered;
        }

        // A provider that states a wait means a rate limit, even if its text says quota. A daily quota does not reset soon.
        bool isRate = status is 429 && !error.IsDailyQuota && (error.RetryAfter is not null || error.Says("resource_exhausted"));
        if (status is not (500 or 502 or 503 or 529) && !isRate && FailureWordings.IsQuota(error, text))
        {
            return ChatFailureKind.QuotaExhausted;
        }

        if (status is not 429 && FailureWordings.IsContext(error, text))
        {
            return ChatFailureKind.ContextLengthExceeded;
        }

        if (status is 413 or 429 && FailureWordings.IsRequestAboveRateLimit(text))
        {
            return ChatFailureKind.RateLimited;
        }

        return status is >= 400 and < 500 and not 429 && FailureWordings.IsAuthentication(error, text) ? ChatFailureKind.Authentication : null;
    }

    /// <summary>Classifies a 403 whose text says that it is no lack of permission: API Management answers so if a quota is used up, GitHub if a rate is.</summary>
    private static ChatFailureKind? KindOfRefusal(string text) =>
        text.Contains("rate limit", StringComparison.OrdinalIgnoreCase) ? ChatFailureKind.RateLimited
        : FailureWordings.IsUsedUpQuota(text) ? ChatFailureKind.QuotaExhausted
        : null;

    private static ChatFailureKind KindInsideSuccess(ProviderErrorBody error, string text) =>
        FailureWordings.IsAuthentication(error, text) ? ChatFailureKind.Authentication
        : FailureWordings.IsOverloaded(error, text) ? ChatFailureKind.Overloaded
        : FailureWordings.IsRateLimit(error, text) ? ChatFailureKind.RateLimited
        : FailureWordings.IsTimeout(error) ? ChatFailureKind.Timeout
        : FailureWordings.IsServerError(error) ? ChatFailureKind.ServerError
        : error.Says("invalid_request_error") || FailureWordings.IsAboutModel(error, text) ? ChatFailureKind.InvalidRequest
        : ChatFailureKind.ServerError;

    /// <summary>
    /// Returns the phase of an error response. If a gateway lost the answer, the request may still run and be billed; after other errors it
    /// was not run.
    /// </summary>
    private static ChatFailurePhase PhaseOf(int status, ChatFailureKind kind) =>
        kind is ChatFailureKind.Timeout || WireStatus.IsInterrupted(status) ? ChatFailurePhase.Ambiguous : ChatFailurePhase.Rejected;

    private static bool CanAnotherProviderHelp(ChatFailureKind kind, int status, ProviderErrorBody error, string text) => kind switch
    {
        // Another model or gateway may know the model or support the feature.
        ChatFailureKind.InvalidRequest => status is 404 or 405 or 410 || FailureWordings.IsAboutModel(error, text)
            || error.Says("tool_use_failed") || error.Says("unsupported_value") || error.Says("unsupported_parameter"),
        _ => true,
    };

    /// <summary>Returns the code if it is a short word. Longer values may contain text of the request.</summary>
    private static string? ShortCode(string? code) =>
        code is { Length: > 0 and <= 64 } && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? code : null;
}
