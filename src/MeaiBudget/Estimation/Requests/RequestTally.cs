namespace MeaiBudget;

/// <summary>Adds up one request while a <see cref="RequestRules"/> walks through it. Used by one thread.</summary>
internal sealed class RequestTally
{
    private TextMeter _meter = null!;
    private long _bound;

    /// <summary>Begins anew, for texts that a meter measures.</summary>
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

    /// <summary>Gets the sum of what each part is not expected to exceed.</summary>
    public long UpperBound => Math.Max(_bound, Total);

    public long Total => Math.Max(0, Text + Tools + ToolCalls + ResponseSchema + Media + Framing);

    public TokenEstimateFlags Flags { get; set; }

    /// <summary>Gets the meter of the model's texts.</summary>
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

    /// <summary>Raises the bound for what the rules know that they may miss.</summary>
    public void AddMargin(long tokens) => _bound += tokens;
}
