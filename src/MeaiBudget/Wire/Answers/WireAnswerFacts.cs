using System.Text;
using Field = MeaiBudget.WireAnswerField;

namespace MeaiBudget;

/// <summary>Collects what an answer, or the events of one, say. Not thread-safe.</summary>
internal sealed partial class WireAnswerFacts : JsonVisitor
{
    private const int LongestError = 4096;

    private WireProtocol _protocol;
    private WireUsage _usage;
    private WireFigures _report;

    // Few answers tell their samplings one by one.
    private Samplings? _samplings;
    private WireAnswerTools? _tools;
    private WireStatedCost _cost;
    private WireFlags _flags;
    private string? _finishReason;
    private string? _status;
    private string? _incompleteReason;
    private string? _tier;
    private string? _speed;
    private string? _geo;
    private string? _model;
    private string? _responseId;
    private WireError? _error;
    private string? _errorCode;
    private string? _errorMessage;
    private WireEvent _event;
    private bool _isDone;
    private bool _mayBeCached;
    private bool _isCached;
    private bool _isWithoutSuccess;
    private bool _isTerminal;
    private bool _asksForError;
    private bool _hasDocument;
    private long _text;
    private long _wholeText;
    private WireTextLengths _eventTexts;
    private bool _isAudioDetail;
    private bool _isImageDetail;
    private bool _isLongDetail;
    private long _detailCount;

    /// <summary>Makes a collector.</summary>
    /// <param name="protocol">The protocol.</param>
    public WireAnswerFacts(WireProtocol protocol) => _protocol = protocol;

    /// <summary>Begins another answer, after <see cref="Forget"/>.</summary>
    /// <param name="protocol">The protocol.</param>
    public void Begin(WireProtocol protocol) => _protocol = protocol;

    /// <summary>Forgets everything. A test compares every field with that of a new collector.</summary>
    public void Forget()
    {
        _protocol = default;
        _usage = default;
        _report = default;
        _samplings = default;
        _tools = default;
        _cost = default;
        _flags = default;
        _finishReason = default;
        _status = default;
        _incompleteReason = default;
        _tier = default;
        _speed = default;
        _geo = default;
        _model = default;
        _responseId = default;
        _error = default;
        _errorCode = default;
        _errorMessage = default;
        _event = default;
        _isDone = default;
        _mayBeCached = default;
        _isCached = default;
        _isWithoutSuccess = default;
        _isTerminal = default;
        _asksForError = default;
        _hasDocument = default;
        _text = default;
        _wholeText = default;
        _eventTexts = default;
        _isAudioDetail = default;
        _isImageDetail = default;
        _isLongDetail = default;
        _detailCount = default;
        Progress = default;
        HasCounts = default;
        HasUnreadableNumber = default;
        HasEvents = default;
    }

    /// <summary>The tools that the answer shows; few answers show any.</summary>
    private WireAnswerTools Tools => _tools ??= new WireAnswerTools();

    /// <summary>Gets the number of times that something of the answer came: text, usage, a tool, an end. Pings do not count.</summary>
    public long Progress { get; private set; }

    /// <summary>Gets a value indicating whether the event that is read says something that counts each time it is said.</summary>
    public bool HasCounts { get; private set; }

    /// <summary>Gets a value indicating whether usage was told.</summary>
    public bool HasUsage => _usage.IsTold;

    /// <summary>Gets or sets a value indicating whether a number came that an SDK cannot read.</summary>
    public bool HasUnreadableNumber { get; set; }

    /// <summary>Gets or sets a value indicating whether the answer comes as server-sent events.</summary>
    public bool HasEvents { get; set; }

    /// <summary>Says that the stream's last event came, as <c>[DONE]</c> does.</summary>
    public void OnDone() => _isDone = true;

    /// <summary>Gets a value indicating whether a part of the answer could not be read.</summary>
    public bool IsMalformed => (_flags & WireFlags.Malformed) != 0;

    /// <summary>Says that a part of the answer could not be read.</summary>
    public void OnMalformed() => _flags |= WireFlags.Malformed;

    /// <summary>Says that nothing of the answer can be read.</summary>
    public void OnUnreadable() => _flags |= WireFlags.Unreadable;

    /// <summary>Says that the next event is named an error.</summary>
    public void OnErrorEvent() => _asksForError = true;

    /// <summary>Says that the host states a cost of zero for models without a known price.</summary>
    public void OnZeroCostIsUnknown() => _cost.IgnoreZero();

    /// <summary>Says that the cost stands in a header.</summary>
    /// <param name="amount">The amount as written.</param>
    public void OnCostHeader(string amount) => _flags |= _cost.SetHeader(amount);

    /// <summary>Says that a header names the answer's entry in a proxy's cache.</summary>
    public void OnCacheHeader() => _mayBeCached = true;

    /// <summary>Says that a gateway gave an answer that it had kept, so that no model ran.</summary>
    public void OnCached() => _isCached = true;

    /// <summary>An event came that is like the last one.</summary>
    /// <param name="texts">The lengths of its texts.</param>
    public void OnRepeatedEvent(in WireTextLengths texts)
    {
        _eventTexts = texts;
        EndText();
    }

    /// <inheritdoc/>
    public override void OnObject(JsonShape shape, int depth)
    {
        switch ((Field)shape.Field)
        {
            case Field.None:
                (_event, HasCounts, _report) = (WireEvent.Other, false, default);
                _tools?.BeginEvent();
                _eventTexts = default;
                break;
            case Field.Item:
                HasCounts = true;
                Tools.BeginItem();
                break;
            case Field.Grounding:
                HasCounts = true;
                Tools.IsGrounded = true;
                break;
            case Field.OtherFee:
                HasCounts = true;
                _flags |= WireFlags.OtherFee;
                break;
            case Field.Sampling:
                (_samplings ??= new Samplings()).Begin();
                break;
            case >= Field.Input:
                HasUnreadableNumber = true;
                break;
            case Field.InputDetail or Field.OutputDetail or Field.CacheDetail:
                (_isAudioDetail, _isImageDetail, _isLongDetail, _detailCount) = (false, false, false, 0);
                break;
        }
    }

    /// <inheritdoc/>
    public override void OnObjectEnd(JsonShape shape, ReadOnlySpan<byte> raw)
    {
        switch ((Field)shape.Field)
        {
            case Field.None:
                EndEvent();
                break;
            case Field.Usage:
                EndReport();
                break;
            case Field.Item:
                Tools.EndItem(_event);
                break;
            case Field.Sampling:
                _samplings?.End();
                break;
            case Field.InputDetail or Field.OutputDetail when _detailCount > 0 && (_isAudioDetail || _isImageDetail):
                bool isInput = (Field)shape.Field == Field.InputDetail;
                WireCount detail = _isAudioDetail ? (isInput ? WireCount.InputAudio : WireCount.OutputAudio) : isInput ? WireCount.InputImage : WireCount.OutputImage;

                // Of one kind there may be several.
                _report.Set(detail, SaturatingMath.Add(_report[detail], _detailCount));
                break;
            case Field.CacheDetail when _detailCount > 0:
                WireCount lifetime = _isLongDetail ? WireCount.CacheWriteOneHour : WireCount.CacheWriteFiveMinutes;
                _report.Set(lifetime, SaturatingMath.Add(_report[lifetime], _detailCount));
                break;
            case Field.Error when ErrorReport.SaysSomething(raw):
                SetError(Encoding.UTF8.GetString(raw));
                break;
        }
    }

    /// <inheritdoc/>
    public override void OnName(JsonShape shape, long length)
    {
        // The names of arguments are written by the model too.
        if ((Field)shape.Field == Field.Text && ReferenceEquals(shape.Other, shape))
        {
            HasCounts = true;
            _eventTexts.Add(shape.Field, length);
        }
    }

    /// <inheritdoc/>
    public override void OnString(JsonShape shape, ReadOnlySpan<byte> text, long length)
    {
        switch ((Field)shape.Field)
        {
            case Field.Text or Field.Repeated or Field.Whole:
                _eventTexts.Add(shape.Field, length);
                break;
            case Field.Model when !text.IsEmpty:
                _model = WireText.OfRepeated(text);
                break;
            case Field.ResponseId when !text.IsEmpty:
                _responseId = WireText.Of(text, _responseId);
                break;
            case Field.FinishReason when !text.IsEmpty || _finishReason is null:
                Progress += text.IsEmpty ? 0 : 1;
                _finishReason = WireText.OfRepeated(text);
                break;
            case Field.Status:
                _status = WireText.OfRepeated(text);
                break;
            case Field.IncompleteReason:
                _incompleteReason = WireText.OfRepeated(text);
                break;
            case Field.ServiceTier when !text.IsEmpty:
                _tier = WireText.OfRepeated(text);
                break;
            case Field.Speed when !text.IsEmpty:
                _speed = WireText.Of(text, _speed);
                break;
            case Field.InferenceGeo when !text.IsEmpty:
                _geo = WireText.Of(text, _geo);
                break;
            case Field.SamplingType when text.StartsWith("advisor"u8):
                // Another model was asked, at its own price.
                _flags |= WireFlags.OtherFee;
                break;
            case Field.EventType:
                _event = WireEvents.Of(text);
                break;
            case Field.ObjectType:
                _asksForError |= text.SequenceEqual("error"u8);
                break;
            case Field.Error when !text.IsEmpty:
                SetError(Quote(Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestError)])));
                break;
            case Field.ErrorCode:
                _errorCode = WireText.Of(text);
                break;
            case Field.ErrorMessage:
                _errorMessage = WireText.Of(text);
                break;
            case Field.ErrorStatus when !text.IsEmpty && !text.SequenceEqual("0"u8):
                OnErrorStatus(text);
                break;
            case Field.CacheDetailLifetime:
                _isLongDetail = !text.SequenceEqual("5m"u8);
                break;
            case Field.ItemType or Field.ItemAction or Field.ItemContainer or Field.ItemResult:
                Tools.SetItem((Field)shape.Field, text);
                break;
            case Field.Annotation when text.SequenceEqual("url_citation"u8):
                HasCounts = true;
                Tools.IsGrounded = true;
                break;
            case Field.SearchQuery when length > 0:
                HasCounts = true;
                Tools.IsGrounded = true;
                Tools.AddQuery();
                break;
            case Field.Grounding:
                Tools.IsGrounded = true;
                break;
            case Field.InputModality or Field.OutputModality:
                (_isAudioDetail, _isImageDetail) = (Ascii.EqualsIgnoreCase(text, "AUDIO"u8), Ascii.EqualsIgnoreCase(text, "IMAGE"u8));
                break;
            case Field.IsOwnKey:
                _cost.SetOwnKey(text.SequenceEqual("true"u8));
                break;
            case Field.Currency:
                _cost.SetCurrency(text);
                break;
            case Field.Done:
                _isDone |= text.SequenceEqual("true"u8);
                break;
            case Field.Cost or Field.UpstreamCost or Field.MarketCost or Field.CostTicks or Field.NanoUnits:
                OnCost((Field)shape.Field, text);
                break;
            case Field.Usage:
                HasUnreadableNumber = true;
                break;
            case >= Field.Input or Field.ModalityCount:
                _flags |= WireFlags.TextCount;
                HasUnreadableNumber = true;
                OnCount((Field)shape.Field, text);
                break;
        }
    }

    /// <inheritdoc/>
    public override void OnArray(JsonShape shape) => HasUnreadableNumber |= (Field)shape.Field is Field.Usage or >= Field.Input;

    /// <inheritdoc/>
    public override void OnNumber(JsonShape shape, ReadOnlySpan<byte> text)
    {
        switch ((Field)shape.Field)
        {
            case Field.Time:
                HasUnreadableNumber |= text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0;
                break;
            case >= Field.Input or Field.ModalityCount:
                OnCount((Field)shape.Field, text);
                break;
            case Field.Cost or Field.UpstreamCost or Field.MarketCost or Field.CostTicks or Field.NanoUnits:
                OnCost((Field)shape.Field, text);
                break;
            case Field.AudioSeconds when JsonNumber.TryReadAmount(text, out decimal seconds) && seconds is > 0 and < WireUsageRules.LargestPlausible:
                HasCounts = true;
                _report.Set(WireCount.AudioMilliseconds, (long)Math.Ceiling(seconds * 1000));
                break;
            case Field.ErrorStatus when !text.SequenceEqual("0"u8):
                OnErrorStatus(text);
                break;
            case Field.OtherFee when !text.SequenceEqual("0"u8):
                HasCounts = true;
                _flags |= WireFlags.OtherFee;
                break;
        }
    }

    /// <inheritdoc/>
    public override void OnLiteral(JsonShape shape, bool? value)
    {
        switch ((Field)shape.Field)
        {
            case Field.Done:
                _isDone |= value == true;
                break;
            case Field.CacheHit when value == true:
                HasCounts = true;
                _isCached = true;
                break;
            case Field.Success:
                _isWithoutSuccess |= value == false;
                break;
            case Field.IsOwnKey when value is { } isOwn:
                _cost.SetOwnKey(isOwn);
                break;
            case Field.Input or Field.Output or Field.Total:
                _flags |= WireFlags.MissingCount;
                HasUnreadableNumber = true;
                break;
            case Field.WebSearches or Field.WebFetches:
            case Field.Usage when value is not null:
                HasUnreadableNumber = true;
                break;
        }
    }
}
