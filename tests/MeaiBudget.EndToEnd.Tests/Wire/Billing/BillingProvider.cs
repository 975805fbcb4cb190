using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>
/// A provider behind the last handler. It bills by the bytes that it received, read by a reader of its own, takes as much of the limit
/// as the call's plan says, and keeps its own account.
/// </summary>
internal sealed class BillingProvider : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        SentAttempt attempt = SentAttempt.Current ?? throw new InvalidOperationException("A request outside of any attempt.");
        SentCall call = attempt.Call;
        var received = ReceivedRequest.Read(call.Call.Sdk, await request.Content!.ReadAsByteArrayAsync(cancellationToken));
        ProviderFault fault = call.NextFault();
        var billed = new BilledRequest
        {
            What = received.ToString(),
            Fault = fault,
            WorstCase = BillingModels.Bill(received.ModelId, received.Tier, received.InputTokens, (long)received.OutputLimit * received.Answers),
        };
        attempt.Requests.Enqueue(billed);
        long needed = call.Attempts.Sum(each => each.Requests.Sum(one => one.IsAnswered ? one.Billed : one.WorstCase));
        if (call.Ledger.PaidBy(call.Number) is var paid && paid < needed)
        {
            call.Ledger.Violations.Enqueue($"Only {paid} is held or charged for requests of up to {needed}: {call}");
        }

        await Task.Yield();
        HttpResponseMessage response = await AnswerAsync(call, received, fault, billed, cancellationToken);
        response.RequestMessage = request;
        return response;
    }

    private static async Task<HttpResponseMessage> AnswerAsync(
        SentCall call, ReceivedRequest received, ProviderFault fault, BilledRequest billed, CancellationToken cancellationToken)
    {
        int output = (int)(((long)received.OutputLimit * received.Answers * call.Call.Share / 100) is 0 and var none ? none + 1 : (long)received.OutputLimit * received.Answers * call.Call.Share / 100);
        long bill = BillingModels.Bill(received.ModelId, received.Tier, received.InputTokens, output);
        switch (fault)
        {
            case ProviderFault.RateLimited:
                return NotBilled(HttpStatusCode.TooManyRequests, "rate_limit_error");
            case ProviderFault.Overloaded:
                return NotBilled(HttpStatusCode.ServiceUnavailable, "overloaded_error");
            case ProviderFault.Rejected:
                return NotBilled(HttpStatusCode.BadRequest, "invalid_request_error");
            case ProviderFault.Unreachable:
                (billed.IsConfirmed, billed.IsAnswered) = (true, true);
                throw new HttpRequestException(HttpRequestError.ConnectionError, "No connection.");
            case ProviderFault.ServerError:
                (billed.Billed, billed.IsAnswered) = (bill, true);
                return Error(HttpStatusCode.InternalServerError, "server_error");
            case ProviderFault.LostBeforeAnswer:
                (billed.Billed, billed.IsAnswered) = (bill, true);
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was lost.");
            case ProviderFault.CancelledBeforeAnswer:
                (billed.Billed, billed.IsAnswered) = (bill, true);
                await call.Cancellation.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancellation.Token);
                throw new InvalidOperationException("Nothing comes after an infinite delay.");
        }

        (billed.Billed, billed.IsAnswered) = (bill, true);
        string text = ProviderAnswers.Write(call.Call, received, fault, output);
        var body = new BillingBody(Encoding.UTF8.GetBytes(text), call, fault, billed);
        var content = new StreamContent(body);
        content.Headers.ContentType = new(call.Call.Sdk == WireSdk.Ollama && received.IsStreaming ? "application/x-ndjson" : received.IsStreaming ? "text/event-stream" : "application/json");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };

        HttpResponseMessage NotBilled(HttpStatusCode status, string type)
        {
            (billed.IsConfirmed, billed.IsAnswered) = (true, true);
            return Error(status, type);
        }

        // Anthropic's and OpenAI's SDKs wait as long as the answer says before they try again.
        static HttpResponseMessage Error(HttpStatusCode status, string type)
        {
            HttpResponseMessage response = CannedHandler.Response((int)status, $$"""{"type":"error","error":{"type":"{{type}}","message":"It did not work."} }""");
            response.Headers.TryAddWithoutValidation("retry-after-ms", "0");
            return response;
        }
    }
}

/// <summary>A request as the provider understands it.</summary>
/// <param name="ModelId">The model.</param>
/// <param name="InputTokens">The tokens of all texts.</param>
/// <param name="OutputLimit">The limit of one answer; that of the model if the request has none.</param>
/// <param name="Answers">How many answers are made.</param>
/// <param name="Tier">The tier that is billed; null for the standard one.</param>
/// <param name="IsStreaming">Whether a stream is asked for.</param>
internal sealed record ReceivedRequest(string ModelId, long InputTokens, int OutputLimit, int Answers, string? Tier, bool IsStreaming)
{
    public static ReceivedRequest Read(WireSdk sdk, byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        string model = root.GetProperty("model").GetString()!;
        int? limit = null;
        string[] names = sdk switch
        {
            WireSdk.Chat => ["max_tokens", "max_completion_tokens"],
            WireSdk.Responses => ["max_output_tokens"],
            WireSdk.Anthropic => ["max_tokens"],
            _ => ["num_predict"],
        };
        JsonElement place = sdk == WireSdk.Ollama && root.TryGetProperty("options", out JsonElement options) ? options : root;
        foreach (string name in names)
        {
            if (place.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number)
            {
                limit = Math.Max(limit ?? 0, value.GetInt32());
            }
        }

        ITokenCounter counter = TokenCounters.ForModel(model);
        long input = 0;
        foreach (string part in (string[])["messages", "input", "instructions", "system", "tools"])
        {
            if (root.TryGetProperty(part, out JsonElement element))
            {
                input += Texts(element).Sum(text => counter.Count(text));
            }
        }

        return new ReceivedRequest(
            model,
            input,
            Math.Min(limit is null or < 0 ? BillingModels.MaxOutput : limit.Value, BillingModels.MaxOutput),
            root.TryGetProperty("n", out JsonElement n) ? n.GetInt32() : 1,
            root.TryGetProperty("service_tier", out JsonElement tier) && tier.GetString() is "priority" or "flex" ? tier.GetString() : null,
            sdk == WireSdk.Ollama ? !root.TryGetProperty("stream", out JsonElement off) || off.GetBoolean() : root.TryGetProperty("stream", out JsonElement stream) && stream.GetBoolean());
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ModelId} {InputTokens} in, {Answers} x {OutputLimit} out, tier {Tier ?? "standard"}");

    /// <summary>The texts that a model reads: of messages what stands under content and text, of tools names and descriptions.</summary>
    private static IEnumerable<string> Texts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                yield return element.GetString()!;
                break;
            case JsonValueKind.Array:
                foreach (string text in element.EnumerateArray().SelectMany(Texts))
                {
                    yield return text;
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (property.Name is "content" or "text" or "description" or "name" or "function" or "parameters" or "properties" or "input_schema" or "city")
                    {
                        foreach (string text in Texts(property.Value))
                        {
                            yield return text;
                        }
                    }
                }

                break;
        }
    }
}
