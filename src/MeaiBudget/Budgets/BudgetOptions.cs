namespace MeaiBudget;

/// <summary>Options of <see cref="BudgetChatClient"/>; copied when the layer is created.</summary>
public sealed class BudgetOptions : ReservationOptions
{
    /// <summary>
    /// Gets or sets the result of a call if budgets refused all candidates. If <see langword="null"/>, the next budget further in decides.
    /// If none of them sets it, <see cref="ExceededBehavior.Throw"/> applies. Default: <see langword="null"/>.
    /// </summary>
    public ExceededBehavior? ExceededBehavior { get; set; }

    /// <summary>Gets or sets the instruction that requests a closing answer. It is appended to the instructions of the request; not blank.</summary>
    public string WrapUpInstruction { get; set; } =
        "The budget for this task is used up. Answer now with what you have; call no tools, and say what is left undone.";

    /// <summary>
    /// Gets or sets the circuit of a pipeline without <c>UseFallback</c>, which has a circuit for each route. <see langword="null"/> for the
    /// defaults of <see cref="CircuitOptions"/>.
    /// </summary>
    /// <remarks>
    /// All pipelines over one client share its circuit, and the options of the first call apply. Failures in a row open it, and so does a
    /// single answer that the account's credit is used up (402), for 5 minutes. Set <see cref="CircuitOptions.IsEnabled"/> to
    /// <see langword="false"/> if every call is to be sent.
    /// </remarks>
    public CircuitOptions? Circuit { get; set; }

    /// <summary>Returns a copy of the options in the container, or of the defaults, changed by <paramref name="configure"/>.</summary>
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
        copy.Circuit = Circuit?.Copy();
        return copy;
    }

    /// <summary>Returns a validated copy.</summary>
    /// <exception cref="ArgumentException">A value is not allowed.</exception>
    internal BudgetOptions Validated()
    {
        BudgetOptions copy = Copy();
        copy.Check().ThrowIfAny(nameof(BudgetOptions));
        copy.Circuit = copy.Circuit?.Validated();
        return copy;
    }

    /// <inheritdoc/>
    internal override OptionRules Check() => base.Check().NotBlank(WrapUpInstruction);
}
