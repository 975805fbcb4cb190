namespace MeaiBudget.Tool;

/// <summary>One exchange with its estimates: without learning, and after learning from the previous rows.</summary>
internal sealed record Measurement(RecordedExchange Exchange, TokenEstimate Before, TokenEstimate After)
{
    // The smallest divisor of an error, because one token of a ten-token prompt should not count as ten percent.
    private const double SmallestBase = 100;

    public bool HasTools => Exchange.Request.Options.Tools is { Count: > 0 }
        || Exchange.Request.Options.ResponseFormat is Microsoft.Extensions.AI.ChatResponseFormatJson { Schema: not null }
        || Before.Breakdown.ToolCalls > 0;

    public bool HasMedia => Before.Breakdown.Media > 0;

    public double Error(bool learned) => Math.Abs(Difference(learned)) / Math.Max(SmallestBase, Exchange.ReportedInput);

    public long Difference(bool learned) => (learned ? After : Before).InputTokens - Exchange.ReportedInput;

    public bool MissesBound(bool learned) => (learned ? After : Before).InputUpperBound < Exchange.ReportedInput;
}
