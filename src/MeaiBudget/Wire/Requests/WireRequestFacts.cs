using Microsoft.Extensions.AI;
using Field = MeaiBudget.WireRequestField;

namespace MeaiBudget;

/// <summary>Collects what a request's body says. Where a name stands twice, the dearer value is taken: servers differ in which one they read.</summary>
internal sealed class WireRequestFacts : JsonVisitor
{
    /// <summary>A string this long that is no address is the medium itself.</summary>
    private const int LongestAddress = 2048;

    private static readonly TimeSpan DefaultCacheLifetime = TimeSpan.FromMinutes(5);

    private long? _outputLimit;
    private bool _isUnlimited;
    private long? _thinkingBudget;
    private ReasoningEffort? _effort;
    private long _answers = 1;
    private long _prompts;
    private int _promptArrays;
    private string? _model;
    private string? _tier;
    private string? _geo;
    private long _predictionBytes;
    private bool _mayCompact;
    private bool? _stream;
    private bool _hasStoredHistory;
    private string? _previousResponseId;
    private string? _conversationId;
    private bool? _store;
    private bool _isBackground;
    private WireServerTools _tools;
    private long? _toolCallLimit;
    private string? _searchContextSize;
    private TimeSpan? _cacheLifetime;
    private bool _hasCacheLifetime;
    private bool _asksForAudio;
    private bool _asksForImages;
    private long _textBytes;
    private long _framingBytes;
    private long _tokenIds;
    private int _mediaParts;
    private long _mediaBytes;
    private int _messages;
    private long _sourceBytes;
    private bool _isSourceText;
    private bool _hasItemId;
    private bool _hasItemKind;
    private WireRequestProblems _problems;

    /// <summary>A collector for reuse on this thread.</summary>
    [ThreadStatic]
    private static WireRequestFacts? t_spare;

    /// <summary>Gives a collector that was used before, or a new one.</summary>
    public static WireRequestFacts Rent()
    {
        WireRequestFacts facts = t_spare ?? new WireRequestFacts();
        t_spare = null;
        return facts;
    }

    /// <summary>Gives the collector back for reuse. It must not be used afterwards.</summary>
    public void Return()
    {
        Forget();
        t_spare = this;
    }

    /// <summary>Gets a value indicating whether the document is an object, as every request is.</summary>
    public bool HasObject { get; private set; }

    /// <summary>Gets the protocol of a body whose path is unknown.</summary>
    public WireProtocol Guess { get; private set; } = WireProtocol.ChatCompletions;

    /// <summary>Gets a value indicating whether it holds anything that only a question to a model has.</summary>
    public bool IsQuestion => _model is not null || _messages > 0 || _prompts > 0;

    /// <summary>Gives what was collected.</summary>
    /// <param name="route">What the path says.</param>
    /// <param name="bodyBytes">The body's length.</param>
    /// <param name="problems">What is wrong with the body as a whole.</param>
    public WireRequest ToRequest(WireRoute route, long bodyBytes, WireRequestProblems problems)
    {
        long prompts = route.Protocol == WireProtocol.Completions ? Math.Max(1, _prompts + Math.Max(0, _promptArrays - 1)) : 1;
        return new WireRequest
        {
            Protocol = route.Protocol,
            ModelId = route.ModelId ?? _model,
            OutputLimit = _isUnlimited ? null : _outputLimit,
            ThinkingBudget = _thinkingBudget,
            Effort = _effort,
            AnswerCount = _answers > long.MaxValue / prompts ? long.MaxValue : _answers * prompts,
            ServiceTier = _geo is null ? _tier : ServiceTiers.Combined(ServiceTiers.Canonical(_tier), _geo) ?? _tier,
            PredictionBytes = _predictionBytes,
            MayCompact = _mayCompact,
            IsStreaming = _stream ?? route.IsStreaming,
            HasStoredHistory = _hasStoredHistory || _previousResponseId is not null,
            HasOtherStoredHistory = _hasStoredHistory,
            FetchedResponseId = route.ResponseId,
            PreviousResponseId = _previousResponseId,
            ConversationId = _conversationId,
            Store = _store,
            IsBackground = _isBackground,
            ServerTools = _tools | (OnlineSuffix(route.ModelId ?? _model) ? WireServerTools.WebSearch : 0),
            ServerToolCallLimit = _toolCallLimit,
            SearchContextSize = _searchContextSize,
            CacheLifetime = _cacheLifetime,
            AsksForAudio = _asksForAudio,
            AsksForImages = _asksForImages,
            TextBytes = _textBytes,
            FramingBytes = _framingBytes,
            TokenIds = _tokenIds,
            MediaParts = _mediaParts,
            MediaBytes = _mediaBytes,
            MessageCount = (int)Math.Min(int.MaxValue, _messages + _prompts),
            BodyBytes = bodyBytes,
            Problems = route.ModelId is null ? _problems | problems : (_problems & ~WireRequestProblems.ConflictingModels) | problems,
        };
    }

    /// <summary>Forgets everything. A test compares every field with that of a new collector.</summary>
    private void Forget()
    {
        _outputLimit = default;
        _isUnlimited = default;
        _thinkingBudget = default;
        _effort = default;
        _answers = 1;
        _prompts = default;
        _promptArrays = default;
        _model = default;
        _tier = default;
        _geo = default;
        _predictionBytes = default;
        _mayCompact = default;
        _stream = default;
        _hasStoredHistory = default;
        _previousResponseId = default;
        _conversationId = default;
        _store = default;
        _isBackground = default;
        _tools = default;
        _toolCallLimit = default;
        _searchContextSize = default;
        _cacheLifetime = default;
        _hasCacheLifetime = default;
        _asksForAudio = default;
        _asksForImages = default;
        _textBytes = default;
        _framingBytes = default;
        _tokenIds = default;
        _mediaParts = default;
        _mediaBytes = default;
        _messages = default;
        _sourceBytes = default;
        _isSourceText = default;
        _hasItemId = default;
        _hasItemKind = default;
        _problems = default;
        HasObject = false;
        Guess = WireProtocol.ChatCompletions;
    }

    /// <inheritdoc/>
    public override void OnObject(JsonShape shape, int depth)
    {
        switch ((Field)shape.Field)
        {
            case Field.None:
                HasObject |= depth == 0;
                break;
            case Field.Message or Field.Input or Field.Contents:
                _messages++;
                (_hasItemId, _hasItemKind) = (false, false);
                break;
            case Field.CacheControl:
                _hasCacheLifetime = false;
                break;
            case Field.Source:
                (_sourceBytes, _isSourceText) = (-1, false);
                break;
            case Field.AudioOutput:
                _asksForAudio = true;
                break;
            default:
                _tools |= WireRequestValues.ToolOf((Field)shape.Field);
                break;
        }
    }

    /// <inheritdoc/>
    public override void OnObjectEnd(JsonShape shape, ReadOnlySpan<byte> raw)
    {
        if ((Field)shape.Field == Field.CacheControl && !_hasCacheLifetime)
        {
            Cache(DefaultCacheLifetime);
        }
        else if ((Field)shape.Field == Field.Input)
        {
            _hasStoredHistory |= _hasItemId && !_hasItemKind;
        }
        else if ((Field)shape.Field == Field.Source && _sourceBytes >= 0)
        {
            if (_isSourceText)
            {
                _textBytes += _sourceBytes;
            }
            else
            {
                AddMedia(_sourceBytes);
            }
        }
    }

    /// <inheritdoc/>
    public override void OnArray(JsonShape shape) => _promptArrays += (Field)shape.Field == Field.Prompt ? 1 : 0;

    /// <inheritdoc/>
    public override void OnName(JsonShape shape, long length)
    {
        Guess = (Field)shape.Field switch
        {
            Field.Contents => WireProtocol.GeminiContent,
            Field.Input when Guess == WireProtocol.ChatCompletions => WireProtocol.Responses,
            Field.AnthropicMark => WireProtocol.AnthropicMessages,
            _ => Guess,
        };

        // A name that no table lists may be read by the model, as those of a schema are; the listed ones frame the request.
        if (ReferenceEquals(shape.Other, shape) && (Field)shape.Field != Field.Prediction)
        {
            _textBytes += length;
        }
        else
        {
            _framingBytes += length;
        }
    }

    /// <inheritdoc/>
    public override void OnString(JsonShape shape, ReadOnlySpan<byte> text, long length)
    {
        switch ((Field)shape.Field)
        {
            case Field.Text or Field.Source:
                _textBytes += length;
                break;
            case Field.Message or Field.Input or Field.Contents:
                _messages++;
                _textBytes += length;
                break;
            case Field.Prompt:
                _prompts++;
                _textBytes += length;
                break;
            case Field.Prediction:
                _predictionBytes += length;
                break;
            case Field.Framing:
                _framingBytes += length;
                break;
            case Field.MediaData:
                AddMedia(length);
                break;
            case Field.MediaAddress:
                AddMedia(text.StartsWith("data:"u8) || (length > LongestAddress && !text.StartsWith("http"u8)) ? length : 0);
                break;
            case Field.SourceData:
                _sourceBytes = Math.Max(0, _sourceBytes) + length;
                break;
            case Field.SourceKind:
                _isSourceText |= text is [(byte)'t', (byte)'e', (byte)'x', (byte)'t', ..] || text.SequenceEqual("content"u8);
                break;
            case Field.ItemId or Field.ItemRole:
                _framingBytes += length;
                _hasItemId |= (Field)shape.Field == Field.ItemId;
                _hasItemKind |= (Field)shape.Field == Field.ItemRole;
                break;
            case Field.PartType:
                _framingBytes += length;
                _hasItemKind = true;
                _hasStoredHistory |= text.SequenceEqual("item_reference"u8);
                break;
            case Field.CacheControl when !WireRequestValues.IsOff(text):
                Cache(DefaultCacheLifetime);
                break;
            case Field.ToolType:
                _framingBytes += length;
                _tools |= WireRequestValues.ToolOf(text);
                break;
            default:
                OnSetting((Field)shape.Field, text);
                break;
        }
    }

    /// <inheritdoc/>
    public override void OnNumber(JsonShape shape, ReadOnlySpan<byte> text)
    {
        switch ((Field)shape.Field)
        {
            case Field.Message or Field.Input or Field.Prompt:
                _tokenIds++;
                break;
            case Field.StoredHistory:
                _hasStoredHistory = true;
                break;
            case Field.SearchTool when !text.SequenceEqual("0"u8):
                _tools |= WireServerTools.WebSearch;
                break;
            case Field.OutputLimit or Field.ThinkingBudget or Field.AnswerCount or Field.ToolCallLimit:
                OnCount((Field)shape.Field, text);
                break;
        }
    }

    /// <inheritdoc/>
    public override void OnLiteral(JsonShape shape, bool? value)
    {
        switch ((Field)shape.Field)
        {
            case Field.Stream:
                _stream = _stream == true || value == true;
                break;
            case Field.Store:
                // Stored by any reading is stored.
                _store = value is null ? _store : _store == true || value == true;
                break;
            case Field.Background:
                _isBackground |= value == true;
                break;
            case Field.Effort when value is not null:
                Think(value == true ? ReasoningEffort.High : ReasoningEffort.None);
                break;
            case Field.SearchTool when value == true:
                _tools |= WireServerTools.WebSearch;
                break;
        }
    }

    private void OnSetting(Field field, ReadOnlySpan<byte> text)
    {
        switch (field)
        {
            case Field.Model:
                string model = WireText.OfRepeated(text);
                _problems |= _model is not null && !string.Equals(_model, model, StringComparison.Ordinal) ? WireRequestProblems.ConflictingModels : 0;
                _model = model;
                break;
            case Field.OutputLimit or Field.ThinkingBudget or Field.AnswerCount or Field.ToolCallLimit:
                OnCount(field, text);
                break;
            case Field.Effort:
                Think(WireRequestValues.EffortOf(text));
                break;
            case Field.ServiceTier:
                string tier = WireText.OfRepeated(text);
                _tier = _tier is null || WireRequestValues.Rank(tier) >= WireRequestValues.Rank(_tier) ? tier : _tier;
                break;
            case Field.InferenceGeo when !text.IsEmpty:
                _geo = WireText.Of(text);
                break;
            case Field.ContextChange:
                _mayCompact |= text.StartsWith("compact"u8);
                break;
            case Field.ShellPlace:
                _tools |= text.StartsWith("container"u8) ? WireServerTools.CodeExecution : 0;
                break;
            case Field.Stream:
                _stream = _stream == true || text.SequenceEqual("true"u8);
                break;
            case Field.PreviousResponse when !text.IsEmpty:
                string previous = WireText.Of(text);
                _hasStoredHistory |= _previousResponseId is not null && !string.Equals(_previousResponseId, previous, StringComparison.Ordinal);
                _previousResponseId = previous;
                break;
            case Field.Conversation when !text.IsEmpty:
                (_hasStoredHistory, _conversationId) = (true, WireText.Of(text));
                break;
            case Field.StoredHistory when !text.IsEmpty:
                _hasStoredHistory = true;
                break;
            case Field.CacheLifetime:
                if (WireRequestValues.LifetimeOf(text) is { } lifetime)
                {
                    Cache(lifetime);
                    _hasCacheLifetime = true;
                }

                break;
            case Field.SearchContextSize:
                _searchContextSize = WireText.Of(text);
                break;
            case Field.SearchMode:
                _tools |= text.SequenceEqual("off"u8) ? 0 : WireServerTools.WebSearch;
                break;
            case Field.PluginId:
                _tools |= WireRequestValues.ToolOfPlugin(text);
                break;
            case Field.SearchTool:
                _tools |= WireRequestValues.IsOff(text) ? 0 : WireServerTools.WebSearch;
                break;
            case Field.Modality:
                _asksForAudio |= text.SequenceEqual("audio"u8) || text.SequenceEqual("AUDIO"u8);
                _asksForImages |= text.SequenceEqual("image"u8) || text.SequenceEqual("IMAGE"u8);
                break;
        }
    }

    private void OnCount(Field field, ReadOnlySpan<byte> text)
    {
        if (!JsonNumber.TryReadCount(text, out long count, out _))
        {
            _problems |= WireRequestProblems.UnreadableNumber;
            return;
        }

        switch (field)
        {
            case Field.OutputLimit:
                // Servers take zero for "no limit", too.
                _isUnlimited |= count <= 0;
                _outputLimit = Math.Max(_outputLimit ?? 0, Math.Max(0, count));
                break;
            case Field.ThinkingBudget when count >= 0:
                _thinkingBudget = Math.Max(_thinkingBudget ?? 0, count);
                break;
            case Field.ThinkingBudget:
                // A negative budget leaves the number to the model.
                Think(ReasoningEffort.High);
                break;
            case Field.AnswerCount:
                _answers = Math.Max(_answers, count);
                break;
            case Field.ToolCallLimit:
                _toolCallLimit = SaturatingMath.Add(_toolCallLimit ?? 0, Math.Max(0, count));
                break;
        }
    }

    private void AddMedia(long bytes)
    {
        _mediaParts++;
        _mediaBytes += bytes;
    }

    private void Think(ReasoningEffort? effort) => _effort = effort is null || _effort > effort ? _effort : effort;

    private void Cache(TimeSpan lifetime) => _cacheLifetime = _cacheLifetime > lifetime ? _cacheLifetime : lifetime;

    /// <summary>OpenRouter's name of a model that searches first.</summary>
    private static bool OnlineSuffix(string? model) => model?.EndsWith(":online", StringComparison.Ordinal) == true;
}
