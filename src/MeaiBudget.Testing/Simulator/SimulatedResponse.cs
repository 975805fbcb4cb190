using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>One scripted response of a <see cref="ProviderSimulator"/>: an answer or an error, and what goes wrong on the way.</summary>
/// <remarks>
/// <para>Immutable: every member that changes something returns a new response, so one response may serve many requests at once.
/// It says nothing about a wire format; the simulator puts it into the format of the provider that was asked, streaming or not as
/// the request wants.</para>
/// <para>A <em>piece</em> is what a stream sends at a time: a word of text or of reasoning, or a tool call. Faults in the middle of a
/// stream are placed by counting pieces. A request that does not stream has no middle: it never answers where a stream stalls, loses
/// the second half of its body where a stream is dropped, is malformed throughout, or gets the error in place of an answer.</para>
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

    internal bool SendsFinishReason { get; private set; } = true;

    internal string? Model { get; private set; }

    internal (bool IsSet, decimal? Value) Cost { get; private set; }

    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; private set; } = [];

    internal TimeSpan Delay { get; private set; }

    internal TimeSpan PieceInterval { get; private set; }

    internal IReadOnlyList<Task> Gates { get; private set; } = [];

    internal Break BreakKind { get; private set; }

    internal int BreakAfter { get; private set; }

    internal Task? BreakUntil { get; private set; }

    internal SimulatedFault? BreakError { get; private set; }

    /// <summary>An answer that repeats what the user said last: <c>You said: …</c>. What a simulator answers until it is told otherwise.</summary>
    /// <returns>The response, with usage counted in words.</returns>
    public static SimulatedResponse Echo() => new();

    /// <summary>An answer that consists of text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The response, with usage counted in words. A request that limits output to fewer words gets no more than it allows.</returns>
    public static SimulatedResponse Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new SimulatedResponse { AnswerText = text };
    }

    /// <summary>An answer that calls one tool.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">The arguments, for example an anonymous object; serialised to JSON as it is. None if null.</param>
    /// <param name="callId">The id of the call; made from the request's number if null.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse ToolCall(string name, object? arguments = null, string? callId = null) =>
        Text("").WithToolCall(name, arguments, callId);

    /// <summary>A response that the test makes from each request.</summary>
    /// <param name="respond">Makes it. Called on a thread of the server, possibly many at once.</param>
    /// <returns>The response.</returns>
    public static SimulatedResponse From(Func<SimulatedRequest, SimulatedResponse> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        return new SimulatedResponse { Maker = respond };
    }

    /// <summary>A body that is sent as it is.</summary>
    /// <param name="body">The body.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="contentType">The content type.</param>
    /// <returns>The response; it bills nothing unless <see cref="BilledAs"/> says so.</returns>
    public static SimulatedResponse Raw(string body, int status = 200, string contentType = "application/json")
    {
        ArgumentNullException.ThrowIfNull(body);
        return new SimulatedResponse { RawBody = (status, contentType, System.Text.Encoding.UTF8.GetBytes(body)) };
    }

    /// <summary>Adds a call of a tool to the answer.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">The arguments, for example an anonymous object; serialised to JSON as it is. None if null.</param>
    /// <param name="callId">The id of the call; made from the request's number if null.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithToolCall(string name, object? arguments = null, string? callId = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        JsonNode json = JsonSerializer.SerializeToNode(arguments) ?? new JsonObject();
        return With(response => response.Tools = [.. response.Tools, new Tool(callId, name, json)]);
    }

    /// <summary>Adds reasoning: a thinking block of Anthropic, the thinking of Ollama. OpenAI and LiteLLM only bill it.</summary>
    /// <param name="reasoning">The text.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithReasoning(string reasoning)
    {
        ArgumentException.ThrowIfNullOrEmpty(reasoning);
        return With(response => response.Reasoning = reasoning);
    }

    /// <summary>Sets the usage that is reported and billed, in place of counted words.</summary>
    /// <param name="inputTokens">All input tokens.</param>
    /// <param name="outputTokens">All output tokens.</param>
    /// <returns>A new response. The text is then sent whole, whatever limit the request sets.</returns>
    public SimulatedResponse WithUsage(long inputTokens, long outputTokens) => WithUsage(new SimulatedUsage(inputTokens, outputTokens));

    /// <summary>Sets the usage that is reported and billed, in place of counted words.</summary>
    /// <param name="usage">The usage.</param>
    /// <returns>A new response. The text is then sent whole, whatever limit the request sets.</returns>
    public SimulatedResponse WithUsage(SimulatedUsage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return With(response => response.Usage = usage);
    }

    /// <summary>Bills the usage but does not report it.</summary>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithoutUsage() => With(response => response.SendsUsage = false);

    /// <summary>Sets what the simulator's own account says that the request cost in tokens, whatever becomes of it.</summary>
    /// <param name="usage">The usage; <see cref="SimulatedUsage.None"/> for nothing.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse BilledAs(SimulatedUsage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return With(response => response.Billed = usage);
    }

    /// <summary>Sets what LiteLLM says that the answer cost.</summary>
    /// <param name="usDollars">US dollars; null to say nothing.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithCost(decimal? usDollars) => With(response => response.Cost = (true, usDollars));

    /// <summary>Sets why the answer ended.</summary>
    /// <param name="reason">The reason. The four known ones are put into the provider's own word, any other is sent as it is.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithFinishReason(ChatFinishReason reason) => With(response => response.FinishReason = reason);

    /// <summary>Never says why the answer ended: null in its place.</summary>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithoutFinishReason() => With(response => response.SendsFinishReason = false);

    /// <summary>Sets the model that the answer names, in place of the one that was asked for.</summary>
    /// <param name="model">The model id.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithModel(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return With(response => response.Model = model);
    }

    /// <summary>Adds a header. One that the provider sends by itself is replaced; given twice, it is sent twice.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value, sent as it is.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithHeader(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        return With(response => response.Headers = [.. response.Headers, new(name, value)]);
    }

    /// <summary>Waits on the simulator's clock before anything is sent.</summary>
    /// <param name="delay">How long.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse AfterDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return With(response => response.Delay = delay);
    }

    /// <summary>Waits for a task of the test before anything is sent.</summary>
    /// <param name="gate">What is waited for.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WaitFor(Task gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return With(response => response.Gates = [.. response.Gates, gate]);
    }

    /// <summary>Waits on the simulator's clock before each piece of a stream.</summary>
    /// <param name="interval">How long.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse WithPieceInterval(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        return With(response => response.PieceInterval = interval);
    }

    /// <summary>Falls silent after some pieces and leaves the connection open.</summary>
    /// <param name="pieces">How many pieces are still sent.</param>
    /// <param name="until">What ends the silence, after which the rest is sent; null for a silence that only the client ends, by leaving.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse StallAfter(int pieces, Task? until = null) =>
        WithBreak(Break.Stall, pieces, response => response.BreakUntil = until);

    /// <summary>Cuts the connection after some pieces.</summary>
    /// <param name="pieces">How many pieces are still sent; 0 cuts after the stream's opening, before anything is said.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse DropAfter(int pieces) => WithBreak(Break.Drop, pieces);

    /// <summary>Ends the stream after some pieces as if that were all: no finish reason, no usage, no error.</summary>
    /// <param name="pieces">How many pieces are still sent.</param>
    /// <returns>A new response. A request that does not stream is answered in full.</returns>
    public SimulatedResponse EndAfter(int pieces) => WithBreak(Break.End, pieces);

    /// <summary>Sends an error inside the HTTP 200, after some pieces, and ends.</summary>
    /// <param name="pieces">How many pieces are still sent.</param>
    /// <param name="message">The message; the provider's own if null.</param>
    /// <param name="type">The provider's name of the error; the one for an overloaded or failing server if null.</param>
    /// <returns>A new response.</returns>
    public SimulatedResponse ErrorAfter(int pieces, string? message = null, string? type = null) =>
        WithBreak(Break.Error, pieces, response => response.BreakError = new SimulatedFault(SimulatedFaultKind.Overloaded, null, message, type));

    /// <summary>Sends an event that is not JSON, after some pieces, and ends.</summary>
    /// <param name="pieces">How many pieces are still sent.</param>
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
