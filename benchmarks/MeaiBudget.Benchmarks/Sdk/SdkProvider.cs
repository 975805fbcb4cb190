using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget.Benchmarks;

/// <summary>A provider's SDK, with functions that create clients, and with canned answers.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Bare">Creates the SDK's own chat client, without retries.</param>
/// <param name="Factory">Creates the client of this library.</param>
/// <param name="Answer">The answer to a call.</param>
/// <param name="Stream">The answer to a streaming call: one update for each word, one for the end, and the usage.</param>
internal sealed record SdkProvider(
    string Name, string ModelId, Func<HttpMessageHandler, Uri?, IChatClient> Bare, Func<HttpMessageHandler, Uri?, IChatClient> Factory, CannedHandler Answer, CannedHandler Stream)
{
    /// <summary>The words of a stream.</summary>
    public const int Words = 200;

    private const string Text = "Hello there, how are you today?";

    public static IReadOnlyList<SdkProvider> All { get; } = [OpenAI(), Responses(), Anthropic(), Ollama(), Null()];

    private static SdkProvider OpenAI()
    {
        const string model = "gpt-4.1-mini";
        const string head = $$"""{"id":"chatcmpl-1","created":1790000000,"model":"{{model}}-2025-04-14","system_fingerprint":"fp_1",""";
        return new(
            "openai",
            model,
            (handler, host) => BareOpenAI(model, handler, OpenAIAddress(host)),
            (handler, host) => OpenAIChatClientFactory.Create(new() { ApiKey = "key", ModelId = model, BaseUrl = OpenAIAddress(host)?.ToString(), HttpMessageHandler = handler }),
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

    private static SdkProvider Responses()
    {
        const string model = "gpt-4.1-mini";
        const string head = $$"""{"id":"resp_1","object":"response","created_at":1790000000,"model":"{{model}}-2025-04-14","error":null,"incomplete_details":null,"parallel_tool_calls":true,"tool_choice":"auto","tools":[],""";
        const string usage = "\"usage\":{\"input_tokens\":28,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":8,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":36} }";
        const string part = $$"""{"type":"output_text","text":"{{Text}}","annotations":[]}""";
        const string item = $$"""{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{{part}}]}""";
        string[] events =
        [
            $$"""{"type":"response.created","sequence_number":0,"response":{{head}}"status":"in_progress","output":[],"usage":null} }""",
            """{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]} }""",
            """{"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]} }""",
            .. Enumerable.Range(3, Words).Select(number =>
                $$"""{"type":"response.output_text.delta","sequence_number":{{number}},"item_id":"msg_1","output_index":0,"content_index":0,"delta":" word"}"""),
            $$"""{"type":"response.output_item.done","sequence_number":203,"output_index":0,"item":{{item}} }""",
            $$"""{"type":"response.completed","sequence_number":204,"response":{{head}}"status":"completed","output":[{{item}}],{{usage}} }""",
        ];
        return new(
            "responses",
            model,
            (handler, host) => new ResponsesClient(
                new ApiKeyCredential("key"),
                new ResponsesClientOptions { Endpoint = OpenAIAddress(host), Transport = new HttpClientPipelineTransport(new HttpClient(handler)), RetryPolicy = new ClientRetryPolicy(0) }).AsIChatClient(model),
            (handler, host) => OpenAIChatClientFactory.Create(
                new() { ApiKey = "key", ModelId = model, UseResponsesApi = true, BaseUrl = OpenAIAddress(host)?.ToString(), HttpMessageHandler = handler }),
            Json($$"""{{head}}"status":"completed","output":[{{item}}],{{usage}}"""),
            Events([.. events.Select(each => "event: " + each.Split('"')[3] + "\ndata: " + each)]));
    }

    /// <summary>No SDK: a client that answers at once, so that the layers alone are measured.</summary>
    private static SdkProvider Null() => new(
        "null", "null-model", (_, _) => new NullChatClient { Updates = Words }, (_, _) => new NullChatClient { Updates = Words }, Json("{}"), Json("{}"));

    private static SdkProvider Anthropic()
    {
        const string model = "claude-haiku-4-5";
        const string head = $$"""{"id":"msg_1","type":"message","role":"assistant","model":"{{model}}-20251001",""";
        return new(
            "anthropic",
            model,
            (handler, host) => BareAnthropic(model, handler, host),
            (handler, host) => AnthropicChatClientFactory.Create(new() { ApiKey = "key", ModelId = model, BaseUrl = host?.ToString(), HttpMessageHandler = handler }),
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
            (handler, host) => new OllamaApiClient(new HttpClient(handler) { BaseAddress = host ?? new Uri("http://localhost:11434/") }, model),
            (handler, host) => OllamaChatClientFactory.Create(new() { ModelId = model, BaseUrl = host?.ToString(), HttpMessageHandler = handler }),
            Json($$"""{{head}}"message":{"role":"assistant","content":"{{Text}}"},{{end}}"eval_count":8,"eval_duration":800000000}"""),
            new CannedHandler(
                Encoding.UTF8.GetBytes(
                    string.Concat(Enumerable.Repeat($$"""{{head}}"message":{"role":"assistant","content":" word"},"done":false}{{"\n"}}""", Words))
                    + $$"""{{head}}"message":{"role":"assistant","content":""},{{end}}"eval_count":200,"eval_duration":800000000}{{"\n"}}"""),
                "application/x-ndjson"));
    }

    /// <summary>The chat client of OpenAI's SDK, without retries.</summary>
    internal static IChatClient BareOpenAI(string model, HttpMessageHandler handler, Uri? endpoint = null) => new ChatClient(
        model,
        new ApiKeyCredential("key"),
        new OpenAIClientOptions { Endpoint = endpoint, Transport = new HttpClientPipelineTransport(new HttpClient(handler)), RetryPolicy = new ClientRetryPolicy(0) }).AsIChatClient();

    private static IChatClient BareAnthropic(string model, HttpMessageHandler handler, Uri? host)
    {
        var options = new ClientOptions { ApiKey = "key", AuthToken = null, MaxRetries = 0, HttpClient = new HttpClient(handler) };
        if (host is not null)
        {
            options.BaseUrl = host.ToString();
        }

        return new AnthropicClient(options).AsIChatClient(model);
    }

    private static Uri? OpenAIAddress(Uri? host) => host is null ? null : new Uri(host, "v1");

    private static CannedHandler Json(string body) => new(Encoding.UTF8.GetBytes(body), "application/json");

    private static CannedHandler Events(params string[] events) =>
        new(Encoding.UTF8.GetBytes(string.Concat(events.Select(each => each.ReplaceLineEndings("\n") + "\n\n"))), "text/event-stream");

    private static string Repeat(string each) => string.Join("\n\n", Enumerable.Repeat(each, Words));
}
