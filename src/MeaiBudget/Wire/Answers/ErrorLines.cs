using System.Buffers;

namespace MeaiBudget;

/// <summary>Checks a complete line and returns the exception to throw if it is an error report.</summary>
/// <param name="line">The line without its line break.</param>
/// <param name="isAfterContent">True if the answer had begun before this line.</param>
internal delegate Exception? ErrorLineDetector(ReadOnlySpan<byte> line, bool isAfterContent);

/// <summary>Looks in the lines of a body that passes for an error report that the SDK would ignore, and throws at it.</summary>
/// <remarks>
/// Lines are server-sent events (<c>data: {"error":...}</c>) or newline-delimited JSON (<c>{"error":...}</c>). Text before the
/// error is delivered first. Nothing is delayed; at most one unfinished line is copied. Not thread-safe.
/// </remarks>
internal sealed class ErrorLines(ErrorLineDetector detect)
{
    /// <summary>The maximum length of an error report, in bytes. A longer line is content.</summary>
    private const int LongestErrorLine = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _line = new(512);
    private bool _lineIsTooLong;
    private bool _ended;
    private bool _isAfterContent;
    private Exception? _error;

    /// <summary>Throws what was found.</summary>
    /// <exception cref="Exception">An error report was read.</exception>
    public void ThrowIfFailed()
    {
        if (_error is not null)
        {
            throw _error;
        }
    }

    /// <summary>The body came to its end.</summary>
    /// <exception cref="Exception">Its last line is an error report.</exception>
    public void OnEnd()
    {
        if (!_ended)
        {
            _ended = true;
            CheckLine([]);
            ThrowIfFailed();
        }
    }

    /// <summary>Looks at the next bytes.</summary>
    /// <param name="read">The bytes.</param>
    /// <param name="onlyRepeats">True if they are known to repeat earlier events; see <see cref="WireAnswerReader.OnlyRepeats"/>.</param>
    /// <returns>How many of them come before an error report.</returns>
    /// <exception cref="Exception">They begin with an error report.</exception>
    public int OnRead(ReadOnlySpan<byte> read, bool onlyRepeats)
    {
        if (onlyRepeats)
        {
            SkipRepeated(read);
            return read.Length;
        }

        int start = 0;
        int lastMention = ErrorReport.LastMention(read);
        while (start < read.Length)
        {
            if (lastMention < start && _line.WrittenCount == 0 && !_lineIsTooLong)
            {
                SkipLines(read[start..]);
                return read.Length;
            }

            int end = read[start..].IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                Keep(read[start..]);
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

    private void CheckLine(ReadOnlySpan<byte> rest)
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
            _line.Write(rest);
            _error = detect(_line.WrittenSpan, _isAfterContent);
        }

        _isAfterContent |= IsData(_line.WrittenCount > 0 ? _line.WrittenSpan : rest);
        _line.ResetWrittenCount();
    }

    /// <summary>True if the line contains data, not a comment or an event name.</summary>
    private static bool IsData(ReadOnlySpan<byte> line) => line.StartsWith("data:"u8) || line.StartsWith("{"u8);
}
