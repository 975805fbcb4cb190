namespace MeaiBudget.Testing;

/// <summary>Tokens of one request or of a whole scenario, by part. The input parts are counted with the model's tokenizer.</summary>
public readonly record struct CostTokens
{
    /// <summary>Gets the tokens of system messages and instructions.</summary>
    public long System { get; init; }

    /// <summary>Gets the tokens of the conversation: texts of users and assistants, and the tool calls of assistants.</summary>
    public long History { get; init; }

    /// <summary>Gets the tokens of tool definitions.</summary>
    public long Tools { get; init; }

    /// <summary>Gets the tokens of tool results.</summary>
    public long Results { get; init; }

    /// <summary>Gets the tokens of the response schema.</summary>
    public long Schema { get; init; }

    /// <summary>Gets the tokens of images, documents and audio in the input.</summary>
    public long Media { get; init; }

    /// <summary>Gets the tokens that the provider's template adds: roles, separators, the start of the answer.</summary>
    public long Framing { get; init; }

    /// <summary>Gets the billed output tokens, including reasoning tokens.</summary>
    public long Output { get; init; }

    /// <summary>Gets the sum of the input parts.</summary>
    public long Input => System + History + Tools + Results + Schema + Media + Framing;

    /// <summary>The input parts with their names, in the order in which a provider reads them.</summary>
    internal IEnumerable<(string Name, long Tokens)> Parts =>
        [("tools", Tools), ("schema", Schema), ("system", System), ("history", History), ("results", Results), ("media", Media), ("framing", Framing)];

    /// <summary>Adds the tokens of another request.</summary>
    internal CostTokens Plus(CostTokens other) => new()
    {
        System = System + other.System,
        History = History + other.History,
        Tools = Tools + other.Tools,
        Results = Results + other.Results,
        Schema = Schema + other.Schema,
        Media = Media + other.Media,
        Framing = Framing + other.Framing,
        Output = Output + other.Output,
    };
}
