namespace MeaiBudget.Testing;

/// <summary>How a stream of chat completions reports its usage.</summary>
public enum SimulatedUsageReports
{
    /// <summary>Once, in an event of its own at the end, if the request asks for it, as OpenAI does.</summary>
    AtEnd,

    /// <summary>The sum so far in each piece, and at the end, as vLLM does with <c>continuous_usage_stats</c>.</summary>
    InEachPiece,

    /// <summary>In each piece what came since the last one. Nothing reports the sum.</summary>
    InDifferences,
}
