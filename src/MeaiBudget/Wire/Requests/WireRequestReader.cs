namespace MeaiBudget;

/// <summary>A stream to which a request's content is written, and which keeps what it asks for and nothing else.</summary>
/// <remarks>Memory is constant, whatever is written. Not thread-safe.</remarks>
internal sealed class WireRequestReader : Stream
{
    /// <summary>The shapes of the latest requests that were written in one piece.</summary>
    private static readonly JsonTemplates Known = new();

    private readonly WireRequestFacts _facts = WireRequestFacts.Rent();
    private readonly JsonScanner _scanner;
    private bool _isRead;
    private bool _isDisposed;
    private long _length;
    private int _mark;

    /// <summary>Makes a reader for one body.</summary>
    public WireRequestReader() => _scanner = JsonScanner.Rent(WireRequestShape.Root, _facts);

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the body of a request without consuming it.</summary>
    /// <param name="route">What the path says.</param>
    /// <param name="content">The body.</param>
    /// <param name="cancellationToken">Cancels reading.</param>
    /// <returns>What is asked; <see langword="null"/> if the path is unknown and the body is no question to a model.</returns>
    public static async ValueTask<WireRequest?> ReadAsync(WireRoute route, HttpContent? content, CancellationToken cancellationToken)
    {
        if (content is null)
        {
            return WithoutBody(route);
        }

        using var reader = new WireRequestReader();
        if (IsReadOnce(content))
        {
            await content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        }

        await content.CopyToAsync(reader, cancellationToken).ConfigureAwait(false);
        return reader.ToRequest(route, content);
    }

    /// <summary>Reads the body of a request without consuming it, on the calling thread.</summary>
    /// <param name="route">What the path says.</param>
    /// <param name="content">The body.</param>
    /// <param name="cancellationToken">Cancels reading.</param>
    /// <returns>What is asked; <see langword="null"/> if the path is unknown and the body is no question to a model.</returns>
    public static WireRequest? Read(WireRoute route, HttpContent? content, CancellationToken cancellationToken)
    {
        if (content is null)
        {
            return WithoutBody(route);
        }

        using var reader = new WireRequestReader();
        if (IsReadOnce(content))
        {
            content.LoadIntoBufferAsync(cancellationToken).GetAwaiter().GetResult();
        }

        content.CopyTo(reader, null, cancellationToken);
        return reader.ToRequest(route, content);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        bool isFirst = _length == 0;
        _length += buffer.Length;
        ReadOnlySpan<byte> rest = _mark < 3 ? SkipByteOrderMark(buffer) : buffer;
        if (!isFirst)
        {
            _scanner.Feed(rest);
        }
        else if (!Known.TryRead(rest, _facts))
        {
            JsonTemplate? template = Known.Begin();
            _scanner.Template = template;
            _scanner.Feed(rest);
            _scanner.Template = null;
            if (template is not null && _scanner.IsIdle)
            {
                Known.Adopt(template, rest);
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write([value]);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return default;
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Gives what the body asks for, as far as it was written.</summary>
    /// <param name="route">What the path says.</param>
    /// <param name="content">The body, for its headers.</param>
    /// <returns>What is asked; <see langword="null"/> if the path is unknown and the body is no question to a model.</returns>
    public WireRequest? ToRequest(WireRoute route, HttpContent? content)
    {
        _isRead = true;
        if (route.IsUnknownPath)
        {
            if (!_facts.IsQuestion)
            {
                return null;
            }

            route = route with { Protocol = _facts.Guess };
        }

        WireRequestProblems problems = 0;
        if (_length == 0)
        {
            problems |= route.ResponseId is null ? WireRequestProblems.NoBody : 0;
        }
        else if (_scanner.IsBroken || !_scanner.IsIdle || !_facts.HasObject)
        {
            problems |= _scanner.IsTooDeep ? WireRequestProblems.TooDeep : WireRequestProblems.InvalidJson;
        }

        if (content?.Headers is { } headers)
        {
            problems |= WireHeaders.IsEncoded(headers) ? WireRequestProblems.ContentEncoding : 0;
            problems |= WireHeaders.MediaTypeOf(headers) is { } type and not "application/json" && !type.Contains("json", StringComparison.OrdinalIgnoreCase) ? WireRequestProblems.ContentType : 0;
        }

        return _facts.ToRequest(route, _length, problems);
    }

    private static WireRequest? WithoutBody(WireRoute route) =>
        route.IsUnknownPath ? null : new WireRequestFacts().ToRequest(route, 0, route.ResponseId is null ? WireRequestProblems.NoBody : 0);

    /// <summary>A stream of unknown length may be read only once; every other content of HttpClient and the SDKs can be written again.</summary>
    private static bool IsReadOnce(HttpContent content) => content is StreamContent && content.Headers.ContentLength is null;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            if (_isRead)
            {
                // After a failure the content may still write.
                _scanner.Return();
                _facts.Return();
            }
        }

        base.Dispose(disposing);
    }

    private ReadOnlySpan<byte> SkipByteOrderMark(ReadOnlySpan<byte> buffer)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        while (_mark < 3 && !buffer.IsEmpty)
        {
            if (buffer[0] != mark[_mark])
            {
                _mark = 3;
                break;
            }

            buffer = buffer[1..];
            _mark++;
        }

        return buffer;
    }
}
