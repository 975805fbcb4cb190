namespace MeaiBudget.Testing;

/// <summary>The tokens of one answer, in the way Microsoft.Extensions.AI counts them: a part is never added to its whole.</summary>
/// <param name="InputTokens">All input tokens, those read from and written to a cache included.</param>
/// <param name="OutputTokens">All output tokens, reasoning included.</param>
public sealed record SimulatedUsage(long InputTokens, long OutputTokens)
{
    /// <summary>Gets no tokens at all.</summary>
    public static SimulatedUsage None { get; } = new(0, 0);

    /// <summary>Gets the input tokens read from a cache; part of <see cref="InputTokens"/>.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Gets the input tokens written to a cache for five minutes; part of <see cref="InputTokens"/>.</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Gets the input tokens written to a cache for an hour; part of <see cref="InputTokens"/>.</summary>
    public long CacheWriteOneHourTokens { get; init; }

    /// <summary>Gets the output tokens spent on reasoning; part of <see cref="OutputTokens"/>.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>Adds two usages, count by count.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>The sum.</returns>
    public static SimulatedUsage operator +(SimulatedUsage left, SimulatedUsage right)
    {
        ArgumentNullException.ThrowIfNull(left);
        return left.Add(right);
    }

    /// <summary>Adds another usage to this one, count by count.</summary>
    /// <param name="other">The other.</param>
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

    /// <summary>The same input with the output that belongs to a part of the answer, rounded up.</summary>
    internal SimulatedUsage ForPart(int produced, int total) => produced >= total
        ? this
        : this with
        {
            OutputTokens = ((OutputTokens * produced) + total - 1) / total,
            ReasoningTokens = ReasoningTokens * produced / total,
        };
}
