namespace MeaiBudget;

/// <summary>What a closing answer may need: this request, its answer and tool results as input, and a short answer as output.</summary>
/// <param name="ToolResultTokens">What is allowed for in tool results.</param>
/// <param name="OutputTokens">The output of the closing answer.</param>
internal sealed record ClosingReserve(long ToolResultTokens, long OutputTokens)
{
    /// <summary>The input of the closing answer.</summary>
    public long InputTokens(long input, long output) => input + output + ToolResultTokens;
}
