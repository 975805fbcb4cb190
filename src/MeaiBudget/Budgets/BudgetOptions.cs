namespace MeaiBudget;

/// <summary>Options of <see cref="BudgetChatClient"/>; copied when the client is made.</summary>
public sealed class BudgetOptions
{
    /// <summary>Gets or sets what the caller gets when every candidate was refused; <see langword="null"/> leaves it to a budget further in, in the end <see cref="ExceededBehavior.Throw"/>.</summary>
    public ExceededBehavior? ExceededBehavior { get; set; }

    /// <summary>Gets or sets the output tokens reserved where neither the caller nor the client sets a bound. Default: 16,384.</summary>
    public int DefaultOutputTokens { get; set; } = 16_384;

    /// <summary>Gets or sets the same for reasoning models. Default: 32,768.</summary>
    public int DefaultReasoningOutputTokens { get; set; } = 32_768;

    /// <summary>Gets or sets the output tokens below which an answer is refused and not shortened. Default: 1,024.</summary>
    public int OutputFloor { get; set; } = 1_024;

    /// <summary>Gets or sets the same for reasoning models. Default: 8,192.</summary>
    public int ReasoningOutputFloor { get; set; } = 8_192;

    /// <summary>Gets or sets how long a reservation stands without being renewed, after which it is charged in full. Default: 2 minutes; at least 1.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets or sets what is charged for attempts whose usage was not reported.</summary>
    public UnconfirmedPolicy Unconfirmed { get; set; } = new();

    /// <summary>Gets or sets the tokens of tool results that <see cref="MeaiBudget.ExceededBehavior.WrapUp"/> allows for in a closing answer. Default: 4,096.</summary>
    public int ToolResultAllowance { get; set; } = 4_096;

    /// <summary>Gets or sets the sentence that asks for a closing answer; appended to the instructions.</summary>
    public string WrapUpInstruction { get; set; } =
        "The budget for this task is used up. Answer now with what you have; call no tools, and say what is left undone.";

    /// <summary>A copy of the container's options, else of the defaults, with what the application changes.</summary>
    internal static BudgetOptions From(IServiceProvider services, Action<BudgetOptions>? configure)
    {
        BudgetOptions options = (services.GetService(typeof(BudgetOptions)) as BudgetOptions ?? new BudgetOptions()).Copy();
        configure?.Invoke(options);
        return options;
    }

    internal BudgetOptions Copy() => (BudgetOptions)MemberwiseClone();

    internal AdmissionPolicy ToPolicy()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(DefaultOutputTokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(DefaultReasoningOutputTokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(OutputFloor);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ReasoningOutputFloor);
        ArgumentOutOfRangeException.ThrowIfNegative(ToolResultAllowance);
        ArgumentOutOfRangeException.ThrowIfLessThan(Lease, TimeSpan.FromMinutes(1));
        ArgumentNullException.ThrowIfNull(Unconfirmed);
        ArgumentException.ThrowIfNullOrWhiteSpace(WrapUpInstruction);
        return new AdmissionPolicy
        {
            DefaultOutputTokens = DefaultOutputTokens,
            DefaultReasoningOutputTokens = DefaultReasoningOutputTokens,
            OutputFloor = OutputFloor,
            ReasoningOutputFloor = ReasoningOutputFloor,
            ToolResultAllowance = ToolResultAllowance,
            Lease = Lease,
            Unconfirmed = Unconfirmed,
        };
    }
}
