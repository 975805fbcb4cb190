using System.IO.Compression;
using System.Text.Json;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>Every JSON member that the simulator sends must occur in the recordings of the real provider.</summary>
public sealed class RecordedShapeTests
{
    [Theory]
    [InlineData(SimulatedProvider.OpenAI, "openai.chat", false)]
    [InlineData(SimulatedProvider.OpenAI, "openai.chat", true)]
    [InlineData(SimulatedProvider.Anthropic, "anthropic.messages", false)]
    [InlineData(SimulatedProvider.Anthropic, "anthropic.messages", true)]
    [InlineData(SimulatedProvider.Ollama, "ollama.chat", false)]
    [InlineData(SimulatedProvider.Ollama, "ollama.chat", true)]
    public async Task AnswersHaveNoMemberThatWasNeverRecorded(SimulatedProvider provider, string api, bool stream)
    {
        HashSet<string> recorded = Recorded("exchanges.jsonl.gz", api, stream);
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Default = SimulatedResponse.Text("one two")
            .WithReasoning("hm")
            .WithToolCall("weather", new { city = "Rome" })
            .WithUsage(new SimulatedUsage(100, 20) { CachedInputTokens = 60, ReasoningTokens = 5 });

        HashSet<string> sent = Paths(await simulator.AskAsync(provider, stream: stream));

        Assert.NotEmpty(sent);

        // Arguments of calls are the test's own.
        Assert.Empty(sent.Where(path => !path.EndsWith(".city", StringComparison.Ordinal)).Except(recorded));
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI, "openai.chat")]
    [InlineData(SimulatedProvider.Anthropic, "anthropic.messages")]
    [InlineData(SimulatedProvider.Ollama, "ollama.chat")]
    public async Task ErrorsHaveNoMemberThatWasNeverRecorded(SimulatedProvider provider, string api)
    {
        HashSet<string> recorded = Recorded("errors.jsonl.gz", api, stream: null);
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.RateLimited(), SimulatedResponse.ServerError(), SimulatedResponse.QuotaExhausted());
        for (int i = 0; i < 3; i++)
        {
            Assert.Empty(Paths(await simulator.AskAsync(provider)).Except(recorded));
        }
    }

    [Fact]
    public async Task ResponsesHaveNoMemberThatWasNeverRecorded()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.OpenAI.Default = SimulatedResponse.Text("one two").WithToolCall("weather", new { city = "Rome" });
        foreach (bool stream in (bool[])[false, true])
        {
            HashSet<string> recorded = Recorded("exchanges.jsonl.gz", "openai.responses", stream);
            using HttpResponseMessage response = await http.PostAsync(
                simulator.OpenAIBaseUrl + "/responses",
                new StringContent($$"""{"model":"m","input":"Hi","stream":{{(stream ? "true" : "false")}}}"""));

            Assert.Empty(Paths(await response.Content.ReadAsStringAsync()).Except(recorded));
        }
    }

    private static HashSet<string> Recorded(string file, string api, bool? stream)
    {
        string? folder = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(folder is null, "MEAIBUDGET_SHARED does not say where the shared material is.");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(folder, "exchanges", file)), CompressionMode.Decompress));
        HashSet<string> paths = [];
        while (reader.ReadLine() is { } line)
        {
            var row = JsonElement.Parse(line);
            bool streamed = row.TryGetProperty("stream", out JsonElement value) && value.ValueKind == JsonValueKind.True;
            if (row.GetProperty("api").GetString() == api && (stream is null || streamed == stream)
                && row.GetProperty("response_text").GetString() is { } text)
            {
                paths.UnionWith(Paths(text));
            }
        }

        Assert.NotEmpty(paths);
        return paths;
    }

    // Every member's path with the positions in arrays left out; of a whole body, or of each event of a stream.
    private static HashSet<string> Paths(string body)
    {
        HashSet<string> paths = [];
        if (!TryAdd(body))
        {
            foreach (string line in body.Split('\n'))
            {
                TryAdd(line.StartsWith("data:", StringComparison.Ordinal) ? line[5..] : line);
            }
        }

        return paths;

        bool TryAdd(string text)
        {
            try
            {
                Add("", JsonElement.Parse(text));
                return true;
            }
            catch (JsonException)
            {
                return false;
            }
        }

        void Add(string path, JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Add(path, item);
                }
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    paths.Add($"{path}.{member.Name}");
                    Add($"{path}.{member.Name}", member.Value);
                }
            }
        }
    }
}
