using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What an attempt reserves before it is sent, and what is charged when its usage is not reported. Part of <see cref="BudgetOptions"/>.</summary>
public class ReservationOptions
{
    internal ReservationOptions()
    {
    }

    /// <summary>Gets or sets the output tokens that are reserved when neither the caller nor the client sets a bound. Default: 16,384; at least 1.</summary>
    public int DefaultOutputTokens { get; set; } = 16_384;

    /// <summary>Gets or sets <see cref="DefaultOutputTokens"/> for reasoning models. Default: 32,768; at least 1.</summary>
    public int DefaultReasoningOutputTokens { get; set; } = 32_768;

    /// <summary>
    /// Gets or sets the smallest bound to which a budget lowers an answer, in output tokens. The budget refuses an attempt for which it
    /// cannot pay this many. Default: 1,024; at least 1.
    /// </summary>
    public int OutputFloor { get; set; } = 1_024;

    /// <summary>
    /// Gets or sets <see cref="OutputFloor"/> for reasoning models. If the request states an effort, it is half of this at medium and a
    /// quarter at low effort, but at least <see cref="OutputFloor"/>. Where the provider limits thinking to a number of tokens, the floor is
    /// that number and <see cref="OutputFloor"/> together. Default: 8,192; at least 1.
    /// </summary>
    public int ReasoningOutputFloor { get; set; } = 8_192;

    /// <summary>
    /// Gets or sets a value indicating whether a budget that cannot pay for the reasoning effort of a request lowers it step by step, to
    /// low effort at the lowest. If <see langword="false"/>, it refuses the attempt. Default: <see langword="true"/>.
    /// </summary>
    public bool LowersReasoningEffort { get; set; } = true;

    /// <summary>
    /// Gets or sets how long a reservation stands without being renewed. It is charged in full when its lease expires. Default: 2 minutes;
    /// at least 1 minute.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Gets or sets the tokens of tool results for which a closing answer (<see cref="ExceededBehavior.WrapUp"/>) keeps money back.
    /// Default: 4,096; at least 0.
    /// </summary>
    public int ToolResultAllowance { get; set; } = 4_096;

    /// <summary>
    /// Gets or sets what happens to a raw request (<see cref="ChatOptions.RawRepresentationFactory"/>) if the client is
    /// not known to have a <see cref="ChatWireHandler"/>, so that it cannot be read before it is sent. Default:
    /// <see cref="UnseenRawRequestBehavior.Refuse"/>.
    /// </summary>
    public UnseenRawRequestBehavior UnseenRawRequestBehavior { get; set; }

    /// <summary>
    /// Gets or sets the longest time for one attempt of a pipeline without <c>UseRetry</c>, whose <c>RetryOptions.AttemptTimeout</c> would
    /// apply; more than zero. <see langword="null"/> for 15 minutes, which is the default.
    /// </summary>
    public TimeSpan? AttemptTimeout { get; set; }

    /// <summary>Gets or sets what is charged for attempts whose usage was not reported.</summary>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public UnconfirmedPolicy Unconfirmed
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    }
    = new();

    /// <summary>The options of an attempt without a budget. Do not change them.</summary>
    internal static readonly ReservationOptions Default = new();

    /// <summary>The smallest bound of a reasoning model whose thinking nobody limits, by the effort that the request states.</summary>
    internal long ReasoningFloorOf(ReasoningEffort? effort) => effort switch
    {
        ReasoningEffort.None => OutputFloor,
        ReasoningEffort.Low => Math.Max(OutputFloor, ReasoningOutputFloor / 4),
        ReasoningEffort.Medium => Math.Max(OutputFloor, ReasoningOutputFloor / 2),
        _ => ReasoningOutputFloor,
    };

    /// <summary>Returns the rules for the values.</summary>
    internal virtual OptionRules Check() => new OptionRules()
        .AtLeast(DefaultOutputTokens, 1)
        .AtLeast(DefaultReasoningOutputTokens, 1)
        .AtLeast(OutputFloor, 1)
        .AtLeast(ReasoningOutputFloor, 1)
        .AtLeast(Lease, TimeSpan.FromMinutes(1))
        .MoreThan(AttemptTimeout, TimeSpan.Zero)
        .AtLeast(ToolResultAllowance, 0);
}
