namespace MeaiBudget.Tool;

/// <summary>Known faults of reported usage. Rows with one are listed but not counted, and nothing is learned from them.</summary>
internal enum ReportFault
{
    /// <summary>None is known.</summary>
    None,

    /// <summary>The Responses API divided the input by the number of parallel calls in its answer (seen from October 2025 to January 2026).</summary>
    DividedByCalls,

    /// <summary>The Responses API of March 2025 added 18 tokens to a request, and about 200 more with tools. Later recordings do not have them.</summary>
    FirstWeeks,
}

/// <summary>Detects faults of reported usage.</summary>
internal static class ReportFaults
{
    private const double Tolerance = 0.03;
    private const long SmallestTolerance = 6;

    private static readonly DateTimeOffset EndOfFirstWeeks = new(2025, 4, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Returns the fault of a row.</summary>
    /// <param name="exchange">The row.</param>
    /// <param name="estimate">Its estimate without learning.</param>
    public static ReportFault Of(RecordedExchange exchange, TokenEstimate estimate)
    {
        if (!exchange.Api.Contains("openai.responses", StringComparison.Ordinal))
        {
            return ReportFault.None;
        }

        if (exchange.Answer.Created < EndOfFirstWeeks)
        {
            return ReportFault.FirstWeeks;
        }

        long tolerance = Math.Max(SmallestTolerance, (long)(estimate.InputTokens * Tolerance));
        return exchange.Answer.FunctionCalls > 1
            && Math.Abs((exchange.ReportedInput * exchange.Answer.FunctionCalls) - estimate.InputTokens) <= tolerance + exchange.Answer.FunctionCalls
            && estimate.InputTokens - exchange.ReportedInput > tolerance
            ? ReportFault.DividedByCalls
            : ReportFault.None;
    }

    /// <summary>Describes a fault for readers of the report.</summary>
    public static string Describe(ReportFault fault) => fault switch
    {
        ReportFault.DividedByCalls => "input divided by the number of parallel calls (Responses API, October 2025 to January 2026)",
        ReportFault.FirstWeeks => "additional tokens of the Responses API's first weeks (March 2025)",
        _ => "none",
    };
}
