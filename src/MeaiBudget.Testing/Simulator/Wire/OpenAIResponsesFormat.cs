using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>OpenAI's Responses API: text and function calls.</summary>
internal sealed class OpenAIResponsesFormat : OpenAIFormat
{
    public override string MessagesProperty => "input";

    public override bool StoresAnswers => true;

    public override int? OutputLimit(JsonElement request) => request.Number("max_output_tokens");

    public override JsonObject Answer(WireAnswer answer) => Response(answer, Status(answer), Output(answer), answer.Usage);

    public override JsonObject StoredAnswer(WireAnswer answer, string status, SimulatedUsage? usage)
    {
        JsonObject response = Response(answer, status, [], usage);
        if (status == "failed")
        {
            response["error"] = new JsonObject { ["code"] = "server_error", ["message"] = "The server had an error while processing your request." };
        }

        return response;
    }

    public override IEnumerable<WireEvent> Stream(WireAnswer answer)
    {
        int sequence = 0;
        yield return Named(WireEventKind.Opening, "response.created", new JsonObject { ["response"] = Response(answer, "in_progress", [], null) });
        yield return Named(WireEventKind.Opening, "response.in_progress", new JsonObject { ["response"] = Response(answer, "in_progress", [], null) });

        int output = 0;
        foreach (JsonObject tool in ServerTools(answer))
        {
            JsonObject began = tool.DeepClone().AsObject();
            began["status"] = "in_progress";
            yield return Item("response.output_item.added", began, WireEventKind.Opening);
            yield return Item("response.output_item.done", tool, WireEventKind.Opening);
            output++;
        }

        if (answer.HasText)
        {
            string id = answer.Id("msg_");
            yield return Item("response.output_item.added", Message(answer, "in_progress", []), WireEventKind.Opening);
            yield return Part("response.content_part.added", "", WireEventKind.Opening);
            foreach (string piece in answer.TextPieces)
            {
                yield return Named(WireEventKind.Piece, "response.output_text.delta", OfText(id, "delta", piece));
            }

            yield return Named(WireEventKind.Other, "response.output_text.done", OfText(id, "text", answer.Text));
            yield return Part("response.content_part.done", answer.Text, WireEventKind.Other);
            yield return Item("response.output_item.done", Message(answer, "completed", [TextPart(answer.Text)]), WireEventKind.Other);
            output++;
        }

        foreach (WireToolCall call in answer.ToolCalls)
        {
            yield return Item("response.output_item.added", FunctionCall(call, "in_progress", ""), WireEventKind.Other);
            yield return Named(WireEventKind.Piece, "response.function_call_arguments.delta", OfCall(call, "delta"));
            yield return Named(WireEventKind.Other, "response.function_call_arguments.done", OfCall(call, "arguments"));
            yield return Item("response.output_item.done", FunctionCall(call, "completed", call.ArgumentsText), WireEventKind.Other);
            output++;
        }

        if (answer.FinishReason is not null)
        {
            string status = Status(answer);
            yield return Named(
                WireEventKind.Other,
                status == "incomplete" ? "response.incomplete" : "response.completed",
                new JsonObject { ["response"] = Response(answer, status, Output(answer), answer.Usage) });
        }

        WireEvent Named(WireEventKind kind, string type, JsonObject data)
        {
            data.Insert(0, "type", type);
            data.Insert(1, "sequence_number", sequence++);
            return new WireEvent(kind, Serialize(data), type);
        }

        WireEvent Item(string type, JsonObject item, WireEventKind kind) =>
            Named(kind, type, new JsonObject { ["output_index"] = output, ["item"] = item });

        WireEvent Part(string type, string text, WireEventKind kind) => Named(kind, type, new JsonObject
        {
            ["item_id"] = answer.Id("msg_"),
            ["output_index"] = output,
            ["content_index"] = 0,
            ["part"] = TextPart(text),
        });

        JsonObject OfText(string id, string member, string text) => new()
        {
            ["item_id"] = id,
            ["output_index"] = output,
            ["content_index"] = 0,
            [member] = text,
            ["logprobs"] = new JsonArray(),
        };

        JsonObject OfCall(WireToolCall call, string member) => new()
        {
            ["item_id"] = ItemId(call),
            ["output_index"] = output,
            [member] = call.ArgumentsText,
        };
    }

    public override IEnumerable<WireEvent> ErrorEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer)
    {
        JsonNode error = Error(fault, request).Body["error"]!;
        var data = new JsonObject
        {
            ["type"] = "error",
            ["sequence_number"] = 0,
            ["code"] = (string?)error["code"] ?? (string?)error["type"],
            ["message"] = (string?)error["message"],
            ["param"] = null,
        };
        yield return new WireEvent(WireEventKind.Other, Serialize(data), "error");
    }

    public override IEnumerable<WireEvent> FailureEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer, SimulatedUsage soFar)
    {
        var data = new JsonObject
        {
            ["type"] = "response.failed",
            ["sequence_number"] = 0,
            ["response"] = Failed(fault, answer, answer.Usage is null ? null : soFar),
        };
        yield return new WireEvent(WireEventKind.Other, Serialize(data), "response.failed");
    }

    public override JsonObject FailedAnswer(SimulatedFault fault, SimulatedRequest request, WireAnswer answer) => Failed(fault, answer, answer.Usage);

    public override JsonObject TokenCount(SimulatedRequest request, long inputTokens) => new()
    {
        ["object"] = "response.input_tokens",
        ["input_tokens"] = inputTokens,
    };

    private static JsonObject Failed(SimulatedFault fault, WireAnswer answer, SimulatedUsage? usage)
    {
        JsonObject response = Response(answer, "failed", [], usage);
        response["error"] = new JsonObject { ["code"] = "server_error", ["message"] = fault.Message ?? "The server had an error while processing your request." };
        return response;
    }

    private static string Status(WireAnswer answer) =>
        answer.FinishText ?? (answer.FinishReason == ChatFinishReason.Length || answer.FinishReason == ChatFinishReason.ContentFilter ? "incomplete" : "completed");

    /// <summary>The calls of tools that the provider ran itself.</summary>
    private static IEnumerable<JsonObject> ServerTools(WireAnswer answer)
    {
        for (int i = 0; i < answer.Usage?.WebSearches; i++)
        {
            yield return Tool($"ws_{i}_", "web_search_call", ("action", new JsonObject { ["type"] = "search", ["query"] = "simulated" }));
        }

        for (int i = 0; i < answer.Usage?.FileSearches; i++)
        {
            yield return Tool($"fs_{i}_", "file_search_call", ("queries", new JsonArray("simulated")), ("results", null));
        }

        for (int i = 0; i < answer.Usage?.CodeSessions; i++)
        {
            yield return Tool($"ci_{i}_", "code_interpreter_call", ("container_id", answer.Id($"cntr_{i}_")), ("code", "print(1)"), ("outputs", new JsonArray()));
        }

        JsonObject Tool(string prefix, string type, params (string Name, JsonNode? Value)[] members)
        {
            var item = new JsonObject { ["id"] = answer.Id(prefix), ["type"] = type, ["status"] = "completed" };
            foreach ((string name, JsonNode? value) in members)
            {
                item[name] = value;
            }

            return item;
        }
    }

    private static JsonArray Output(WireAnswer answer)
    {
        var output = new JsonArray([.. ServerTools(answer)]);
        if (answer.HasText)
        {
            output.Add(Message(answer, "completed", [TextPart(answer.Text)]));
        }

        foreach (WireToolCall call in answer.ToolCalls)
        {
            output.Add(FunctionCall(call, "completed", call.ArgumentsText));
        }

        return output;
    }

    private static JsonObject Message(WireAnswer answer, string status, JsonArray content) => new()
    {
        ["id"] = answer.Id("msg_"),
        ["type"] = "message",
        ["status"] = status,
        ["role"] = "assistant",
        ["content"] = content,
    };

    private static JsonObject TextPart(string text) => new()
    {
        ["type"] = "output_text",
        ["annotations"] = new JsonArray(),
        ["logprobs"] = new JsonArray(),
        ["text"] = text,
    };

    private static JsonObject FunctionCall(WireToolCall call, string status, string arguments) => new()
    {
        ["id"] = ItemId(call),
        ["type"] = "function_call",
        ["status"] = status,
        ["arguments"] = arguments,
        ["call_id"] = call.Id,
        ["name"] = call.Name,
    };

    private static string ItemId(WireToolCall call) => $"fc_{call.Id}";

    private static JsonObject Response(WireAnswer answer, string status, JsonArray output, SimulatedUsage? usage)
    {
        string? incomplete = status != "incomplete" ? null
            : answer.FinishReason == ChatFinishReason.ContentFilter ? "content_filter" : "max_output_tokens";
        return new JsonObject
        {
            ["id"] = answer.Id("resp_"),
            ["object"] = "response",
            ["created_at"] = answer.CreatedAt.ToUnixTimeSeconds(),
            ["status"] = status,
            ["background"] = answer.IsBackground,
            ["error"] = null,
            ["incomplete_details"] = incomplete is null ? null : new JsonObject { ["reason"] = incomplete },
            ["instructions"] = null,
            ["max_output_tokens"] = null,
            ["model"] = answer.Model,
            ["output"] = output,
            ["parallel_tool_calls"] = true,
            ["previous_response_id"] = answer.PreviousResponseId,
            ["service_tier"] = answer.ServiceTier ?? "default",
            ["store"] = answer.IsStored,
            ["temperature"] = 1.0,
            ["text"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "text" } },
            ["tool_choice"] = "auto",
            ["tools"] = new JsonArray(),
            ["top_p"] = 1.0,
            ["truncation"] = "disabled",
            ["usage"] = usage is null ? null : new JsonObject
            {
                ["input_tokens"] = usage.InputTokens,
                ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = usage.CachedInputTokens },
                ["output_tokens"] = usage.OutputTokens,
                ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = usage.ReasoningTokens },
                ["total_tokens"] = usage.InputTokens + usage.OutputTokens,
            },
            ["metadata"] = new JsonObject(),
        };
    }
}
