using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace MeaiBudget;

/// <summary>Answers for a budget that refused.</summary>
/// <remarks>
/// Says which budget and when to come back, and no amounts or keys: whoever called the web server need not know what the
/// company spends or who else is on the budget.
/// </remarks>
internal sealed class BudgetExceptionHandler(IProblemDetailsService problemDetails, TimeProvider timeProvider) : IExceptionHandler
{
    public const string ProblemType = "urn:meaibudget:problem:budget-exceeded";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BudgetExceededException exceeded)
        {
            return false;
        }

        SpendRefusal refusal = exceeded.Refusal;
        bool isTooMuch = refusal.Reason is RefusalReason.Spent or RefusalReason.Held;
        int status = isTooMuch ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable;
        TimeSpan? retryAfter = refusal.RetryAfter ?? (refusal.ResetsAt - timeProvider.GetUtcNow());
        if (retryAfter is { } wait && wait >= TimeSpan.Zero)
        {
            httpContext.Response.Headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
        }

        httpContext.Response.StatusCode = status;
        var details = new ProblemDetails
        {
            Type = ProblemType,
            Title = "A budget refused the request.",
            Status = status,
            Detail = refusal.Reason switch
            {
                RefusalReason.Spent => $"The budget '{refusal.Budget}' is spent.",
                RefusalReason.Held => $"What is left of the budget '{refusal.Budget}' is held by requests under way.",
                _ => $"The budget '{refusal.Budget}' cannot admit the request.",
            },
            Extensions =
            {
                ["budget"] = refusal.Budget,
                ["reason"] = refusal.Reason.ToString(),
                ["resetsAt"] = refusal.ResetsAt,
            },
        };
        return await problemDetails.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = details, Exception = exception });
    }
}
