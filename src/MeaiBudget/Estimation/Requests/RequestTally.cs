namespace MeaiBudget;

/// <summary>Sums the tokens of one request for a <see cref="RequestRules"/>. Not thread-safe.</summary>
internal sealed class RequestTally
{
    private TextMeter _meter = null!;
    private long _bound;
    private long _contentMargin;
    private long _toolMargin;
    private long _foreign;

    /// <summary>Resets the tally for another request.</summary>
    public void Begin(TextMeter meter)
    {
        _meter = meter;
        _bound = _contentMargin = _toolMargin = _foreign = Text = Tools = ToolCalls = ResponseSchema = Media = Framing = 0;
        Flags = TokenEstimateFlags.None;
        IsUncertain = false;
    }

    public long Text { get; private set; }

    public long Tools { get; private set; }

    public long ToolCalls { get; private set; }

    public long ResponseSchema { get; private set; }

    public long Media { get; private set; }

    public long Framing { get; private set; }

    /// <summary>The sum of the parts' upper bounds.</summary>
    public long UpperBound => Math.Max(_bound, Total);

    /// <summary>
    /// The part of the upper bound that depends on this request's texts and media: the uncertainty of the tokenizer and of media sizes.
    /// The reported usage of other requests does not reduce it.
    /// </summary>
    public long ContentMargin => Math.Min(_contentMargin, UpperBound - Total);

    /// <summary>
    /// The part of the upper bound that depends on the tools and the response schema. Only the usage of requests with the same ones
    /// reduces it.
    /// </summary>
    public long ToolMargin => Math.Min(_toolMargin, UpperBound - Total - ContentMargin);

    public long Total => Math.Max(0, Text + Tools + ToolCalls + ResponseSchema + Media + Framing);

    public TokenEstimateFlags Flags { get; set; }

    /// <summary>True if the provider is known to count a part of the request in more than one way, so that no count is exact.</summary>
    public bool IsUncertain { get; set; }

    /// <summary>The meter of the model's texts.</summary>
    public TextMeter Meter => _meter;

    public TokenBreakdown Breakdown => new()
    {
        Text = Text,
        Tools = Tools,
        ToolCalls = ToolCalls,
        ResponseSchema = ResponseSchema,
        Media = Media,
        Framing = Framing,
    };

    /// <summary>True if at least a fifth of the text's tokens are in texts that are not mostly ASCII.</summary>
    public bool IsForeign => _foreign * 5 > Text + ToolCalls;

    public void AddText(string? text)
    {
        TokenCount count = _meter.Measure(text);
        _foreign += TextMeter.IsForeign(text) ? count.Tokens : 0;
        Text += count.Tokens;
        AddBound(count);
    }

    public void AddFraming(long tokens)
    {
        Framing += tokens;
        _bound += tokens;
    }

    public void AddToolCall(string? text)
    {
        TokenCount count = _meter.Measure(text);
        _foreign += TextMeter.IsForeign(text) ? count.Tokens : 0;
        ToolCalls += count.Tokens;
        AddBound(count);
    }

    public void AddToolCall(long tokens)
    {
        ToolCalls += tokens;
        _bound += tokens;
    }

    public void AddTools(long tokens, long upperBound)
    {
        Tools += tokens;
        _bound += upperBound;
        _toolMargin += Math.Max(0, upperBound - tokens);
    }

    public void AddResponseSchema(long tokens, long upperBound)
    {
        ResponseSchema += tokens;
        _bound += upperBound;
        _toolMargin += Math.Max(0, upperBound - tokens);
    }

    public void AddMedia(long tokens, long upperBound)
    {
        Media += tokens;
        _bound += upperBound;
        _contentMargin += Math.Max(0, upperBound - tokens);
    }

    private void AddBound(TokenCount count)
    {
        _bound += count.UpperBound;
        _contentMargin += count.UpperBound - count.Tokens;
    }

    /// <summary>Raises the upper bound by tokens that this request's content may have in addition.</summary>
    public void AddContentMargin(long tokens)
    {
        _bound += tokens;
        _contentMargin += tokens;
    }

    /// <summary>Raises the upper bound by tokens that the rules may have missed in any request to the model.</summary>
    public void AddMargin(long tokens) => _bound += tokens;
}
