using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>Ollama's chat API, with one JSON object per line.</summary>
internal class OllamaFormat : WireFormat
{
    public override string StreamContentType => "application/x-ndjson";

    public override bool NeedsApiKey => false;

    // Unlike other providers, Ollama streams by default.
    public override bool WantsStream(JsonElement request) => request.Flag("stream") ?? true;

    public override int? OutputLimit(JsonElement request) =>
        request.Member("options").Number("num_predict") is { } limit and >= 0 ? limit : null;

    public override IEnumerable<(string Name, string Value)> Headers(SimulatedRequest request, WireAnswer? answer, int status) => [];

    public override JsonObject Answer(WireAnswer answer)
    {
        JsonObject message = Message(answer.Text);
        if (answer.ReasoningPieces.Count > 0)
        {
            message["thinking"] = answer.Reasoning;
        }

        if (answer.ToolCalls.Count > 0)
        {
            message["tool_calls"] = ToolCalls(answer.ToolCalls);
        }

        return Last(answer, message);
    }

    public override IEnumerable<WireEvent> Stream(WireAnswer answer)
    {
        foreach (string piece in answer.ReasoningPieces)
        {
            JsonObject message = Message("");
            message["thinking"] = piece;
            yield return Event(WireEventKind.Piece, Line(answer, message));
        }

        foreach (string piece in answer.TextPieces)
        {
            yield return Event(WireEventKind.Piece, Line(answer, Message(piece)));
        }

        foreach (WireToolCall call in answer.ToolCalls)
        {
            JsonObject message = Message("");
            message["tool_calls"] = ToolCalls([call]);
            yield return Event(WireEventKind.Piece, Line(answer, message));
        }

        yield return Event(WireEventKind.Other, Last(answer, Message("")));
    }

    public override (int Status, JsonObject Body) Error(SimulatedFault fault, SimulatedRequest request)
    {
        (int status, string message) = fault.Kind switch
        {
            SimulatedFaultKind.RateLimited => (429, "you've reached your hourly usage limit, please upgrade to continue"),
            SimulatedFaultKind.Overloaded => (503, "server busy, please try again. maximum pending requests exceeded"),
            SimulatedFaultKind.QuotaExhausted => (402, "you've reached your usage limit, please upgrade to continue"),
            SimulatedFaultKind.Unauthorized => (401, "unauthorized"),
            SimulatedFaultKind.ModelNotFound => (404, $"model '{request.Model}' not found"),
            SimulatedFaultKind.ContextLengthExceeded => (400, "the input length exceeds the context length"),
            SimulatedFaultKind.ContentFiltered => (400, "the request was refused"),
            SimulatedFaultKind.EmptyMessages => (400, "messages are required"),
            SimulatedFaultKind.UnknownPath => (404, "404 page not found"),
            _ => (fault.Status ?? 500, $"an error was encountered while running the model: status {fault.Status ?? 500}"),
        };
        return (fault.Status ?? status, new JsonObject { ["error"] = fault.Message ?? message });
    }

    public override IEnumerable<WireEvent> ErrorEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer) =>
        [Event(WireEventKind.Other, Error(fault, request).Body)];

    public override string Frame(WireEvent wireEvent) => wireEvent.Data + "\n";

    private static JsonObject Message(string content) => new() { ["role"] = "assistant", ["content"] = content };

    private static JsonArray ToolCalls(IReadOnlyList<WireToolCall> calls) => new([.. calls.Select((call, index) => new JsonObject
    {
        ["id"] = call.Id,
        ["function"] = new JsonObject { ["index"] = index, ["name"] = call.Name, ["arguments"] = call.Arguments.DeepClone() },
    })]);

    private static JsonObject Line(WireAnswer answer, JsonObject message) => new()
    {
        ["model"] = answer.Model,
        ["created_at"] = answer.CreatedAt.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
        ["message"] = message,
        ["done"] = false,
    };

    private static JsonObject Last(WireAnswer answer, JsonObject message)
    {
        JsonObject line = Line(answer, message);
        line["done"] = true;

        // Ollama has no finish reason for tool calls.
        if (answer.FinishText is not null)
        {
            line["done_reason"] = answer.FinishText;
        }
        else if (answer.FinishReason is { } reason)
        {
            line["done_reason"] = Word(reason, "stop", "length", "stop", "content_filter");
        }

        line["total_duration"] = 3_000_000;
        line["load_duration"] = 1_000_000;
        if (answer.Usage is { } usage)
        {
            line["prompt_eval_count"] = usage.InputTokens;
            line["prompt_eval_duration"] = 1_000_000;
            line["eval_count"] = usage.OutputTokens;
            line["eval_duration"] = 1_000_000;
        }

        return line;
    }
}
