using System.Text;
using BenchmarkDotNet.Attributes;

namespace MeaiBudget.Benchmarks;

/// <summary>Reads requests and answers on the wire. Goals: 5 us for 2 KB and its answer, 2 ms for 1 MB of text, 1 ms for 5 MB of image, 100 ns and 0 B for an event.</summary>
[MemoryDiagnoser]
public class WireBenchmarks
{
    private const int Events = 1000;

    private static readonly Uri Address = new("https://api.openai.com/v1/chat/completions");
    private static readonly byte[] Answer = Encoding.UTF8.GetBytes("""
        {"id":"chatcmpl-9x","object":"chat.completion","created":1790000000,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"The library closes at eight on weekdays, and at six on Saturdays.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":420,"completion_tokens":17,"total_tokens":437,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_1"}
        """);

    private byte[] _small = [];
    private byte[] _text = [];
    private byte[] _escapedText = [];
    private byte[] _image = [];
    private byte[] _chat = [];
    private byte[] _responses = [];
    private byte[] _messages = [];

    /// <summary>Creates the bodies.</summary>
    [GlobalSetup]
    public void Setup()
    {
        string prose = string.Concat(Enumerable.Repeat("The clocks of the town by the sea are never wrong, though nobody can say why.\\n", 13_000));
        _small = Request("{\"role\":\"system\",\"content\":\"" + prose[..1500] + "\"},{\"role\":\"user\",\"content\":\"When does the library close? " + prose[..300] + "\"}");
        _text = Request("{\"role\":\"user\",\"content\":\"" + prose[..1_000_000] + "\"}");
        _escapedText = Request("{\"role\":\"user\",\"content\":\"" + string.Concat(Enumerable.Repeat("\\u4e2d\\u6587", 83_000)) + "\"}");
        _image = Request("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," + new string('A', 5_000_000) + "\"}}]}");
        _chat = Stream(number => "data: {\"id\":\"chatcmpl-9x\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"gpt-4.1-mini-2025-04-14\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word" + (number % 100) + "\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"" + new string('x', number % 9) + "\"}\n\n");
        _responses = Stream(number => "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":" + number + ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\" word" + (number % 100) + "\",\"logprobs\":[],\"obfuscation\":\"" + new string('x', number % 9) + "\"}\n\n");
        _messages = Stream(number => "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word" + (number % 100) + "\"}}\n\n");
    }

    /// <summary>A request of 2 KB and its answer.</summary>
    [Benchmark(Baseline = true, Description = "2 KB request and its answer")]
    public long RequestAndAnswer()
    {
        long? limit = Read(_small).OutputLimit;
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "application/json", false, WireLimits.Default);
        reader.Feed(Answer);
        reader.End();
        return reader.ToAnswer().Usage!.Value.OutputTokens + (limit ?? 0);
    }

    /// <summary>A request with a megabyte of text.</summary>
    [Benchmark(Description = "1 MB of text")]
    public long Text() => Read(_text).TextBytes;

    /// <summary>A request with a megabyte of text of which every character is escaped.</summary>
    [Benchmark(Description = "1 MB of escaped text")]
    public long EscapedText() => Read(_escapedText).TextBytes;

    /// <summary>A request with an image of five megabytes.</summary>
    [Benchmark(Description = "5 MB of image")]
    public long Image() => Read(_image).MediaBytes;

    /// <summary>An event of OpenAI's chat.</summary>
    [Benchmark(OperationsPerInvoke = Events, Description = "event of a chat")]
    public long ChatEvent() => ReadStream(WireProtocol.ChatCompletions, _chat);

    /// <summary>An event of OpenAI's Responses.</summary>
    [Benchmark(OperationsPerInvoke = Events, Description = "event of a response")]
    public long ResponsesEvent() => ReadStream(WireProtocol.Responses, _responses);

    /// <summary>An event of Anthropic's messages.</summary>
    [Benchmark(OperationsPerInvoke = Events, Description = "event of a message")]
    public long MessagesEvent() => ReadStream(WireProtocol.AnthropicMessages, _messages);

    private static byte[] Request(string messages) =>
        Encoding.UTF8.GetBytes("{\"temperature\":0.5,\"messages\":[" + messages + "],\"model\":\"gpt-4.1-mini\",\"max_completion_tokens\":500,\"stream\":false}");

    private static byte[] Stream(Func<int, string> one) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Events).Select(one)));

    private static WireRequest Read(byte[] body)
    {
        using var reader = new WireRequestReader();
        reader.Write(body);
        return reader.ToRequest(WireRoute.Of(HttpMethod.Post, Address), null)!;
    }

    /// <summary>Reads in pieces of four kilobytes, as they arrive from a connection.</summary>
    private static long ReadStream(WireProtocol protocol, byte[] body)
    {
        var reader = new WireAnswerReader(protocol, "text/event-stream", true, WireLimits.Default);
        for (int at = 0; at < body.Length; at += 4096)
        {
            reader.Feed(body.AsSpan(at, Math.Min(4096, body.Length - at)));
        }

        return reader.ToAnswer().TextBytes;
    }
}
