using System.Net;
using System.Text;

namespace MeaiBudget;

/// <summary>A response body that is logged while it is read, once, when it has ended or is given up.</summary>
internal sealed class LoggedHttpContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly LoggedText _text;
    private readonly StreamedBody? _streamed;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly Action<string> _log;
    private bool _isLogged;

    /// <summary>Takes a body's place.</summary>
    /// <param name="content">The body.</param>
    /// <param name="text">What is logged.</param>
    /// <param name="streamed">What makes a streamed body fit to be logged; <see langword="null"/> if it is logged as it is.</param>
    /// <param name="log">Logs it.</param>
    public LoggedHttpContent(HttpContent content, LoggedText text, StreamedBody? streamed, Action<string> log)
    {
        _content = content;
        _text = text;
        _streamed = streamed;
        _log = log;
        foreach (KeyValuePair<string, IEnumerable<string>> header in content.Headers)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using Stream source = await CreateContentReadStreamAsync();
        await source.CopyToAsync(stream);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new LoggedStream(await _content.ReadAsStreamAsync(), this);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new LoggedStream(await _content.ReadAsStreamAsync(cancellationToken), this);

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) =>
        new LoggedStream(_content.ReadAsStream(cancellationToken), this);

    protected override bool TryComputeLength(out long length)
    {
        length = _content.Headers.ContentLength ?? 0;
        return _content.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Finish();
            _content.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            Finish();
            return;
        }

        var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        int count = _decoder.GetChars(bytes, characters, flush: false);
        var piece = new string(characters, 0, count);
        _text.Append(_streamed is null ? piece : _streamed.Append(piece));
    }

    private void Finish()
    {
        if (!_isLogged)
        {
            _isLogged = true;
            _text.Append(_streamed?.Complete());
            _log(_text.Complete());
        }
    }

    private sealed class LoggedStream(Stream inner, LoggedHttpContent owner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int count = inner.Read(buffer);
            Note(buffer[..count], buffer.Length);
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await inner.ReadAsync(buffer, cancellationToken);
            Note(buffer.Span[..count], buffer.Length);
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                owner.Finish();
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Note(ReadOnlySpan<byte> bytes, int asked)
        {
            if (asked > 0)
            {
                owner.Read(bytes);
            }
        }
    }
}
