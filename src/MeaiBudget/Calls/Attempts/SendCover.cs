namespace MeaiBudget;

/// <summary>The reservations that pay for one request of an attempt: those made first, and those added because the request asks more.</summary>
/// <param name="request">What the reservations are sufficient for.</param>
/// <param name="reserved">What each gate reserved.</param>
internal sealed class SendCover(SpendRequest request, (ISpendGate Gate, SpendReservation Reservation)[] reserved)
{
    /// <summary>What the reservations are sufficient for.</summary>
    public SpendRequest Request { get; private set; } = request;

    /// <summary>What each gate reserved.</summary>
    public (ISpendGate Gate, SpendReservation Reservation)[] Reserved { get; } = reserved;

    /// <summary>What was reserved in addition.</summary>
    public (ISpendGate Gate, SpendReservation Reservation)[] Added { get; private set; } = [];

    /// <summary>The request that it pays for; null before one is sent.</summary>
    public WireExchange? Exchange { get; set; }

    /// <summary>True if it can pay for another request: it has paid for none that the provider bills.</summary>
    public bool IsFree => Exchange is null or { IsOver: true, Billing: WireBilling.NotSent or WireBilling.NotBilled };

    /// <summary>The highest amount that a gate reserved, in nano-dollars, with what was added.</summary>
    public long NanoDollars { get; private set; } = Highest(reserved);

    /// <summary>The service tier that is billed: what the answer says, and what was asked for where it says nothing.</summary>
    /// <param name="asked">The tier that was asked for.</param>
    /// <param name="answered">The tier of the answer; null for the standard tier, and if it names none.</param>
    /// <returns>The tier; <c>standard</c> if the answer says so, since nothing would mean the tier that was asked for.</returns>
    public string BilledTier(string asked, string? answered)
    {
        if (Exchange?.Answer is not { } answer)
        {
            return answered ?? asked;
        }

        // Anthropic's fast mode stands beside the tier, which is the standard one.
        bool isBeside = Exchange.Request.Protocol == WireProtocol.AnthropicMessages && asked.StartsWith(ServiceTiers.Fast, StringComparison.Ordinal);
        return ServiceTiers.Billed(asked, answered, isBeside ? answer.Speed : answer.ServiceTier, answer.InferenceGeo) ?? ServiceTiers.Standard;
    }

    /// <summary>Adds reservations, after which the cover is sufficient for more.</summary>
    public void Extend(SpendRequest request, (ISpendGate Gate, SpendReservation Reservation)[] added)
    {
        Request = request;
        Added = [.. Added, .. added];
        NanoDollars = SaturatingMath.Add(NanoDollars, Highest(added));
    }

    private static long Highest((ISpendGate Gate, SpendReservation Reservation)[] reserved)
    {
        long highest = 0;
        foreach ((_, SpendReservation reservation) in reserved)
        {
            highest = Math.Max(highest, reservation.NanoDollars);
        }

        return highest;
    }
}
