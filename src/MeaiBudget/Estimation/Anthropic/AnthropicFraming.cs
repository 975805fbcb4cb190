namespace MeaiBudget;

/// <summary>Framing constants of one generation of Claude models, in tokens, measured on recorded requests. A system prompt adds only its text.</summary>
internal sealed record AnthropicFraming
{
    /// <summary>Tokens of every request.</summary>
    public int Start { get; init; } = 5;

    /// <summary>Tokens of each message.</summary>
    public int Message { get; init; } = 2;

    /// <summary>Tokens of the tool envelope if tool calls are optional.</summary>
    public required int Tools { get; init; }

    /// <summary>Tokens of the tool envelope if a tool call is required.</summary>
    public required int ToolsRequired { get; init; }

    /// <summary>The part of the tool envelope about parallel tool calls; absent if the request forbids them.</summary>
    public int ParallelTools { get; init; }

    /// <summary>Tokens of each tool in addition to its texts.</summary>
    public int Tool { get; init; } = 17;

    /// <summary>Tokens of each tool call in addition to its name and arguments.</summary>
    public int Call { get; init; } = 25;

    /// <summary>Tokens of each argument of a call, which is written as its own element.</summary>
    public int Argument { get; init; } = 14;

    /// <summary>Tokens of each tool result in addition to its text.</summary>
    public int Result { get; init; } = 14;

    /// <summary>Tokens of a response schema in addition to its text.</summary>
    public int ResponseSchema { get; init; } = 109;

    /// <summary>Tokens of a request with thinking enabled.</summary>
    public int Thinking { get; init; } = 28;

    /// <summary>Tokens of a request whose thinking is adaptive (measured on Opus 4.6).</summary>
    public int AdaptiveThinking { get; init; } = 16;

    /// <summary>True if the model accepts images of up to 2,576 pixels (from Opus 4.7 on).</summary>
    public bool HasLargeImages { get; init; }

    /// <summary>Tokens of each image in addition to its patches.</summary>
    public int Image { get; init; } = 3;

    /// <summary>Tokens of the instructions that search results and documents with citations add, once a request.</summary>
    public int Citations { get; init; } = 540;

    /// <summary>Tokens of English text for a hundred tokens of o200k_base.</summary>
    public int TextPercent { get; init; } = 110;
}
