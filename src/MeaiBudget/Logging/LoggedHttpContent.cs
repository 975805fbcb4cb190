using System.Net;

namespace MeaiBudget;

/// <summary>A response body that is logged once, when it has been read to its end or is disposed.</summary>
internal sealed class LoggedHttpContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly LoggedText _text;
    private readonly LoggedBody _body;
    private readonly Action<string> _log;
    private bool _isLogged;

    /// <summary>Wraps a body.</summary>
    /// <param name="content">The original body.</param>
    /// <param name="text">Collects the text to log.</param>
    /// <param name="body">Decodes the body, and masks the text of a streamed one.</param>
    /// <param name="log">Writes the log record.</param>
    public LoggedHttpContent(HttpContent content, LoggedText text, LoggedBody body, Action<string> log)
    {
        _content = content;
        _text = text;
        _body = body;
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
        if (!_text.IsFull)
        {
            _text.Append(_body.Append(bytes));
        }
    }

    private void Finish()
    {
        if (!_isLogged)
        {
            _isLogged = true;
            _text.Append(_body.Complete());
            _log(_text.Complete());
        }
    }

    private sealed class LoggedStream(Stream inner, LoggedHttpContent owner) : BodyStream(inner)
    {
        protected override int OnRead(ReadOnlyMemory<byte> piece)
        {
            owner.Read(piece.Span);
            return piece.Length;
        }

        protected override void OnEnd() => owner.Finish();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                owner.Finish();
            }

            base.Dispose(disposing);
        }
    }
}
