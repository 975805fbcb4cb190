using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>Sends one scripted response and records the billed tokens.</summary>
internal sealed class ResponseSender(
    HttpResponse http,
    SimulatedRequest request,
    WireFormat format,
    ProviderSimulatorOptions options,
    Milestones delaysBegun,
    CancellationToken left)
{
    private const string Json = "application/json";

    /// <summary>Answers a request about models or the server; null sends the "model not found" error.</summary>
    public Task InformAsync(JsonNode? body)
    {
        if (body is null)
        {
            return SendErrorAsync(new SimulatedFault(SimulatedFaultKind.ModelNotFound), []);
        }

        SetHeaders(200, null, []);
        return body is JsonValue value
            ? SendBodyAsync("text/plain; charset=utf-8", Encoding.UTF8.GetBytes(value.GetValue<string>()))
            : SendBodyAsync(Json, Encode(body));
    }

    public async Task SendAsync(SimulatedResponse response)
    {
        while (response.Maker is { } maker)
        {
            response = maker(request);
        }

        bool answers = response.Fault is null && response.RawBody is null && !response.DropsConnection;
        SimulatedUsage usage = UsageOf(response, out IReadOnlyList<string> text, out bool isCut);
        if (response.Billed is { } billed)
        {
            request.Bills(billed);
        }
        else if (answers && request.Endpoint is SimulatedEndpoint.Chat or SimulatedEndpoint.Embedding)
        {
            // A generated answer is billed even if the client has left. A stream is only generated while it is sent.
            request.Bills(request.IsStreaming ? usage with { OutputTokens = 0, ReasoningTokens = 0 } : usage);
        }

        foreach (Task gate in response.Gates)
        {
            await gate.WaitAsync(left);
        }

        await DelayAsync(response.Delay);
        if (response.DropsConnection)
        {
            http.HttpContext.Abort();
            throw new ConnectionDroppedException();
        }

        if (response.Fault is { } fault)
        {
            await SendErrorAsync(fault, response.Headers);
        }
        else if (response.RawBody is { } raw)
        {
            SetHeaders(raw.Status, null, response.Headers);
            await SendBodyAsync(raw.ContentType, raw.Body);
        }
        else if (request.Endpoint == SimulatedEndpoint.TokenCount)
        {
            SetHeaders(200, null, response.Headers);
            await SendAnswerAsync(format.TokenCount(request, usage.InputTokens), response);
        }
        else
        {
            WireAnswer answer = Answer(response, usage, text, isCut);
            SetHeaders(200, answer, response.Headers);
            if (request.IsStreaming)
            {
                await SendStreamAsync(answer, response, usage);
            }
            else
            {
                await SendAnswerAsync(format.Answer(answer, request), response);
            }
        }
    }

    private Task SendErrorAsync(SimulatedFault fault, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        (int status, JsonObject body) = format.Error(fault, request);
        SetHeaders(status, null, headers);
        return SendBodyAsync(Json, Encode(body));
    }

    private async Task SendAnswerAsync(JsonObject answer, SimulatedResponse response)
    {
        ReadOnlyMemory<byte> body = Encode(answer);
        switch (response.BreakKind)
        {
            case SimulatedResponse.Break.Stall:
                await StallAsync(response);
                break;
            case SimulatedResponse.Break.Drop:
                request.Answers(http.StatusCode);
                http.ContentType = Json;
                http.ContentLength = body.Length;
                await WriteAsync(body[..(body.Length / 2)]);
                throw new ConnectionDroppedException();
            case SimulatedResponse.Break.Error:
                body = Encode(format.Error(response.BreakError!, request).Body);
                break;
            case SimulatedResponse.Break.Malformed:
                body = body[..(body.Length / 2)];
                break;
            default:
                break;
        }

        await SendBodyAsync(Json, body);
    }

    private async Task SendStreamAsync(WireAnswer answer, SimulatedResponse response, SimulatedUsage usage)
    {
        request.Answers(http.StatusCode);
        http.ContentType = format.StreamContentType;
        List<WireEvent> events = [.. format.Stream(answer)];
        int total = events.Count(wireEvent => wireEvent.Kind == WireEventKind.Piece);
        int breakAfter = response.BreakKind == SimulatedResponse.Break.None ? int.MaxValue : Math.Min(response.BreakAfter, total);
        int sent = 0;
        foreach (WireEvent wireEvent in events)
        {
            if (sent == breakAfter && wireEvent.Kind != WireEventKind.Opening)
            {
                breakAfter = int.MaxValue;
                if (await BreakAsync(wireEvent, answer, response))
                {
                    return;
                }
            }

            if (wireEvent.Kind == WireEventKind.Piece)
            {
                await DelayAsync(response.PieceInterval);
                sent = request.SendsPiece();
            }

            // Record the billed tokens before the event is sent, so that a client that has read it finds them.
            if (response.Billed is null && wireEvent.Kind != WireEventKind.Opening)
            {
                request.Bills(usage.ForPart(sent, total));
            }

            await WriteAsync(format.Frame(wireEvent));
        }
    }

    /// <summary>Executes the scripted fault in the middle of a stream; returns true if the stream has ended.</summary>
    private async Task<bool> BreakAsync(WireEvent next, WireAnswer answer, SimulatedResponse response)
    {
        switch (response.BreakKind)
        {
            case SimulatedResponse.Break.Stall:
                await http.Body.FlushAsync(left);
                await StallAsync(response);
                return false;
            case SimulatedResponse.Break.Drop:
                await http.Body.FlushAsync(left);
                throw new ConnectionDroppedException();
            case SimulatedResponse.Break.Error:
                foreach (WireEvent wireEvent in format.ErrorEvents(response.BreakError!, request, answer))
                {
                    await WriteAsync(format.Frame(wireEvent));
                }

                return true;
            case SimulatedResponse.Break.Malformed:
                await WriteAsync(format.Frame(next with { Data = next.Data[..(next.Data.Length / 2)] }));
                return true;
            default:
                return true;
        }
    }

    private Task StallAsync(SimulatedResponse response) => response.BreakUntil is { } until
        ? until.WaitAsync(left)
        : Task.Delay(Timeout.InfiniteTimeSpan, options.TimeProvider, left);

    private async Task DelayAsync(TimeSpan delay)
    {
        if (delay > TimeSpan.Zero)
        {
            var elapsed = Task.Delay(delay, options.TimeProvider, left);
            delaysBegun.Reach();
            await elapsed;
        }
    }

    private void SetHeaders(int status, WireAnswer? answer, IReadOnlyList<KeyValuePair<string, string>> scripted)
    {
        http.StatusCode = status;
        foreach ((string name, string value) in format.Headers(request, answer, status))
        {
            http.Headers[name] = value;
        }

        foreach (IGrouping<string, string> header in scripted.GroupBy(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase))
        {
            http.Headers[header.Key] = header.ToArray();
        }
    }

    private async Task SendBodyAsync(string contentType, ReadOnlyMemory<byte> body)
    {
        request.Answers(http.StatusCode);
        http.ContentType = contentType;
        http.ContentLength = body.Length;
        if (!HttpMethods.IsHead(request.Method))
        {
            await WriteAsync(body);
        }
    }

    private Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        left.ThrowIfCancellationRequested();
        await http.Body.WriteAsync(bytes, left);
        await http.Body.FlushAsync(left);
    }

    private static byte[] Encode(JsonNode body) => Encoding.UTF8.GetBytes(WireFormat.Serialize(body));

    private SimulatedUsage UsageOf(SimulatedResponse response, out IReadOnlyList<string> text, out bool isCut)
    {
        string said = response.AnswerText ?? $"You said: {request.Json.LastText(format.MessagesProperty)}";
        text = [.. WordCount.Pieces(said)];
        isCut = false;
        if (response.Usage is { } usage)
        {
            return usage;
        }

        if (request.Endpoint == SimulatedEndpoint.Embedding)
        {
            return new SimulatedUsage(request.Json.Texts().Sum(WordCount.Of), 0);
        }

        int reasoning = WordCount.Of(response.Reasoning);
        int tools = response.Tools.Sum(tool => 1 + WordCount.Of(WireFormat.Serialize(tool.Arguments)));
        if (format.OutputLimit(request.Json) is { } limit && text.Count > Math.Max(0, limit - reasoning - tools))
        {
            text = [.. text.Take(Math.Max(0, limit - reasoning - tools))];
            isCut = true;
        }

        return new SimulatedUsage(request.Json.Texts().Sum(WordCount.Of), reasoning + text.Count + tools) { ReasoningTokens = reasoning };
    }

    private WireAnswer Answer(SimulatedResponse response, SimulatedUsage usage, IReadOnlyList<string> text, bool isCut)
    {
        string model = response.Model ?? request.Model ?? "";
        ChatFinishReason finish = response.FinishReason
            ?? (isCut ? ChatFinishReason.Length : response.Tools.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop);
        return new WireAnswer
        {
            Number = request.Number,
            Model = model,
            TextPieces = text,
            ReasoningPieces = [.. WordCount.Pieces(response.Reasoning ?? "")],
            ToolCalls = [.. response.Tools.Select((tool, index) => new WireToolCall(
                tool.Id ?? string.Create(CultureInfo.InvariantCulture, $"call_sim{request.Number:D6}_{index}"), tool.Name, tool.Arguments))],
            Usage = response.SendsUsage ? usage : null,
            FinishReason = response.SendsFinishReason ? finish : null,
            CreatedAt = request.ReceivedAt,
            Cost = !response.SendsUsage ? null
                : response.Cost.IsSet ? response.Cost.Value
                : request.Provider == SimulatedProvider.LiteLLM ? options.LiteLLMCost(model, usage)
                : null,
            StreamsUsage = format.WantsUsage(request.Json),
        };
    }
}
