namespace MeaiBudget;

/// <summary>Options of <see cref="BudgetChatClient"/>, which copies them.</summary>
public sealed class BudgetOptions : ReservationOptions
{
    /// <summary>
    /// Gets or sets what the caller gets when every candidate was refused. <see langword="null"/> leaves it to the next budget further in;
    /// if none of them says, <see cref="ExceededBehavior.Throw"/> applies.
    /// </summary>
    public ExceededBehavior? ExceededBehavior { get; set; }

    /// <summary>Gets or sets the sentence that asks for a closing answer; it is appended to the instructions.</summary>
    public string WrapUpInstruction { get; set; } =
        "The budget for this task is used up. Answer now with what you have; call no tools, and say what is left undone.";

    /// <summary>A copy of the container's options, else of the defaults, with what the application changes.</summary>
    internal static BudgetOptions From(IServiceProvider services, Action<BudgetOptions>? configure)
    {
        BudgetOptions options = (services.GetService(typeof(BudgetOptions)) as BudgetOptions ?? new BudgetOptions()).Copy();
        configure?.Invoke(options);
        return options;
    }

    internal BudgetOptions Copy()
    {
        var copy = (BudgetOptions)MemberwiseClone();
        copy.Unconfirmed = Unconfirmed.Copy();
        return copy;
    }

    /// <summary>A copy that keeps the rules.</summary>
    /// <exception cref="ArgumentException">A value is not allowed.</exception>
    internal BudgetOptions Validated()
    {
        BudgetOptions copy = Copy();
        copy.Check().ThrowIfAny(nameof(BudgetOptions));
        return copy;
    }

    /// <inheritdoc/>
    internal override OptionRules Check() => base.Check().NotBlank(WrapUpInstruction);
}
