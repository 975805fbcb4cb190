using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;

namespace MeaiBudget.Benchmarks;

/// <summary>
/// A connection that answers each request at once with the same body, under the headers that a provider sends, with an id of its own for each
/// request. The head of an answer and each event of a stream have to be waited for, as on a network.
/// </summary>
/// <remarks>
/// Nothing of it runs on another thread: <see cref="Run"/> ends the reads that wait. The processor time of a call is then that of the call alone.
/// </remarks>
internal sealed class CannedConnection(byte[] body, string mediaType) : Stream
{
    private static readonly ConcurrentQueue<CannedConnection> Waiting = new();

    private readonly byte[][] _pieces = Pieces(body, mediaType);
    private TaskCompletionSource<int>? _read;
    private Memory<byte> _buffer;
    private int _piece = int.MaxValue;
    private int _offset;
    private int _missing;
    private long _requests;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Makes a handler whose connections answer with a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="mediaType">Its media type.</param>
    public static SocketsHttpHandler Handler(byte[] body, string mediaType) => new()
    {
        ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new CannedConnection(body, mediaType)),
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Runs a call to its end on this thread.</summary>
    /// <param name="call">The call.</param>
    public static void Run(Task call)
    {
        while (!call.IsCompleted)
        {
            if (Waiting.TryDequeue(out CannedConnection? connection))
            {
                connection.Answer();
            }
        }

        call.GetAwaiter().GetResult();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadOnlySpan<byte> written = buffer.Span;
        if (_missing == 0)
        {
            int end = written.IndexOf("\r\n\r\n"u8);
            int length = written.IndexOf("Content-Length: "u8);
            if (end < 0)
            {
                throw new NotSupportedException("The head of a request is longer than a write.");
            }

            // A body without a length ends with an empty chunk.
            _missing = length < 0 ? -1 : Parse(written[(length + "Content-Length: ".Length)..]);
            written = written[(end + 4)..];
        }

        if (_missing > 0)
        {
            _missing -= written.Length;
        }
        else if (written.EndsWith("0\r\n\r\n"u8))
        {
            _missing = 0;
        }

        if (_missing == 0)
        {
            _requests++;
            Span<byte> head = _pieces[0];
            _requests.TryFormat(head[(head.IndexOf("req_"u8) + 4)..], out _, "x16", CultureInfo.InvariantCulture);
            (_piece, _offset) = (0, 0);
            Wake();
        }

        return default;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return new(0);
        }

        _buffer = buffer;
        _read = new TaskCompletionSource<int>();
        Task<int> reading = _read.Task;
        Wake();
        return new(reading);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Wake()
    {
        if (_read is not null && _piece < _pieces.Length)
        {
            Waiting.Enqueue(this);
        }
    }

    private void Answer()
    {
        byte[] piece = _pieces[_piece];
        int length = Math.Min(_buffer.Length, piece.Length - _offset);
        piece.AsMemory(_offset, length).CopyTo(_buffer);
        _offset += length;
        if (_offset == piece.Length)
        {
            (_piece, _offset) = (_piece + 1, 0);
        }

        TaskCompletionSource<int> read = _read!;
        (_read, _buffer) = (null, default);
        read.SetResult(length);
    }

    private static int Parse(ReadOnlySpan<byte> text) => int.Parse(text[..text.IndexOf("\r\n"u8)], CultureInfo.InvariantCulture);

    /// <summary>The pieces that come one after another: the head with a whole answer, or the head, then each event or line of a stream.</summary>
    private static byte[][] Pieces(byte[] body, string mediaType)
    {
        if (mediaType == "application/json")
        {
            return [[.. Head(mediaType, string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}")), .. body]];
        }

        string end = mediaType == "text/event-stream" ? "\n\n" : "\n";
        IEnumerable<byte[]> events = Encoding.UTF8.GetString(body).Split(end, StringSplitOptions.RemoveEmptyEntries)
            .Select(each => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(each + end):x}\r\n{each + end}\r\n")));
        return [Head(mediaType, "Transfer-Encoding: chunked"), .. events, "0\r\n\r\n"u8.ToArray()];
    }

    /// <summary>The head as OpenAI sends it, with room for 16 digits of the request's id.</summary>
    private static byte[] Head(string mediaType, string length) => Encoding.ASCII.GetBytes(string.Join("\r\n", (string[])
    [
        $"HTTP/1.1 {(int)HttpStatusCode.OK} OK", "Date: Mon, 30 Nov 2026 10:00:00 GMT", "Content-Type: " + mediaType, length, "Connection: keep-alive",
        "access-control-expose-headers: X-Request-ID", "openai-organization: acme", "openai-processing-ms: 512", "openai-project: proj_1", "openai-version: 2020-10-01",
        "x-ratelimit-limit-requests: 10000", "x-ratelimit-limit-tokens: 2000000", "x-ratelimit-remaining-requests: 9999", "x-ratelimit-remaining-tokens: 1999977",
        "x-ratelimit-reset-requests: 6ms", "x-ratelimit-reset-tokens: 0s", "strict-transport-security: max-age=31536000; includeSubDomains; preload",
        "X-Content-Type-Options: nosniff", "Server: cloudflare", "CF-RAY: 9a5b7c-FRA", "x-request-id: req_0000000000000000", "", "",
    ]));
}
