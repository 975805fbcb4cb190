using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Primitives;

namespace MeaiBudget;

/// <summary>Writes problem details if a budget refused a request, or if no model could answer.</summary>
/// <remarks>
/// The response contains the name of the budget and when to retry, but no amounts or partition keys, because the caller of the web
/// server must not see the application's spend or its other users. The logs contain which model failed and why.
/// </remarks>
internal sealed class BudgetExceptionHandler(IProblemDetailsService problemDetails, TimeProvider timeProvider) : IExceptionHandler
{
    public const string ProblemType = "urn:meaibudget:problem:budget-exceeded";

    public const string UnavailableType = "urn:meaibudget:problem:no-model-answered";

    private const int DeepestException = 16;

    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        Problem? problem = Of(exception, depth: 0);
        if (problem is null && !httpContext.RequestAborted.IsCancellationRequested && ReceiptOf(exception, depth: 0) is { } receipt)
        {
            problem = Failed(receipt);
        }

        return problem is null ? new(false) : WriteAsync(httpContext, exception, problem);
    }

    /// <summary>Finds the first exception of this library. Frameworks wrap what a chat client throws.</summary>
    private Problem? Of(Exception? exception, int depth) => exception switch
    {
        null => null,
        _ when depth > DeepestException => null,
        BudgetExceededException exceeded => Refused(exceeded.Refusal),

        // If a budget refused one candidate and others failed, a retry is only useful after the budget has reset.
        FallbackExhaustedException exhausted when Array.Find([.. exhausted.Attempts], IsTooMuch) is { Refusal: { } refusal } => Refused(refusal),
        FallbackExhaustedException exhausted => new(Unavailable(), exhausted.Attempts.Min(attempt => attempt.Failure?.RetryAfter)),
        CircuitOpenException open => new(Unavailable(), open.RetryAfter),
        AggregateException many => many.InnerExceptions.Select(inner => Of(inner, depth + 1)).FirstOrDefault(problem => problem is not null),
        _ => Of(exception.InnerException, depth + 1),
    };

    /// <summary>Finds the receipt of the call that threw; <see langword="null"/> if the exception is not a call's.</summary>
    private static CallReceipt? ReceiptOf(Exception? exception, int depth) => exception switch
    {
        null => null,
        _ when depth > DeepestException => null,
        _ when exception.TryGetReceipt(out CallReceipt? receipt) => receipt,
        AggregateException many => many.InnerExceptions.Select(inner => ReceiptOf(inner, depth + 1)).FirstOrDefault(receipt => receipt is not null),
        _ => ReceiptOf(exception.InnerException, depth + 1),
    };

    /// <summary>Describes the failure of a call by its last attempt; <see langword="null"/> if the call did not fail at a provider.</summary>
    private static Problem? Failed(CallReceipt receipt)
    {
        if (receipt.Attempts is not [.., { Failure: { Kind: not ChatFailureKind.Cancelled } failure }])
        {
            return null;
        }

        return failure.Kind switch
        {
            ChatFailureKind.RateLimited => new(Unavailable(StatusCodes.Status429TooManyRequests, "The model receives too many requests at the moment."), failure.RetryAfter),
            ChatFailureKind.Overloaded or ChatFailureKind.QuotaExhausted or ChatFailureKind.CircuitOpen => new(Unavailable(), failure.RetryAfter),
            ChatFailureKind.Timeout => new(Unavailable(StatusCodes.Status503ServiceUnavailable, "The model did not answer in time."), failure.RetryAfter),
            ChatFailureKind.InvalidRequest or ChatFailureKind.ContextLengthExceeded or ChatFailureKind.ContentFiltered =>
                new(Unavailable(StatusCodes.Status502BadGateway, "The model rejected the request."), null),

            // An exception of the application's own code in the pipeline is no problem of a model.
            ChatFailureKind.Unknown when failure.Phase == ChatFailurePhase.NotSent => null,
            _ => new(Unavailable(StatusCodes.Status502BadGateway, "The model's answer was an error."), failure.RetryAfter),
        };
    }

    private static bool IsTooMuch(AttemptReceipt attempt) => attempt.Refusal?.Reason is RefusalReason.Spent or RefusalReason.Held;

    private Problem Refused(SpendRefusal refusal)
    {
        var details = new ProblemDetails
        {
            Type = ProblemType,
            Title = "A budget refused the request.",
            Status = refusal.Reason is RefusalReason.Spent or RefusalReason.Held ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable,
            Detail = refusal.Reason switch
            {
                RefusalReason.Spent when refusal.IsBeyondLimit => $"The request needs more than the budget '{refusal.Budget}' allows in total. Send a shorter request, or ask for a shorter answer.",
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
        return new Problem(details, refusal.RetryAfter ?? (refusal.ResetsAt - timeProvider.GetUtcNow()));
    }

    private static ProblemDetails Unavailable(
        int status = StatusCodes.Status503ServiceUnavailable, string detail = "None of the models for this request is available at the moment.") => new()
        {
            Type = UnavailableType,
            Title = "No model could answer.",
            Status = status,
            Detail = detail,
        };

    private async ValueTask<bool> WriteAsync(HttpContext httpContext, Exception exception, Problem problem)
    {
        if (problem.RetryAfter is { } wait && wait >= TimeSpan.Zero)
        {
            httpContext.Response.Headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
        }

        httpContext.Response.StatusCode = problem.Details.Status!.Value;
        var context = new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = problem.Details, Exception = exception };
        if (await problemDetails.TryWriteAsync(context))
        {
            return true;
        }

        // The default writer does not write if the request accepts no JSON, as a browser or a client of an event stream does. Problem
        // details are better than an empty answer, and RFC 9110 allows them.
        StringValues accept = httpContext.Request.Headers.Accept;
        httpContext.Request.Headers.Accept = StringValues.Empty;
        try
        {
            return await problemDetails.TryWriteAsync(context);
        }
        finally
        {
            httpContext.Request.Headers.Accept = accept;
        }
    }

    private sealed record Problem(ProblemDetails Details, TimeSpan? RetryAfter);
}
