using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace MeaiBudget;

/// <summary>Writes problem details if a budget refused a request, or if no model could answer.</summary>
/// <remarks>
/// The response contains the name of the budget and when to retry, but no amounts or partition keys, because the caller of the web
/// server must not see the application's spend or its other users.
/// </remarks>
internal sealed class BudgetExceptionHandler(IProblemDetailsService problemDetails, TimeProvider timeProvider) : IExceptionHandler
{
    public const string ProblemType = "urn:meaibudget:problem:budget-exceeded";

    public const string UnavailableType = "urn:meaibudget:problem:no-model-answered";

    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken) => exception switch
    {
        BudgetExceededException exceeded => WriteAsync(httpContext, exception, Refused(exceeded.Refusal), RetryAfter(exceeded.Refusal)),

        // If a budget refused one candidate and others failed, a retry is only useful after the budget has reset.
        FallbackExhaustedException exhausted when Array.Find([.. exhausted.Attempts], IsTooMuch) is { Refusal: { } refusal } =>
            WriteAsync(httpContext, exception, Refused(refusal), RetryAfter(refusal)),
        FallbackExhaustedException exhausted => WriteAsync(httpContext, exception, Unavailable(), exhausted.Attempts.Min(attempt => attempt.Failure?.RetryAfter)),
        CircuitOpenException open => WriteAsync(httpContext, exception, Unavailable(), open.RetryAfter),
        _ => new(false),
    };

    private static bool IsTooMuch(AttemptReceipt attempt) => attempt.Refusal?.Reason is RefusalReason.Spent or RefusalReason.Held;

    private static ProblemDetails Refused(SpendRefusal refusal) => new()
    {
        Type = ProblemType,
        Title = "A budget refused the request.",
        Status = refusal.Reason is RefusalReason.Spent or RefusalReason.Held ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable,
        Detail = refusal.Reason switch
        {
            RefusalReason.Spent => $"The budget '{refusal.Budget}' is used up.",
            RefusalReason.Held => $"The rest of the budget '{refusal.Budget}' is reserved by requests in progress.",
            _ => $"The budget '{refusal.Budget}' cannot admit the request.",
        },
        Extensions =
        {
            ["budget"] = refusal.Budget,
            ["reason"] = refusal.Reason.ToString(),
            ["resetsAt"] = refusal.ResetsAt,
        },
    };

    // The logs contain which model failed and why. The caller of the web server must not see it.
    private static ProblemDetails Unavailable() => new()
    {
        Type = UnavailableType,
        Title = "No model could answer.",
        Status = StatusCodes.Status503ServiceUnavailable,
        Detail = "None of the models for this request is available at the moment.",
    };

    private TimeSpan? RetryAfter(SpendRefusal refusal) => refusal.RetryAfter ?? (refusal.ResetsAt - timeProvider.GetUtcNow());

    private ValueTask<bool> WriteAsync(HttpContext httpContext, Exception exception, ProblemDetails details, TimeSpan? retryAfter)
    {
        if (retryAfter is { } wait && wait >= TimeSpan.Zero)
        {
            httpContext.Response.Headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
        }

        httpContext.Response.StatusCode = details.Status!.Value;
        return problemDetails.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = details, Exception = exception });
    }
}
