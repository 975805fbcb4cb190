using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>Requests as a provider's SDK would send them, written by hand.</summary>
internal static class SimulatorRequests
{
    private static readonly HttpClient Http = new(ProviderSimulator.CreateHttpHandler());

    public static HttpRequestMessage ChatRequest(
        this ProviderSimulator simulator, SimulatedProvider provider, string text = "Hi", string model = "model-a", bool stream = false, int? outputLimit = null)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }),
            ["stream"] = stream,
        };
        string path = provider switch
        {
            SimulatedProvider.OpenAI => "openai/v1/chat/completions",
            SimulatedProvider.Anthropic => "anthropic/v1/messages",
            SimulatedProvider.LiteLLM => "litellm/v1/chat/completions",
            _ => "ollama/api/chat",
        };
        if (provider is SimulatedProvider.OpenAI or SimulatedProvider.LiteLLM && stream)
        {
            body["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        if (outputLimit is { } limit)
        {
            if (provider == SimulatedProvider.Ollama)
            {
                body["options"] = new JsonObject { ["num_predict"] = limit };
            }
            else
            {
                body["max_tokens"] = limit;
            }
        }

        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(simulator.BaseUrl, path))
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret-key");
        return request;
    }

    /// <summary>The whole body of the answer, for any status.</summary>
    public static async Task<string> AskAsync(
        this ProviderSimulator simulator, SimulatedProvider provider, string model = "model-a", bool stream = false, int? outputLimit = null)
    {
        using HttpRequestMessage request = simulator.ChatRequest(provider, model: model, stream: stream, outputLimit: outputLimit);
        using HttpResponseMessage response = await Http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>A stream whose headers have arrived and whose body is still to be read.</summary>
    public static Task<HttpResponseMessage> StreamAsync(this ProviderSimulator simulator, SimulatedProvider provider) =>
        Http.SendAsync(simulator.ChatRequest(provider, stream: true), HttpCompletionOption.ResponseHeadersRead);
}
