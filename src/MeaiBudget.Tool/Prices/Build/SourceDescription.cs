namespace MeaiBudget.Tool;

/// <summary>A source of prices, as the decision list describes it.</summary>
/// <param name="Code">The short name that the catalog uses.</param>
/// <param name="File">The beginning of the file's name.</param>
/// <param name="Format">The format: <c>genai-prices</c>, <c>litellm</c>, <c>models.dev</c>, <c>pi-ai</c>, <c>portkey</c>, <c>openrouter</c>, <c>langfuse</c>, <c>llm-prices</c>.</param>
/// <param name="Family">Sources of one family copy from each other and count as one.</param>
/// <param name="Date">The day of the data.</param>
/// <param name="Origin">Where it comes from, with version and licence.</param>
/// <param name="IsOpinion">True if the source confirms prices, but an id that no other source lists is not taken from it.</param>
internal sealed record SourceDescription(string Code, string File, string Format, string Family, DateOnly Date, string Origin, bool IsOpinion)
{
    /// <summary>Gets this library's provider names by the source's own.</summary>
    public required IReadOnlyDictionary<string, string> Providers { get; init; }
}
