namespace MeaiBudget;

/// <summary>Sums the tokens of one request for a <see cref="RequestRules"/>. Not thread-safe.</summary>
internal sealed class RequestTally
{
    private TextMeter _meter = null!;
    private long _bound;

    /// <summary>Resets the tally for another request.</summary>
    public void Begin(TextMeter meter)
    {
        _meter = meter;
        _bound = Text = Tools = ToolCalls = ResponseSchema = Media = Framing = 0;
        Flags = TokenEstimateFlags.None;
    }

    public long Text { get; private set; }

    public long Tools { get; private set; }

    public long ToolCalls { get; private set; }

    public long ResponseSchema { get; private set; }

    public long Media { get; private set; }

    public long Framing { get; private set; }

    /// <summary>The sum of the parts' upper bounds.</summary>
    public long UpperBound => Math.Max(_bound, Total);

    public long Total => Math.Max(0, Text + Tools + ToolCalls + ResponseSchema + Media + Framing);

    public TokenEstimateFlags Flags { get; set; }

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

    public void AddText(string? text)
    {
        TokenCount count = _meter.Measure(text);
        Text += count.Tokens;
        _bound += count.UpperBound;
    }

    public void AddFraming(long tokens)
    {
        Framing += tokens;
        _bound += tokens;
    }

    public void AddToolCall(string? text)
    {
        TokenCount count = _meter.Measure(text);
        ToolCalls += count.Tokens;
        _bound += count.UpperBound;
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
    }

    public void AddResponseSchema(long tokens, long upperBound)
    {
        ResponseSchema += tokens;
        _bound += upperBound;
    }

    public void AddMedia(long tokens, long upperBound)
    {
        Media += tokens;
        _bound += upperBound;
    }

    /// <summary>Raises the upper bound by tokens that the rules may have missed.</summary>
    public void AddMargin(long tokens) => _bound += tokens;
}
