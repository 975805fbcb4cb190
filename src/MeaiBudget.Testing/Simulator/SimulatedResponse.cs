using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>One scripted response of a <see cref="ProviderSimulator"/>: an answer or an error, with optional faults.</summary>
/// <remarks>
/// <para>Immutable: each method that changes a setting returns a new response, so one response can be used for many requests. It is
/// independent of a wire format: the simulator converts it to the format of the requested provider, with or without streaming.</para>
/// <para>A <em>piece</em> is the unit of a stream: a word of text or of reasoning, or a tool call. Positions of faults in a stream are
/// numbers of pieces. For a request without streaming, the same faults have these effects: a stalled one never receives a response, a
/// dropped one loses the second half of the body, a malformed one has invalid JSON, and an error replaces the answer.</para>
/// </remarks>
public sealed partial class SimulatedResponse
{
    private SimulatedResponse()
    {
    }

    internal enum Break
    {
        None,
        Stall,
        Drop,
        Error,
        Fail,
        Malformed,
        End,
    }

    internal sealed record Tool(string? Id, string Name, JsonNode Arguments);

    internal Func<SimulatedRequest, SimulatedResponse>? Maker { get; private set; }

    internal SimulatedFault? Fault { get; private set; }

    internal (int Status, string ContentType, ReadOnlyMemory<byte> Body)? RawBody { get; private set; }

    internal bool DropsConnection { get; private set; }

    internal string? AnswerText { get; private set; }

    internal string? Reasoning { get; private set; }

    internal IReadOnlyList<Tool> Tools { get; private set; } = [];

    internal SimulatedUsage? Usage { get; private set; }

    internal bool SendsUsage { get; private set; } = true;

    internal SimulatedUsage? Billed { get; private set; }

    internal ChatFinishReason? FinishReason { get; private set; }

    internal string? FinishText { get; private set; }

    internal bool SendsFinishReason { get; private set; } = true;

    internal string? ServiceTier { get; private set; }

    internal SimulatedUsageReports UsageReports { get; private set; }

    internal int PiecesAfterLeaving { get; private set; }

    internal string? Model { get; private set; }

    internal (bool IsSet, decimal? Value) Cost { get; private set; }

    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; private set; } = [];

    internal int PollsInProgress { get; private set; } = 1;

    internal TimeSpan Delay { get; private set; }

    internal TimeSpan PieceInterval { get; private set; }

    internal IReadOnlyList<Task> Gates { get; private set; } = [];

    internal Break BreakKind { get; private set; }

    internal int BreakAfter { get; private set; }

    internal Task? BreakUntil { get; private set; }

    internal SimulatedFault? BreakError { get; private set; }

    /// <summary>Creates an answer that repeats the last user message: <c>You said: …</c>. It is the simulator's default answer.</summary>
    /// <returns>The response. Its usage counts one token per word.</returns>
    public static SimulatedResponse Echo() => new();

    /// <summary>Creates a text answer.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The response. Its usage counts one token per word. If the request limits output to fewer words, the text is truncated.</returns>
    public static SimulatedResponse Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new SimulatedResponse { AnswerText = text };
    }

    /// <summary>Creates an answer that calls one tool.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">The arguments, for example an anonymous object, serialised to JSON; <see langword="null"/> for none.</param>
    /// <param name="callId">The id of the tool call; <see langword="null"/> to derive it from the request's number.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse ToolCall(string name, object? arguments = null, string? callId = null) =>
        Text("").WithToolCall(name, arguments, callId);

    /// <summary>Creates a response with a function that receives the request.</summary>
    /// <param name="respond">Returns the response. It is called on the server's threads, possibly concurrently.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse From(Func<SimulatedRequest, SimulatedResponse> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        return new SimulatedResponse { Maker = respond };
    }

    /// <summary>Creates a response with any body.</summary>
    /// <param name="body">The body, sent without changes.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="contentType">The content type.</param>
    /// <returns>The response. It bills nothing, unless <see cref="BilledAs"/> sets a usage.</returns>
    public static SimulatedResponse Raw(string body, int status = 200, string contentType = "application/json")
    {
        ArgumentNullException.ThrowIfNull(body);
        return new SimulatedResponse { RawBody = (status, contentType, System.Text.Encoding.UTF8.GetBytes(body)) };
    }

    /// <summary>Adds a tool call to the answer.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">The arguments, for example an anonymous object, serialised to JSON; <see langword="null"/> for none.</param>
    /// <param name="callId">The id of the tool call; <see langword="null"/> to derive it from the request's number.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithToolCall(string name, object? arguments = null, string? callId = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        JsonNode json = JsonSerializer.SerializeToNode(arguments) ?? new JsonObject();
        return With(response => response.Tools = [.. response.Tools, new Tool(callId, name, json)]);
    }

    /// <summary>Adds reasoning: a thinking block for Anthropic, the thinking text for Ollama. OpenAI and LiteLLM only bill it.</summary>
    /// <param name="reasoning">The text.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithReasoning(string reasoning)
    {
        ArgumentException.ThrowIfNullOrEmpty(reasoning);
        return With(response => response.Reasoning = reasoning);
    }

    /// <summary>Sets the reported and billed usage, instead of counted words.</summary>
    /// <param name="inputTokens">All input tokens.</param>
    /// <param name="outputTokens">All output tokens.</param>
    /// <returns>A new response. The text is then sent completely, even if the request sets a limit.</returns>
    public SimulatedResponse WithUsage(long inputTokens, long outputTokens) => WithUsage(new SimulatedUsage(inputTokens, outputTokens));

    /// <summary>Sets the reported and billed usage, instead of counted words.</summary>
    /// <param name="usage">The usage.</param>
    /// <returns>A new response. The text is then sent completely, even if the request sets a limit.</returns>
    public SimulatedResponse WithUsage(SimulatedUsage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return With(response => response.Usage = usage);
    }

    /// <summary>Bills the usage but does not report it.</summary>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithoutUsage() => With(response => response.SendsUsage = false);

    /// <summary>Sets the usage that the simulator bills, whatever happens to the request.</summary>
    /// <param name="usage">The usage; <see cref="SimulatedUsage.None"/> for nothing.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse BilledAs(SimulatedUsage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return With(response => response.Billed = usage);
    }

    /// <summary>Sets the cost that LiteLLM states for the answer.</summary>
    /// <param name="usDollars">The cost in US dollars; <see langword="null"/> to state none.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithCost(decimal? usDollars) => With(response => response.Cost = (true, usDollars));

    /// <summary>Sets the finish reason.</summary>
    /// <param name="reason">The reason. The four well-known reasons are converted to the provider's name; others are sent unchanged.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithFinishReason(ChatFinishReason reason) => With(response => response.FinishReason = reason);

    /// <summary>Sets the finish reason as it is written on the wire, for example one that the SDK does not know.</summary>
    /// <param name="text">The text, sent without changes; it may be empty. For the Responses API it is the status.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithFinishReason(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return With(response => response.FinishText = text);
    }

    /// <summary>Omits the finish reason: <c>null</c> is sent.</summary>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithoutFinishReason() => With(response => response.SendsFinishReason = false);

    /// <summary>Sets the service tier that answers, instead of the requested one.</summary>
    /// <remarks>Anthropic reports <c>fast</c> as the speed, beside the standard tier. Ollama reports no tier.</remarks>
    /// <param name="tier">The tier as the provider names it, for example <c>priority</c>, <c>flex</c> or <c>default</c>.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithServiceTier(string tier)
    {
        ArgumentException.ThrowIfNullOrEmpty(tier);
        return With(response => response.ServiceTier = tier);
    }

    /// <summary>Sets how a stream of chat completions (OpenAI, LiteLLM) reports its usage. Other formats are not affected.</summary>
    /// <param name="reports">How it is reported.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithUsageReports(SimulatedUsageReports reports) => With(response => response.UsageReports = reports);

    /// <summary>Sets how many pieces the provider still generates, and bills, after the client has left the stream.</summary>
    /// <param name="pieces">The number of pieces; more than the answer has means all of it.</param>
    /// <returns>A new response. Without this method, it bills the pieces that were sent.</returns>
    public SimulatedResponse GoesOnFor(int pieces)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieces);
        return With(response => response.PiecesAfterLeaving = pieces);
    }

    /// <summary>Sets the model id of the answer, instead of the requested one.</summary>
    /// <param name="model">The model id.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithModel(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return With(response => response.Model = model);
    }

    /// <summary>Adds a header. It replaces a header of the provider. A header that is added twice is sent twice.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value, sent without changes.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithHeader(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        return With(response => response.Headers = [.. response.Headers, new(name, value)]);
    }

    /// <summary>Sets how many requests find an answer in progress that is made in the background (<c>background</c> of the Responses API).</summary>
    /// <remarks>
    /// <see cref="AfterDelay"/> and <see cref="WaitFor"/> delay the end of such an answer, not the response to its start. An answer with
    /// <see cref="ErrorAfter"/> ends as failed. Without this method, one request finds it in progress.
    /// </remarks>
    /// <param name="polls">The number of requests; 0 if the first one finds the answer.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse InProgressFor(int polls)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(polls);
        return With(response => response.PollsInProgress = polls);
    }

    /// <summary>Waits on the simulator's clock before anything is sent.</summary>
    /// <param name="delay">The duration.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse AfterDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return With(response => response.Delay = delay);
    }

    /// <summary>Waits for a task before anything is sent.</summary>
    /// <param name="gate">The task to wait for.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WaitFor(Task gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return With(response => response.Gates = [.. response.Gates, gate]);
    }

    /// <summary>Waits on the simulator's clock before each piece of a stream.</summary>
    /// <param name="interval">The duration.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithPieceInterval(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        return With(response => response.PieceInterval = interval);
    }

    /// <summary>Stops sending after some pieces, with the connection open.</summary>
    /// <param name="pieces">The number of pieces to send first.</param>
    /// <param name="until">The task after which the rest is sent; <see langword="null"/> to wait until the client leaves.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse StallAfter(int pieces, Task? until = null) =>
        WithBreak(Break.Stall, pieces, response => response.BreakUntil = until);

    /// <summary>Closes the connection after some pieces.</summary>
    /// <param name="pieces">The number of pieces to send first; 0 closes it after the stream's opening, before any content.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse DropAfter(int pieces) => WithBreak(Break.Drop, pieces);

    /// <summary>Ends the stream after some pieces as if it were complete: no finish reason, no usage, no error.</summary>
    /// <param name="pieces">The number of pieces to send first.</param>
    /// <returns>A new response. A request without streaming receives the full answer.</returns>
    public SimulatedResponse EndAfter(int pieces) => WithBreak(Break.End, pieces);

    /// <summary>Sends an error in the HTTP 200 stream after some pieces, and ends it.</summary>
    /// <param name="pieces">The number of pieces to send first.</param>
    /// <param name="message">The message; <see langword="null"/> for the provider's own.</param>
    /// <param name="type">The provider's type of the error; <see langword="null"/> for that of an overloaded or failing server.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse ErrorAfter(int pieces, string? message = null, string? type = null) =>
        WithBreak(Break.Error, pieces, response => response.BreakError = new SimulatedFault(SimulatedFaultKind.Overloaded, null, message, type));

    /// <summary>Ends the answer as failed after some pieces, with the usage so far: <c>response.failed</c> of the Responses API.</summary>
    /// <param name="pieces">The number of pieces to send first.</param>
    /// <param name="message">The message; <see langword="null"/> for the provider's own.</param>
    /// <returns>A new response. For other formats it is the same as <see cref="ErrorAfter"/>, because they have no failed answers.</returns>
    public SimulatedResponse FailAfter(int pieces, string? message = null) =>
        WithBreak(Break.Fail, pieces, response => response.BreakError = new SimulatedFault(SimulatedFaultKind.FromStatus, null, message));

    /// <summary>Sends an event that is not valid JSON after some pieces, and ends the stream.</summary>
    /// <param name="pieces">The number of pieces to send first.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse MalformedAfter(int pieces) => WithBreak(Break.Malformed, pieces);

    private SimulatedResponse WithBreak(Break kind, int pieces, Action<SimulatedResponse>? change = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieces);
        return With(response =>
        {
            response.BreakKind = kind;
            response.BreakAfter = pieces;
            change?.Invoke(response);
        });
    }

    private SimulatedResponse With(Action<SimulatedResponse> change)
    {
        var copy = (SimulatedResponse)MemberwiseClone();
        change(copy);
        return copy;
    }
}
