using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>Anthropic's Messages API.</summary>
internal sealed class AnthropicFormat : WireFormat
{
    private static readonly (string Name, string Limit)[] RateLimits =
        [("requests", "4000"), ("tokens", "480000"), ("input-tokens", "400000"), ("output-tokens", "80000")];

    public override int? OutputLimit(JsonElement request) => request.Number("max_tokens");

    public override string? ApiKey(SimulatedRequest request) => request.Header("x-api-key") ?? base.ApiKey(request);

    public override IEnumerable<(string Name, string Value)> Headers(SimulatedRequest request, WireAnswer? answer, int status)
    {
        yield return ("request-id", RequestId(request));
        if (status != 200)
        {
            yield return ("x-should-retry", status is 408 or 409 or 429 or >= 500 ? "true" : "false");
            yield break;
        }

        string now = request.ReceivedAt.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        foreach ((string name, string limit) in RateLimits)
        {
            yield return ($"anthropic-ratelimit-{name}-limit", limit);
            yield return ($"anthropic-ratelimit-{name}-remaining", limit);
            yield return ($"anthropic-ratelimit-{name}-reset", now);
        }
    }

    public override JsonObject Answer(WireAnswer answer)
    {
        JsonObject message = Message(answer);
        var content = (JsonArray)message["content"]!;
        if (answer.ReasoningPieces.Count > 0)
        {
            content.Add(new JsonObject { ["type"] = "thinking", ["thinking"] = answer.Reasoning, ["signature"] = "c2ltdWxhdGVk" });
        }

        foreach (JsonObject block in Searches(answer))
        {
            content.Add(block);
        }

        if (answer.HasText)
        {
            content.Add(new JsonObject { ["type"] = "text", ["text"] = answer.Text });
        }

        foreach (WireToolCall call in answer.ToolCalls)
        {
            content.Add(ToolUse(call, call.Arguments.DeepClone()));
        }

        message["stop_reason"] = Stop(answer);
        if (answer.Usage is { } usage)
        {
            message["usage"] = Usage(answer, usage, usage.OutputTokens);
        }

        return message;
    }

    public override IEnumerable<WireEvent> Stream(WireAnswer answer)
    {
        JsonObject message = Message(answer);
        if (answer.Usage is { } usage)
        {
            message["usage"] = Usage(answer, usage, 1);
        }

        yield return Named(WireEventKind.Opening, new JsonObject { ["type"] = "message_start", ["message"] = message });

        int index = 0;
        if (answer.ReasoningPieces.Count > 0)
        {
            yield return Start(WireEventKind.Opening, new JsonObject { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" });
            yield return Named(WireEventKind.Opening, new JsonObject { ["type"] = "ping" });
            foreach (string piece in answer.ReasoningPieces)
            {
                yield return Delta(WireEventKind.Piece, "thinking_delta", "thinking", piece);
            }

            yield return Delta(WireEventKind.Other, "signature_delta", "signature", "c2ltdWxhdGVk");
            yield return End();
        }

        foreach (JsonObject block in Searches(answer))
        {
            yield return Start(index == 0 ? WireEventKind.Opening : WireEventKind.Other, block);
            yield return End();
        }

        if (answer.HasText)
        {
            WireEventKind kind = index == 0 ? WireEventKind.Opening : WireEventKind.Other;
            yield return Start(kind, new JsonObject { ["type"] = "text", ["text"] = "" });
            yield return Named(kind, new JsonObject { ["type"] = "ping" });
            foreach (string piece in answer.TextPieces)
            {
                yield return Delta(WireEventKind.Piece, "text_delta", "text", piece);
            }

            yield return End();
        }

        foreach (WireToolCall call in answer.ToolCalls)
        {
            (string first, string second) = call.ArgumentsFragments;
            yield return Start(WireEventKind.Other, ToolUse(call, new JsonObject()));
            yield return Delta(WireEventKind.Other, "input_json_delta", "partial_json", first);
            yield return Delta(WireEventKind.Piece, "input_json_delta", "partial_json", second);
            yield return End();
        }

        var end = new JsonObject
        {
            ["type"] = "message_delta",
            ["delta"] = new JsonObject { ["stop_reason"] = Stop(answer), ["stop_sequence"] = null },
        };
        if (answer.Usage is { } final)
        {
            // Cumulative: the counts of message_start again, with all output tokens.
            var counts = new JsonObject
            {
                ["input_tokens"] = Uncached(final),
                ["cache_creation_input_tokens"] = CacheWrites(final),
                ["cache_read_input_tokens"] = final.CachedInputTokens,
                ["output_tokens"] = final.OutputTokens,
            };
            AddSearches(counts, final);
            end["usage"] = counts;
        }

        yield return Named(WireEventKind.Other, end);
        yield return Named(WireEventKind.Other, new JsonObject { ["type"] = "message_stop" });

        WireEvent Start(WireEventKind kind, JsonObject block) =>
            Named(kind, new JsonObject { ["type"] = "content_block_start", ["index"] = index, ["content_block"] = block });

        WireEvent Delta(WireEventKind kind, string type, string member, string value) => Named(
            kind,
            new JsonObject { ["type"] = "content_block_delta", ["index"] = index, ["delta"] = new JsonObject { ["type"] = type, [member] = value } });

        WireEvent End() => Named(WireEventKind.Other, new JsonObject { ["type"] = "content_block_stop", ["index"] = index++ });
    }

    public override (int Status, JsonObject Body) Error(SimulatedFault fault, SimulatedRequest request)
    {
        (int status, string message, string type) = fault.Kind switch
        {
            SimulatedFaultKind.RateLimited => (429, "This request would exceed your organization's rate limit of 50 requests per minute.", "rate_limit_error"),
            SimulatedFaultKind.Overloaded => (529, "Overloaded", "overloaded_error"),
            SimulatedFaultKind.QuotaExhausted => (400, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.", "invalid_request_error"),
            SimulatedFaultKind.Unauthorized => (401, "invalid x-api-key", "authentication_error"),
            SimulatedFaultKind.ModelNotFound => (404, $"model: {request.Model}", "not_found_error"),
            SimulatedFaultKind.ContextLengthExceeded => (400, "prompt is too long: 200016 tokens > 200000 maximum", "invalid_request_error"),
            SimulatedFaultKind.ContentFiltered => (400, "Output blocked by content filtering policy", "invalid_request_error"),
            SimulatedFaultKind.EmptyMessages => (400, "messages: at least one message is required", "invalid_request_error"),
            SimulatedFaultKind.UnknownPath => (404, "Not Found", "not_found_error"),
            _ => FromStatus(fault.Status ?? 500),
        };
        return (fault.Status ?? status, new JsonObject
        {
            ["type"] = "error",
            ["error"] = Detail(fault.Type ?? type, fault.Message ?? message, fault.Code),
            ["request_id"] = RequestId(request),
        });
    }

    public override IEnumerable<WireEvent> ErrorEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer) =>
        [Named(WireEventKind.Other, Error(fault, request).Body)];

    public override JsonObject TokenCount(SimulatedRequest request, long inputTokens) => new() { ["input_tokens"] = inputTokens };

    private static string RequestId(SimulatedRequest request) => $"req_sim{request.Number:D6}";

    private static JsonObject Detail(string type, string message, string? code)
    {
        var detail = new JsonObject { ["type"] = type, ["message"] = message };
        if (code is not null)
        {
            detail["details"] = new JsonObject { ["error_code"] = code };
        }

        return detail;
    }

    private static (int Status, string Message, string Type) FromStatus(int status) => status switch
    {
        400 => (status, "The request was malformed.", "invalid_request_error"),
        401 => (status, "invalid x-api-key", "authentication_error"),
        402 => (status, "There is an issue with your billing.", "billing_error"),
        403 => (status, "Your API key does not have permission to use the specified resource.", "permission_error"),
        404 => (status, "Not Found", "not_found_error"),
        413 => (status, "Request exceeds the maximum size", "request_too_large"),
        429 => (status, "Number of requests has exceeded your rate limit.", "rate_limit_error"),
        504 => (status, "The request timed out.", "timeout_error"),
        529 => (status, "Overloaded", "overloaded_error"),
        >= 500 => (status, "Internal server error", "api_error"),
        _ => (status, $"The request was refused with status {status}.", "invalid_request_error"),
    };

    private static JsonObject Message(WireAnswer answer) => new()
    {
        ["model"] = answer.Model,
        ["id"] = answer.Id("msg_"),
        ["type"] = "message",
        ["role"] = "assistant",
        ["content"] = new JsonArray(),
        ["stop_reason"] = null,
        ["stop_sequence"] = null,
    };

    private static JsonObject ToolUse(WireToolCall call, JsonNode input) => new()
    {
        ["type"] = "tool_use",
        ["id"] = call.Id,
        ["name"] = call.Name,
        ["input"] = input,
    };

    private static JsonObject Usage(WireAnswer answer, SimulatedUsage usage, long outputTokens)
    {
        bool isFast = answer.ServiceTier == "fast";
        var counts = new JsonObject
        {
            ["input_tokens"] = Uncached(usage),
            ["cache_creation_input_tokens"] = CacheWrites(usage),
            ["cache_read_input_tokens"] = usage.CachedInputTokens,
            ["cache_creation"] = new JsonObject
            {
                ["ephemeral_5m_input_tokens"] = usage.CacheWriteTokens,
                ["ephemeral_1h_input_tokens"] = usage.CacheWriteOneHourTokens,
            },
            ["output_tokens"] = outputTokens,
            ["service_tier"] = isFast ? "standard" : answer.ServiceTier ?? "standard",
        };
        if (isFast)
        {
            counts["speed"] = "fast";
        }

        AddSearches(counts, usage);
        return counts;
    }

    private static void AddSearches(JsonObject counts, SimulatedUsage usage)
    {
        if (usage.WebSearches > 0)
        {
            counts["server_tool_use"] = new JsonObject { ["web_search_requests"] = usage.WebSearches, ["web_fetch_requests"] = 0 };
        }
    }

    /// <summary>The searches that the provider ran itself, with their results.</summary>
    private static IEnumerable<JsonObject> Searches(WireAnswer answer)
    {
        for (int i = 0; i < answer.Usage?.WebSearches; i++)
        {
            string id = answer.Id($"srvtoolu_{i}_");
            yield return new JsonObject { ["type"] = "server_tool_use", ["id"] = id, ["name"] = "web_search", ["input"] = new JsonObject { ["query"] = "simulated" } };
            yield return new JsonObject { ["type"] = "web_search_tool_result", ["tool_use_id"] = id, ["content"] = new JsonArray() };
        }
    }

    private static long CacheWrites(SimulatedUsage usage) => usage.CacheWriteTokens + usage.CacheWriteOneHourTokens;

    // Anthropic's input_tokens do not include cache reads and writes.
    private static long Uncached(SimulatedUsage usage) => usage.InputTokens - usage.CachedInputTokens - CacheWrites(usage);

    private static string? Stop(WireAnswer answer) =>
        answer.FinishText ?? (answer.FinishReason is { } reason ? Word(reason, "end_turn", "max_tokens", "tool_use", "refusal") : null);

    private static WireEvent Named(WireEventKind kind, JsonObject data) => new(kind, Serialize(data), (string?)data["type"]);
}
