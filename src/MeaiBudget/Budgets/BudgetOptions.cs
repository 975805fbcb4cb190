using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Options of <see cref="BudgetChatClient"/>; copied when the layer is created.</summary>
public sealed class BudgetOptions
{
    /// <summary>
    /// Gets or sets how much output is reserved for a streamed answer without a maximum. Default: <see cref="OutputReservation.Limit"/>, which
    /// admits no call that its budgets cannot pay. <see cref="OutputReservation.Learned"/> says what it gives up.
    /// </summary>
    public OutputReservation OutputReservation
    {
        get => Reservation.OutputReservation;
        set => Reservation.OutputReservation = value;
    }

    /// <summary>Gets or sets the output tokens that are reserved when neither the caller nor the client sets a bound. Default: 16,384; at least 1.</summary>
    public int DefaultOutputTokens
    {
        get => Reservation.DefaultOutputTokens;
        set => Reservation.DefaultOutputTokens = value;
    }

    /// <summary>Gets or sets <see cref="DefaultOutputTokens"/> for reasoning models. Default: 32,768; at least 1.</summary>
    public int DefaultReasoningOutputTokens
    {
        get => Reservation.DefaultReasoningOutputTokens;
        set => Reservation.DefaultReasoningOutputTokens = value;
    }

    /// <summary>
    /// Gets or sets the smallest bound to which a budget lowers an answer, in output tokens. The budget refuses an attempt for which it
    /// cannot pay this many. Default: 1,024; at least 1.
    /// </summary>
    public int OutputFloor
    {
        get => Reservation.OutputFloor;
        set => Reservation.OutputFloor = value;
    }

    /// <summary>
    /// Gets or sets <see cref="OutputFloor"/> for reasoning models. If the request states an effort, it is half of this at medium and a
    /// quarter at low effort, but at least <see cref="OutputFloor"/>. Where the provider limits thinking to a number of tokens, the floor is
    /// that number and <see cref="OutputFloor"/> together. Default: 8,192; at least 1.
    /// </summary>
    public int ReasoningOutputFloor
    {
        get => Reservation.ReasoningOutputFloor;
        set => Reservation.ReasoningOutputFloor = value;
    }

    /// <summary>
    /// Gets or sets a value indicating whether a budget that cannot pay for the reasoning effort of a request lowers it step by step, to
    /// low effort at the lowest. If <see langword="false"/>, it refuses the attempt. Default: <see langword="true"/>.
    /// </summary>
    public bool LowersReasoningEffort
    {
        get => Reservation.LowersReasoningEffort;
        set => Reservation.LowersReasoningEffort = value;
    }

    /// <summary>
    /// Gets or sets how long a reservation stands without being renewed. It is charged in full when its lease expires. Default: 2 minutes;
    /// at least 1 minute.
    /// </summary>
    public TimeSpan Lease
    {
        get => Reservation.Lease;
        set => Reservation.Lease = value;
    }

    /// <summary>
    /// Gets or sets the tokens of tool results for which a closing answer (<see cref="ExceededBehavior.WrapUp"/>) keeps money back.
    /// Default: 4,096; at least 0.
    /// </summary>
    public int ToolResultAllowance
    {
        get => Reservation.ToolResultAllowance;
        set => Reservation.ToolResultAllowance = value;
    }

    /// <summary>
    /// Gets or sets what happens to a raw request (<see cref="ChatOptions.RawRepresentationFactory"/>) if the client is
    /// not known to have a <see cref="ChatWireHandler"/>, so that it cannot be read before it is sent. Default:
    /// <see cref="UnseenRawRequestBehavior.Refuse"/>.
    /// </summary>
    public UnseenRawRequestBehavior UnseenRawRequestBehavior
    {
        get => Reservation.UnseenRawRequestBehavior;
        set => Reservation.UnseenRawRequestBehavior = value;
    }

    /// <summary>
    /// Gets or sets the longest time for one attempt of a pipeline without <c>UseRetry</c>, whose <c>RetryOptions.AttemptTimeout</c> would
    /// apply; more than zero. <see langword="null"/> for 15 minutes, which is the default.
    /// </summary>
    public TimeSpan? AttemptTimeout
    {
        get => Reservation.AttemptTimeout;
        set => Reservation.AttemptTimeout = value;
    }

    /// <summary>Gets or sets what is charged for attempts whose usage was not reported.</summary>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public UnconfirmedPolicy Unconfirmed
    {
        get => Reservation.Unconfirmed;
        set => Reservation.Unconfirmed = value;
    }

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

    /// <summary>Gets what an attempt reserves, for the layers below.</summary>
    internal ReservationOptions Reservation { get; private set; } = new();

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
        copy.Reservation = Reservation.Copy();
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

    /// <summary>Returns the rules for the values.</summary>
    internal OptionRules Check() => Reservation.Check().NotBlank(WrapUpInstruction);
}
