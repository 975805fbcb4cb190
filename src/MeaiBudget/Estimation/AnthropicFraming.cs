namespace MeaiBudget;

/// <summary>The constants of one generation of Claude, in tokens.</summary>
internal sealed record AnthropicFraming
{
    /// <summary>Gets what every request costs.</summary>
    public required int Start { get; init; }

    /// <summary>Gets what each message adds.</summary>
    public required int Message { get; init; }

    /// <summary>Gets what a system prompt adds.</summary>
    public required int System { get; init; }

    /// <summary>Gets the envelope of tools that the model may choose.</summary>
    public required int Tools { get; init; }

    /// <summary>Gets the envelope of tools when one must be called.</summary>
    public required int ToolsRequired { get; init; }

    /// <summary>Gets what each tool adds to its texts.</summary>
    public required int Tool { get; init; }

    /// <summary>Gets what a call adds to its name and arguments.</summary>
    public required int Call { get; init; }

    /// <summary>Gets what a result adds to its text.</summary>
    public required int Result { get; init; }

    /// <summary>Gets what a response schema adds to itself.</summary>
    public required int ResponseSchema { get; init; }

    /// <summary>Gets a value indicating whether the model takes pictures of 2,576 pixels (from Opus 4.7 on).</summary>
    public bool HasLargeImages { get; init; }
}
