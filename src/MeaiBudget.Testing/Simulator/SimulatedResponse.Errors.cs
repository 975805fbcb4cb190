using System.Globalization;

namespace MeaiBudget.Testing;

/// <content>The errors, each in the status, headers and words of the provider that is asked.</content>
public sealed partial class SimulatedResponse
{
    /// <summary>An error of any status, with a body of the provider's shape.</summary>
    /// <param name="status">The HTTP status, 400 to 599.</param>
    /// <param name="message">The message; one made from the status if null.</param>
    /// <param name="type">The error's type; the provider's usual one for the status if null.</param>
    /// <param name="code">The error's code, where the provider has codes.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse Error(int status, string? message = null, string? type = null, string? code = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        return OfFault(new SimulatedFault(SimulatedFaultKind.FromStatus, status, message, type, code));
    }

    /// <summary>HTTP 429: too many requests or tokens.</summary>
    /// <param name="retryAfter">The Retry-After header, sent as it is, so that every form of it can be tried; none if null.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse RateLimited(string? retryAfter = null)
    {
        SimulatedResponse response = OfFault(new SimulatedFault(SimulatedFaultKind.RateLimited));
        return retryAfter is null ? response : response.WithHeader("Retry-After", retryAfter);
    }

    /// <summary>HTTP 429 with a Retry-After header that is a date.</summary>
    /// <param name="retryAt">The date, sent with a precision of seconds.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse RateLimited(DateTimeOffset retryAt) =>
        RateLimited(retryAt.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>The provider has no capacity: 529 at Anthropic, 503 elsewhere.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse Overloaded() => OfFault(new SimulatedFault(SimulatedFaultKind.Overloaded));

    /// <summary>The account has no money left: 429 <c>insufficient_quota</c> at OpenAI, 400 with a word about the credit balance at Anthropic,
    /// 400 <c>budget_exceeded</c> at LiteLLM.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse QuotaExhausted() => OfFault(new SimulatedFault(SimulatedFaultKind.QuotaExhausted));

    /// <summary>HTTP 401: the key is wrong.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse Unauthorized() => OfFault(new SimulatedFault(SimulatedFaultKind.Unauthorized));

    /// <summary>HTTP 404: there is no such model.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ModelNotFound() => OfFault(new SimulatedFault(SimulatedFaultKind.ModelNotFound));

    /// <summary>HTTP 400: the input is longer than the model's context window.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ContextLengthExceeded() => OfFault(new SimulatedFault(SimulatedFaultKind.ContextLengthExceeded));

    /// <summary>HTTP 400: the provider's filter refuses the request.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ContentFiltered() => OfFault(new SimulatedFault(SimulatedFaultKind.ContentFiltered));

    /// <summary>HTTP 500: something went wrong.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ServerError() => Error(500);

    /// <summary>A 200 whose body is cut short, so that it is not JSON.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse MalformedJson() => Echo().MalformedAfter(0);

    /// <summary>An error inside a 200, in place of any answer.</summary>
    /// <param name="message">The message; the provider's own if null.</param>
    /// <param name="type">The provider's name of the error; the one for an overloaded or failing server if null.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse ErrorInside200(string? message = null, string? type = null) => Echo().ErrorAfter(0, message, type);

    /// <summary>The connection is closed without a single byte of an answer, once the request was read. Bills nothing.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ConnectionDropped() => new() { DropsConnection = true };

    internal static SimulatedResponse OfFault(SimulatedFault fault) => new() { Fault = fault };
}
