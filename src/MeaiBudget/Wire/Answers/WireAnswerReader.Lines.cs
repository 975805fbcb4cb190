using System.Buffers;

namespace MeaiBudget;

internal sealed partial class WireAnswerReader
{
    private const int LongestKeptLine = 4096;

    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private byte[]? _line;
    private int _lineLength;
    private bool _isSpilled;
    private bool _isIgnoredLine;
    private bool _isAfterReturn;
    private bool _isDone;

    /// <summary>True if <c>[DONE]</c> and the usage came.</summary>
    private bool IsOver => _isDone && _facts.HasUsage;

    private void FeedLines(ReadOnlySpan<byte> bytes)
    {
        // What follows [DONE] is no part of the answer, but an SDK may read it. Some servers tell the usage there.
        if (IsOver)
        {
            CheckEvent(bytes.Length);
            return;
        }

        while (!bytes.IsEmpty && !IsOver)
        {
            if (_isAfterReturn && bytes[0] == (byte)'\n')
            {
                bytes = bytes[1..];
            }

            _isAfterReturn = false;
            // Every other line of events is empty.
            int end = bytes.StartsWith((byte)'\n') ? 0 : bytes.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                Keep(bytes);
                return;
            }

            ReadOnlySpan<byte> line = bytes[..end];
            _isAfterReturn = bytes[end] == (byte)'\r';
            bytes = bytes[(end + 1)..];
            if (_lineLength == 0 && !_isSpilled)
            {
                CheckEvent(line.Length);
                ReadLine(line);
            }
            else
            {
                Keep(line);
                EndKeptLine();
            }
        }
    }

    /// <summary>Keeps the part of a line until its rest comes; a long line is read in parts.</summary>
    private void Keep(ReadOnlySpan<byte> part)
    {
        CheckEvent(part.Length);
        if (!_isSpilled)
        {
            _line ??= ArrayPool<byte>.Shared.Rent(LongestKeptLine);
            int fits = Math.Min(part.Length, LongestKeptLine - _lineLength);
            part[..fits].CopyTo(_line.AsSpan(_lineLength));
            _lineLength += fits;
            part = part[fits..];
            if (part.IsEmpty)
            {
                return;
            }

            ReadOnlySpan<byte> kept = _line.AsSpan(0, _lineLength);
            (_isSpilled, OnlyRepeats) = (true, false);
            _isIgnoredLine = _framing == WireFraming.Events && !kept.StartsWith("data:"u8);
            if (!_isIgnoredLine)
            {
                RestartBroken();
                _scanner.Feed(_framing == WireFraming.Events ? kept["data:".Length..] : kept);
            }
        }

        if (!_isIgnoredLine)
        {
            _scanner.Feed(part);
            _documentBytes += part.Length;
        }
    }

    private void EndKeptLine()
    {
        if (!_isSpilled)
        {
            int length = _lineLength;
            _lineLength = 0;
            ReadLine(_line.AsSpan(0, length));
            return;
        }

        OnlyRepeats = false;
        if (!_isIgnoredLine)
        {
            EndDataLine();
        }

        (_isSpilled, _lineLength) = (false, 0);
        _unitLength = _framing == WireFraming.Lines ? 0 : _unitLength;
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (_framing == WireFraming.Lines)
        {
            _unitLength = 0;
            ReadData(line);
            return;
        }

        if (line.IsEmpty)
        {
            // The event ends here, whole or not.
            _unitLength = 0;
            if (!_scanner.IsIdle)
            {
                _facts.OnMalformed();
                _scanner.Reset();
            }
        }
        else if (line.StartsWith("data:"u8))
        {
            ReadOnlySpan<byte> data = line["data:".Length..];
            data = data.StartsWith((byte)' ') ? data[1..] : data;
            if (data.SequenceEqual("[DONE]"u8))
            {
                _facts.OnDone();
                (_isDone, OnlyRepeats) = (true, false);
            }
            else
            {
                ReadData(data);
            }
        }
        else if (line.SequenceEqual("event: error"u8) || line.SequenceEqual("event:error"u8))
        {
            _facts.OnErrorEvent();
        }
    }

    private void ReadData(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        RestartBroken();
        if (!_scanner.IsIdle)
        {
            OnlyRepeats = false;
            _scanner.Feed(data);
        }
        else if (_template is null || !_template.TryRead(data, _facts))
        {
            OnlyRepeats = false;
            _template ??= EventTemplate.Rent();
            _template.Begin();
            _scanner.Recorder = _template;
            _scanner.Feed(data);
            _scanner.Recorder = null;
            if (_scanner.IsIdle && _facts is { HasCounts: false, HasUnreadableNumber: false })
            {
                _template.Adopt(data);
            }
        }
        else
        {
            return;
        }

        EndDataLine();
    }

    private void EndDataLine()
    {
        if (_scanner.IsBroken || _scanner.IsTooDeep)
        {
            _facts.OnMalformed();
        }

        if (!_scanner.IsBroken)
        {
            // Data of several lines is one document with line ends between them.
            _scanner.Feed("\n"u8);
        }
    }

    private void RestartBroken()
    {
        if (_scanner.IsBroken)
        {
            _scanner.Reset();
        }
    }

    private void CheckEvent(int length)
    {
        _unitLength += length;
        if (_unitLength > _limits.LongestEvent)
        {
            throw new WireLimitException(WireLimit.Event, _limits);
        }
    }
}
