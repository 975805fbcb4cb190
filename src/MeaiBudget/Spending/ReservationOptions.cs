using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// What an attempt reserves before it is sent, and what is charged when its usage is not reported. <c>BudgetOptions</c> has the same options
/// with their documentation.
/// </summary>
internal sealed class ReservationOptions
{
    /// <summary>The options of an attempt without a budget. Do not change them.</summary>
    public static readonly ReservationOptions Default = new();

    public OutputReservation OutputReservation { get; set; }

    public int DefaultOutputTokens { get; set; } = 16_384;

    public int DefaultReasoningOutputTokens { get; set; } = 32_768;

    public int OutputFloor { get; set; } = 1_024;

    public int ReasoningOutputFloor { get; set; } = 8_192;

    public bool LowersReasoningEffort { get; set; } = true;

    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    public int ToolResultAllowance { get; set; } = 4_096;

    public UnseenRawRequestBehavior UnseenRawRequestBehavior { get; set; }

    public TimeSpan? AttemptTimeout { get; set; }

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

    /// <summary>The lengths of the answers that were seen. All copies share them.</summary>
    public AnswerLengths Answers { get; } = new();

    /// <summary>The smallest bound of a reasoning model whose thinking nobody limits, by the effort that the request states.</summary>
    public long ReasoningFloorOf(ReasoningEffort? effort) => effort switch
    {
        ReasoningEffort.None => OutputFloor,
        ReasoningEffort.Low => Math.Max(OutputFloor, ReasoningOutputFloor / 4),
        ReasoningEffort.Medium => Math.Max(OutputFloor, ReasoningOutputFloor / 2),
        _ => ReasoningOutputFloor,
    };

    /// <summary>Returns the rules for the values.</summary>
    public OptionRules Check() => new OptionRules()
        .AtLeast(DefaultOutputTokens, 1)
        .AtLeast(DefaultReasoningOutputTokens, 1)
        .AtLeast(OutputFloor, 1)
        .AtLeast(ReasoningOutputFloor, 1)
        .AtLeast(Lease, TimeSpan.FromMinutes(1))
        .MoreThan(AttemptTimeout, TimeSpan.Zero)
        .AtLeast(ToolResultAllowance, 0);

    /// <summary>Returns a copy that shares what was learned.</summary>
    public ReservationOptions Copy()
    {
        var copy = (ReservationOptions)MemberwiseClone();
        copy.Unconfirmed = Unconfirmed.Copy();
        return copy;
    }
}
