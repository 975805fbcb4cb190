using System.Globalization;
using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>A LiteLLM proxy: OpenAI's chat completions with the proxy's headers, costs, errors and token counter.</summary>
internal class LiteLLMFormat : OpenAIChatFormat
{
    public override IEnumerable<(string Name, string Value)> Headers(SimulatedRequest request, WireAnswer? answer, int status)
    {
        yield return ("x-litellm-call-id", $"00000000-0000-4000-8000-{request.Number:D12}");
        yield return ("x-litellm-version", "1.80.0");
        if (status != 200)
        {
            yield break;
        }

        yield return ("x-litellm-model-id", "simulated-deployment");
        yield return ("x-litellm-model-group", request.Model ?? "");
        yield return ("x-litellm-attempted-retries", "0");
        yield return ("x-litellm-attempted-fallbacks", "0");
        yield return ("x-litellm-response-duration-ms", "1.0");
        yield return ("x-litellm-overhead-duration-ms", "0.1");

        // The cost of a stream is unknown when its headers are sent.
        if (answer?.Cost is { } cost && !request.IsStreaming)
        {
            yield return ("x-litellm-response-cost", cost.ToString(CultureInfo.InvariantCulture));
        }
    }

    public override (int Status, JsonObject Body) Error(SimulatedFault fault, SimulatedRequest request)
    {
        (int status, string message, string type) = fault.Kind switch
        {
            SimulatedFaultKind.RateLimited => (429, "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached.", "throttling_error"),
            SimulatedFaultKind.Overloaded => (503, "litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - The engine is currently overloaded.", "None"),
            SimulatedFaultKind.QuotaExhausted => (400, "Budget has been exceeded! Current cost: 10.1, Max budget: 10.0", "budget_exceeded"),
            SimulatedFaultKind.Unauthorized => (401, "Authentication Error, Invalid proxy server token passed.", "auth_error"),
            SimulatedFaultKind.ModelNotFound => (400, $"litellm.BadRequestError: Invalid model name passed in model={request.Model}. Call `/v1/models` to view available models for your key.", "invalid_request_error"),
            SimulatedFaultKind.ContextLengthExceeded => (400, "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - This model's maximum context length is 128000 tokens.", "None"),
            SimulatedFaultKind.ContentFiltered => (400, "litellm.ContentPolicyViolationError: litellm.BadRequestError: OpenAIException - The request was rejected by the safety system.", "None"),
            SimulatedFaultKind.EmptyMessages => (400, "litellm.BadRequestError: OpenAIException - Invalid 'messages': empty array.", "invalid_request_error"),
            SimulatedFaultKind.UnknownPath => (404, "Not Found", "None"),
            _ => (fault.Status ?? 500, "litellm.InternalServerError: InternalServerError: OpenAIException - The server had an error.", "None"),
        };
        status = fault.Status ?? status;

        // The proxy sends Python's None as a type, and the status as a string where OpenAI has a code.
        return (status, new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["message"] = fault.Message ?? message,
                ["type"] = fault.Type ?? type,
                ["param"] = "None",
                ["code"] = fault.Code ?? status.ToString(CultureInfo.InvariantCulture),
            },
        });
    }

    public override IEnumerable<WireEvent> ErrorEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer) =>
        [Event(WireEventKind.Other, Error(fault, request).Body)];

    public override JsonObject TokenCount(SimulatedRequest request, long inputTokens) => new()
    {
        ["total_tokens"] = inputTokens,
        ["request_model"] = request.Model,
        ["model_used"] = request.Model,
        ["tokenizer_type"] = "openai_tokenizer",
        ["original_response"] = null,
    };

    protected override JsonObject Usage(WireAnswer answer, SimulatedUsage usage)
    {
        JsonObject body = base.Usage(answer, usage);
        if (answer.Cost is { } cost)
        {
            body["cost"] = cost;
        }

        if (usage.WebSearches > 0)
        {
            body["server_tool_use"] = new JsonObject { ["web_search_requests"] = usage.WebSearches };
        }

        return body;
    }
}
