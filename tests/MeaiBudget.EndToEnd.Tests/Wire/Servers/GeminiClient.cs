using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>A client of the application's own that speaks Gemini's protocol over an HTTP client, and reports no usage itself.</summary>
internal sealed class GeminiClient(HttpClient http, string model, bool asEvents = true, string? extraJson = null, string? tierHeader = null) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("gcp.gemini", http.BaseAddress, model);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using HttpResponseMessage response = await SendAsync("generateContent", messages, options, cancellationToken);
        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, TextOf(answer))) { ModelId = model, FinishReason = ChatFinishReason.Stop };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using HttpResponseMessage response = await SendAsync(asEvents ? "streamGenerateContent?alt=sse" : "streamGenerateContent", messages, options, cancellationToken);
        if (!asEvents)
        {
            foreach (JsonNode? piece in JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!.AsArray())
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, TextOf(piece!));
            }

            yield break;
        }

        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, TextOf(JsonNode.Parse(line[6..])!));
            }
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null : serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string verb, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        JsonObject body = extraJson is null ? [] : JsonNode.Parse(extraJson)!.AsObject();
        body["contents"] = new JsonArray([.. messages.Select(message => new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = message.Text }) })]);
        if (body["generationConfig"] is null && options?.MaxOutputTokens is { } limit)
        {
            body["generationConfig"] = new JsonObject { ["maxOutputTokens"] = limit };
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, $"v1beta/models/{options?.ModelId ?? model}:{verb}")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString())) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        if (tierHeader is not null)
        {
            request.Headers.Add("X-Vertex-AI-LLM-Shared-Request-Type", tierHeader);
        }

        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.EnsureSuccessStatusCode();
    }

    private static string TextOf(JsonNode answer) =>
        string.Concat(answer["candidates"]?[0]?["content"]?["parts"]?.AsArray().Select(part => part?["text"]?.GetValue<string>() ?? "") ?? []);
}
