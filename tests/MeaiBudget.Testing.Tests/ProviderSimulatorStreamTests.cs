using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class ProviderSimulatorStreamTests
{
    public static TheoryData<SimulatedProvider> Providers => [.. Enum.GetValues<SimulatedProvider>()];

    [Fact]
    public async Task OpenAIStreamsChunksWithUsageInALastOneOfItsOwn()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one two"));

        List<string> data = Data(await simulator.AskAsync(SimulatedProvider.OpenAI, stream: true));

        Assert.Equal(6, data.Count);
        JsonElement[] chunks = [.. data.SkipLast(1).Select(line => JsonElement.Parse(line))];
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal(" two", chunks[2].GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString());
        Assert.Equal("stop", chunks[3].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Empty(chunks[4].GetProperty("choices").EnumerateArray());
        Assert.Equal(2, chunks[4].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal("[DONE]", data[5]);
    }

    [Fact]
    public async Task OpenAIStreamsNoUsageUnlessAsked()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        using HttpRequestMessage request = simulator.ChatRequest(SimulatedProvider.OpenAI, stream: true);
        request.Content = new StringContent("""{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}""");

        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("usage", await response.Content.ReadAsStringAsync());
        await simulator.WaitForCompletionAsync();
        Assert.Equal(new SimulatedUsage(1, 3), simulator.TotalBilled());
    }

    [Fact]
    public async Task LiteLLMStatesTheCostInTheLastChunk()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.LiteLLM.Enqueue(SimulatedResponse.Text("x").WithUsage(1000, 500));

        using HttpResponseMessage response = await http.SendAsync(simulator.ChatRequest(SimulatedProvider.LiteLLM, stream: true));

        Assert.False(response.Headers.Contains("x-litellm-response-cost"));
        string last = Data(await response.Content.ReadAsStringAsync())[^2];
        Assert.Equal(0.002m, JsonElement.Parse(last).GetProperty("usage").GetProperty("cost").GetDecimal());
    }

    [Fact]
    public async Task AnthropicStreamsNamedEventsInOrder()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Anthropic.Enqueue(SimulatedResponse.Text("one two").WithReasoning("hm").WithToolCall("weather", new { city = "Rome" }).WithUsage(30, 9));

        string body = await simulator.AskAsync(SimulatedProvider.Anthropic, stream: true);

        Assert.Equal(
            [
                "message_start",
                "content_block_start", "ping", "content_block_delta", "content_block_delta", "content_block_stop",
                "content_block_start", "ping", "content_block_delta", "content_block_delta", "content_block_stop",
                "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
                "message_delta", "message_stop",
            ],
            body.Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line[7..]));
        List<JsonElement> events = [.. Data(body).Select(line => JsonElement.Parse(line))];
        Assert.Equal(30, events[0].GetProperty("message").GetProperty("usage").GetProperty("input_tokens").GetInt32());
        Assert.Equal(9, events[^2].GetProperty("usage").GetProperty("output_tokens").GetInt32());
        Assert.Equal("tool_use", events[^2].GetProperty("delta").GetProperty("stop_reason").GetString());
        string arguments = string.Concat(events
            .Where(e => e.TryGetProperty("delta", out JsonElement delta) && delta.TryGetProperty("partial_json", out _))
            .Select(e => e.GetProperty("delta").GetProperty("partial_json").GetString()));
        Assert.Equal("""{"city":"Rome"}""", arguments);
    }

    [Fact]
    public async Task OllamaStreamsALineForEachPieceUnlessItIsToldNotTo()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        using HttpRequestMessage request = simulator.ChatRequest(SimulatedProvider.Ollama);
        request.Content = new StringContent("""{"model":"m","messages":[{"role":"user","content":"Hi"}]}""");

        using HttpResponseMessage response = await http.SendAsync(request);
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(4, lines.Length);
        Assert.Equal([false, false, false, true], lines.Select(line => JsonElement.Parse(line).GetProperty("done").GetBoolean()));
        Assert.Equal(3, JsonElement.Parse(lines[^1]).GetProperty("eval_count").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ADroppedStreamEndsAfterItsPiecesAndBillsThem(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two three four").WithUsage(100, 10).DropAfter(2));
        using HttpResponseMessage response = await simulator.StreamAsync(provider);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var read = new System.Text.StringBuilder();

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                read.AppendLine(line);
            }
        });

        Assert.Contains(" two", read.ToString());
        Assert.DoesNotContain("three", read.ToString());
        SimulatedRequest request = simulator.Requests.Single();
        await request.Completion;
        Assert.Equal(SimulatedRequestState.Dropped, request.State);
        Assert.Equal(2, request.PiecesSent);
        Assert.Equal(new SimulatedUsage(100, 5), request.Billed);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AConnectionDroppedBeforeAnyAnswerBillsNothing(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Default = SimulatedResponse.ConnectionDropped();

        await Assert.ThrowsAsync<HttpRequestException>(() => simulator.AskAsync(provider));
        await Assert.ThrowsAsync<HttpRequestException>(() => simulator.AskAsync(provider, stream: true));

        Assert.Equal(2, simulator.Requests.Count);
        Assert.All(simulator.Requests, request => Assert.Null(request.StatusCode));
        Assert.Equal(SimulatedUsage.None, simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ADroppedAnswerLosesItsSecondHalfButIsBilledWhole(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two").WithUsage(100, 10).DropAfter(1));

        await Assert.ThrowsAsync<HttpRequestException>(() => simulator.AskAsync(provider));

        await simulator.WaitForCompletionAsync();
        Assert.Equal(SimulatedRequestState.Dropped, simulator.Requests.Single().State);
        Assert.Equal(new SimulatedUsage(100, 10), simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AClientThatLeavesAStalledStreamIsSeenToLeaveAndBilledForThePieces(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two three").StallAfter(2));
        using (HttpResponseMessage response = await simulator.StreamAsync(provider))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line && !line.Contains(" two", StringComparison.Ordinal))
            {
            }
        }

        SimulatedRequest request = simulator.Requests.Single();
        await request.Completion;

        Assert.Equal(SimulatedRequestState.ClientLeft, request.State);
        Assert.Equal(new SimulatedUsage(1, 2), request.Billed);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AStalledStreamGoesOnWhenTheTestSaysSo(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var gate = new TaskCompletionSource();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two three").StallAfter(1, gate.Task));
        using HttpResponseMessage response = await simulator.StreamAsync(provider);
        Assert.Equal(SimulatedRequestState.Running, simulator.Requests.Single().State);

        gate.SetResult();

        Assert.Contains("three", await response.Content.ReadAsStringAsync());
        await simulator.WaitForCompletionAsync();
        Assert.Equal(SimulatedRequestState.Completed, simulator.Requests.Single().State);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AClientThatLeavesBeforeTheAnswerIsBilledForIt(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        using var source = new CancellationTokenSource();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two").WithUsage(7, 2).StallAfter(0));
        Task<HttpResponseMessage> waiting = http.SendAsync(simulator.ChatRequest(provider), source.Token);
        await simulator.WaitForRequestsAsync(1);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await simulator.WaitForCompletionAsync();
        Assert.Equal(SimulatedRequestState.ClientLeft, simulator.Requests.Single().State);
        Assert.Equal(new SimulatedUsage(7, 2), simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AnErrorInsideA200EndsTheStream(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(
            SimulatedResponse.Text("one two").ErrorAfter(1, "it broke"),
            SimulatedResponse.ErrorInside200("it broke"));

        string stream = await simulator.AskAsync(provider, stream: true);
        string whole = await simulator.AskAsync(provider);

        Assert.Contains("it broke", stream);
        Assert.Contains("one", stream);
        Assert.DoesNotContain(" two", stream);
        Assert.DoesNotContain("\"stop\"", stream);
        Assert.Contains("it broke", whole);
        Assert.All(simulator.Requests, request => Assert.Equal(200, request.StatusCode));
    }

    [Fact]
    public async Task AfterAnErrorOpenAIStillSendsUsageWithNothingInIt()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one two").ErrorAfter(1));

        List<string> data = Data(await simulator.AskAsync(SimulatedProvider.OpenAI, stream: true));

        Assert.Equal(0, JsonElement.Parse(data[^2]).GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal("[DONE]", data[^1]);
        Assert.Equal(new SimulatedUsage(1, 1), simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task MalformedJsonIsNotJson(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.MalformedJson(), SimulatedResponse.Text("one two").MalformedAfter(1));

        string whole = await simulator.AskAsync(provider);
        string stream = await simulator.AskAsync(provider, stream: true);

        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(whole));
        string last = provider == SimulatedProvider.Ollama ? stream.TrimEnd().Split('\n')[^1] : Data(stream)[^1];
        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(last));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task UsageAndFinishReasonCanBeMissing(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Default = SimulatedResponse.Text("one two").WithoutUsage().WithoutFinishReason();

        string whole = await simulator.AskAsync(provider);
        string stream = await simulator.AskAsync(provider, stream: true);

        foreach (string body in (string[])[whole, stream])
        {
            Assert.DoesNotContain("_tokens\"", body);
            Assert.DoesNotContain("eval_count", body);
            Assert.DoesNotContain("\"stop\"", body);
            Assert.DoesNotContain("end_turn", body);
        }

        await simulator.WaitForCompletionAsync();
        Assert.Equal(new SimulatedUsage(2, 4), simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AStreamCanEndAsIfThatWereAll(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two three").EndAfter(2));

        string stream = await simulator.AskAsync(provider, stream: true);

        Assert.Contains(" two", stream);
        Assert.DoesNotContain("three", stream);
        Assert.Equal(new SimulatedUsage(1, 2), simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ADelayPassesOnTheSimulatorsClock(SimulatedProvider provider)
    {
        var time = new FakeTimeProvider();
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { TimeProvider = time });
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("late").AfterDelay(TimeSpan.FromHours(1)));

        Task<string> answer = simulator.AskAsync(provider);
        await simulator.WaitForDelaysAsync(1);
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromHours(1));

        Assert.Contains("late", await answer);
    }

    [Fact]
    public async Task PiecesComeAtTheirIntervalOnTheSimulatorsClock()
    {
        var time = new FakeTimeProvider();
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { TimeProvider = time });
        simulator.Ollama.Enqueue(SimulatedResponse.Text("one two").WithPieceInterval(TimeSpan.FromSeconds(1)));

        Task<string> answer = simulator.AskAsync(SimulatedProvider.Ollama, stream: true);
        await simulator.WaitForDelaysAsync(1);
        Assert.Equal(0, simulator.Requests.Single().PiecesSent);
        time.Advance(TimeSpan.FromSeconds(1));
        await simulator.WaitForDelaysAsync(2);
        Assert.Equal(1, simulator.Requests.Single().PiecesSent);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains(" two", await answer);
    }

    [Fact]
    public async Task TheAccountCanBeToldWhatToBill()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var usage = new SimulatedUsage(3, 4) { CachedInputTokens = 1 };
        simulator.OpenAI.Enqueue(SimulatedResponse.ServerError().BilledAs(usage), SimulatedResponse.Echo().BilledAs(SimulatedUsage.None));

        await simulator.AskAsync(SimulatedProvider.OpenAI);
        await simulator.AskAsync(SimulatedProvider.OpenAI, stream: true);

        Assert.Equal(usage, simulator.TotalBilled(SimulatedProvider.OpenAI, "model-a"));
        Assert.Equal(SimulatedUsage.None, simulator.TotalBilled(SimulatedProvider.Anthropic));
    }

    [Fact]
    public async Task OpenAIResponsesStreamAndAnswer()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.OpenAI.Default = SimulatedResponse.Text("one two").WithToolCall("weather", new { city = "Rome" });

        string whole = await PostAsync("""{"model":"m","input":"Hi"}""");
        string stream = await PostAsync("""{"model":"m","input":"Hi","stream":true}""");

        var response = JsonElement.Parse(whole);
        Assert.Equal("one two", response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("function_call", response.GetProperty("output")[1].GetProperty("type").GetString());
        List<JsonElement> events = [.. Data(stream).Select(line => JsonElement.Parse(line))];
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(e => e.GetProperty("sequence_number").GetInt32()));
        Assert.Equal("response.completed", events[^1].GetProperty("type").GetString());
        Assert.Equal(4, events[^1].GetProperty("response").GetProperty("usage").GetProperty("output_tokens").GetInt32());

        async Task<string> PostAsync(string body)
        {
            using HttpResponseMessage message = await http.PostAsync(simulator.OpenAIBaseUrl + "/responses", new StringContent(body));
            return await message.Content.ReadAsStringAsync();
        }
    }

    private static List<string> Data(string body) =>
        [.. body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..])];
}
