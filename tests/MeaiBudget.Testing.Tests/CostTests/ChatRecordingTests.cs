using System.IO.Compression;
using System.Net;
using System.Text;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Recordings of providers' answers.</summary>
public sealed class ChatRecordingTests : IDisposable
{
    private const string Key = "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6hIj9kLm2n";

    private readonly string _folder = Directory.CreateTempSubdirectory("recordings").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("openai", false)]
    [InlineData("openai", true)]
    [InlineData("responses", true)]
    [InlineData("anthropic", false)]
    [InlineData("anthropic", true)]
    [InlineData("ollama", true)]
    public async Task WhatWasRecordedIsReplayedWithoutANetwork(string provider, bool isStreaming)
    {
        string path = Path.Combine(_folder, "answer.jsonl");
        CostReport recorded;
        Uri address;
        await using (ProviderSimulator simulator = await ProviderSimulator.StartAsync())
        {
            SimulatedResponse answer = SimulatedResponse.Text("Rome is the capital.").WithUsage(new SimulatedUsage(1_200, 40) { CachedInputTokens = provider == "ollama" ? 0 : 1_024 });
            (simulator.OpenAI.Default, simulator.Anthropic.Default, simulator.Ollama.Default) = (answer, answer, answer);
            address = simulator.BaseUrl;
            using var recording = ChatRecording.Record(path, ProviderSimulator.CreateHttpHandler());
            Assert.True(recording.IsRecording);
            recorded = await RunAsync(recording, provider, address, isStreaming, "What is the capital of Italy?");
        }

        using var replay = ChatRecording.Replay(path);
        CostReport replayed = await RunAsync(replay, provider, address, isStreaming, "What is the capital of Italy?");

        Assert.False(replay.IsRecording);
        Assert.Equal((1_200L, 40L), (replayed.InputTokens, replayed.OutputTokens));
        Assert.Equal((recorded.Expected, recorded.Worst, recorded.CachedTokens), (replayed.Expected, replayed.Worst, replayed.CachedTokens));
        Assert.DoesNotContain(Key, await File.ReadAllTextAsync(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("identity")]
    public async Task AnAnswerThatTheHandlerLeftCompressedIsRecordedAsText(string encoding)
    {
        string path = Path.Combine(_folder, "compressed.jsonl");
        using var provider = new Provider(() => Compressed(encoding, Answer("Rome.")));
        using var recording = ChatRecording.Record(path, provider);

        Assert.Equal("Rome.", await AskAsync(recording, "Which?"));
        using var replay = ChatRecording.Replay(path);
        Assert.Equal("Rome.", await AskAsync(replay, "Which?"));
    }

    [Fact]
    public async Task AnUnknownCompressionIsNamed()
    {
        using var provider = new Provider(() => Compressed("zstd", Answer("Rome.")));
        using var recording = ChatRecording.Record(Path.Combine(_folder, "compressed.jsonl"), provider);

        Assert.Contains("'zstd'", Find(await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(recording, "Which?"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EqualRequestsGetTheirAnswersInTheirOrderAlsoAnErrorBeforeASuccess()
    {
        string path = Path.Combine(_folder, "order.jsonl");
        var answers = new Queue<Func<HttpResponseMessage>>([
            () => new(HttpStatusCode.InternalServerError) { Content = new StringContent("""{"error":{"message":"try again"}}""", Encoding.UTF8, "application/json") },
            () => Compressed("identity", Answer("First.")), () => Compressed("identity", Answer("Second."))]);
        using (var provider = new Provider(() => answers.Dequeue()()))
        using (var recording = ChatRecording.Record(path, provider))
        {
            await AskThreeTimesAsync(recording);
        }

        using var replay = ChatRecording.Replay(path);
        await AskThreeTimesAsync(replay);

        static async Task AskThreeTimesAsync(ChatRecording recording)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(recording, "Which?"));
            Assert.Equal("First.", await AskAsync(recording, "Which?"));
            Assert.Equal("Second.", await AskAsync(recording, "Which?"));
        }
    }

    [Fact]
    public async Task ARequestThatDiffersSaysWhere()
    {
        string path = await RecordAsync("What is the capital of Italy?");
        using var replay = ChatRecording.Replay(path);

        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(replay, "What is the capital of Spain?"));

        string message = Find(exception).Message;
        Assert.Contains("request 1", message, StringComparison.Ordinal);
        Assert.Contains("messages[0].content", message, StringComparison.Ordinal);
        Assert.Contains("Italy?", message, StringComparison.Ordinal);
        Assert.Contains("Spain?", message, StringComparison.Ordinal);
        Assert.Contains("MEAIBUDGET_RECORD=1", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFurtherRequestIsNotAnswered()
    {
        using var replay = ChatRecording.Replay(await RecordAsync("What?"));
        await AskAsync(replay, "What?");

        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(replay, "What?"));

        Assert.Contains("is one more", Find(exception).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConcurrentRequestsFindTheirAnswersInAnyOrder()
    {
        string path = await RecordAsync("one", "two", "three");
        using var replay = ChatRecording.Replay(path);

        Assert.Equal("You said: three", await AskAsync(replay, "three"));
        Assert.Equal("You said: one", await AskAsync(replay, "one"));
        Assert.Equal("You said: two", await AskAsync(replay, "two"));
    }

    [Fact]
    public async Task SecretsOfPromptsAndAnswersAreNotWritten()
    {
        string path = Path.Combine(_folder, "secret.jsonl");
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Default = SimulatedResponse.Text($"The key is {Key[..12]} {Key[12..]} and {Key}");
        simulator.OpenAI.Enqueue(
            SimulatedResponse.ToolCall("connect", new { password = "correct-horse-battery", city = "Rome" }),
            SimulatedResponse.Text($"Use {Key}"));
        using (var recording = ChatRecording.Record(path, ProviderSimulator.CreateHttpHandler()))
        {
            IChatClient client = Client(recording, simulator.BaseUrl);
            await client.GetResponseAsync($"Connect with {Key}", new ChatOptions { Tools = [AIFunctionFactory.Create((string password, string city) => password + city, "connect")] });
            await client.GetStreamingResponseAsync("Stream it").ToChatResponseAsync();
        }

        string text = await File.ReadAllTextAsync(path);
        Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse-battery", text, StringComparison.Ordinal);
        Assert.Contains("Rome", text, StringComparison.Ordinal);
        Assert.Contains("[REDACTED]", text, StringComparison.Ordinal);

        using var replay = ChatRecording.Replay(path);
        ChatResponse replayed = await Client(replay, simulator.BaseUrl).GetResponseAsync(
            $"Connect with {Key}", new ChatOptions { Tools = [AIFunctionFactory.Create((string password, string city) => password + city, "connect")] });
        Assert.Equal("connect", replayed.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single().Name);
    }

    [Fact]
    public void ASecretThatIsSpreadOverAStreamIsRedacted()
    {
        string[] pieces = [Key[..10], Key[10..20], Key[20..]];
        string body = string.Concat(pieces.Select(piece => $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{piece}\"}}}}]}}\r\n\r\n")) + "data: [DONE]\r\n";

        string redacted = new RecordedJson(SecretRedactor.Default).RedactAnswer(body);

        Assert.All(pieces, piece => Assert.DoesNotContain(piece, redacted, StringComparison.Ordinal));
        Assert.Contains("[REDACTED]", redacted, StringComparison.Ordinal);
        Assert.Equal(body.Count(c => c == '\n'), redacted.Count(c => c == '\n'));
        Assert.EndsWith("data: [DONE]\r\n", redacted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AToolLoopIsReplayedWithItsIds()
    {
        string path = Path.Combine(_folder, "loop.jsonl");
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(
            new[] { "call_9fJk2LmN8pQrStUvWxYz1234", "call_8fJk2LmN8pQrStUvWxYz5678" }
                .Select(id => SimulatedResponse.From(request => SimulatedResponse.ToolCall("weather", new { city = "Rome" }))).Append(SimulatedResponse.Text("Sunny.")).ToArray());
        using (var recording = ChatRecording.Record(path, ProviderSimulator.CreateHttpHandler()))
        {
            Assert.Equal("Sunny.", await LoopAsync(Client(recording, simulator.BaseUrl)));
        }

        using var replay = ChatRecording.Replay(path);
        Assert.Equal("Sunny.", await LoopAsync(Client(replay, simulator.BaseUrl)));

        static async Task<string> LoopAsync(IChatClient client) => (await client.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync(
            "How is it?", new ChatOptions { Tools = [AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather")] })).Text;
    }

    [Fact]
    public void IdsOfProvidersAreNotTakenForSecrets()
    {
        // The shapes of real ids; an answer whose ids became one placeholder could not be replayed in a tool loop.
        const string body = """{"id":"chatcmpl-BwzQ7n2Jd8Xy4VtKcPq1RsUoLm3Eb","tool_calls":[{"id":"call_9fJk2LmN8pQrStUvWxYz1234"},{"id":"call_p0oI9uY8tR7eW6qA5sD4fG3h"}],"system_fingerprint":"fp_44709d6fcb","toolu":"toolu_01A09q90qw90lq917835lq9","msg":"msg_01XFDUDYJgAACzvnptvVoYEL"}""";

        Assert.Equal(body, new RecordedJson(SecretRedactor.Default).RedactAnswer(body));
    }

    [Fact]
    public void AMissingRecordingSaysHowToMakeIt()
    {
        ChatRecordingException exception = Assert.Throws<ChatRecordingException>(() => ChatRecording.Replay(Path.Combine(_folder, "none.jsonl")));

        Assert.Contains("MEAIBUDGET_RECORD=1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABrokenLineIsNamed()
    {
        string path = await RecordAsync("one", "two");
        string[] lines = await File.ReadAllLinesAsync(path);
        await File.WriteAllLinesAsync(path, [lines[0], lines[1][..40]]);

        Assert.Contains("Line 2", Assert.Throws<ChatRecordingException>(() => ChatRecording.Replay(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IgnoredMembersMayDiffer()
    {
        string path = await RecordAsync("one");
        using var replay = ChatRecording.Replay(path);
        replay.IgnoredMembers.Add("messages[0].content");

        Assert.Equal("You said: one", await AskAsync(replay, "eins"));
    }

    private static ChatRecordingException Find(Exception? exception)
    {
        while (exception is not null and not ChatRecordingException)
        {
            exception = exception.InnerException;
        }

        return Assert.IsType<ChatRecordingException>(exception);
    }

    private static string Answer(string text) =>
        $$$"""{"id":"a","object":"chat.completion","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{{{text}}}"} }],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7} }""";

    private static HttpResponseMessage Compressed(string encoding, string text)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionMode.Compress, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionMode.Compress, leaveOpen: true),
            _ => compressed,
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add(encoding);
        return new HttpResponseMessage { Content = content };
    }

    private sealed class Provider(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer());
    }

    private async Task<string> RecordAsync(params string[] questions)
    {
        string path = Path.Combine(_folder, "recorded.jsonl");
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var recording = ChatRecording.Record(path, ProviderSimulator.CreateHttpHandler());
        foreach (string question in questions)
        {
            await Client(recording, simulator.BaseUrl).GetResponseAsync(question);
        }

        return path;
    }

    private static async Task<string> AskAsync(ChatRecording recording, string question) =>
        (await Client(recording, new Uri("http://127.0.0.1:1")).GetResponseAsync(question)).Text;

    private static IChatClient Client(ChatRecording recording, Uri address) => OpenAIChatClientFactory.Create(new()
    {
        ApiKey = recording.IsRecording ? Key : recording.KeyFrom("OPENAI_API_KEY"),
        BaseUrl = new Uri(address, "openai/v1").ToString(),
        ModelId = "gpt-4.1-mini",
        HttpMessageHandler = recording,
    });

    private static async Task<CostReport> RunAsync(ChatRecording recording, string provider, Uri address, bool isStreaming, string question)
    {
        var scenario = new CostScenario("recorded", () => provider switch
        {
            "anthropic" => AnthropicChatClientFactory.Create(new() { ApiKey = Key, BaseUrl = new Uri(address, "anthropic").ToString(), ModelId = "claude-haiku-4-5", HttpMessageHandler = recording }),
            "ollama" => OllamaChatClientFactory.Create(new() { BaseUrl = new Uri(address, "ollama/").ToString(), ModelId = "llama3.2", HttpMessageHandler = recording }),
            "responses" => OpenAIChatClientFactory.Create(new() { ApiKey = Key, BaseUrl = new Uri(address, "openai/v1").ToString(), ModelId = "gpt-4.1-mini", UseResponsesApi = true, HttpMessageHandler = recording }),
            _ => Client(recording, address),
        }, async client =>
        {
            ChatResponse response = isStreaming ? await client.GetStreamingResponseAsync(question).ToChatResponseAsync() : await client.GetResponseAsync(question);
            Assert.Equal("Rome is the capital.", response.Text);
        });
        return await scenario.RunAsync();
    }
}
