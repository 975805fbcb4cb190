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
        };
    }

    /// <summary>Returns the same input with the share of the output for a part of the answer, rounded up.</summary>
    internal SimulatedUsage ForPart(int produced, int total) => produced >= total
        ? this
        : this with
        {
            OutputTokens = ((OutputTokens * produced) + total - 1) / total,
            ReasoningTokens = ReasoningTokens * produced / total,
        };
}
