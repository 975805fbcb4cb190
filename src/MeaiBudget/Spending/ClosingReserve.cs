namespace MeaiBudget;

/// <summary>What is reserved for the closing answer of a tool loop: this request, its answer and tool results as input, and a short answer as output.</summary>
/// <param name="ToolResultTokens">The tokens allowed for tool results.</param>
/// <param name="OutputTokens">The output tokens of the closing answer.</param>
internal sealed record ClosingReserve(long ToolResultTokens, long OutputTokens)
{
    /// <summary>Computes the input tokens of the closing answer.</summary>
    public long InputTokens(long input, long output) => input + output + ToolResultTokens;
}
