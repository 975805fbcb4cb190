namespace MeaiBudget;

/// <summary>The constants of one generation of Claude, in tokens, measured on recorded requests. A system prompt adds nothing but its text.</summary>
internal sealed record AnthropicFraming
{
    /// <summary>Gets what every request costs.</summary>
    public int Start { get; init; } = 5;

    /// <summary>Gets what each message adds.</summary>
    public int Message { get; init; } = 2;

    /// <summary>Gets the envelope of tools that the model may choose.</summary>
    public required int Tools { get; init; }

    /// <summary>Gets the envelope of tools when one must be called.</summary>
    public required int ToolsRequired { get; init; }

    /// <summary>Gets the part of the envelopes that is about calling several tools at once, and left out where that is forbidden.</summary>
    public int ParallelTools { get; init; }

    /// <summary>Gets what each tool adds to its texts.</summary>
    public int Tool { get; init; } = 17;

    /// <summary>Gets what a call adds to its name and arguments.</summary>
    public int Call { get; init; } = 25;

    /// <summary>Gets what each argument of a call adds: it is written out as an element of its own.</summary>
    public int Argument { get; init; } = 14;

    /// <summary>Gets what a result adds to its text.</summary>
    public int Result { get; init; } = 14;

    /// <summary>Gets what a response schema adds to itself.</summary>
    public int ResponseSchema { get; init; } = 109;

    /// <summary>Gets what asking for thinking adds.</summary>
    public int Thinking { get; init; } = 28;

    /// <summary>Gets a value indicating whether the model takes pictures of 2,576 pixels (from Opus 4.7 on).</summary>
    public bool HasLargeImages { get; init; }
}
