namespace MeaiBudget.Tool;

/// <summary>The state of the estimator when it estimated a row.</summary>
internal enum LearningState
{
    /// <summary>It learned nothing.</summary>
    Before,

    /// <summary>It learned from all rows before this one, also of the same project.</summary>
    After,

    /// <summary>It learned from the other half of the projects, and from no row of this half.</summary>
    HeldOut,
}

/// <summary>One exchange with its estimates.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Before">The estimate without learning.</param>
/// <param name="After">The estimate after learning from the previous rows.</param>
/// <param name="Fault">A known fault of the reported usage.</param>
internal sealed record Measurement(RecordedExchange Exchange, TokenEstimate Before, TokenEstimate After, ReportFault Fault = ReportFault.None)
{
    // The smallest divisor of an error, because one token of a ten-token prompt should not count as ten percent.
    private const double SmallestBase = 100;

    public bool HasTools => Exchange.Request.Options.Tools is { Count: > 0 }
        || Exchange.Request.Options.ResponseFormat is Microsoft.Extensions.AI.ChatResponseFormatJson { Schema: not null }
        || Before.Breakdown.ToolCalls > 0;

    public bool HasMedia => Before.Breakdown.Media > 0;

    /// <summary>Gets or sets the estimate after learning from the other half of the projects; the one without learning if there is one project only.</summary>
    public TokenEstimate HeldOut { get => field ?? Before; set; }

    /// <summary>Gets the kind of content that determines the error: the most particular one.</summary>
    public string Kind => HasMedia ? "media"
        : Exchange.Request.Options.ResponseFormat is Microsoft.Extensions.AI.ChatResponseFormatJson { Schema: not null } ? "schema"
        : HasParallelResults ? "parallel results"
        : HasTools ? "tools"
        : "text";

    private bool HasParallelResults => Exchange.Request.Messages.Any(message => message.Contents.Count(content => content is Microsoft.Extensions.AI.FunctionCallContent) > 1);

    public TokenEstimate Estimate(LearningState state) => state switch
    {
        LearningState.After => After,
        LearningState.HeldOut => HeldOut,
        _ => Before,
    };

    public double Error(LearningState state) => Math.Abs(Difference(state)) / Math.Max(SmallestBase, Exchange.ReportedInput);

    public long Difference(LearningState state) => Estimate(state).InputTokens - Exchange.ReportedInput;

    public bool MissesBound(LearningState state) => Estimate(state).InputUpperBound < Exchange.ReportedInput;

    /// <summary>Returns the upper bound relative to the reported tokens.</summary>
    public double Looseness(LearningState state) => Estimate(state).InputUpperBound / (double)Math.Max(1, Exchange.ReportedInput);
}
