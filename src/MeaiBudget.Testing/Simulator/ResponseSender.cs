using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>Sends one scripted response and records the billed tokens.</summary>
internal sealed partial class ResponseSender(
    HttpResponse http,
    SimulatedRequest request,
    WireFormat format,
    ProviderSimulatorOptions options,
    StoredAnswers stored,
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
        if (answers && IsBackground)
        {
            await StartInBackgroundAsync(response);
            return;
        }

        SimulatedUsage usage = UsageOf(response, out IReadOnlyList<string> text, out bool isCut);
        if (response.Billed is { } billed)
        {
            request.Bills(billed);
        }
        else if (answers && request.Endpoint is SimulatedEndpoint.Chat or SimulatedEndpoint.Embedding)
        {
            // A generated answer is billed even if the client has left. A stream is only generated while it is sent.
            request.Bills(request.IsStreaming ? usage.WithoutOutput() : usage);
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
            Store(answer, response, usage);
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

    /// <summary>Fetches, resumes, cancels or deletes a stored answer.</summary>
    public async Task SendStoredAsync()
    {
        string[] path = request.Path.Split('?')[0].TrimEnd('/').Split('/');
        bool cancels = path[^1] == "cancel";
        string id = cancels ? path[^2] : path[^1];
        if (stored.Find(id) is not { } found)
        {
            await SendErrorAsync(new SimulatedFault(SimulatedFaultKind.UnknownResponse, Message: id), []);
            return;
        }

        if (cancels && !found.Answer.IsBackground)
        {
            await SendErrorAsync(new SimulatedFault(SimulatedFaultKind.NotInBackground), []);
            return;
        }

        if (request.Method == "DELETE")
        {
            stored.Remove(id);
            SetHeaders(200, null, []);
            await SendBodyAsync(Json, Encode(new JsonObject { ["id"] = id, ["object"] = "response", ["deleted"] = true }));
            return;
        }

        if (cancels)
        {
            found.Cancel();
        }
        else if (QueryOf("stream") == "true")
        {
            await ResumeAsync(found);
            return;
        }

        SetHeaders(200, found.Answer, []);
        await SendBodyAsync(Json, Encode(found.Poll(format)));
    }

    private bool IsBackground => format.StoresAnswers && request.Endpoint == SimulatedEndpoint.Chat && request.Json.Flag("background") == true;

    private bool IsStored => format.StoresAnswers && request.Endpoint == SimulatedEndpoint.Chat && request.Json.Flag("store") != false;

    private async Task StartInBackgroundAsync(SimulatedResponse response)
    {
        SimulatedUsage usage = UsageOf(response, out IReadOnlyList<string> text, out bool isCut);
        WireAnswer answer = Answer(response, usage, text, isCut);
        StoredAnswer entry = Store(answer, response, usage)!;
        SetHeaders(200, answer, response.Headers);
        if (request.IsStreaming)
        {
            // The provider goes on when the client leaves, so all of it is billed.
            entry.Complete();
            await SendStreamAsync(answer, response.BilledAs(response.Billed ?? usage), usage);
        }
        else
        {
            await SendBodyAsync(Json, Encode(format.StoredAnswer(answer, "queued", usage: null)));
        }
    }

    /// <summary>Sends the rest of a stream: the events after the last one that the client has seen.</summary>
    private async Task ResumeAsync(StoredAnswer found)
    {
        int after = int.TryParse(QueryOf("starting_after"), CultureInfo.InvariantCulture, out int seen) ? seen : -1;
        found.Complete();
        SetHeaders(200, found.Answer, []);
        request.Answers(http.StatusCode);
        http.ContentType = format.StreamContentType;
        foreach (WireEvent wireEvent in format.Stream(found.Answer).Skip(after + 1))
        {
            await WriteAsync(format.Frame(wireEvent));
        }
    }

    private StoredAnswer? Store(WireAnswer answer, SimulatedResponse response, SimulatedUsage usage) =>
        IsStored && answer.FinishReason is not null ? stored.Add(answer, response, usage, request) : null;

    private string? QueryOf(string name)
    {
        foreach (string part in request.Path.Split('?') is [_, var query] ? query.Split('&') : [])
        {
            if (part.StartsWith(name + "=", StringComparison.Ordinal))
            {
                return part[(name.Length + 1)..];
            }
        }

        return null;
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
            case SimulatedResponse.Break.Fail:
                body = Encode(format.FailedAnswer(response.BreakError!, request, Answer(response, UsageOf(response, out IReadOnlyList<string> text, out bool isCut), text, isCut)));
                break;
            case SimulatedResponse.Break.Malformed:
                body = body[..(body.Length / 2)];
                break;
            default:
                break;
        }

        await SendBodyAsync(Json, body);
    }

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

        request.HasMadeUpUsage = true;
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

        long history = request.Json.String("previous_response_id") is { } previous ? stored.Find(previous)?.Tokens ?? 0 : 0;
        return new SimulatedUsage(history + request.Json.Texts().Sum(WordCount.Of), reasoning + text.Count + tools) { ReasoningTokens = reasoning };
    }

    private WireAnswer Answer(SimulatedResponse response, SimulatedUsage usage, IReadOnlyList<string> text, bool isCut)
    {
        string model = response.Model ?? request.Model ?? "";
        request.AnsweredModel = model;
        ChatFinishReason finish = response.FinishReason
            ?? (isCut ? ChatFinishReason.Length : response.Tools.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop);
        request.ServiceTier = TierOf(response);
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
            FinishText = response.SendsFinishReason ? response.FinishText : null,
            ServiceTier = request.ServiceTier,
            UsageReports = response.UsageReports,
            CreatedAt = request.ReceivedAt,
            Cost = !response.SendsUsage ? null
                : response.Cost.IsSet ? response.Cost.Value
                : request.Provider == SimulatedProvider.LiteLLM ? options.LiteLLMCost(model, usage)
                : null,
            StreamsUsage = format.WantsUsage(request.Json),
            PreviousResponseId = request.Json.String("previous_response_id"),
            IsStored = IsStored,
            IsBackground = IsBackground,
        };
    }

    /// <summary>The tier that answers: the scripted one, else the requested one; null for the standard one.</summary>
    private string? TierOf(SimulatedResponse response)
    {
        string? tier = response.ServiceTier ?? request.Json.String("speed") ?? request.Json.String("service_tier");
        return tier is "auto" or "default" or "standard" or "standard_only" ? null : tier;
    }
}
