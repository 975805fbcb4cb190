namespace MeaiBudget;

/// <summary>The chat template of a family of open models, in tokens.</summary>
internal sealed record ChatTemplate
{
    /// <summary>Gets what every request costs: the beginning of the text and what opens the answer.</summary>
    public required int Start { get; init; }

    /// <summary>Gets what each message adds.</summary>
    public required int Message { get; init; }

    /// <summary>Gets what stands for a system message where the request has none.</summary>
    public int DefaultSystem { get; init; }

    /// <summary>Gets what a system prompt adds beyond a message, where the template puts words of its own before it.</summary>
    public int System { get; init; }

    /// <summary>Gets the words with which the template introduces tools.</summary>
    public int Tools { get; init; } = 80;

    /// <summary>Gets what each tool adds to its JSON.</summary>
    public int Tool { get; init; } = 12;

    /// <summary>Gets what a call adds to its name and arguments.</summary>
    public int Call { get; init; } = 12;

    /// <summary>Gets the tokens of one picture.</summary>
    public int Image { get; init; } = 768;
}
