using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;
using OpenAI.Chat;

namespace MeaiBudget.Benchmarks;

/// <summary>A provider's SDK, with functions that create clients, and with canned answers.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Bare">Creates the SDK's own chat client, without retries.</param>
/// <param name="Factory">Creates the client of this library.</param>
/// <param name="Answer">The answer to a call.</param>
/// <param name="Stream">The answer to a streaming call: one update for each word, one for the end, and the usage.</param>
internal sealed record SdkProvider(
    string Name, string ModelId, Func<HttpMessageHandler, IChatClient> Bare, Func<HttpMessageHandler, IChatClient> Factory, CannedHandler Answer, CannedHandler Stream)
{
    /// <summary>The words of a stream.</summary>
    public const int Words = 200;

    private const string Text = "Hello there, how are you today?";

    public static IReadOnlyList<SdkProvider> All { get; } = [OpenAI(), Anthropic(), Ollama()];

    private static SdkProvider OpenAI()
    {
        const string model = "gpt-4.1-mini";
        const string head = $$"""{"id":"chatcmpl-1","created":1790000000,"model":"{{model}}-2025-04-14","system_fingerprint":"fp_1",""";
        return new(
            "openai",
            model,
            handler => new ChatClient(
                model,
                new ApiKeyCredential("key"),
                new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient(handler)), RetryPolicy = new ClientRetryPolicy(0) }).AsIChatClient(),
            handler => OpenAIChatClientFactory.Create(new() { ApiKey = "key", ModelId = model, HttpMessageHandler = handler }),
            Json(head + $$"""
                "object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"{{Text}}","refusal":null},"logprobs":null,"finish_reason":"stop"}],
                "usage":{"prompt_tokens":28,"completion_tokens":8,"total_tokens":36,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0} } }
                """),
            Events(
                Repeat($$"""data: {{head}}"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}"""),
                $$"""data: {{head}}"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
                $$"""data: {{head}}"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":28,"completion_tokens":200,"total_tokens":228} }""",
                "data: [DONE]"));
    }

    private static SdkProvider Anthropic()
    {
        const string model = "claude-haiku-4-5";
        const string head = $$"""{"id":"msg_1","type":"message","role":"assistant","model":"{{model}}-20251001",""";
        return new(
            "anthropic",
            model,
            handler => new AnthropicClient(new ClientOptions { ApiKey = "key", AuthToken = null, MaxRetries = 0, HttpClient = new HttpClient(handler) }).AsIChatClient(model),
            handler => AnthropicChatClientFactory.Create(new() { ApiKey = "key", ModelId = model, HttpMessageHandler = handler }),
            Json(head + $$"""
                "content":[{"type":"text","text":"{{Text}}"}],"stop_reason":"end_turn","stop_sequence":null,
                "usage":{"input_tokens":28,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":8} }
                """),
            Events(
                $$"""
                event: message_start
                data: {"type":"message_start","message":{{head}}"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":28,"output_tokens":1} } }
                """,
                """
                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
                """,
                Repeat("""
                    event: content_block_delta
                    data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word"}}
                    """),
                """
                event: content_block_stop
                data: {"type":"content_block_stop","index":0}
                """,
                """
                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":200}}
                """,
                """
                event: message_stop
                data: {"type":"message_stop"}
                """));
    }

    private static SdkProvider Ollama()
    {
        const string model = "llama3.2";
        const string head = $$"""{"model":"{{model}}","created_at":"2026-09-01T12:00:00Z",""";
        const string end = "\"done\":true,\"done_reason\":\"stop\",\"total_duration\":900000000,\"load_duration\":1000000,\"prompt_eval_count\":28,\"prompt_eval_duration\":100000000,";
        return new(
            "ollama",
            model,
            handler => new OllamaApiClient(new HttpClient(handler) { BaseAddress = new Uri("http://localhost:11434/") }, model),
            handler => OllamaChatClientFactory.Create(new() { ModelId = model, HttpMessageHandler = handler }),
            Json($$"""{{head}}"message":{"role":"assistant","content":"{{Text}}"},{{end}}"eval_count":8,"eval_duration":800000000}"""),
            new CannedHandler(
                Encoding.UTF8.GetBytes(
                    string.Concat(Enumerable.Repeat($$"""{{head}}"message":{"role":"assistant","content":" word"},"done":false}{{"\n"}}""", Words))
                    + $$"""{{head}}"message":{"role":"assistant","content":""},{{end}}"eval_count":200,"eval_duration":800000000}{{"\n"}}"""),
                "application/x-ndjson"));
    }

    private static CannedHandler Json(string body) => new(Encoding.UTF8.GetBytes(body), "application/json");

    private static CannedHandler Events(params string[] events) =>
        new(Encoding.UTF8.GetBytes(string.Concat(events.Select(each => each.ReplaceLineEndings("\n") + "\n\n"))), "text/event-stream");

    private static string Repeat(string each) => string.Join("\n\n", Enumerable.Repeat(each, Words));
}
