using System.Globalization;

namespace MeaiBudget.Testing;

/// <content>Errors with the status, headers and body of the requested provider.</content>
public sealed partial class SimulatedResponse
{
    /// <summary>Creates an error with any status and a body in the provider's format.</summary>
    /// <param name="status">The HTTP status, 400 to 599.</param>
    /// <param name="message">The message; <see langword="null"/> to derive it from the status.</param>
    /// <param name="type">The type of the error; <see langword="null"/> for the provider's usual type for the status.</param>
    /// <param name="code">The code of the error, if the provider has codes.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse Error(int status, string? message = null, string? type = null, string? code = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        return OfFault(new SimulatedFault(SimulatedFaultKind.FromStatus, status, message, type, code));
    }

    /// <summary>Creates HTTP 429: too many requests or tokens.</summary>
    /// <param name="retryAfter">The value of the Retry-After header in any form; <see langword="null"/> for none.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse RateLimited(string? retryAfter = null)
    {
        SimulatedResponse response = OfFault(new SimulatedFault(SimulatedFaultKind.RateLimited));
        return retryAfter is null ? response : response.WithHeader("Retry-After", retryAfter);
    }

    /// <summary>Creates HTTP 429 with a Retry-After header that is a date.</summary>
    /// <param name="retryAt">The date; sent without fractions of a second.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse RateLimited(DateTimeOffset retryAt) =>
        RateLimited(retryAt.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Creates the provider's error for missing capacity: 529 for Anthropic, 503 for others.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse Overloaded() => OfFault(new SimulatedFault(SimulatedFaultKind.Overloaded));

    /// <summary>Creates the error of an account without credit: 429 <c>insufficient_quota</c> for OpenAI, 400 with a message about the credit
    /// balance for Anthropic, 400 <c>budget_exceeded</c> for LiteLLM, 402 for Ollama.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse QuotaExhausted() => OfFault(new SimulatedFault(SimulatedFaultKind.QuotaExhausted));

    /// <summary>Creates HTTP 401: the API key is wrong.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse Unauthorized() => OfFault(new SimulatedFault(SimulatedFaultKind.Unauthorized));

    /// <summary>Creates HTTP 404: the model does not exist.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ModelNotFound() => OfFault(new SimulatedFault(SimulatedFaultKind.ModelNotFound));

    /// <summary>Creates HTTP 400: the input exceeds the model's context window.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ContextLengthExceeded() => OfFault(new SimulatedFault(SimulatedFaultKind.ContextLengthExceeded));

    /// <summary>Creates HTTP 400: the provider's content filter rejects the request.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ContentFiltered() => OfFault(new SimulatedFault(SimulatedFaultKind.ContentFiltered));

    /// <summary>Creates HTTP 500.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ServerError() => Error(500);

    /// <summary>Creates HTTP 200 with a truncated body that is not valid JSON.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse MalformedJson() => Echo().MalformedAfter(0);

    /// <summary>Creates HTTP 200 with an error in the body instead of an answer.</summary>
    /// <param name="message">The message; <see langword="null"/> for the provider's own.</param>
    /// <param name="type">The provider's type of the error; <see langword="null"/> for that of an overloaded or failing server.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse ErrorInside200(string? message = null, string? type = null) => Echo().ErrorAfter(0, message, type);

    /// <summary>Closes the connection without a response after the request was read. Bills nothing.</summary>
    /// <returns>The response.</returns>
    public static SimulatedResponse ConnectionDropped() => new() { DropsConnection = true };

    internal static SimulatedResponse OfFault(SimulatedFault fault) => new() { Fault = fault };
}
