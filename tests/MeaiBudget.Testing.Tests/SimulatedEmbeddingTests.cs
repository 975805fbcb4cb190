using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>The simulator's embeddings, without an SDK; <c>EmbeddingTests</c> of the whole pipeline read them with the real ones.</summary>
public sealed class SimulatedEmbeddingTests
{
    private static readonly string[] Texts = ["the capital of Italy", "is Rome", "is Rome"];

    public static TheoryData<string> Paths => ["openai/v1/embeddings", "litellm/v1/embeddings", "litellm/embeddings", "ollama/api/embed"];

    [Theory, MemberData(nameof(Paths))]
    public async Task TheSameTextHasTheSameVectorAndAWordIsAToken(string path)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();

        using JsonDocument answer = await PostAsync(simulator, path, new { model = "m", input = Texts });

        float[][] vectors = [.. Vectors(answer)];
        Assert.Equal(3, vectors.Length);
        Assert.Equal(vectors[1], vectors[2]);
        Assert.NotEqual(vectors[0], vectors[1]);
        Assert.All(vectors, vector => Assert.Equal(1f, vector.Sum(number => number * number), 3));
        SimulatedRequest request = Assert.Single(simulator.Requests);
        Assert.Equal((SimulatedEndpoint.Embedding, "m", new SimulatedUsage(8, 0)), (request.Endpoint, request.Model, request.Billed));
    }

    [Fact]
    public async Task OpenAIsVectorsAreNumbersOrBytesOfAsManyDimensionsAsAreAskedFor()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();

        using JsonDocument numbers = await PostAsync(simulator, "openai/v1/embeddings", new { model = "m", input = "Rome", dimensions = 3 });
        using JsonDocument bytes = await PostAsync(simulator, "openai/v1/embeddings", new { model = "m", input = "Rome", dimensions = 3, encoding_format = "base64" });

        byte[] raw = bytes.RootElement.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(3, Vectors(numbers).Single().Length);
        Assert.Equal(Vectors(numbers).Single(), MemoryMarshal.Cast<byte, float>(raw).ToArray());
        Assert.Equal(1, numbers.RootElement.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task TheyFailAsTheyAreToldTo(string path)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        foreach (ProviderScript script in (ProviderScript[])[simulator.OpenAI, simulator.LiteLLM, simulator.Ollama])
        {
            script.Enqueue(SimulatedResponse.RateLimited("3"));
        }

        using HttpResponseMessage limited = await http.PostAsJsonAsync(new Uri(simulator.BaseUrl, path), new { model = "m", input = Texts });
        using HttpResponseMessage empty = await http.PostAsJsonAsync(new Uri(simulator.BaseUrl, path), new { model = "m", input = Array.Empty<string>() });

        Assert.Equal((429, 400), ((int)limited.StatusCode, (int)empty.StatusCode));
        Assert.Equal(TimeSpan.FromSeconds(3), limited.Headers.RetryAfter?.Delta);
        Assert.All(simulator.Requests, request => Assert.Equal(SimulatedUsage.None, request.Billed));
    }

    private static async Task<JsonDocument> PostAsync(ProviderSimulator simulator, string path, object body)
    {
        using var http = new HttpClient();
        using HttpResponseMessage response = await http.PostAsJsonAsync(new Uri(simulator.BaseUrl, path), body);
        return JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
    }

    private static IEnumerable<float[]> Vectors(JsonDocument answer) => answer.RootElement.TryGetProperty("embeddings", out JsonElement plain)
        ? plain.EnumerateArray().Select(Numbers)
        : answer.RootElement.GetProperty("data").EnumerateArray().Select(item => Numbers(item.GetProperty("embedding")));

    private static float[] Numbers(JsonElement vector) => [.. vector.EnumerateArray().Select(number => number.GetSingle())];
}
