namespace MeaiBudget.Testing;

/// <summary>The tokens of one answer, counted as in Microsoft.Extensions.AI: totals include their parts. Immutable.</summary>
/// <param name="InputTokens">All input tokens, including those read from and written to a cache.</param>
/// <param name="OutputTokens">All output tokens, including reasoning tokens.</param>
public sealed record SimulatedUsage(long InputTokens, long OutputTokens)
{
    /// <summary>Gets a usage without tokens.</summary>
    public static SimulatedUsage None { get; } = new(0, 0);

    /// <summary>Gets the input tokens read from a cache; part of <see cref="InputTokens"/>.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Gets the input tokens written to a cache for five minutes; part of <see cref="InputTokens"/>.</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Gets the input tokens written to a cache for one hour; part of <see cref="InputTokens"/>.</summary>
    public long CacheWriteOneHourTokens { get; init; }

    /// <summary>Gets the reasoning tokens; part of <see cref="OutputTokens"/>.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>Gets the audio tokens of the input; part of <see cref="InputTokens"/>. OpenAI's and LiteLLM's chat completions report them.</summary>
    public long InputAudioTokens { get; init; }

    /// <summary>Gets the audio tokens of the output; part of <see cref="OutputTokens"/>. OpenAI's and LiteLLM's chat completions report them.</summary>
    public long OutputAudioTokens { get; init; }

    /// <summary>Gets the number of web searches that the provider ran.</summary>
    /// <remarks>
    /// The Responses API and Anthropic show each of them. OpenAI's chat completions only cite a page. LiteLLM reports the number. Ollama has none.
    /// </remarks>
    public int WebSearches { get; init; }

    /// <summary>Gets the number of file searches that the provider ran; the Responses API shows each of them.</summary>
    public int FileSearches { get; init; }

    /// <summary>Gets the number of containers in which the provider ran code; the Responses API shows each of them.</summary>
    public int CodeSessions { get; init; }

    /// <summary>Adds the counts of two usages.</summary>
    /// <param name="left">The first usage.</param>
    /// <param name="right">The second usage.</param>
    /// <returns>The sum.</returns>
    public static SimulatedUsage operator +(SimulatedUsage left, SimulatedUsage right)
    {
        ArgumentNullException.ThrowIfNull(left);
        return left.Add(right);
    }

    /// <summary>Adds the counts of another usage.</summary>
    /// <param name="other">The other usage.</param>
    /// <returns>The sum.</returns>
    public SimulatedUsage Add(SimulatedUsage other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new SimulatedUsage(InputTokens + other.InputTokens, OutputTokens + other.OutputTokens)
        {
            CachedInputTokens = CachedInputTokens + other.CachedInputTokens,
            CacheWriteTokens = CacheWriteTokens + other.CacheWriteTokens,
            CacheWriteOneHourTokens = CacheWriteOneHourTokens + other.CacheWriteOneHourTokens,
            ReasoningTokens = ReasoningTokens + other.ReasoningTokens,
            InputAudioTokens = InputAudioTokens + other.InputAudioTokens,
            OutputAudioTokens = OutputAudioTokens + other.OutputAudioTokens,
            WebSearches = WebSearches + other.WebSearches,
            FileSearches = FileSearches + other.FileSearches,
            CodeSessions = CodeSessions + other.CodeSessions,
        };
    }

    /// <summary>Returns the same input with the share of the output for a part of the answer, rounded up.</summary>
    internal SimulatedUsage ForPart(int produced, int total) => produced >= total
        ? this
        : this with
        {
            OutputTokens = ((OutputTokens * produced) + total - 1) / total,
            ReasoningTokens = ReasoningTokens * produced / total,
            OutputAudioTokens = OutputAudioTokens * produced / total,
        };

    /// <summary>Returns the input alone.</summary>
    internal SimulatedUsage WithoutOutput() => this with { OutputTokens = 0, ReasoningTokens = 0, OutputAudioTokens = 0 };
}
