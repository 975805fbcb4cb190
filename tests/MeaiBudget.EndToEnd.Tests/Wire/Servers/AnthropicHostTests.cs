using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Bedrock;
using Anthropic.Vertex;
using Microsoft.Extensions.AI;
using MessageCreateParams = Anthropic.Models.Messages.MessageCreateParams;

namespace MeaiBudget.Tests;

/// <summary>Anthropic's models at Google and Amazon, through Anthropic's own packages.</summary>
public sealed class AnthropicHostTests
{
    private const string Usage = """{"input_tokens":100,"cache_read_input_tokens":40,"cache_creation_input_tokens":0,"output_tokens":50}""";

    public static TheoryData<bool> Both => StreamModes.Both;

    [Theory, MemberData(nameof(Both))]
    public async Task VertexNamesTheModelInThePathAndIsChargedByItsUsage(bool streaming)
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(
            200, streaming ? ServerAnswers.MessageStream(Usage, """{"output_tokens":50}""") : ServerAnswers.Message(Usage), streaming ? "text/event-stream" : "application/json"));
        AttemptReceipt attempt = await AskAsync(Vertex(wire), streaming);

        Assert.Contains("claude-haiku-4-5", wire.Requests.Single().Address.AbsolutePath, StringComparison.Ordinal);
        Assert.Equal((140L, 40L, 50L, 1), (attempt.Usage.InputTokens, attempt.Usage.CachedInputTokens, attempt.Usage.OutputTokens, attempt.RequestCount));
        Assert.False(attempt.IsUnconfirmed);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task VertexRawRequestsAreReservedAsTheyAreSent(bool streaming)
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(200, ServerAnswers.Message(Usage)));
        using IChatClient client = new ChatClientBuilder(Vertex(wire)).UseBudget(new CostTracker(Budget.Daily("day", 0.01m))).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: Raw(60_000)));

        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task BedrocksBinaryStreamIsChargedByItsUsage()
    {
        byte[] body =
        [
            .. Frame("""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":""" + Usage.Replace("50", "1", StringComparison.Ordinal) + "}}"),
            .. Frame("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
            .. Frame("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi!"}}"""),
            .. Frame("""{"type":"content_block_stop","index":0}"""),
            .. Frame("""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":50}}"""),
            .. Frame("""{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":100,"outputTokenCount":50,"cacheReadInputTokenCount":40}}"""),
        ];
        var wire = new CannedHandler(_ =>
        {
            var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.amazon.eventstream");
            var response = new HttpResponseMessage { Content = content };
            response.Headers.Add("x-amzn-bedrock-content-type", "application/json");
            return response;
        });
        AttemptReceipt attempt = await AskAsync(Bedrock(wire), streaming: true);

        Assert.Equal((140L, 40L, 50L), (attempt.Usage.InputTokens, attempt.Usage.CachedInputTokens, attempt.Usage.OutputTokens));
        Assert.Equal((AttemptOutcome.Answered, false, 1), (attempt.Outcome, attempt.IsUnconfirmed, attempt.RequestCount));
    }

    private static IChatClient Vertex(CannedHandler wire)
    {
        IAnthropicClient client = new AnthropicVertexClient(new VertexCredentials()) { HttpClient = new HttpClient(wire), MaxRetries = 0 };
        return client.AddChatWire().AsIChatClient("claude-haiku-4-5").WithAnthropicProvider();
    }

    private static IChatClient Bedrock(CannedHandler wire)
    {
        IAnthropicClient client = new AnthropicBedrockClient(new AnthropicBedrockApiTokenCredentials { BearerToken = "k", Region = "eu-west-1" }) { HttpClient = new HttpClient(wire), MaxRetries = 0 };
        return client.AddChatWire().AsIChatClient("claude-haiku-4-5").WithAnthropicProvider();
    }

    private static ChatOptions Raw(int limit) => new()
    {
        RawRepresentationFactory = _ => new MessageCreateParams { MaxTokens = limit, Messages = [], Model = "claude-haiku-4-5" },
    };

    private static async Task<AttemptReceipt> AskAsync(IChatClient inner, bool streaming)
    {
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        ChatResponse answer = await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 500 });
        Assert.Equal("Hi!", answer.Text);
        return capture.Receipts.Single().Attempts.Single();
    }

    /// <summary>One message of Amazon's event stream, with its check sums.</summary>
    private static byte[] Frame(string document)
    {
        byte[] headers = [.. Header(":event-type", "chunk"), .. Header(":content-type", "application/json"), .. Header(":message-type", "event")];
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(new { bytes = Convert.ToBase64String(Encoding.UTF8.GetBytes(document)) });
        byte[] message = new byte[12 + headers.Length + payload.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), Crc32.HashToUInt32(message.AsSpan(0, 8)));
        headers.CopyTo(message, 12);
        payload.CopyTo(message, 12 + headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(message.Length - 4), Crc32.HashToUInt32(message.AsSpan(0, message.Length - 4)));
        return message;
    }

    private static byte[] Header(string name, string value) =>
        [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), 7, (byte)(value.Length >> 8), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private sealed class VertexCredentials : IAnthropicVertexCredentials
    {
        public string Region => "global";

        public string Project => "project";

        public ValueTask ApplyAsync(HttpRequestMessage requestMessage)
        {
            requestMessage.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "k");
            return ValueTask.CompletedTask;
        }
    }
}
