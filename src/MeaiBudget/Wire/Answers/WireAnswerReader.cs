using System.Buffers;

namespace MeaiBudget;

/// <summary>Reads the bytes of one answer as they pass: JSON, lines of JSON, server-sent events or Amazon's event stream.</summary>
/// <remarks>
/// The bytes decide what the body is, the content type only where they leave it open: servers mislabel. Facts are taken as soon as
/// their line is there, never at the end of the body, which SDKs do not always read. Memory is constant. Not thread-safe.
/// </remarks>
internal sealed partial class WireAnswerReader
{
    private const int LongestKeptBody = 4096;

    /// <summary>A reader for reuse on this thread.</summary>
    [ThreadStatic]
    private static WireAnswerReader? t_spare;

    /// <summary>The shapes of the latest whole answers, by protocol.</summary>
    private static readonly JsonTemplates[] Known = [.. Enum.GetValues<WireProtocol>().Select(static _ => new JsonTemplates())];

    private readonly WireAnswerFacts _facts;
    private WireProtocol _protocol;
    private JsonScanner _scanner;
    private WireLimits _limits;
    private WireFraming _hint;
    private bool _isStreamed;
    private ArrayBufferWriter<byte>? _body;
    private AmazonEventStream? _amazon;
    private EventTemplate? _template;
    private WireFraming _framing;
    private int _mark;
    private bool _isEnded;
    private bool _isClosed;
    private bool _isOpenAtEnd;
    private bool _isAfterBreak;
    private long _length;
    private long _unitLength;
    private long _lineBytes;
    private long _documentBytes;
    private WireAnswer? _answer;

    /// <summary>Makes a reader.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="contentType">The content type, if the answer has one.</param>
    /// <param name="isStreamed">Whether a stream was asked for.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="keepsBody">Whether the body's first bytes are kept: those of an answer that is an error.</param>
    public WireAnswerReader(WireProtocol protocol, string? contentType, bool isStreamed, WireLimits limits, bool keepsBody = false)
    {
        _facts = new WireAnswerFacts(protocol);
        _protocol = protocol;
        _scanner = JsonScanner.Rent(WireAnswerShapes.For(protocol), _facts, isLenient: true);
        _limits = limits;
        _isStreamed = isStreamed;
        _hint = WireFramings.Of(contentType);
        _body = keepsBody ? new ArrayBufferWriter<byte>(256) : null;
    }

    /// <summary>Gives a reader that was used before, or a new one, for an answer that one thread reads from its beginning to its end.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="contentType">The content type, if the answer has one.</param>
    /// <param name="isStreamed">Whether a stream was asked for.</param>
    /// <param name="limits">The limits.</param>
    public static WireAnswerReader Rent(WireProtocol protocol, string? contentType, bool isStreamed, WireLimits limits)
    {
        if (t_spare is not { } reader)
        {
            return new WireAnswerReader(protocol, contentType, isStreamed, limits);
        }

        t_spare = null;
        reader._facts.Begin(protocol);
        reader._scanner = JsonScanner.Rent(WireAnswerShapes.For(protocol), reader._facts, isLenient: true);
        (reader._protocol, reader._limits, reader._isStreamed, reader._hint) = (protocol, limits, isStreamed, WireFramings.Of(contentType));
        return reader;
    }

    /// <summary>Gives a closed reader back for reuse. It must not be used afterwards.</summary>
    public void Return()
    {
        Forget();
        t_spare = this;
    }

    /// <summary>Forgets everything. A test compares every field with that of a new reader.</summary>
    private void Forget()
    {
        _facts.Forget();
        (_protocol, _scanner, _limits, _hint, _isStreamed) = (default, null!, null!, default, false);
        (_body, _amazon, _template, _answer) = (null, null, null, null);
        (_framing, _mark) = (WireFraming.Unknown, 0);
        (_isEnded, _isClosed, _isOpenAtEnd, _isAfterBreak) = (false, false, false, false);
        (_length, _unitLength, _lineBytes, _documentBytes) = (0, 0, 0, 0);
        (_line, _lineLength, _isSpilled, _isIgnoredLine, _isAfterReturn, _isDone) = (null, 0, false, false, false, false);
        OnlyRepeats = false;
    }

    /// <summary>Gets the number of times that something of the answer came; pings and comments do not count.</summary>
    public long Progress => _facts.Progress + _documentBytes;

    /// <summary>
    /// Gets a value indicating whether the last <see cref="Feed"/> brought lines of a stream only, and each that ended in it repeats an earlier
    /// event: it differs in texts and numbers that mean nothing. No such line begins an error report, unless the earlier one was one.
    /// </summary>
    public bool OnlyRepeats { get; private set; }

    /// <summary>Gets the kept part of the body.</summary>
    public ReadOnlySpan<byte> Body => _body is null ? default : _body.WrittenSpan;

    /// <summary>Takes the cost of a header.</summary>
    /// <param name="amount">The amount as written.</param>
    public void SetCostHeader(string amount)
    {
        _facts.OnCostHeader(amount);
        _answer = null;
    }

    /// <summary>Says that the host states a cost of zero for models without a known price.</summary>
    public void SetZeroCostIsUnknown()
    {
        _facts.OnZeroCostIsUnknown();
        _answer = null;
    }

    /// <summary>Says that a proxy may have taken the answer from its cache: then a stated cost of zero is right.</summary>
    public void SetFromCache()
    {
        _facts.OnCacheHeader();
        _answer = null;
    }

    /// <summary>Says that a gateway gave an answer that it had kept.</summary>
    public void SetCached()
    {
        _facts.OnCached();
        _answer = null;
    }

    /// <summary>Says that the body cannot be read: it is still compressed.</summary>
    public void SetUnreadable()
    {
        _framing = WireFraming.Opaque;
        _body = null;
        _facts.OnUnreadable();
        _answer = null;
    }

    /// <summary>Returns whether a number that an SDK cannot read came since the last call.</summary>
    public bool TakeUnreadableNumber()
    {
        bool has = _facts.HasUnreadableNumber;
        _facts.HasUnreadableNumber = false;
        return has;
    }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">The next bytes.</param>
    /// <exception cref="WireLimitException">The body, or a line of it, is too long.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_isClosed)
        {
            return;
        }

        _answer = null;
        if (_body is not null && _body.WrittenCount < LongestKeptBody)
        {
            _body.Write(bytes[..Math.Min(bytes.Length, LongestKeptBody - _body.WrittenCount)]);
        }

        _length += bytes.Length;
        if (!_isStreamed && _length > _limits.LongestBody)
        {
            throw new WireLimitException(WireLimit.Body, _limits);
        }

        bool isFirst = _framing == WireFraming.Unknown;
        if (_isStreamed && _framing is not (WireFraming.Lines or WireFraming.Events))
        {
            CheckLine(bytes);
        }

        if (isFirst)
        {
            bytes = FindFraming(bytes);
        }

        OnlyRepeats = _framing is WireFraming.Lines or WireFraming.Events && !_isDone;
        switch (_framing)
        {
            case WireFraming.Json:
                if (!isFirst || _isStreamed || !TryReadKnownShape(bytes))
                {
                    FeedJson(bytes);
                }

                break;
            case WireFraming.Lines or WireFraming.Events:
                FeedLines(bytes);
                if (isFirst && _isStreamed)
                {
                    // The first line may begin with white space.
                    _unitLength = Math.Max(_unitLength, _lineBytes);
                }

                break;
            case WireFraming.Amazon:
                (_amazon ??= new AmazonEventStream(_scanner)).Feed(bytes);
                if (_amazon.Pending > _limits.LongestEvent)
                {
                    throw new WireLimitException(WireLimit.Event, _limits);
                }

                _documentBytes += bytes.Length;
                break;
            case WireFraming.Opaque:
                _documentBytes += bytes.Length;
                if (_length > _limits.LongestBody)
                {
                    // It has no events that a stream could consist of.
                    throw new WireLimitException(WireLimit.Body, _limits);
                }

                break;
        }
    }

    /// <summary>
    /// Bounds the lines of a stream that has no events, or none yet: an SDK keeps a line until it ends, white space included. The lines of events are
    /// bounded with their event.
    /// </summary>
    private void CheckLine(ReadOnlySpan<byte> bytes)
    {
        if (_framing == WireFraming.Amazon || _hint == WireFraming.Amazon)
        {
            return;
        }

        int end = bytes.LastIndexOfAny(LineEnds);
        _lineBytes = end < 0 ? _lineBytes + bytes.Length : bytes.Length - end - 1;
        long longest = _hint == WireFraming.Json ? Math.Max(_limits.LongestEvent, _limits.LongestBody) : _limits.LongestEvent;
        if (_lineBytes > longest)
        {
            throw new WireLimitException(_hint == WireFraming.Json ? WireLimit.Body : WireLimit.Event, _limits);
        }
    }

    /// <summary>The body came to its end.</summary>
    public void End()
    {
        if (_isClosed)
        {
            return;
        }

        _isEnded = true;
        _answer = null;
        if (_framing is WireFraming.Lines or WireFraming.Events && !_isSpilled && _lineLength > 0)
        {
            ReadLine(_line.AsSpan(0, _lineLength));
        }

        if (_scanner.IsBroken || _scanner.IsTooDeep)
        {
            _facts.OnMalformed();
        }

        Close();
    }

    /// <summary>Says that no more of the body is read, and gives the memory back. OpenAI's SDK leaves a stream before its end.</summary>
    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _isOpenAtEnd = _scanner.IsOpen;
        _scanner.Return();
        (_scanner, _amazon) = (null!, null);
        _template?.Return();
        _template = null;
        if (_line is not null)
        {
            ArrayPool<byte>.Shared.Return(_line, clearArray: true);
            _line = null;
        }
    }

    /// <summary>Gives what was read so far.</summary>
    public WireAnswer ToAnswer() => _answer ??= _facts.ToAnswer(_isEnded, _isClosed ? _isOpenAtEnd : _scanner.IsOpen, _length);

    /// <summary>Skips a byte order mark and white space, and looks at the first byte behind them.</summary>
    private ReadOnlySpan<byte> FindFraming(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        while (!bytes.IsEmpty)
        {
            byte first = bytes[0];
            if (_mark < 3 && first == mark[_mark])
            {
                _mark++;
                bytes = bytes[1..];
                continue;
            }

            _mark = 3;
            if (_hint != WireFraming.Amazon && first is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                bytes = bytes[1..];
                continue;
            }

            _framing = _hint == WireFraming.Amazon ? WireFraming.Amazon : first switch
            {
                (byte)'{' or (byte)'[' => _hint == WireFraming.Lines ? WireFraming.Lines : WireFraming.Json,
                (byte)':' or (byte)'d' or (byte)'e' or (byte)'i' or (byte)'r' => WireFraming.Events,
                _ => _hint == WireFraming.Events ? WireFraming.Events : WireFraming.Opaque,
            };
            _facts.HasEvents = _framing is WireFraming.Events or WireFraming.Amazon;
            if (_framing == WireFraming.Opaque)
            {
                _facts.OnUnreadable();
            }

            break;
        }

        return bytes;
    }

    /// <summary>Reads the first bytes if they are a whole answer of a known shape; else reads them, too, if their shape is to be known.</summary>
    private bool TryReadKnownShape(ReadOnlySpan<byte> bytes)
    {
        JsonTemplates known = Known[(int)_protocol];
        if (known.TryRead(bytes, _facts))
        {
            _documentBytes += bytes.Length;
            return true;
        }

        if (known.Begin() is not { } template)
        {
            return false;
        }

        _scanner.Template = template;
        FeedJson(bytes);
        _scanner.Template = null;
        if (_framing == WireFraming.Json && _scanner is { IsIdle: true, IsTooDeep: false } && !_facts.IsMalformed)
        {
            known.Adopt(template, bytes);
        }

        return true;
    }

    private void FeedJson(ReadOnlySpan<byte> bytes)
    {
        if (bytes.ContainsAnyExcept((byte)' ', (byte)'\n', (byte)'\r'))
        {
            _documentBytes += bytes.Length;
        }

        ReadOnlySpan<byte> rest = bytes;
        while (!rest.IsEmpty)
        {
            if (_isAfterBreak)
            {
                rest = rest.TrimStart(" \t\r\n"u8);
                if (rest.IsEmpty)
                {
                    break;
                }

                _isAfterBreak = false;
                if (rest[0] is (byte)':' or (byte)'d' or (byte)'e')
                {
                    // The first line was no event, and the others are.
                    (_framing, _facts.HasEvents) = (WireFraming.Events, true);
                    FeedLines(rest);
                    return;
                }
            }

            int read = _scanner.Feed(rest);
            if (!_scanner.IsBroken)
            {
                break;
            }

            // What follows is perhaps another document, on a line of its own.
            _facts.OnMalformed();
            int end = rest[read..].IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            _scanner.Reset();
            _isAfterBreak = true;
            rest = rest[(read + end + 1)..];
        }

        if (_scanner.IsTooDeep)
        {
            // Said at once: the SDK may leave before the end.
            _facts.OnMalformed();
        }

        _unitLength = _scanner.IsIdle ? 0 : _unitLength + bytes.Length;
        if (_isStreamed && _unitLength > Math.Max(_limits.LongestEvent, _hint == WireFraming.Json ? _limits.LongestBody : 0))
        {
            throw new WireLimitException(_hint == WireFraming.Json ? WireLimit.Body : WireLimit.Event, _limits);
        }
    }
}
