using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>How one provider writes its answers, streams and errors.</summary>
internal abstract class WireFormat
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The content type of a stream.</summary>
    public virtual string StreamContentType => "text/event-stream; charset=utf-8";

    public static string Serialize(JsonNode node) => node.ToJsonString(Options);

    /// <summary>Whether the request asks for a stream.</summary>
    public virtual bool WantsStream(JsonElement request) => request.Flag("stream") ?? false;

    /// <summary>Whether a stream reports its usage.</summary>
    public virtual bool WantsUsage(JsonElement request) => true;

    /// <summary>The most output tokens that the request allows; null if it does not say.</summary>
    public abstract int? OutputLimit(JsonElement request);

    /// <summary>The list that must not be empty.</summary>
    public virtual string MessagesProperty => "messages";

    /// <summary>The key that came with the request; null if there is none.</summary>
    public virtual string? ApiKey(SimulatedRequest request)
    {
        const string Scheme = "Bearer ";
        return request.Header("Authorization") is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..]
            : null;
    }

    public virtual bool NeedsApiKey => true;

    /// <summary>The headers of every response, or of a success alone.</summary>
    public abstract IEnumerable<(string Name, string Value)> Headers(SimulatedRequest request, WireAnswer? answer, int status);

    /// <summary>The whole answer.</summary>
    public abstract JsonObject Answer(WireAnswer answer);

    /// <summary>The whole answer, where it depends on more of the request than its model.</summary>
    public virtual JsonObject Answer(WireAnswer answer, SimulatedRequest request) => Answer(answer);

    /// <summary>The whole stream.</summary>
    public abstract IEnumerable<WireEvent> Stream(WireAnswer answer);

    /// <summary>An error's status and body.</summary>
    public abstract (int Status, JsonObject Body) Error(SimulatedFault fault, SimulatedRequest request);

    /// <summary>An error in a stream that has begun with HTTP 200, and whatever the provider still sends after it.</summary>
    public abstract IEnumerable<WireEvent> ErrorEvents(SimulatedFault fault, SimulatedRequest request, WireAnswer answer);

    /// <summary>The body that answers a request for a count of tokens.</summary>
    public virtual JsonObject TokenCount(SimulatedRequest request, long inputTokens) => throw new NotSupportedException();

    /// <summary>An event as bytes on the wire.</summary>
    public virtual string Frame(WireEvent wireEvent) => wireEvent.Name is null
        ? $"data: {wireEvent.Data}\n\n"
        : $"event: {wireEvent.Name}\ndata: {wireEvent.Data}\n\n";

    /// <summary>The provider's word for a finish reason; one that is not among the four known is passed on.</summary>
    protected static string Word(ChatFinishReason reason, string stop, string length, string toolCalls, string contentFilter) =>
        reason == ChatFinishReason.Stop ? stop
        : reason == ChatFinishReason.Length ? length
        : reason == ChatFinishReason.ToolCalls ? toolCalls
        : reason == ChatFinishReason.ContentFilter ? contentFilter
        : reason.Value;

    protected static WireEvent Event(WireEventKind kind, JsonObject data) => new(kind, Serialize(data));
}
