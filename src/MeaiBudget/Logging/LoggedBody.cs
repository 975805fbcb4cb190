using System.Text;

namespace MeaiBudget;

/// <summary>
/// Prepares a body for the log: decoded, streamed events masked (<see cref="StreamedBody"/>), other text passed to the redactor. Whether
/// the body is streamed is also seen from its lines, because gateways label event streams as JSON.
/// </summary>
/// <remarks>
/// A line is passed on when the beginning of the next one is known: the first event of a stream may hold the first half of a secret.
/// Not thread-safe.
/// </remarks>
internal sealed class LoggedBody
{
    /// <summary>The most characters of a line that is kept until the next one begins.</summary>
    private const int LongestLine = 256 * 1024;

    private readonly BodyDecoder _decoder;
    private readonly StringBuilder _line = new();
    private readonly string? _described;
    private readonly bool _isMasked;
    private StreamedBody? _streamed;
    private readonly StringBuilder _blank = new();
    private string? _complete;
    private bool _isPlain;
    private long _length;

    /// <summary>Creates the preparation of one body.</summary>
    /// <param name="mediaType">The media type that the header names.</param>
    /// <param name="charset">The encoding that the header names.</param>
    /// <param name="compression">What the body is compressed with; <see langword="null"/> if it is not.</param>
    /// <param name="isMasked">False to log the body in full.</param>
    public LoggedBody(string? mediaType, string? charset, string? compression, bool isMasked)
    {
        _decoder = new BodyDecoder(charset);
        _isMasked = isMasked;
        _streamed = isMasked && StreamedBody.Is(mediaType) ? new StreamedBody() : null;
        _described = !string.IsNullOrEmpty(compression) && !compression.Equals("identity", StringComparison.OrdinalIgnoreCase) ? WrittenText.Shortened(compression)
            : IsBinary(mediaType) ? mediaType : null;
    }

    /// <summary>Appends a piece and returns the text that is ready.</summary>
    public string Append(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        return _described is null ? Append(_decoder.Append(bytes)) : "";
    }

    /// <summary>Returns the rest of the text.</summary>
    public string Complete()
    {
        if (_described is not null)
        {
            return $"[{_length} bytes of {_described}]";
        }

        string text = Append(_decoder.Complete());
        if (_streamed is not null)
        {
            return text + _streamed.Complete();
        }

        string rest = _line.ToString();
        _line.Clear();
        if (_isMasked && !_isPlain && IsStreamed(_complete, rest))
        {
            var streamed = new StreamedBody();
            return text + streamed.Append(_complete + _blank + rest) + streamed.Complete();
        }

        return text + _complete + _blank + rest;
    }

    private static bool IsBinary(string? mediaType) => mediaType is not null
        && (mediaType.StartsWith("image/", StringComparison.OrdinalIgnoreCase) || mediaType.StartsWith("audio/", StringComparison.OrdinalIgnoreCase)
            || mediaType.StartsWith("video/", StringComparison.OrdinalIgnoreCase) || mediaType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
            || mediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase) || mediaType.Equals("application/vnd.amazon.eventstream", StringComparison.OrdinalIgnoreCase));

    private string Append(string piece)
    {
        if (_streamed is not null)
        {
            return _streamed.Append(piece);
        }

        if (!_isMasked)
        {
            return piece;
        }

        var ready = new StringBuilder();
        int start = 0;
        for (int end = piece.IndexOf('\n', start); end >= 0; end = piece.IndexOf('\n', start))
        {
            _line.Append(piece, start, end + 1 - start);
            start = end + 1;
            string line = _line.ToString();
            _line.Clear();
            if (IsStreamed(_complete, line))
            {
                _streamed = new StreamedBody();
                return ready.Append(_streamed.Append(_complete + _blank + line + piece[start..])).ToString();
            }

            // A blank line separates nothing: the line before it is still the one before the next.
            if (!string.IsNullOrWhiteSpace(line) || _complete is null)
            {
                ready.Append(_complete).Append(_blank);
                _blank.Clear();
                _complete = line;
            }
            else
            {
                _blank.Append(line);
                if (_blank.Length > LongestLine)
                {
                    ready.Append(_complete).Append(_blank);
                    _blank.Clear();
                    _complete = null;
                }
            }
        }

        _line.Append(piece, start, piece.Length - start);
        if (_line.Length > LongestLine)
        {
            _isPlain = true;
            ready.Append(_complete).Append(_blank).Append(_line);
            _complete = null;
            _blank.Clear();
            _line.Clear();
        }

        return ready.ToString();
    }

    /// <summary>True if a line is an event, or is one JSON object after another.</summary>
    private static bool IsStreamed(string? before, string line)
    {
        ReadOnlySpan<char> next = line.AsSpan().TrimStart();
        return StreamedBody.IsEvent(line) || (before is not null && next.StartsWith("{") && before.AsSpan().TrimEnd().EndsWith("}") && before.AsSpan().TrimStart("\uFEFF\u001E ").StartsWith("{"));
    }
}
