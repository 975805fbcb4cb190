using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>The format of one provider's answers, streams and errors.</summary>
internal abstract class WireFormat
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The content type of a stream.</summary>
    public virtual string StreamContentType => "text/event-stream; charset=utf-8";

    public static string Serialize(JsonNode node) => node.ToJsonString(Options);

    /// <summary>True if the request asks for a stream.</summary>
    public virtual bool WantsStream(JsonElement request) => request.Flag("stream") ?? false;

    /// <summary>True if a stream for this request reports its usage.</summary>
    public virtual bool WantsUsage(JsonElement request) => true;

    /// <summary>Returns the maximum of output tokens in the request; null if it has none.</summary>
    public abstract int? OutputLimit(JsonElement request);

    /// <summary>The name of the message list, which must not be empty.</summary>
    public virtual string MessagesProperty => "messages";

    /// <summary>True if answers are stored and can be continued, fetched and cancelled by their ids.</summary>
    public virtual bool StoresAnswers => false;

    /// <summary>Returns the API key of the request; null if there is none.</summary>
    public virtual string? ApiKey(SimulatedRequest request)
    {
        const string Scheme = "Bearer ";
        return request.Header("Authorization") is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..]
            : null;
    }

    public virtual bool NeedsApiKey => true;

    /// <summary>Returns the headers of a response; without an answer, those of an error.</summary>
    public abstract IEnumerable<(string Name, string Value)> Headers(SimulatedRequest request, WireAnswer? answer, int status);

    /// <summary>Writes a complete answer.</summary>
    public abstract JsonObject Answer(WireAnswer answer);

    /// <summary>Writes a complete answer that depends on more of the request than its model.</summary>
    public virtual JsonObject Answer(WireAnswer answer, SimulatedRequest request) => Answer(answer);

    /// <summary>Writes a stored answer that has not ended as a complete one: in progress, cancelled or failed.</summary>
    public virtual JsonObject StoredAnswer(WireAnswer answer, string status, SimulatedUsage? usage) => throw new NotSupportedException();

    /// <summary>Writes a complete stream.</summary>
    public abstract IEnumerable<WireEvent> Stream(WireAnswer answer);

    /// <summary>Returns the status and body of an error.</summary>
    public abstract (int Status, JsonObject Body) Error(SimulatedFault fault, SimulatedRequest request);

    /// <summary>Returns the events of an error in a stream that began with HTTP 200, and the events after it.</summary>
    public abstract IEnumerable<WireEvent> ErrorEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer);

    /// <summary>Returns the events of an answer that failed after a part of it; where a format has none, those of an error.</summary>
    public virtual IEnumerable<WireEvent> FailureEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer, SimulatedUsage soFar) =>
        ErrorEvents(fault, request, answer);

    /// <summary>Writes a complete answer that failed; where a format has none, an error.</summary>
    public virtual JsonObject FailedAnswer(SimulatedFault fault, SimulatedRequest request, WireAnswer answer) => Error(fault, request).Body;

    /// <summary>Returns the body of a token count.</summary>
    public virtual JsonObject TokenCount(SimulatedRequest request, long inputTokens) => throw new NotSupportedException();

    /// <summary>Formats an event for the wire.</summary>
    public virtual string Frame(WireEvent wireEvent) => wireEvent.Name is null
        ? $"data: {wireEvent.Data}\n\n"
        : $"event: {wireEvent.Name}\ndata: {wireEvent.Data}\n\n";

    /// <summary>Returns the provider's name of a finish reason; unknown reasons are returned unchanged.</summary>
    protected static string Word(ChatFinishReason reason, string stop, string length, string toolCalls, string contentFilter) =>
        reason == ChatFinishReason.Stop ? stop
        : reason == ChatFinishReason.Length ? length
        : reason == ChatFinishReason.ToolCalls ? toolCalls
        : reason == ChatFinishReason.ContentFilter ? contentFilter
        : reason.Value;

    protected static WireEvent Event(WireEventKind kind, JsonObject data) => new(kind, Serialize(data));
}
