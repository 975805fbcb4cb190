namespace MeaiBudget;

/// <summary>Walks JSON that arrives in pieces cut anywhere, and tells a visitor what stands at the places of a shape.</summary>
/// <remarks>
/// <para>Memory is constant: strings are skipped or captured up to a limit, levels are bounded. Never throws on its input.</para>
/// <para>
/// Structure is checked strictly (a document that servers might read in another way is broken), the content of strings is not. A lenient
/// scanner also reads what servers write by mistake: a comma behind the last element, <c>NaN</c> and <c>Infinity</c>, escapes that are none, and
/// more levels than it knows, which it skips. Several documents may follow each other. Not thread-safe.
/// </para>
/// </remarks>
internal sealed partial class JsonScanner
{
    private const int DeepestLevel = 128;
    private const int LongestNumber = 64;
    private const int LongestLiteral = 8;
    private const int LongestRaw = 4096;
    private const int MostKeptLevels = 32;

    /// <summary>A scanner for reuse on this thread. Most documents are read to their end on one thread, so nearly all scanners are reused.</summary>
    [ThreadStatic]
    private static JsonScanner? t_spare;

    private JsonShape _root;
    private JsonVisitor _visitor;
    private Level[] _levels = new Level[8];
    private int _depth;
    private State _state;
    private JsonShape _place;
    private byte[]? _scratch;
    private int _scratchLength;
    private byte[]? _raw;
    private int _rawLength;
    private int _rawDepth = -1;
    private int _rawFrom;
    private bool _isLenient;
    private long _skippedLevels;
    private bool _isInSkippedString;
    private bool _isAfterBackslash;

    /// <summary>Makes a scanner.</summary>
    /// <param name="root">The place of a document.</param>
    /// <param name="visitor">Is told what is found.</param>
    /// <param name="isLenient">True to read what servers write by mistake.</param>
    public JsonScanner(JsonShape root, JsonVisitor visitor, bool isLenient = false) => (_root, _visitor, _place, _isLenient) = (root, visitor, root, isLenient);

    /// <summary>Gives a scanner that was used before, or a new one.</summary>
    /// <param name="root">The place of a document.</param>
    /// <param name="visitor">Is told what is found.</param>
    /// <param name="isLenient">True to read what servers write by mistake.</param>
    public static JsonScanner Rent(JsonShape root, JsonVisitor visitor, bool isLenient = false)
    {
        if (t_spare is not { } scanner)
        {
            return new JsonScanner(root, visitor, isLenient);
        }

        t_spare = null;
        (scanner._root, scanner._visitor, scanner._isLenient) = (root, visitor, isLenient);
        scanner.Reset();
        return scanner;
    }

    /// <summary>Gives the scanner back for reuse. It must not be used afterwards.</summary>
    public void Return()
    {
        _visitor = NoVisitor.Instance;
        _raw = null;
        (Recorder, Template) = (null, null);
        if (_levels.Length <= MostKeptLevels)
        {
            t_spare = this;
        }
    }

    private enum State
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        Colon,
        AfterValue,
        String,
        Escape,
        Number,
        Literal,
        Skipped,
        Broken,
    }

    /// <summary>Gets a value indicating whether what came is no JSON, or too deep for a strict scanner; nothing is read until <see cref="Reset"/>.</summary>
    public bool IsBroken => _state == State.Broken;

    /// <summary>Gets a value indicating whether no document is open.</summary>
    public bool IsIdle => _depth == 0 && _state == State.Value;

    /// <summary>Gets a value indicating whether a document has begun and not ended; false if what is broken stands between documents.</summary>
    public bool IsOpen => _depth > 0 || _state is not (State.Value or State.Broken);

    /// <summary>Gets a value indicating whether a document has too many levels since the last <see cref="Reset"/>: it is broken, or a lenient scanner skipped them.</summary>
    public bool IsTooDeep { get; private set; }

    /// <summary>Gets or sets what notes where values stand in the bytes of one <see cref="Feed"/>, if anything does.</summary>
    public EventTemplate? Recorder { get; set; }

    /// <summary>Gets or sets what notes all that the visitor is told of the documents of one <see cref="Feed"/>, if anything does.</summary>
    public JsonTemplate? Template { get; set; }

    /// <summary>Begins anew with the next document.</summary>
    public void Reset()
    {
        (_depth, _state, _place, _rawDepth) = (0, State.Value, _root, -1);
        (_isInSkippedString, _isAfterBackslash) = (false, false);
        IsTooDeep = false;
    }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">The next piece.</param>
    /// <returns>How many bytes were read: all of them, unless the document is broken.</returns>
    public int Feed(ReadOnlySpan<byte> bytes)
    {
        _rawFrom = 0;
        int at = 0;
        while (at < bytes.Length && _state != State.Broken)
        {
            switch (_state)
            {
                case State.String or State.Escape:
                    ReadString(bytes, ref at);
                    break;
                case State.Number:
                    ReadNumber(bytes, ref at);
                    break;
                case State.Literal:
                    ReadLiteral(bytes, ref at);
                    break;
                case State.Skipped:
                    SkipLevels(bytes, ref at);
                    break;
                default:
                    byte next = bytes[at];
                    if (next is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
                    {
                        at++;
                    }
                    else
                    {
                        ReadToken(next, bytes, ref at);
                    }

                    break;
            }
        }

        if (_rawDepth >= 0 && _state != State.Broken)
        {
            KeepRaw(bytes[_rawFrom..]);
        }

        return at;
    }

    private void ReadToken(byte token, ReadOnlySpan<byte> bytes, ref int at)
    {
        switch (_state, token)
        {
            case (State.Name or State.NameOrEnd, (byte)'"'):
                at++;
                ReadProperties(bytes, ref at);
                break;
            case (State.Colon, (byte)':'):
                at++;
                _state = State.Value;
                break;
            case (State.Value or State.ValueOrEnd, (byte)'"'):
                at++;
                BeginString(isName: false);
                ReadString(bytes, ref at);
                break;
            case (State.Value or State.ValueOrEnd, (byte)'{'):
                Open(isObject: true, at++);
                break;
            case (State.Value or State.ValueOrEnd, (byte)'['):
                Open(isObject: false, at++);
                break;
            case (State.Value or State.ValueOrEnd, (byte)'-' or (>= (byte)'0' and <= (byte)'9')):
                (_state, _scratchLength) = (State.Number, 0);
                ReadNumber(bytes, ref at);
                break;
            case (State.Value or State.ValueOrEnd, (byte)'t' or (byte)'f' or (byte)'n'):
                (_state, _scratchLength) = (State.Literal, 0);
                ReadLiteral(bytes, ref at);
                break;
            case (State.Value or State.ValueOrEnd, (byte)'N' or (byte)'I') when _isLenient:
                (_state, _scratchLength) = (State.Literal, 0);
                ReadLiteral(bytes, ref at);
                break;
            case (State.AfterValue, (byte)','):
                at++;
                _state = _levels[_depth - 1].IsObject ? (_isLenient ? State.NameOrEnd : State.Name) : _isLenient ? State.ValueOrEnd : State.Value;
                _place = _levels[_depth - 1].Shape;
                break;
            case (State.AfterValue or State.NameOrEnd, (byte)'}') when _levels[_depth - 1].IsObject:
                Close(bytes, at++);
                break;
            case (State.AfterValue or State.ValueOrEnd, (byte)']') when !_levels[_depth - 1].IsObject:
                Close(bytes, at++);
                break;
            default:
                _state = State.Broken;
                break;
        }
    }

    /// <summary>Reads properties with plain values as long as they follow each other without white space, as nearly all do; from inside the first one's name.</summary>
    private void ReadProperties(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (true)
        {
            BeginString(isName: true);
            ReadString(bytes, ref at);
            if (_state != State.Colon || at >= bytes.Length || bytes[at] != (byte)':')
            {
                return;
            }

            at++;
            _state = State.Value;
            if (at >= bytes.Length)
            {
                return;
            }

            switch (bytes[at])
            {
                case (byte)'"':
                    at++;
                    BeginString(isName: false);
                    ReadString(bytes, ref at);
                    break;
                case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                    (_state, _scratchLength) = (State.Number, 0);
                    ReadNumber(bytes, ref at);
                    break;
                case (byte)'t' or (byte)'f' or (byte)'n':
                    (_state, _scratchLength) = (State.Literal, 0);
                    ReadLiteral(bytes, ref at);
                    break;
                default:
                    return;
            }

            if (_state != State.AfterValue || at + 1 >= bytes.Length || bytes[at] != (byte)',' || bytes[at + 1] != (byte)'"')
            {
                return;
            }

            at += 2;
            _place = _levels[_depth - 1].Shape;
        }
    }

    private void Open(bool isObject, int at)
    {
        if (_depth == DeepestLevel)
        {
            (_state, IsTooDeep, _skippedLevels) = (_isLenient ? State.Skipped : State.Broken, true, 1);
            return;
        }

        if (_depth == _levels.Length)
        {
            Array.Resize(ref _levels, _levels.Length * 2);
        }

        JsonShape place = _place;
        if (!isObject)
        {
            if (place.Field != 0)
            {
                Template?.AddArray(place);
                _visitor.OnArray(place);
            }
        }
        else if (place.Field != 0 || ReferenceEquals(place, _root))
        {
            if (place.IsRaw && _rawDepth < 0)
            {
                (_rawDepth, _rawLength, _rawFrom) = (_depth, 0, at);
            }

            Template?.AddObject(place, _depth);
            _visitor.OnObject(place, _depth);
        }

        _levels[_depth++] = new Level(place, isObject);
        _state = isObject ? State.NameOrEnd : State.ValueOrEnd;
    }

    private void Close(ReadOnlySpan<byte> bytes, int at)
    {
        Level closed = _levels[--_depth];
        _place = closed.Shape;
        EndValue();
        if (closed.IsObject && (closed.Shape.Field != 0 || ReferenceEquals(closed.Shape, _root)))
        {
            bool isWhole = _rawDepth == _depth;
            if (isWhole)
            {
                KeepRaw(bytes[_rawFrom..(at + 1)]);
                _rawDepth = -1;
            }

            Template?.AddObjectEnd(closed.Shape);
            _visitor.OnObjectEnd(closed.Shape, isWhole ? _raw.AsSpan(0, _rawLength) : default);
        }
    }

    /// <summary>Skips what stands below the deepest level that is known, to the end of it or of the piece. Brackets are counted, not matched.</summary>
    private void SkipLevels(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (at < bytes.Length)
        {
            byte next = bytes[at++];
            if (_isInSkippedString)
            {
                _isInSkippedString = _isAfterBackslash || next != (byte)'"';
                _isAfterBackslash = !_isAfterBackslash && next == (byte)'\\';
            }
            else if (next is (byte)'{' or (byte)'[')
            {
                _skippedLevels++;
            }
            else if (next is (byte)'}' or (byte)']' && --_skippedLevels == 0)
            {
                EndValue();
                return;
            }
            else
            {
                _isInSkippedString = next == (byte)'"';
            }
        }
    }

    /// <summary>After the outermost value another document may follow.</summary>
    private void EndValue()
    {
        _state = _depth == 0 ? State.Value : State.AfterValue;
        if (_depth == 0)
        {
            _place = _root;
        }
    }

    private void ReadNumber(ReadOnlySpan<byte> bytes, ref int at)
    {
        int start = at;
        while (at < bytes.Length && bytes[at] is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'+' or (byte)'.' or (byte)'e' or (byte)'E')
        {
            at++;
        }

        ReadOnlySpan<byte> part = bytes[start..at];
        if (at == bytes.Length)
        {
            Keep(part);
            return;
        }

        JsonShape place = _place;
        if (_scratchLength == 0 && place is { IsCaptured: false, IsNumeric: false })
        {
            Recorder?.AddHole(start, at, isString: false, place.Field, part.Length);
        }

        Template?.AddValue(place, _scratchLength == 0 ? start : -1, at, isString: false);

        if (_scratchLength > 0)
        {
            Keep(part);
            part = _scratch.AsSpan(0, Math.Min(_scratchLength, LongestNumber));
        }

        if (_isLenient && bytes[at] == (byte)'I' && part.SequenceEqual("-"u8))
        {
            (_state, _scratchLength) = (State.Literal, 0);
            Template?.Spoil();
            return;
        }

        EndValue();
        if (place.Field != 0)
        {
            _visitor.OnNumber(place, part.Length >= LongestNumber ? default : part);
        }
    }

    private void ReadLiteral(ReadOnlySpan<byte> bytes, ref int at)
    {
        int start = at;
        while (at < bytes.Length && bytes[at] is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z'))
        {
            at++;
        }

        ReadOnlySpan<byte> word = bytes[start..at];
        if (_scratchLength > 0 || at == bytes.Length)
        {
            Keep(word);
            word = _scratch.AsSpan(0, _scratchLength);
            if (at == bytes.Length && word.Length <= LongestLiteral)
            {
                // The word may go on in the next piece.
                return;
            }
        }

        bool isNull = word.SequenceEqual("null"u8) || (_isLenient && (word.SequenceEqual("NaN"u8) || word.SequenceEqual("Infinity"u8)));
        bool isTrue = word.SequenceEqual("true"u8);
        if (!isNull && !isTrue && !word.SequenceEqual("false"u8))
        {
            _state = State.Broken;
            return;
        }

        JsonShape place = _place;
        EndValue();
        if (place.Field != 0)
        {
            Template?.AddLiteral(place, isNull ? null : isTrue);
            _visitor.OnLiteral(place, isNull ? null : isTrue);
        }
    }

    private void KeepRaw(ReadOnlySpan<byte> part)
    {
        _raw ??= new byte[LongestRaw];
        part = part[..Math.Min(part.Length, LongestRaw - _rawLength)];
        part.CopyTo(_raw.AsSpan(_rawLength));
        _rawLength += part.Length;
    }

    private readonly record struct Level(JsonShape Shape, bool IsObject);

    private sealed class NoVisitor : JsonVisitor
    {
        public static readonly NoVisitor Instance = new();
    }
}
