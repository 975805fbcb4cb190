using System.Net;
using System.Text;
using Anthropic;
using Anthropic.Bedrock;
using Anthropic.Foundry;
using Anthropic.Vertex;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Claude on Microsoft Foundry, Amazon Bedrock and Google Vertex, through Anthropic's own packages.</summary>
public sealed class ClaudeHostTests
{
    private const string Vertex = "claude-haiku-4-5@20251001";
    private const string Bedrock = "anthropic.claude-haiku-4-5-20251001-v1:0";

    // 1,000 tokens in and 100 out of Claude Haiku 4.5.
    private const decimal Price = 0.0015m;

    [Theory]
    [InlineData("foundry", "claude-haiku-4-5", false, 1.0)]
    [InlineData("foundry", "claude-haiku-4-5", true, 1.0)]
    [InlineData("bedrock", "global." + Bedrock, false, 1.0)]
    [InlineData("bedrock", "eu." + Bedrock, false, 1.1)]
    [InlineData("vertex", Vertex, false, 1.0)]
    [InlineData("vertex", Vertex, true, 1.0)]
    public async Task AHostsAnswerIsReservedAndCharged(string host, string modelId, bool streaming, double factor)
    {
        var wire = new Answers(HttpStatusCode.OK, streaming);
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = Build(host, modelId, wire, tracker);
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 2_000 });

        Assert.Equal("yes", answer.Text);
        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal((1_000L, 100L, 2_000L), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.ReservedOutputTokens!.Value));
        Assert.Equal(Price * (decimal)factor, (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent);
        Assert.InRange(attempt.Reserved, 2_000 * 0.000005m, 0.02m);
        Assert.Equal(1, wire.Sent);
    }

    [Theory]
    [InlineData("foundry", "claude-haiku-4-5", 429, ChatFailureKind.RateLimited)]
    [InlineData("bedrock", "global." + Bedrock, 429, ChatFailureKind.RateLimited)]
    [InlineData("vertex", Vertex, 429, ChatFailureKind.RateLimited)]
    [InlineData("foundry", "claude-haiku-4-5", 529, ChatFailureKind.Overloaded)]
    [InlineData("bedrock", "global." + Bedrock, 503, ChatFailureKind.Overloaded)]
    [InlineData("vertex", Vertex, 529, ChatFailureKind.Overloaded)]
    public async Task AHostsRefusalCostsNothing(string host, string modelId, int status, ChatFailureKind kind)
    {
        var wire = new Answers((HttpStatusCode)status, streaming: false);
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = Build(host, modelId, wire, tracker);

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(false));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(kind, Assert.Single(receipt.Attempts).Failure!.Kind);
        Assert.Equal((0m, 1), ((await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent, wire.Sent));
    }

    private static IChatClient Build(string host, string modelId, HttpMessageHandler wire, CostTracker tracker)
    {
        var http = new HttpClient(wire);
        IAnthropicClient client = host switch
        {
            "foundry" => new AnthropicFoundryClient(new AnthropicFoundryApiKeyCredentials("k", "app")) { HttpClient = http, MaxRetries = 0 },
            "bedrock" => new AnthropicBedrockClient(new AnthropicBedrockApiTokenCredentials { BearerToken = "k", Region = "eu-west-1" }) { HttpClient = http, MaxRetries = 0 },
            _ => new AnthropicVertexClient(new VertexCredentials()) { HttpClient = http, MaxRetries = 0 },
        };
        return new ChatClientBuilder(client.AddChatWire().AsIChatClient(modelId).WithAnthropicProvider()).UseTokenEstimation().UseBudget(tracker).Build();
    }

    /// <summary>Credentials without a request to Google.</summary>
    private sealed class VertexCredentials : IAnthropicVertexCredentials
    {
        public string Region => "europe-west1";

        public string Project => "app";

        public ValueTask ApplyAsync(HttpRequestMessage requestMessage)
        {
            requestMessage.Headers.TryAddWithoutValidation("Authorization", "Bearer k");
            return default;
        }
    }

    private sealed class Answers(HttpStatusCode status, bool streaming) : HttpMessageHandler
    {
        private const string Usage = "\"usage\":{\"input_tokens\":1000,\"output_tokens\":100}";

        private static readonly string[] Events =
        [
            """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-haiku-4-5-20251001","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"yes"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":100}}""",
            """{"type":"message_stop"}""",
        ];

        private int _sent;

        public int Sent => _sent;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _sent);
            string body = status != HttpStatusCode.OK ? """{"type":"error","error":{"type":"overloaded_error","message":"Try later."}}"""
                : streaming ? string.Concat(Events.Select(one => $"event: {one.Split('"')[3]}\ndata: {one}\n\n"))
                : "{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5-20251001\",\"content\":[{\"type\":\"text\",\"text\":\"yes\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null," + Usage + "}";
            body = status == HttpStatusCode.TooManyRequests ? """{"type":"error","error":{"type":"rate_limit_error","message":"Try later."}}""" : body;
            return Task.FromResult(new HttpResponseMessage(status)
            {
                RequestMessage = request,
                Content = new StringContent(body, Encoding.UTF8, status == HttpStatusCode.OK && streaming ? "text/event-stream" : "application/json"),
            });
        }
    }
}
