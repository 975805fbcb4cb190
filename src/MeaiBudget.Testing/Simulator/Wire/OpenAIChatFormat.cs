using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>OpenAI's chat completions.</summary>
internal class OpenAIChatFormat : OpenAIFormat
{
    private static readonly WireEvent Done = new(WireEventKind.Other, "[DONE]");

    public override int? OutputLimit(JsonElement request) => request.Number("max_completion_tokens") ?? request.Number("max_tokens");

    public override bool WantsUsage(JsonElement request) => request.Member("stream_options").Flag("include_usage") ?? false;

    public override JsonObject Answer(WireAnswer answer)
    {
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = answer.HasText ? answer.Text : null,
            ["refusal"] = null,
        };
        if (answer.Usage is { WebSearches: > 0 })
        {
            message["annotations"] = Citations();
        }

        if (answer.ToolCalls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. answer.ToolCalls.Select(call => ToolCall(call, call.ArgumentsText))]);
        }

        JsonObject body = Envelope(answer, "chat.completion");
        body["choices"] = new JsonArray(new JsonObject
        {
            ["index"] = 0,
            ["message"] = message,
            ["logprobs"] = null,
            ["finish_reason"] = Finish(answer),
        });
        if (answer.Usage is { } usage)
        {
            body["usage"] = Usage(answer, usage);
        }

        return body;
    }

    public override IEnumerable<WireEvent> Stream(WireAnswer answer)
    {
        int produced = 0;
        int pieces = answer.TextPieces.Count + answer.ToolCalls.Count;
        yield return Chunk(WireEventKind.Opening, new JsonObject { ["role"] = "assistant", ["content"] = "", ["refusal"] = null });
        foreach (string piece in answer.TextPieces)
        {
            yield return Chunk(WireEventKind.Piece, new JsonObject { ["content"] = piece });
        }

        if (answer.Usage is { WebSearches: > 0 })
        {
            yield return Chunk(WireEventKind.Other, new JsonObject { ["annotations"] = Citations() });
        }

        for (int i = 0; i < answer.ToolCalls.Count; i++)
        {
            WireToolCall call = answer.ToolCalls[i];
            (string first, string second) = call.ArgumentsFragments;
            JsonObject opening = ToolCall(call, "");
            opening["index"] = i;
            yield return Chunk(WireEventKind.Other, ToolCalls(opening));
            yield return Chunk(WireEventKind.Other, ToolCalls(Fragment(i, first)));
            yield return Chunk(WireEventKind.Piece, ToolCalls(Fragment(i, second)));
        }

        if (answer.FinishReason is not null)
        {
            yield return Chunk(WireEventKind.Other, [], Finish(answer));
        }

        if (answer.StreamsUsage && answer.Usage is { } usage && answer.UsageReports != SimulatedUsageReports.InDifferences)
        {
            yield return UsageChunk(answer, usage);
        }

        yield return Done;

        WireEvent Chunk(WireEventKind kind, JsonObject delta, string? finishReason = null)
        {
            JsonObject body = Envelope(answer, "chat.completion.chunk");
            body["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["delta"] = delta,
                ["logprobs"] = null,
                ["finish_reason"] = finishReason,
            });
            if (answer.StreamsUsage)
            {
                body["usage"] = kind == WireEventKind.Piece && answer.Usage is { } all ? Report(answer, all, ++produced, pieces) : null;
            }

            return Event(kind, body);
        }
    }

    // As recorded from OpenAI: the error, then the requested usage with zero counts, then the usual end.
    public override IEnumerable<WireEvent> ErrorEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer)
    {
        yield return Event(WireEventKind.Other, Error(fault, request).Body);
        if (answer.StreamsUsage && answer.Usage is not null)
        {
            yield return UsageChunk(answer, SimulatedUsage.None);
        }

        yield return Done;
    }

    protected virtual JsonObject Usage(WireAnswer answer, SimulatedUsage usage)
    {
        var input = new JsonObject { ["cached_tokens"] = usage.CachedInputTokens, ["audio_tokens"] = usage.InputAudioTokens };
        if (usage.CacheWriteTokens > 0)
        {
            input["cache_write_tokens"] = usage.CacheWriteTokens;
        }

        return new JsonObject
        {
            ["prompt_tokens"] = usage.InputTokens,
            ["completion_tokens"] = usage.OutputTokens,
            ["total_tokens"] = usage.InputTokens + usage.OutputTokens,
            ["prompt_tokens_details"] = input,
            ["completion_tokens_details"] = new JsonObject
            {
                ["reasoning_tokens"] = usage.ReasoningTokens,
                ["audio_tokens"] = usage.OutputAudioTokens,
                ["accepted_prediction_tokens"] = 0,
                ["rejected_prediction_tokens"] = 0,
            },
        };
    }

    /// <summary>The usage beside a piece; null if the stream reports it at its end.</summary>
    private JsonObject? Report(WireAnswer answer, SimulatedUsage usage, int produced, int pieces)
    {
        SimulatedUsage soFar = usage.ForPart(produced, pieces);
        SimulatedUsage before = usage.ForPart(produced - 1, pieces);
        return answer.UsageReports switch
        {
            SimulatedUsageReports.InEachPiece => Usage(answer, soFar),
            SimulatedUsageReports.InDifferences when produced == 1 => Usage(answer, soFar),
            SimulatedUsageReports.InDifferences => Usage(answer, new SimulatedUsage(0, soFar.OutputTokens - before.OutputTokens)
            {
                ReasoningTokens = soFar.ReasoningTokens - before.ReasoningTokens,
                OutputAudioTokens = soFar.OutputAudioTokens - before.OutputAudioTokens,
            }),
            _ => null,
        };
    }

    private static JsonArray Citations() => new(new JsonObject
    {
        ["type"] = "url_citation",
        ["url_citation"] = new JsonObject { ["start_index"] = 0, ["end_index"] = 1, ["url"] = "https://example.com/", ["title"] = "A simulated page" },
    });

    private WireEvent UsageChunk(WireAnswer answer, SimulatedUsage usage)
    {
        JsonObject body = Envelope(answer, "chat.completion.chunk");
        body["choices"] = new JsonArray();
        body["usage"] = Usage(answer, usage);
        return Event(WireEventKind.Other, body);
    }

    private static JsonObject Envelope(WireAnswer answer, string type) => new()
    {
        ["id"] = answer.Id("chatcmpl-"),
        ["object"] = type,
        ["created"] = answer.CreatedAt.ToUnixTimeSeconds(),
        ["model"] = answer.Model,
        ["service_tier"] = answer.ServiceTier ?? "default",
        ["system_fingerprint"] = null,
    };

    private static string? Finish(WireAnswer answer) =>
        answer.FinishText ?? (answer.FinishReason is { } reason ? Word(reason, "stop", "length", "tool_calls", "content_filter") : null);

    private static JsonObject ToolCall(WireToolCall call, string arguments) => new()
    {
        ["id"] = call.Id,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = arguments },
    };

    private static JsonObject Fragment(int index, string arguments) => new()
    {
        ["index"] = index,
        ["function"] = new JsonObject { ["arguments"] = arguments },
    };

    private static JsonObject ToolCalls(JsonObject call) => new() { ["tool_calls"] = new JsonArray(call) };
}
