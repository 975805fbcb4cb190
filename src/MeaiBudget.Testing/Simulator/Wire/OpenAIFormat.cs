using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>Headers and errors that OpenAI's two APIs share.</summary>
internal abstract class OpenAIFormat : WireFormat
{
    public override IEnumerable<(string Name, string Value)> Headers(SimulatedRequest request, WireAnswer? answer, int status)
    {
        yield return ("x-request-id", RequestId(request));
        yield return ("openai-version", "2020-10-01");
        yield return ("openai-processing-ms", "1");
        if (status == 200)
        {
            yield return ("x-ratelimit-limit-requests", "10000");
            yield return ("x-ratelimit-limit-tokens", "2000000");
            yield return ("x-ratelimit-remaining-requests", "9999");
            yield return ("x-ratelimit-remaining-tokens", "1999000");
            yield return ("x-ratelimit-reset-requests", "6ms");
            yield return ("x-ratelimit-reset-tokens", "30ms");
        }
    }

    public override (int Status, JsonObject Body) Error(SimulatedFault fault, SimulatedRequest request)
    {
        (int status, string message, string type, string? code, string? parameter) = fault.Kind switch
        {
            SimulatedFaultKind.RateLimited => (429, $"Rate limit reached for {request.Model} on requests per min (RPM): Limit 3, Used 3, Requested 1.", "requests", "rate_limit_exceeded", null),
            SimulatedFaultKind.Overloaded => (503, "The engine is currently overloaded, please try again later.", "server_error", null, null),
            SimulatedFaultKind.QuotaExhausted => (429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "insufficient_quota", null),
            SimulatedFaultKind.Unauthorized => (401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key", null),
            SimulatedFaultKind.ModelNotFound => (404, $"The model `{request.Model}` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found", null),
            SimulatedFaultKind.ContextLengthExceeded => (400, "This model's maximum context length is 128000 tokens. However, your messages resulted in 150008 tokens. Please reduce the length of the messages.", "invalid_request_error", "context_length_exceeded", MessagesProperty),
            SimulatedFaultKind.ContentFiltered => (400, "The request was rejected by the safety system.", "invalid_request_error", "content_policy_violation", null),
            SimulatedFaultKind.EmptyMessages => (400, $"Invalid '{MessagesProperty}': empty array. Expected an array with minimum length 1, but got an empty array instead.", "invalid_request_error", "empty_array", MessagesProperty),
            SimulatedFaultKind.UnknownPath => (404, $"Invalid URL ({request.Method} {request.Path})", "invalid_request_error", null, null),
            SimulatedFaultKind.UnknownPreviousResponse => (400, $"Previous response with id '{fault.Message}' not found.", "invalid_request_error", "previous_response_not_found", "previous_response_id"),
            SimulatedFaultKind.UnknownResponse => (404, $"Response with id '{fault.Message}' not found.", "invalid_request_error", null, null),
            SimulatedFaultKind.NotInBackground => (400, "Cannot cancel a synchronous response.", "invalid_request_error", null, null),
            SimulatedFaultKind.BackgroundNotStored => (400, "Background mode requires store to be true.", "invalid_request_error", null, "background"),
            _ => FromStatus(fault.Status ?? 500),
        };
        bool namesId = fault.Kind is SimulatedFaultKind.UnknownPreviousResponse or SimulatedFaultKind.UnknownResponse;
        return (fault.Status ?? status, new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["message"] = namesId ? message : fault.Message ?? message,
                ["type"] = fault.Type ?? type,
                ["param"] = parameter,
                ["code"] = fault.Code ?? code,
            },
        });
    }

    protected static string RequestId(SimulatedRequest request) => $"req_sim{request.Number:D6}";

    private static (int Status, string Message, string Type, string? Code, string? Parameter) FromStatus(int status) => status switch
    {
        429 => (status, "Rate limit reached.", "requests", "rate_limit_exceeded", null),
        >= 500 => (status, "The server had an error while processing your request.", "server_error", null, null),
        _ => (status, $"The request was refused with status {status}.", "invalid_request_error", null, null),
    };
}
