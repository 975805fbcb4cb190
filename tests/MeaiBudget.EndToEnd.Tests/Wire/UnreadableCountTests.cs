using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>An answer with counts that its SDK cannot read reaches the caller all the same.</summary>
public sealed class UnreadableCountTests
{
    /// <summary>An input and an output count as a server writes them, and as they are charged; -1 is estimated.</summary>
    public static TheoryData<string, string, long, long, bool> Counts
    {
        get
        {
            var data = new TheoryData<string, string, long, long, bool>();
            foreach (bool streaming in new[] { false, true })
            {
                data.Add("\"1000\"", "\"500\"", 1000, 500, streaming);
                data.Add("1000.0", "500.0", 1000, 500, streaming);
                data.Add("999.5", "499.5", 1000, 500, streaming);
                data.Add("\"1000.0\"", "5e2", 1000, 500, streaming);
                data.Add("null", "null", -1, -1, streaming);
                data.Add("\"n/a\"", "\"\"", -1, -1, streaming);
                data.Add("[]", "true", -1, -1, streaming);
                data.Add("{\"value\":1000}", "{}", -1, -1, streaming);
            }

            return data;
        }
    }

    public static TheoryData<string, bool> Usages
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string usage in new[] { "[]", "[1, 2, {\"prompt_tokens\": 3}]", "\"none\"", "{ \"prompt_tokens\" : null , \"completion_tokens\" : [ ] }", "false" })
            {
                data.Add(usage, false);
                data.Add(usage, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public async Task L11_ChatCompletionsKeepTheirAnswer(string input, string output, long expectedInput, long expectedOutput, bool streaming)
    {
        string usage = $$$"""{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}},"total_tokens":null,"prompt_tokens_details":{"cached_tokens":"0"}}""";
        IChatClient client = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, usage: usage)) });

        await AnswersAsync(client, streaming, expectedInput, expectedOutput);
    }

    /// <summary>A network cuts an answer anywhere, also within a count.</summary>
    [Theory]
    [InlineData("\"1000\"", "500.0")]
    [InlineData("1e3", "\"500\"")]
    public async Task L11_AnAnswerThatArrivesInPiecesIsKept(string input, string output)
    {
        foreach (int piece in (int[])[1, 7, 100])
        {
            string usage = $$$"""{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}},"total_tokens":null}""";
            byte[] body = await WireAnswerTexts.Chat(streaming: false, usage: usage).Content.ReadAsByteArrayAsync(Token);
            var wire = new CannedHandler(_ =>
            {
                HttpResponseMessage response = CannedHandler.Response(200, "");
                response.Content = new StreamContent(new PiecewiseStream(body, piece));
                response.Content.Headers.ContentType = new("application/json");
                return response;
            });

            await AnswersAsync(OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire }), streaming: false, 1000, 500);
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public async Task L11_ResponsesKeepTheirAnswer(string input, string output, long expectedInput, long expectedOutput, bool streaming)
    {
        string text = await WireAnswerTexts.Responses(streaming, input: 11111, output: 22222).Content.ReadAsStringAsync(Token);
        text = text.Replace("11111", input, StringComparison.Ordinal).Replace("22222", output, StringComparison.Ordinal).Replace("33333", "0", StringComparison.Ordinal);
        IChatClient client = OpenAIChatClientFactory.Create(new()
        {
            ApiKey = "k",
            ModelId = "gpt-5-mini",
            UseResponsesApi = true,
            HttpMessageHandler = new CannedHandler(_ => CannedHandler.Response(200, text, streaming ? "text/event-stream" : "application/json")),
        });

        await AnswersAsync(client, streaming, expectedInput, expectedOutput);
    }

    [Theory, MemberData(nameof(Counts))]
    public async Task L11_AnthropicKeepsItsAnswer(string input, string output, long expectedInput, long expectedOutput, bool streaming)
    {
        string text = await WireAnswerTexts.Anthropic(streaming, 11111, 22222).Content.ReadAsStringAsync(Token);
        text = text.Replace("11111", input, StringComparison.Ordinal).Replace("22222", output, StringComparison.Ordinal);
        IChatClient client = AnthropicChatClientFactory.Create(new()
        {
            ApiKey = "k",
            ModelId = "claude-haiku-4-5",
            HttpMessageHandler = new CannedHandler(_ => CannedHandler.Response(200, text, streaming ? "text/event-stream" : "application/json")),
        });

        await AnswersAsync(client, streaming, expectedInput, expectedOutput);
    }

    [Theory, MemberData(nameof(Counts))]
    public async Task L11_OllamaKeepsItsAnswer(string input, string output, long expectedInput, long expectedOutput, bool streaming)
    {
        string text = await WireAnswerTexts.Ollama(streaming, 11111, 22222).Content.ReadAsStringAsync(Token);
        text = text.Replace("11111", input, StringComparison.Ordinal).Replace("22222", output, StringComparison.Ordinal);
        IChatClient client = OllamaChatClientFactory.Create(new()
        {
            ModelId = "llama3.2",
            BaseUrl = "http://models.example.com:11434",
            HttpMessageHandler = new CannedHandler(_ => CannedHandler.Response(200, text, "application/x-ndjson")),
        });

        await AnswersAsync(client, streaming, expectedInput, expectedOutput);
    }

    [Theory, MemberData(nameof(Usages))]
    public async Task L11_AUsageThatIsNoObjectLosesNoAnswer(string usage, bool streaming)
    {
        IChatClient client = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, usage: usage)) });

        await AnswersAsync(client, streaming, -1, -1);
    }

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task L11_ATimeWithAFractionLosesNoAnswer(bool streaming)
    {
        string text = (await WireAnswerTexts.Chat(streaming).Content.ReadAsStringAsync(Token)).Replace("1790000000", "1790000000.25", StringComparison.Ordinal);
        IChatClient client = OpenAIChatClientFactory.Create(new()
        {
            ApiKey = "k",
            ModelId = "gpt-4.1-mini",
            HttpMessageHandler = new CannedHandler(_ => CannedHandler.Response(200, text, streaming ? "text/event-stream" : "application/json")),
        });

        await AnswersAsync(client, streaming, 20, 10);
    }

    [Fact]
    public async Task L11_TextOfAnAnswerThatLooksLikeCountsIsNotChanged()
    {
        const string Text = """Say \"prompt_tokens\": \"7\", or {\"usage\":[1]} : \"completion_tokens\":null""";
        const string Usage = """{"prompt_tokens":"20","completion_tokens":"10","total_tokens":"30"}""";
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = new CannedHandler(_ => WireAnswerTexts.Chat(streaming: false, usage: Usage, text: Text)) });
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", 1m))).Build();

        ChatResponse answer = await client.AskAsync(streaming: false);

        Assert.Equal(Text.Replace("\\\"", "\"", StringComparison.Ordinal), answer.Text);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task AnswersAsync(IChatClient inner, bool streaming, long expectedInput, long expectedOutput)
    {
        PriceCatalog prices = PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m));
        var tracker = new CostTracker([Budget.Daily("day", 10m)], prices);
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(tracker).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming);

        Assert.Equal("Hello.", answer.Text);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((AttemptOutcome.Answered, expectedInput < 0), (attempt.Outcome, attempt.Usage.IsEstimated));
        Assert.True(expectedInput < 0 || (attempt.Usage.InputTokens, attempt.Usage.OutputTokens) == (expectedInput, expectedOutput), attempt.Usage.ToString());
        Assert.Equal(attempt.Cost.Amount, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Spent);
    }

    private sealed class PiecewiseStream(byte[] body, int piece) : MemoryStream(body, writable: false)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, piece)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));
    }
}
