using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Answers that SDKs reject, read in part or take for something else: what is charged, and as what they fail.</summary>
public sealed class OddAnswerTests
{
    private const int Levels = 100_000;
    private const string Usage = """{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150}""";

    public static TheoryData<string, bool> Unreadable
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string kind in (string[])["not a number", "a comma", "text behind it", "deep before the usage", "deep behind the usage", "deep arrays", "deep in Anthropic's", "deep in Ollama's", "deep in a response"])
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    /// <summary>Tools that ran, and how many searches, file searches and sessions of code are billed; -1 if there is a fee that is not known.</summary>
    public static TheoryData<string, string, int, int> Tools => new()
    {
        { "usage", """{"server_side_tool_usage_details":{"web_search_calls":2,"x_search_calls":3} }""", 5, 0 },
        { "usage", """{"plugins":{"search":{"count":2,"strategy":"turbo"} } }""", 2, 0 },
        { "usage", """{"connectors":{"web_search":2} }""", 2, 0 },
        { "usage", """{"server_tool_use":{"web_search_requests":99999999} }""", 1, -1 },
        { "usage", """{"billed_units":{"input_tokens":100,"output_tokens":50,"search_units":1} }""", 0, -1 },
        { "usage", """{"server_side_tool_usage":{"SERVER_SIDE_TOOL_WEB_SEARCH":2,"SERVER_SIDE_TOOL_X_SEARCH":1} }""", 3, 0 },
        { "top", """{"server_side_tool_usage":{"SERVER_SIDE_TOOL_WEB_SEARCH":2,"SERVER_SIDE_TOOL_X_SEARCH":1} }""", 3, 0 },
        { "top", """{"web_search":[{"title":"t","link":"l"}]}""", 1, 0 },
        { "top", """{"vertex_ai_grounding_metadata":[{"webSearchQueries":["a","b"]}]}""", 2, 0 },
    };

    /// <summary>Costs that hosts state, and what is charged; null if the tokens are.</summary>
    public static TheoryData<string, string?> Costs => new()
    {
        { """{"provider_metadata":{"gateway":{"cost":"0.0006"} } }""", "0.0006" },
        { """{"x_nanogpt_pricing":{"amount":0.0004,"currency":"USD"} }""", "0.0004" },
        { """{"cost":{"total":0.0007,"currency":"USD"} }""", "0.0007" },
        { """{"cost":{"total":0.0007,"currency":"CNY"} }""", null },
        { """{"cost":{"currency":"jpy","total":0.0007} }""", null },
        { """{"currency":"EUR","cost":0.0007}""", null },
        { """{"cost":"$0.0007"}""", "0.0007" },
        { """{"meta":{"usage":{"credits_used":1400,"usd_spent":0.0007} } }""", "0.0007" },
        { """{"provider_metadata":{"gateway":{"cost":"0","marketCost":"0.0006"} } }""", "0.0006" },
        { """{"provider_metadata":{"gateway":{"cost":"0.0005","marketCost":"0.0006"} } }""", "0.0005" },
    };

    [Theory, MemberData(nameof(Unreadable))]
    public async Task L1_AnAnswerThatIsNoStrictJsonIsUnreadableAndChargedByItsUsage(string kind, bool streaming)
    {
        (Func<HttpMessageHandler, IChatClient> client, string body) = Answer(kind, streaming, Usage);
        AttemptReceipt attempt = await AskAsync(client, body, streaming);

        Assert.Equal("100/50", Tokens(attempt.Usage));
        Assert.False(attempt.IsUnconfirmed);
        Assert.True(attempt.Outcome == AttemptOutcome.Answered || attempt.Failure?.Kind == ChatFailureKind.UnreadableAnswer, $"{attempt.Outcome}: {attempt.Failure}");
    }

    [Theory]
    [InlineData("deep behind the usage")]
    [InlineData("deep arrays")]
    public async Task L1_AnAnswerTooDeepWithoutUsageIsUnreadableAndUnconfirmed(string kind)
    {
        (Func<HttpMessageHandler, IChatClient> client, string body) = Answer(kind, streaming: false, usage: "null");
        AttemptReceipt attempt = await AskAsync(client, body, streaming: false);

        Assert.Equal((ChatFailureKind.UnreadableAnswer, ChatFailurePhase.Ambiguous), (attempt.Failure!.Kind, attempt.Failure.Phase));
        Assert.True(attempt is { IsUnconfirmed: true, Cost.Amount: > 0 });
    }

    [Theory]
    [InlineData(400, ChatFailureKind.InvalidRequest)]
    [InlineData(429, ChatFailureKind.RateLimited)]
    public async Task L16_AnErrorTooDeepIsRejected(int status, ChatFailureKind kind)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            AttemptReceipt attempt = await AskAsync(OpenAi(), "{\"error\":{\"message\":\"bad\",\"param\":" + Deep('{') + "}}", streaming, status);

            Assert.Equal((kind, ChatFailurePhase.Rejected, 0m), (attempt.Failure!.Kind, attempt.Failure.Phase, attempt.Cost.Amount));
        }
    }

    [Fact]
    public async Task L2_AnIncompleteResponseWithoutUsageEndsWithItsReason()
    {
        string response = """{"id":"resp_1","object":"response","created_at":1790000000,"model":"gpt-5-mini","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[],"usage":null}""";
        ChatResponse? answer = null;
        AttemptReceipt attempt = await AskAsync(Responses(), ResponseStream("response.incomplete", response), streaming: true, got: got => answer = got);

        Assert.Equal((AttemptOutcome.Answered, ChatFinishReason.Length), (attempt.Outcome, answer?.FinishReason));
        Assert.True(attempt.Usage is { IsEstimated: true, OutputTokens: > 0 });
    }

    [Theory, MemberData(nameof(Tools))]
    public async Task L6_ToolsOfOtherHostsAreCounted(string place, string json, int searches, int fee)
    {
        string usage = place == "usage" ? Usage[..^1] + "," + json[1..] : Usage;
        string top = place == "usage" ? "" : "," + json[1..^1];
        foreach (bool streaming in (bool[])[false, true])
        {
            string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(usage, "stop", top) + "data: [DONE]\n\n" : ServerAnswers.Whole(usage, top);
            AttemptReceipt attempt = await AskAsync(OpenAi(), body, streaming);

            Assert.Equal(searches, attempt.Usage.WebSearches);
            Assert.Equal(fee < 0, attempt.Cost.Flags.HasFlag(CostFlags.MissingFee));
            Assert.True(attempt.Cost.Amount < 1m);
        }
    }

    [Fact]
    public async Task L6_ASearchIsBilledThoughTheAnswerBreaksOffOrHasNoUsage()
    {
        const string Item = """{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"x"} }""";
        string done = "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"sequence_number\":1,\"output_index\":0,\"item\":" + Item + "}\n\n";
        AttemptReceipt broken = await AskAsync(Responses(), ResponseStream("", "", done), streaming: true);
        Assert.Equal((AttemptOutcome.Failed, true, 1L), (broken.Outcome, broken.IsUnconfirmed, broken.Usage.WebSearches));

        string whole = """{"id":"resp_1","object":"response","created_at":1790000000,"model":"gpt-5-mini","status":"completed","output":[""" + Item + """],"usage":null}""";
        AttemptReceipt silent = await AskAsync(Responses(), whole, streaming: false);
        Assert.Equal((AttemptOutcome.Answered, 1L), (silent.Outcome, silent.Usage.WebSearches));
        Assert.True(silent.Cost.Amount >= 0.01m);
    }

    [Fact]
    public async Task L6_AContainerIsOneSessionHoweverOftenItIsUsed()
    {
        string items = string.Join(',', ((string[])["a", "b", "a", "b"]).Select(container => "{\"type\":\"code_interpreter_call\",\"id\":\"ci\",\"status\":\"completed\",\"container_id\":\"" + container + "\",\"code\":\"1\",\"outputs\":null}"));
        string whole = """{"id":"resp_1","object":"response","created_at":1790000000,"model":"gpt-5-mini","status":"completed","output":[""" + items
            + """],"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":0},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":150} }""";
        AttemptReceipt attempt = await AskAsync(Responses(), whole, streaming: false);

        Assert.Equal(2, attempt.Usage.CodeExecutionSessions);
    }

    [Theory]
    [InlineData(0, "Hello to all of you out there, and a good morning.")]
    [InlineData(1, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty twenty-one")]
    public async Task L7_APlaceholderOfZeroOrOneIsNotBelievedBesideText(int placeholder, string text)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            string body = streaming
                ? ServerAnswers.Text(text) + ServerAnswers.UsageChunk(ServerAnswers.Usage(100, placeholder), "stop") + "data: [DONE]\n\n"
                : ServerAnswers.Whole(ServerAnswers.Usage(100, placeholder)).Replace("Hi!", text, StringComparison.Ordinal);
            AttemptReceipt attempt = await AskAsync(OpenAi(), body, streaming);

            Assert.Equal(100, attempt.Usage.InputTokens);
            Assert.InRange(attempt.Usage.OutputTokens, 10, 40);
            Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage));
        }
    }

    [Theory]
    [InlineData("reasoning_text")]
    [InlineData("reasoning_summary")]
    [InlineData("thought")]
    [InlineData("analysis")]
    public async Task L12_ThinkingUnderAnyNameIsCountedWhereThereIsNoUsage(string name)
    {
        string text = string.Concat(Enumerable.Repeat("word ", 400));
        string body = ServerAnswers.Chunk("{\"role\":\"assistant\",\"content\":null,\"" + name + "\":\"" + text + "\"}", null) + ServerAnswers.Chunk("{}", "stop") + "data: [DONE]\n\n";
        AttemptReceipt attempt = await AskAsync(OpenAi(), body, streaming: true);

        Assert.InRange(attempt.Usage.OutputTokens, 400, 600);
    }

    [Theory, MemberData(nameof(Costs))]
    public async Task L19_ACostIsTakenInUsDollarsOnly(string json, string? cost)
    {
        string top = "," + json[1..^1];
        foreach (bool streaming in (bool[])[false, true])
        {
            string body = streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(Usage, "stop", top) + "data: [DONE]\n\n" : ServerAnswers.Whole(Usage, top);
            AttemptReceipt attempt = await AskAsync(OpenAi(), body, streaming);

            decimal expected = cost is null ? (100 * 0.0000004m) + (50 * 0.0000016m) : decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal((expected, cost is null ? CostKind.Computed : CostKind.ProviderStated), (attempt.Cost.Amount, attempt.Cost.Kind));
        }
    }

    private static string Deep(char bracket) => bracket == '['
        ? new string('[', Levels) + new string(']', Levels)
        : string.Concat(Enumerable.Repeat("{\"a\":", Levels)) + "1" + new string('}', Levels);

    private static (Func<HttpMessageHandler, IChatClient> Client, string Body) Answer(string kind, bool streaming, string usage)
    {
        const string Stop = "data: [DONE]\n\n";
        string whole = ServerAnswers.Whole(usage);
        string choice(string more) => streaming
            ? ServerAnswers.Text("Hi") + ServerAnswers.Chunk("{}", "stop", choice: more) + ServerAnswers.UsageChunk(usage) + Stop
            : whole.Replace("\"finish_reason\":\"stop\"}", "\"finish_reason\":\"stop\"" + more + "}", StringComparison.Ordinal);
        return kind switch
        {
            "not a number" => (OpenAi(), choice(",\"logprobs\":{\"content\":[{\"token\":\"Hi\",\"logprob\":NaN,\"x\":-Infinity}]}")),
            "a comma" => (OpenAi(), choice(",")),
            "text behind it" => (OpenAi(), streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(usage, "stop") + Stop + "<!-- a proxy -->" : whole + "\n<!-- a proxy -->"),
            "deep before the usage" => (OpenAi(), streaming ? ServerAnswers.Text("Hi") + "data: {\"x\":" + Deep('{') + "}\n\n" + ServerAnswers.UsageChunk(usage, "stop") + Stop : "{\"x\":" + Deep('{') + "," + whole[1..]),
            "deep behind the usage" => (OpenAi(), streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(usage, "stop", ",\"x\":" + Deep('{')) + Stop : whole[..^1] + ",\"x\":" + Deep('{') + "}"),
            "deep arrays" => (OpenAi(), streaming ? ServerAnswers.Text("Hi") + ServerAnswers.UsageChunk(usage, "stop", ",\"x\":" + Deep('[')) + Stop : whole[..^1] + ",\"x\":" + Deep('[') + "}"),
            "deep in Anthropic's" => (
                handler => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = handler }),
                streaming
                    ? ServerAnswers.MessageStream("""{"input_tokens":100,"output_tokens":1}""", """{"output_tokens":50}""").Replace("{\"type\":\"ping\"}", "{\"type\":\"ping\",\"x\":" + Deep('{') + "}", StringComparison.Ordinal)
                    : ServerAnswers.Message("""{"input_tokens":100,"output_tokens":50}""").Replace("\"content\":[", "\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":" + Deep('{') + "},", StringComparison.Ordinal)),
            "deep in Ollama's" => (
                handler => OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", BaseUrl = "http://localhost:11434", HttpMessageHandler = handler }),
                "{\"model\":\"llama3.2\",\"created_at\":\"2026-11-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"x\":" + Deep('[') + ",\"done_reason\":\"stop\",\"done\":true,\"prompt_eval_count\":100,\"eval_count\":50}\n"),
            _ => (
                Responses(),
                streaming ? ResponseStream("response.completed", Response()) : Response()),
        };

        static string Response() => "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1790000000,\"model\":\"gpt-5-mini\",\"status\":\"completed\",\"metadata\":" + Deep('{')
            + ",\"output\":[],\"usage\":{\"input_tokens\":100,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":50,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":150}}";
    }

    private static string ResponseStream(string last, string response, string before = "") =>
        "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1790000000,\"model\":\"gpt-5-mini\",\"status\":\"in_progress\",\"output\":[]}}\n\n"
        + "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi!\"}\n\n"
        + before
        + (last.Length == 0 ? "" : $"event: {last}\ndata: {{\"type\":\"{last}\",\"sequence_number\":2,\"response\":{response}}}\n\n");

    private static string Tokens(in BillableUsage usage) => FormattableString.Invariant($"{usage.InputTokens}/{usage.OutputTokens}");

    private static Func<HttpMessageHandler, IChatClient> OpenAi() => handler => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = handler });

    private static Func<HttpMessageHandler, IChatClient> Responses() => handler => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, HttpMessageHandler = handler });

    private static async Task<AttemptReceipt> AskAsync(Func<HttpMessageHandler, IChatClient> create, string body, bool streaming, int status = 200, Action<ChatResponse>? got = null)
    {
        string type = body[0] != '{' ? "text/event-stream" : streaming && body.EndsWith('\n') ? "application/x-ndjson" : "application/json";
        IChatClient inner = create(new CannedHandler(_ => CannedHandler.Response(status, body, type)));
        using IChatClient client = new ChatClientBuilder(inner)
            .UseTokenEstimation(new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false })).UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        try
        {
            ChatResponse response = await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 5_000 });
            got?.Invoke(response);
        }
        catch (Exception exception) when (exception is not (Xunit.Sdk.XunitException or BudgetExceededException))
        {
            // Some answers cannot be read by the SDK; the charge is what counts.
        }

        return capture.Receipts.Single().Attempts[^1];
    }
}
