namespace MeaiBudget;

/// <summary>How attempts are admitted, in configuration; <see cref="BudgetOptions"/> says more of each.</summary>
public sealed class AdmissionSettings
{
    private static readonly BudgetOptions Defaults = new();

    /// <summary>Gets or sets what the caller gets when every candidate was refused. Default: Throw.</summary>
    public ExceededBehavior ExceededBehavior { get; set; }

    /// <summary>Gets or sets the output tokens reserved where nobody sets a bound. Default: 16,384.</summary>
    public int DefaultOutputTokens { get; set; } = Defaults.DefaultOutputTokens;

    /// <summary>Gets or sets the same for reasoning models. Default: 32,768.</summary>
    public int DefaultReasoningOutputTokens { get; set; } = Defaults.DefaultReasoningOutputTokens;

    /// <summary>Gets or sets the output tokens below which an answer is refused and not shortened. Default: 1,024.</summary>
    public int OutputFloor { get; set; } = Defaults.OutputFloor;

    /// <summary>Gets or sets the same for reasoning models. Default: 8,192.</summary>
    public int ReasoningOutputFloor { get; set; } = Defaults.ReasoningOutputFloor;

    /// <summary>Gets or sets how long a reservation stands without being renewed. Default: 2 minutes; at least 1.</summary>
    public TimeSpan Lease { get; set; } = Defaults.Lease;

    /// <summary>Gets or sets the tokens of tool results that a closing answer allows for. Default: 4,096.</summary>
    public int ToolResultAllowance { get; set; } = Defaults.ToolResultAllowance;

    /// <summary>Gets or sets the sentence that asks for a closing answer.</summary>
    public string WrapUpInstruction { get; set; } = Defaults.WrapUpInstruction;

    /// <summary>Gets or sets what is charged for attempts whose usage was not reported.</summary>
    public UnconfirmedSettings Unconfirmed { get; set; } = new();

    internal BudgetOptions ToOptions() => new()
    {
        ExceededBehavior = ExceededBehavior,
        DefaultOutputTokens = DefaultOutputTokens,
        DefaultReasoningOutputTokens = DefaultReasoningOutputTokens,
        OutputFloor = OutputFloor,
        ReasoningOutputFloor = ReasoningOutputFloor,
        Lease = Lease,
        ToolResultAllowance = ToolResultAllowance,
        WrapUpInstruction = WrapUpInstruction,
        Unconfirmed = Unconfirmed.ToPolicy(),
    };
}
