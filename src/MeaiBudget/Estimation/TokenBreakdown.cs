namespace MeaiBudget;

/// <summary>Parts of the input tokens of a <see cref="TokenEstimate"/>, before any learned correction. They add up to <see cref="Total"/>.</summary>
public readonly record struct TokenBreakdown
{
    /// <summary>Gets the tokens of the messages' texts, including instructions.</summary>
    public long Text { get; init; }

    /// <summary>Gets the tokens of tool definitions, tool choice and their envelope.</summary>
    public long Tools { get; init; }

    /// <summary>Gets the tokens of tool calls and their results.</summary>
    public long ToolCalls { get; init; }

    /// <summary>Gets the tokens of the response schema.</summary>
    public long ResponseSchema { get; init; }

    /// <summary>Gets the tokens of images, documents and audio.</summary>
    public long Media { get; init; }

    /// <summary>Gets the tokens that the provider's template adds: roles, separators, the start of the answer.</summary>
    public long Framing { get; init; }

    /// <summary>Gets the sum of all parts.</summary>
    public long Total => Text + Tools + ToolCalls + ResponseSchema + Media + Framing;
}
