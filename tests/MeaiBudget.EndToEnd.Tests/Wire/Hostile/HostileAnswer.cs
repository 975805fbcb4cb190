using System.Buffers;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Answers that would fill the memory of a process that reads them to their end.</summary>
internal sealed class HostileAnswer(string provider, bool streaming, Action onPiece)
{
    private const int PieceLength = 16 * 1024;

    /// <summary>The names of the answers, for <see cref="WriteAsync"/>.</summary>
    public static readonly string[] Names =
    [
        "endless line", "endless body", "endless spaces", "endless line breaks", "endless page", "endless bytes", "endless line after the end", "endless lines of one event",
        "endless header", "endless headers", "endless chunks of one byte", "endless chunk extension", "endless trailers",
        "nested 100,000 levels", "nested for ever", "gzip bomb", "brotli bomb", "encoded without end", "encoded error without end", "bomb that is an error",
        "endless error 400", "endless error 500", "endless error 429 in chunks", "endless error page", "huge number", "huge string", "huge name", "endless members", "endless items",
        "endless pings", "tiny events", "tiny texts", "endless tool arguments", "endless models",
    ];

    /// <summary>Those of <see cref="Names"/> that are events: in a body, they are like other bodies.</summary>
    public static readonly string[] StreamedOnly = ["tiny events", "tiny texts", "endless tool arguments", "endless models", "endless pings", "endless line after the end"];

    /// <summary>Those of <see cref="Names"/> that time ends.</summary>
    public static readonly string[] Lasting = [.. StreamedOnly, "endless spaces", "endless line breaks", "endless lines of one event", "endless chunks of one byte", "endless chunk extension"];

    private bool IsLines => provider == "ollama";

    private string ContentType => !streaming ? "application/json" : IsLines ? "application/x-ndjson" : "text/event-stream";

    private string End => IsLines ? "\n" : "\n\n";

    /// <summary>The beginning of a line of a stream, or of a body.</summary>
    private string Open => !streaming || IsLines ? "" : "data: ";

    /// <summary>Writes an answer until the client closes the connection.</summary>
    public async Task WriteAsync(string name, NetworkStream stream)
    {
        switch (name)
        {
            case "endless line":
                await WriteAsync(stream, Head() + Open + "{\"x\":\"");
                await RepeatAsync(stream, "x");
                break;
            case "endless body":
                await WriteAsync(stream, Head() + Open + Body("\u0001").Split('\u0001')[0]);
                await RepeatAsync(stream, "word ");
                break;
            case "endless spaces":
                await WriteAsync(stream, Head());
                await RepeatAsync(stream, " ");
                break;
            case "endless line breaks":
                await WriteAsync(stream, Head());
                await RepeatAsync(stream, "\n");
                break;
            case "endless page":
                await WriteAsync(stream, Head("text/html") + "<html>");
                await RepeatAsync(stream, "<b>");
                break;
            case "endless bytes":
                await WriteAsync(stream, Head("application/octet-stream"));
                await RepeatAsync(stream, "\0\u0001\u0002");
                break;
            case "endless line after the end":
                await WriteAsync(stream, Head() + (streaming && !IsLines ? "data: [DONE]\n\n" : "{}"));
                await RepeatAsync(stream, "x");
                break;
            case "endless lines of one event":
                await WriteAsync(stream, Head() + Open + "{\"x\":[\n");
                await RepeatAsync(stream, Open + "1,\n");
                break;
            case "endless header":
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nX-Request-Id: ");
                await RepeatAsync(stream, "x");
                break;
            case "endless headers":
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\n");
                await RepeatAsync(stream, "X-Header: some value of it\r\n");
                break;
            case "endless chunks of one byte":
                await WriteAsync(stream, Head("application/json", "Transfer-Encoding: chunked\r\n") + "1\r\n{\r\n");
                await RepeatAsync(stream, "1\r\n \r\n");
                break;
            case "endless chunk extension":
                await WriteAsync(stream, Head("application/json", "Transfer-Encoding: chunked\r\n") + "1;");
                await RepeatAsync(stream, "x");
                break;
            case "endless trailers":
                await WriteAsync(stream, Head("application/json", "Transfer-Encoding: chunked\r\n") + "1\r\n{\r\n0\r\n");
                await RepeatAsync(stream, "X-Header: some value of it\r\n");
                break;
            case "nested 100,000 levels":
                await WriteAsync(stream, Head() + Open + "{\"choices\":" + new string('[', 100_000) + new string(']', 100_000) + "}\n\n");
                break;
            case "nested for ever":
                await WriteAsync(stream, Head() + Open);
                await RepeatAsync(stream, "{\"a\":");
                break;
            case "gzip bomb":
                await CompressAsync(stream, "gzip", 200);
                break;
            case "brotli bomb":
                await CompressAsync(stream, "br", 200);
                break;
            case "bomb that is an error":
                await CompressAsync(stream, "gzip", 500);
                break;
            case "encoded without end":
                await WriteAsync(stream, Head(ContentType, "Content-Encoding: zstd\r\n"));
                await RepeatAsync(stream, "abc");
                break;
            case "encoded error without end":
                await WriteAsync(stream, Head("application/json", "Content-Encoding: zstd\r\n", 500));
                await RepeatAsync(stream, "abc");
                break;
            case "endless error 400" or "endless error 500":
                await WriteAsync(stream, Head("application/json", "", name.EndsWith("400", StringComparison.Ordinal) ? 400 : 500) + "{\"error\":{\"message\":\"");
                await RepeatAsync(stream, "x");
                break;
            case "endless error 429 in chunks":
                await WriteAsync(stream, Head("application/json", "Transfer-Encoding: chunked\r\n", 429) + "A\r\n{\"error\":{\r\n");
                await RepeatAsync(stream, "2\r\n  \r\n");
                break;
            case "endless error page":
                await WriteAsync(stream, Head("text/html", "", 502));
                await RepeatAsync(stream, "<p>Bad gateway\n");
                break;
            case "huge number":
                await WriteAsync(stream, Head() + Open + "{\"usage\":{\"prompt_tokens\":1");
                await RepeatAsync(stream, "0");
                break;
            case "huge string":
                await WriteAsync(stream, Head() + Open + "{\"id\":\"");
                await RepeatAsync(stream, "\\u0041");
                break;
            case "huge name":
                await WriteAsync(stream, Head() + Open + "{\"");
                await RepeatAsync(stream, "n");
                break;
            case "endless members":
                await WriteAsync(stream, Head() + Open + "{\"a\":1");
                await RepeatAsync(stream, ",\"a\":1");
                break;
            case "endless items":
                await WriteAsync(stream, Head() + Open + (provider == "anthropic" ? "{\"content\":[{}" : "{\"choices\":[{}"));
                await RepeatAsync(stream, ",{}");
                break;
            case "endless pings":
                await WriteAsync(stream, Head());
                await RepeatAsync(stream, IsLines ? "\n" : ": ping\n\n");
                break;
            case "tiny events":
                await WriteAsync(stream, Head());
                await RepeatAsync(stream, Open + Event("") + End);
                break;
            case "tiny texts":
                await WriteAsync(stream, Head());
                await RepeatAsync(stream, Open + Event("a") + End);
                break;
            case "endless tool arguments":
                await WriteAsync(stream, Head());
                await RepeatAsync(stream, Open + Tool("aaaaaaaaaa") + End);
                break;
            case "endless models":
                await WriteAsync(stream, Head());
                for (int number = 0; ; number += 100)
                {
                    await WriteAsync(stream, string.Concat(Enumerable.Range(number, 100).Select(at => $"{Open}{Event("").Replace("MODEL", $"model-{at}", StringComparison.Ordinal)}{End}")));
                    onPiece();
                }

            default:
                throw new ArgumentException($"No answer '{name}'.", nameof(name));
        }
    }

    private string Head(string? type = null, string headers = "", int status = 200) =>
        $"HTTP/1.1 {status} X\r\nContent-Type: {type ?? ContentType}\r\n{headers}Connection: close\r\n\r\n";

    /// <summary>A whole answer; of a stream its last line.</summary>
    private string Body(string text) => provider switch
    {
        _ when streaming => Event(text),
        "anthropic" => $$$$$"""{"id":"m","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"{{{{{text}}}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}}""",
        "ollama" => $$$$$"""{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"{{{{{text}}}}}"},"done":true,"prompt_eval_count":10,"eval_count":5}""",
        "responses" => $$$$$"""{"id":"r","object":"response","created_at":1,"model":"gpt-5-mini","status":"completed","output":[{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"{{{{{text}}}}}","annotations":[]}]}],"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}}""",
        _ => $$$$$"""{"id":"c","object":"chat.completion","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"message":{"role":"assistant","content":"{{{{{text}}}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}""",
    };

    private string Event(string text) => provider switch
    {
        "anthropic" => $$$$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{{{text}}}}}"},"model":"MODEL"}""",
        "ollama" => $$$$$"""{"model":"MODEL","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"{{{{{text}}}}}"},"done":false}""",
        "responses" => $$$$$"""{"type":"response.output_text.delta","sequence_number":1,"item_id":"m","output_index":0,"content_index":0,"delta":"{{{{{text}}}}}","model":"MODEL"}""",
        _ => $$$$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"MODEL","choices":[{"index":0,"delta":{"content":"{{{{{text}}}}}"},"finish_reason":null}]}""",
    };

    private string Tool(string arguments) => provider switch
    {
        "anthropic" => $$$$$"""{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{{{{{arguments}}}}}"}}""",
        "ollama" => $$$$$"""{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":"{{{{{arguments}}}}}"}}}]},"done":false}""",
        "responses" => $$$$$"""{"type":"response.function_call_arguments.delta","sequence_number":1,"item_id":"m","output_index":0,"delta":"{{{{{arguments}}}}}"}""",
        _ => $$$$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{{{{{arguments}}}}}"}}]},"finish_reason":null}]}""",
    };

    private static Task WriteAsync(NetworkStream stream, string text) => stream.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

    private async Task RepeatAsync(NetworkStream stream, string text)
    {
        byte[] once = Encoding.UTF8.GetBytes(text);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            int length = piece.Length / once.Length * once.Length;
            for (int at = 0; at < length; at += once.Length)
            {
                once.CopyTo(piece, at);
            }

            while (true)
            {
                await stream.WriteAsync(piece.AsMemory(0, length));
                onPiece();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async Task CompressAsync(NetworkStream stream, string encoding, int status)
    {
        await WriteAsync(stream, Head(ContentType, $"Content-Encoding: {encoding}\r\n", status));
        await using Stream compressing = encoding == "br"
            ? new BrotliStream(stream, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        byte[] zeros = new byte[64 * 1024];
        zeros.AsSpan().Fill((byte)'x');
        await compressing.WriteAsync(Encoding.UTF8.GetBytes(Open + "{\"x\":\""));
        for (int count = 0; count < 2000; count++)
        {
            await compressing.WriteAsync(zeros);
            onPiece();
        }
    }
}
