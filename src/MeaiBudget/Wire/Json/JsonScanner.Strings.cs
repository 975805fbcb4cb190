namespace MeaiBudget;

internal sealed partial class JsonScanner
{
    private const int LongestCapture = 1024;
    private const int LongestName = 64;

    private bool _isName;
    private long _stringLength;
    private bool _afterHighSurrogate;
    private uint _escape;
    private int _escapeDigits;

    private void BeginString(bool isName)
    {
        (_isName, _stringLength, _scratchLength, _afterHighSurrogate) = (isName, 0, 0, false);
        _state = State.String;
    }

    /// <summary>Reads a string from inside it to its end, or to the end of the piece.</summary>
    private void ReadString(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (_state == State.String && _stringLength == 0 && _scratchLength == 0)
        {
            // Nearly every string stands whole in one piece and has no escape: it is handed over where it stands.
            ReadOnlySpan<byte> rest = bytes[at..];
            int end = JsonText.FindMark(rest);
            if (end >= 0 && rest[end] == (byte)'"')
            {
                int start = at;
                at += end + 1;
                EndString(rest[..end], end, start, at - 1);
                return;
            }
        }

        int from = _stringLength == 0 && _state == State.String ? at : -1;
        while (at < bytes.Length)
        {
            if (_state == State.Escape)
            {
                at += ReadEscape(bytes[at]) ? 1 : 0;
                if (_state == State.Broken)
                {
                    return;
                }

                continue;
            }

            ReadOnlySpan<byte> rest = bytes[at..];
            if (rest[0] == (byte)'\\')
            {
                if (!ReadWholeEscapes(bytes, ref at))
                {
                    (_state, _escapeDigits) = (State.Escape, 0);
                    at++;
                }

                continue;
            }

            int end = rest.IndexOfAny((byte)'"', (byte)'\\');
            ReadOnlySpan<byte> run = end < 0 ? rest : rest[..end];
            if (run.Length > 0)
            {
                _stringLength += run.Length;
                _afterHighSurrogate = false;
                Capture(run);
            }

            at += run.Length;
            if (end >= 0 && rest[end] == (byte)'"')
            {
                at++;
                EndString(_scratch.AsSpan(0, _scratchLength), _stringLength, from, at - 1);
                return;
            }
        }
    }

    /// <summary>Reads escapes that follow each other and stand whole in the piece; where text is not ASCII, SDKs write nothing else.</summary>
    /// <returns>True if at least one was read.</returns>
    private bool ReadWholeEscapes(ReadOnlySpan<byte> bytes, ref int at)
    {
        int start = at;
        if (_place.IsCaptured || _isName)
        {
            return false;
        }

        long length = 0;
        bool afterHighSurrogate = _afterHighSurrogate;
        while (at + 6 <= bytes.Length && bytes[at] == (byte)'\\')
        {
            byte kind = bytes[at + 1];
            if (kind == (byte)'u' && JsonText.TryReadHex(bytes.Slice(at + 2, 4), out uint character))
            {
                length += afterHighSurrogate && (character & 0xFC00) == 0xDC00 ? 1 : JsonText.Utf8Length(character);
                afterHighSurrogate = (character & 0xFC00) == 0xD800;
                at += 6;
            }
            else if (JsonText.IsSimpleEscape(kind))
            {
                (length, afterHighSurrogate, at) = (length + 1, false, at + 2);
            }
            else
            {
                break;
            }
        }

        _stringLength += length;
        _afterHighSurrogate = afterHighSurrogate;
        return at > start;
    }

    /// <summary>Reads the next byte after a backslash: the kind of escape, or one of four hexadecimal digits.</summary>
    /// <returns>False if the byte is no part of the escape, so that a lenient scanner reads it as text.</returns>
    private bool ReadEscape(byte next)
    {
        if (_escapeDigits == 0)
        {
            if (next == (byte)'u')
            {
                (_escape, _escapeDigits) = (0, 1);
                return true;
            }

            EndEscape(next switch
            {
                (byte)'n' => '\n',
                (byte)'t' => '\t',
                (byte)'r' => '\r',
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'"' or (byte)'\\' or (byte)'/' => next,
                _ => _isLenient ? next : uint.MaxValue,
            });
            return true;
        }

        int digit = JsonText.HexDigit(next);
        if (digit < 0)
        {
            _state = _isLenient ? State.String : State.Broken;
            return false;
        }

        _escape = (_escape << 4) | (uint)digit;
        if (++_escapeDigits == 5)
        {
            EndEscape(_escape);
        }

        return true;
    }

    private void EndEscape(uint character)
    {
        if (character == uint.MaxValue)
        {
            _state = State.Broken;
            return;
        }

        _state = State.String;
        bool isPair = _afterHighSurrogate && character is >= 0xDC00 and <= 0xDFFF;
        _afterHighSurrogate = character is >= 0xD800 and <= 0xDBFF;
        if (isPair)
        {
            // The first half was counted with three bytes; the pair has four. Names and ids with such characters are no known ones.
            _stringLength++;
            return;
        }

        _stringLength += JsonText.Utf8Length(character);
        Span<byte> utf8 = stackalloc byte[4];
        System.Text.Rune rune = System.Text.Rune.IsValid(character) ? new System.Text.Rune(character) : System.Text.Rune.ReplacementChar;
        Capture(utf8[..rune.EncodeToUtf8(utf8)]);
    }

    private void Capture(ReadOnlySpan<byte> part)
    {
        int limit = _isName ? LongestName : _place.IsCaptured ? LongestCapture : 0;
        if (_scratchLength < limit)
        {
            Keep(part[..Math.Min(part.Length, limit - _scratchLength)]);
        }
    }

    /// <summary>Appends to the scratch buffer; what does not fit is dropped, and the length says so.</summary>
    private void Keep(ReadOnlySpan<byte> part)
    {
        _scratch ??= new byte[LongestCapture];
        part = part[..Math.Min(part.Length, LongestCapture - _scratchLength)];
        part.CopyTo(_scratch.AsSpan(_scratchLength));
        _scratchLength += part.Length;
    }

    private void EndString(ReadOnlySpan<byte> text, long length, int start, int end)
    {
        if (_isName)
        {
            JsonShape container = _levels[_depth - 1].Shape;
            _place = length > LongestName ? container.Other : container.Child(text);
            _state = State.Colon;
            if (_place.Field != 0)
            {
                Template?.AddName(_place, length);
                _visitor.OnName(_place, length);
            }

            return;
        }

        JsonShape place = _place;
        EndValue();
        if (!place.IsCaptured && start >= 0)
        {
            Recorder?.AddHole(start, end, isString: true, place.Field, length);
        }
        else if (!place.IsCaptured)
        {
            Recorder?.Spoil();
        }

        Template?.AddValue(place, start, end, isString: true);
        if (place.Field != 0)
        {
            _visitor.OnString(place, place.IsCaptured ? text : default, length);
        }
    }
}
