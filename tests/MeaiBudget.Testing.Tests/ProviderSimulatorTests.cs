using System.Text;
using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class ProviderSimulatorTests
{
    public static TheoryData<SimulatedProvider> Providers => [.. Enum.GetValues<SimulatedProvider>()];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AnswersWithAnEchoAndWordsForTokens(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();

        using HttpResponseMessage response = await http.SendAsync(simulator.ChatRequest(provider, "How are you?"));
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        (string text, string finish, int input, int output) = provider switch
        {
            SimulatedProvider.Anthropic => (
                body.GetProperty("content")[0].GetProperty("text").GetString()!,
                body.GetProperty("stop_reason").GetString()!,
                body.GetProperty("usage").GetProperty("input_tokens").GetInt32(),
                body.GetProperty("usage").GetProperty("output_tokens").GetInt32()),
            SimulatedProvider.Ollama => (
                body.GetProperty("message").GetProperty("content").GetString()!,
                body.GetProperty("done_reason").GetString()!,
                body.GetProperty("prompt_eval_count").GetInt32(),
                body.GetProperty("eval_count").GetInt32()),
            _ => (
                body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!,
                body.GetProperty("choices")[0].GetProperty("finish_reason").GetString()!,
                body.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(),
                body.GetProperty("usage").GetProperty("completion_tokens").GetInt32()),
        };
        Assert.Equal("You said: How are you?", text);
        Assert.Equal(provider == SimulatedProvider.Anthropic ? "end_turn" : "stop", finish);
        Assert.Equal(3, input);
        Assert.Equal(5, output);
        Assert.Equal(new SimulatedUsage(3, 5), simulator.TotalBilled(provider));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task RecordsTheRequestWholeWithItsSecrets(SimulatedProvider provider)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { TimeProvider = time });
        using var http = new HttpClient();
        using HttpRequestMessage message = simulator.ChatRequest(provider, "Grüße");
        message.Headers.TryAddWithoutValidation("X-Trace", ["a", "b"]);
        byte[] sent = await message.Content!.ReadAsByteArrayAsync();

        await http.SendAsync(message);

        SimulatedRequest request = Assert.Single(simulator.Requests);
        Assert.Equal(1, request.Number);
        Assert.Equal(provider, request.Provider);
        Assert.Equal(SimulatedEndpoint.Chat, request.Endpoint);
        Assert.Equal("model-a", request.Model);
        Assert.Equal("POST", request.Method);
        Assert.Equal(message.RequestUri!.PathAndQuery, request.Path);
        Assert.Equal(sent, request.Body);
        Assert.Contains("secret-key", request.Header("authorization"));
        Assert.Equal(time.GetUtcNow(), request.ReceivedAt);
        Assert.Equal(200, request.StatusCode);
        Assert.False(request.IsStreaming);
        await request.Completion;
        Assert.Equal(SimulatedRequestState.Completed, request.State);
        Assert.Same(request, Assert.Single(simulator.Script(provider).ChatRequests));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AModelsQueueComesBeforeTheProvidersAndDefaultsComeLast(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        ProviderScript script = simulator.Script(provider);
        script.Enqueue(SimulatedResponse.Text("provider-queue"));
        script.Default = SimulatedResponse.Text("provider-default");
        script.ForModel("model-a").Enqueue(SimulatedResponse.Text("model-queue"));
        script.ForModel("model-b").Default = SimulatedResponse.Text("model-default");

        Assert.Contains("model-queue", await simulator.AskAsync(provider, "model-a"));
        Assert.Contains("provider-queue", await simulator.AskAsync(provider, "model-b"));
        Assert.Contains("model-default", await simulator.AskAsync(provider, "model-b"));
        Assert.Contains("provider-default", await simulator.AskAsync(provider, "model-a"));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task OneResponseServesManyRequestsAtOnceEachWithAnOwnNumber(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Default = SimulatedResponse.ToolCall("weather", new { city = "Rome" }).WithUsage(10, 2);

        string[] bodies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => simulator.AskAsync(provider, stream: true)));

        Assert.All(bodies, body => Assert.Contains("weather", body));
        Assert.Equal(Enumerable.Range(1, 50), simulator.Requests.Select(request => request.Number));
        await simulator.WaitForCompletionAsync();
        Assert.Equal(new SimulatedUsage(500, 100), simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task OutputIsCutAtTheLimitOfTheRequest(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Default = SimulatedResponse.Text("one two three four");

        string body = await simulator.AskAsync(provider, outputLimit: 2);

        Assert.Contains("one two\"", body);
        Assert.Contains(provider == SimulatedProvider.Anthropic ? "max_tokens" : "length", body);
        Assert.Equal(2, simulator.TotalBilled().OutputTokens);
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI, 429, "\"code\":\"rate_limit_exceeded\"")]
    [InlineData(SimulatedProvider.Anthropic, 429, "\"type\":\"rate_limit_error\"")]
    [InlineData(SimulatedProvider.LiteLLM, 429, "\"code\":\"429\"")]
    [InlineData(SimulatedProvider.Ollama, 429, "\"error\":\"")]
    public async Task ARateLimitIsPutIntoTheProvidersWords(SimulatedProvider provider, int status, string part)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.Script(provider).Enqueue(SimulatedResponse.RateLimited(retryAfter: "2").WithHeader("retry-after-ms", "1500"));

        using HttpResponseMessage response = await http.SendAsync(simulator.ChatRequest(provider));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(part, await response.Content.ReadAsStringAsync());
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
        Assert.Equal("1500", response.Headers.GetValues("retry-after-ms").Single());
        Assert.Equal(SimulatedUsage.None, simulator.TotalBilled());
    }

    [Theory]
    [InlineData("Wed, 21 Oct 2026 07:28:00 GMT")]
    [InlineData("0.5")]
    [InlineData("-1")]
    [InlineData("soon")]
    public async Task ARetryAfterHeaderIsSentAsItIs(string value)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.OpenAI.Enqueue(SimulatedResponse.RateLimited(value));

        using HttpResponseMessage response = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.OpenAI));

        Assert.Equal(value, response.Headers.NonValidated["Retry-After"].ToString());
    }

    [Fact]
    public async Task ARetryAfterDateAndARepeatedHeader()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        var date = new DateTimeOffset(2026, 10, 21, 7, 28, 0, TimeSpan.Zero);
        simulator.Anthropic.Enqueue(SimulatedResponse.RateLimited(date), SimulatedResponse.RateLimited("1").WithHeader("retry-after", "9"));

        using HttpResponseMessage dated = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.Anthropic));
        using HttpResponseMessage twice = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.Anthropic));

        Assert.Equal(date, dated.Headers.RetryAfter?.Date);
        Assert.Equal(["1", "9"], twice.Headers.NonValidated["Retry-After"]);
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI, 503)]
    [InlineData(SimulatedProvider.Anthropic, 529)]
    [InlineData(SimulatedProvider.LiteLLM, 503)]
    [InlineData(SimulatedProvider.Ollama, 503)]
    public async Task AnOverloadedProviderSaysSoInItsOwnStatus(SimulatedProvider provider, int status)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.Script(provider).Enqueue(SimulatedResponse.Overloaded());

        using HttpResponseMessage response = await http.SendAsync(simulator.ChatRequest(provider));

        Assert.Equal(status, (int)response.StatusCode);
        if (provider == SimulatedProvider.Anthropic)
        {
            Assert.Contains("\"type\":\"overloaded_error\"", await response.Content.ReadAsStringAsync());
            Assert.Equal("req_sim000001", response.Headers.GetValues("request-id").Single());
        }
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI, "insufficient_quota")]
    [InlineData(SimulatedProvider.Anthropic, "credit balance")]
    [InlineData(SimulatedProvider.LiteLLM, "budget_exceeded")]
    public async Task AnEmptyAccountIsPutIntoTheProvidersWords(SimulatedProvider provider, string part)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.QuotaExhausted());

        Assert.Contains(part, await simulator.AskAsync(provider));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AnErrorOfAnyStatusCarriesTheGivenMessage(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.Script(provider).Enqueue(SimulatedResponse.Error(502, "the message"));

        using HttpResponseMessage response = await http.SendAsync(simulator.ChatRequest(provider));

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("the message", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task UnknownModelsEmptyMessagesWrongKeysAndUnknownPathsAreRefused(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { AcceptedApiKey = "secret-key" });
        simulator.Script(provider).OnlyModels("model-a");
        using var http = new HttpClient();

        using HttpResponseMessage known = await http.SendAsync(simulator.ChatRequest(provider));
        using HttpResponseMessage unknown = await http.SendAsync(simulator.ChatRequest(provider, model: "model-b"));
        using HttpRequestMessage withoutKey = simulator.ChatRequest(provider);
        withoutKey.Headers.Authorization = null;
        using HttpResponseMessage unauthorized = await http.SendAsync(withoutKey);
        using HttpRequestMessage nothing = simulator.ChatRequest(provider);
        nothing.Content = new StringContent("""{"model":"model-a","messages":[]}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage empty = await http.SendAsync(nothing);
        using HttpRequestMessage elsewhere = simulator.ChatRequest(provider);
        elsewhere.RequestUri = new Uri(elsewhere.RequestUri + "/nowhere");
        using HttpResponseMessage missing = await http.SendAsync(elsewhere);

        Assert.Equal(200, (int)known.StatusCode);
        Assert.Equal(provider == SimulatedProvider.LiteLLM ? 400 : 404, (int)unknown.StatusCode);
        Assert.Equal(provider == SimulatedProvider.Ollama ? 200 : 401, (int)unauthorized.StatusCode);
        Assert.Equal(400, (int)empty.StatusCode);
        Assert.Equal(404, (int)missing.StatusCode);
        Assert.Equal(SimulatedEndpoint.Unknown, simulator.Requests[^1].Endpoint);
    }

    [Fact]
    public async Task ARawBodyAndAResponseMadeFromTheRequest()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Ollama.Enqueue(SimulatedResponse.Raw("<html>", 502, "text/html"));
        simulator.Ollama.Default = SimulatedResponse.From(request => SimulatedResponse.Text($"number {request.Number}"));

        Assert.Equal("<html>", await simulator.AskAsync(SimulatedProvider.Ollama));
        Assert.Contains("number 2", await simulator.AskAsync(SimulatedProvider.Ollama));
    }

    [Fact]
    public async Task OpenAIHeadersAndCachedUsage()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("x").WithModel("gpt-4o-2024-08-06").WithUsage(
            new SimulatedUsage(100, 20) { CachedInputTokens = 60, CacheWriteTokens = 5, ReasoningTokens = 15 }));

        using HttpResponseMessage response = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.OpenAI));
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal("req_sim000001", response.Headers.GetValues("x-request-id").Single());
        Assert.Equal("9999", response.Headers.GetValues("x-ratelimit-remaining-requests").Single());
        Assert.Equal("gpt-4o-2024-08-06", body.GetProperty("model").GetString());
        JsonElement usage = body.GetProperty("usage");
        Assert.Equal(100, usage.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(60, usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        Assert.Equal(5, usage.GetProperty("prompt_tokens_details").GetProperty("cache_write_tokens").GetInt32());
        Assert.Equal(15, usage.GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32());
    }

    [Fact]
    public async Task AnthropicCountsCachedInputBesideTheRest()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Anthropic.Enqueue(SimulatedResponse.Text("x").WithUsage(
            new SimulatedUsage(120, 3) { CachedInputTokens = 40, CacheWriteTokens = 50, CacheWriteOneHourTokens = 20 }));

        JsonElement usage = JsonElement.Parse(await simulator.AskAsync(SimulatedProvider.Anthropic)).GetProperty("usage");

        Assert.Equal(10, usage.GetProperty("input_tokens").GetInt32());
        Assert.Equal(40, usage.GetProperty("cache_read_input_tokens").GetInt32());
        Assert.Equal(70, usage.GetProperty("cache_creation_input_tokens").GetInt32());
        Assert.Equal(20, usage.GetProperty("cache_creation").GetProperty("ephemeral_1h_input_tokens").GetInt32());
    }

    [Fact]
    public async Task LiteLLMStatesTheCostInHeaderAndUsageUnlessToldNotTo()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.LiteLLM.Enqueue(
            SimulatedResponse.Text("x").WithUsage(1000, 500),
            SimulatedResponse.Text("x").WithCost(0.25m),
            SimulatedResponse.Text("x").WithCost(null));

        using HttpResponseMessage counted = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.LiteLLM));
        using HttpResponseMessage scripted = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.LiteLLM));
        using HttpResponseMessage silent = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.LiteLLM));

        Assert.Equal("0.002", counted.Headers.GetValues("x-litellm-response-cost").Single());
        Assert.Equal(0.002m, JsonElement.Parse(await counted.Content.ReadAsStringAsync()).GetProperty("usage").GetProperty("cost").GetDecimal());
        Assert.Equal("0.25", scripted.Headers.GetValues("x-litellm-response-cost").Single());
        Assert.False(silent.Headers.Contains("x-litellm-response-cost"));
        Assert.DoesNotContain("\"cost\"", await silent.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("openai/v1/responses/input_tokens", """{"model":"m","input":"one two three"}""", "input_tokens")]
    [InlineData("anthropic/v1/messages/count_tokens", """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"one two three"}]}]}""", "input_tokens")]
    [InlineData("litellm/utils/token_counter", """{"model":"m","messages":[{"role":"user","content":"one two three"}]}""", "total_tokens")]
    public async Task TokensAreCountedWithoutTakingFromTheAnswersAndWithoutBilling(string path, string body, string member)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        foreach (ProviderScript script in (ProviderScript[])[simulator.OpenAI, simulator.Anthropic, simulator.LiteLLM])
        {
            script.Enqueue(SimulatedResponse.ServerError());
            script.TokenCounting.Enqueue(SimulatedResponse.Echo(), SimulatedResponse.Echo().WithUsage(42, 0), SimulatedResponse.RateLimited("1"));
        }

        var counted = JsonElement.Parse(await PostAsync());
        var scripted = JsonElement.Parse(await PostAsync());
        await PostAsync();

        Assert.Equal(3, counted.GetProperty(member).GetInt32());
        Assert.Equal(42, scripted.GetProperty(member).GetInt32());
        Assert.Equal(429, simulator.Requests[^1].StatusCode);
        Assert.All(simulator.Requests, request => Assert.Equal(SimulatedEndpoint.TokenCount, request.Endpoint));
        Assert.Equal(SimulatedUsage.None, simulator.TotalBilled());
        Assert.Equal(1, simulator.OpenAI.Remaining);

        async Task<string> PostAsync()
        {
            using HttpResponseMessage response = await http.PostAsync(
                new Uri(simulator.BaseUrl, path), new StringContent(body, Encoding.UTF8, "application/json"));
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task OllamaTellsItsVersionAndModels()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient { BaseAddress = simulator.OllamaBaseUrl };
        simulator.Ollama.OnlyModels("llama3.2:latest");

        Assert.Contains("\"version\"", await http.GetStringAsync("api/version"));
        Assert.Contains("llama3.2:latest", await http.GetStringAsync("api/tags"));
        Assert.Equal("Ollama is running", await http.GetStringAsync(""));
        using HttpResponseMessage found = await http.PostAsync("api/show", new StringContent("""{"model":"llama3.2:latest"}"""));
        using HttpResponseMessage missing = await http.PostAsync("api/show", new StringContent("""{"model":"mistral"}"""));
        Assert.Contains("llama.context_length", await found.Content.ReadAsStringAsync());
        Assert.Equal(404, (int)missing.StatusCode);
        Assert.Empty(simulator.Ollama.ChatRequests);
    }

    [Fact]
    public async Task DisposingEndsRequestsThatAreStillWaiting()
    {
        ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.OpenAI.Enqueue(SimulatedResponse.Echo().StallAfter(0));
        Task<HttpResponseMessage> waiting = http.SendAsync(simulator.ChatRequest(SimulatedProvider.OpenAI));
        await simulator.WaitForRequestsAsync(1);

        await simulator.DisposeAsync();
        await simulator.DisposeAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => waiting);
        await simulator.Requests.Single().Completion;
    }

    [Fact]
    public async Task ConnectionsToTheRefusingPortAreRefused()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();

        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(simulator.ConnectionRefusedUrl));

        Assert.Equal(HttpRequestError.ConnectionError, exception.HttpRequestError);
    }
}
