namespace MeaiBudget;

/// <summary>The token allowance of a tool loop's closing answer. Its input is this request, its answer and tool results; its output is short.</summary>
/// <param name="ToolResultTokens">The tokens allowed for tool results.</param>
/// <param name="OutputTokens">The output tokens of the closing answer.</param>
internal sealed record ClosingReserve(long ToolResultTokens, long OutputTokens)
{
    /// <summary>Computes the input tokens of the closing answer.</summary>
    public long InputTokens(long input, long output) => input + output + ToolResultTokens;
}
