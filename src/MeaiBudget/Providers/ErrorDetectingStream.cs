using System.Buffers;

namespace MeaiBudget;

/// <summary>Checks a complete line and returns the exception to throw if it is an error report.</summary>
/// <param name="line">The line without its line break.</param>
/// <param name="isAfterContent">True if the answer had begun before this line.</param>
internal delegate ProviderErrorInResponseException? ErrorLineDetector(ReadOnlyMemory<byte> line, bool isAfterContent);

/// <summary>Passes a body on and throws at a line with an error report that the SDK would ignore.</summary>
/// <remarks>
/// Lines are server-sent events (<c>data: {"error":...}</c>) or newline-delimited JSON (<c>{"error":...}</c>). Text before the
/// error is delivered first. Nothing is delayed; at most one unfinished line is copied. Where the body is read along, what its reader found
/// to repeat an earlier event is not looked at again.
/// </remarks>
internal sealed class ErrorDetectingStream(Stream inner, ErrorLineDetector detect, CancellationToken attemptToken = default) : BodyStream(inner, attemptToken)
{
    /// <summary>The maximum length of an error report, in bytes. A longer line is content.</summary>
    private const int LongestErrorLine = 64 * 1024;

    private readonly WireAnswerStream? _readAlong = inner as WireAnswerStream;
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private bool _lineIsTooLong;
    private bool _ended;
    private bool _isAfterContent;
    private ProviderErrorInResponseException? _error;

    protected override void BeforeRead() => ThrowIfFailed();

    protected override void OnEnd()
    {
        if (!_ended)
        {
            _ended = true;
            CheckLine(ReadOnlyMemory<byte>.Empty);
            ThrowIfFailed();
        }
    }

    protected override int OnRead(ReadOnlyMemory<byte> read)
    {
        if (_readAlong is { OnlyRepeats: true })
        {
            SkipRepeated(read.Span);
            return read.Length;
        }

        int start = 0;
        int lastMention = read.Span.LastIndexOf("\"error\""u8);
        while (start < read.Length)
        {
            if (lastMention < start && _line.WrittenCount == 0 && !_lineIsTooLong)
            {
                SkipLines(read.Span[start..]);
                return read.Length;
            }

            int end = read.Span[start..].IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                Keep(read.Span[start..]);
                return read.Length;
            }

            CheckLine(read.Slice(start, end));
            if (_error is not null)
            {
                if (start == 0)
                {
                    ThrowIfFailed();
                }

                return start;
            }

            start += end + 1;
        }

        return read.Length;
    }

    /// <summary>Passes over lines that repeat an earlier one, the end of an unfinished one included, and keeps the unfinished one behind them.</summary>
    private void SkipRepeated(ReadOnlySpan<byte> lines)
    {
        int end = lines.LastIndexOfAny((byte)'\n', (byte)'\r');
        if (end >= 0)
        {
            _line.ResetWrittenCount();
            _lineIsTooLong = false;
        }

        Keep(lines[(end + 1)..]);
    }

    /// <summary>Passes over lines that mention no error, and keeps the unfinished one behind them.</summary>
    private void SkipLines(ReadOnlySpan<byte> lines)
    {
        int end = lines.LastIndexOfAny((byte)'\n', (byte)'\r');
        if (end >= 0)
        {
            _isAfterContent = _isAfterContent || lines[..end].Contains((byte)'{') || lines[..end].IndexOf("data:"u8) >= 0;
        }

        if (end + 1 < lines.Length)
        {
            Keep(lines[(end + 1)..]);
        }
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        _lineIsTooLong |= _line.WrittenCount + part.Length > LongestErrorLine;
        if (!_lineIsTooLong)
        {
            _line.Write(part);
        }
    }

    private void CheckLine(ReadOnlyMemory<byte> rest)
    {
        if (_lineIsTooLong || _line.WrittenCount + rest.Length > LongestErrorLine)
        {
            _lineIsTooLong = false;
        }
        else if (_line.WrittenCount == 0)
        {
            _error = detect(rest, _isAfterContent);
        }
        else
        {
            _line.Write(rest.Span);
            _error = detect(_line.WrittenMemory, _isAfterContent);
        }

        _isAfterContent |= IsData(_line.WrittenCount > 0 ? _line.WrittenSpan : rest.Span);
        _line.ResetWrittenCount();
    }

    /// <summary>True if the line contains data, not a comment or an event name.</summary>
    private static bool IsData(ReadOnlySpan<byte> line) => line.StartsWith("data:"u8) || line.StartsWith("{"u8);

    private void ThrowIfFailed()
    {
        if (_error is not null)
        {
            throw _error;
        }
    }
}
