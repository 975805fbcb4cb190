namespace MeaiBudget;

/// <content>What each request of an attempt is settled with: the one whose answer counts, and the others by what the wire shows of them.</content>
internal sealed partial class Attempt
{
    /// <summary>What was reported before the end, with no less output than is charged without a report.</summary>
    private static BillableUsage AtLeast(BillableUsage? soFar, BillableUsage unconfirmed) =>
        soFar is { } told ? told with { OutputTokens = Math.Max(told.OutputTokens, unconfirmed.OutputTokens), IsEstimated = true } : unconfirmed;

    /// <summary>The request with the most output that the provider can make, of which less may be reserved.</summary>
    private SpendRequest? Bounded(SpendRequest? request) =>
        Steps is null || request is null ? request : request with { OutputTokens = Math.Max(request.OutputTokens, (_gates?.Bound.Tokens ?? 0)) };

    /// <summary>What is charged for a request that the provider may have billed without confirming it.</summary>
    private BillableUsage UnconfirmedUsage(UnconfirmedCharge charge, SendCover? cover, long receivedTokens)
    {
        long reserved = cover?.Request.OutputTokens ?? (_gates?.Bound.Tokens ?? 0);
        reserved = Steps is null ? reserved : Math.Max(reserved, receivedTokens);
        TokenEstimate? estimate = EstimateOf(cover);
        return new BillableUsage
        {
            InputTokens = (charge == UnconfirmedCharge.Full ? estimate?.InputUpperBound : estimate?.InputTokens) ?? 0,
            OutputTokens = charge switch
            {
                UnconfirmedCharge.InputPlusReceived => receivedTokens,
                UnconfirmedCharge.InputPlusExpected => Math.Min(reserved, ExpectedOutput() ?? reserved),
                UnconfirmedCharge.Full => reserved,
                _ => 0,
            },
            IsEstimated = true,
        };
    }

    /// <summary>Settles each request's cover: the one whose answer counts with the settlement, the others with what the wire shows of them.</summary>
    /// <returns>What the whole attempt cost.</returns>
    /// <param name="settlement">The settlement of the request whose answer counts; null if the provider does not bill it.</param>
    /// <param name="isRefused">True if the attempt ended because a further request was refused, so that no answer counts.</param>
    private ValueTask<Cost> SettleCoversAsync(in SpendSettlement? settlement, bool isRefused = false)
    {
        // A cover whose request was rejected may have been passed on to another request meanwhile.
        WireExchange? counting = Sends?.Final is { Cover: not null } final ? final : null;
        return OnlyCover is { } cover ? SettleCoverAsync(cover, settlement, counting, isRefused)
            : Covers is { Length: > 0 } covers ? SettleCoversAsync(covers, settlement, counting, isRefused)
            : default;
    }

    private async ValueTask<Cost> SettleCoversAsync(SendCover[] covers, SpendSettlement? settlement, WireExchange? counting, bool isRefused)
    {
        Cost cost = default;
        foreach (SendCover cover in covers)
        {
            cost = cost.Plus(await SettleCoverAsync(cover, settlement, counting, isRefused));
        }

        return cost;
    }

    private ValueTask<Cost> SettleCoverAsync(SendCover cover, in SpendSettlement? settlement, WireExchange? counting, bool isRefused)
    {
        bool counts = ReferenceEquals(cover.Exchange, counting) && !isRefused;

        // The failure may be that of another request: one that was rejected after this one had failed.
        SpendSettlement? own = counts && (settlement is not null || !MayBeBilled(counting)) ? settlement : SettlementOf(cover, cover.Exchange);
        return own is { } known ? SettleAsync(cover, known) : ReleaseAsync(cover);
    }

    private static async ValueTask<Cost> ReleaseAsync(SendCover cover)
    {
        await GateReservations.ReleaseAsync(cover);
        return default;
    }

    private static bool MayBeBilled(WireExchange? exchange) =>
        exchange is { Billing: WireBilling.Unclear } or { Billing: WireBilling.Answered, Answer: null or { Error: null or { IsAfterContent: true } } };

    private static ValueTask<Cost> SettleAsync(SendCover cover, SpendSettlement settlement)
    {
        // What was sent decides the price where the answer does not name model and tier.
        if (cover.Request.ServiceTier is { } asked)
        {
            settlement = settlement with { Usage = settlement.Usage with { ServiceTier = cover.BilledTier(asked, settlement.Usage.ServiceTier) } };
        }

        if (cover.Added.Length > 0)
        {
            settlement = settlement with { ResponseModelId = settlement.ResponseModelId ?? cover.Request.ModelId };
        }

        return cover.Reserved.Length == 1 && cover.Added.Length == 0
            ? cover.Reserved[0].Gate.SettleAsync(cover.Reserved[0].Reservation, settlement)
            : SettleAtGatesAsync(cover, settlement);
    }

    private static async ValueTask<Cost> SettleAtGatesAsync(SendCover cover, SpendSettlement settlement)
    {
        Cost cost = default;
        foreach ((ISpendGate gate, SpendReservation reservation) in cover.Reserved)
        {
            SpendSettlement own = cover.Added.Length == 0
                ? settlement
                : settlement with { Added = [.. cover.Added.Where(added => ReferenceEquals(added.Gate, gate)).Select(added => added.Reservation)] };
            Cost charged = await gate.SettleAsync(reservation, own);
            cost = cost.Kind == CostKind.Unknown ? charged : cost;
        }

        return cost;
    }

    /// <summary>What is charged for a request of which the wire shows no usage.</summary>
    private UnconfirmedCharge ChargeOf(WireExchange exchange)
    {
        ChatFailure failure = exchange.StatusCode is { } status and >= 400
            ? HttpChatFailures.Classify(status, exchange.ErrorBody, exchange.GetHeader)
            : new ChatFailure(ChatFailureKind.Network, ChatFailurePhase.Ambiguous);
        return _run.Admission.Unconfirmed.For(failure, _run.IsStreaming);
    }

    /// <summary>What a request cost that is not the one whose answer counts; null if the provider does not bill it.</summary>
    private SpendSettlement? SettlementOf(SendCover cover, WireExchange? exchange)
    {
        if (exchange is null or { Billing: WireBilling.NotSent or WireBilling.NotBilled })
        {
            return null;
        }

        WireAnswer? answer = exchange.Billing == WireBilling.Answered ? exchange.Answer : null;
        if (answer is { IsComplete: true, Usage: { } usage })
        {
            return new SpendSettlement { Usage = PlausibleUsage.Of(usage, Bounded(cover.Request), _gates?.Limits), ResponseModelId = answer.ModelId, Outcome = AttemptOutcome.Failed };
        }

        UnconfirmedCharge charge = ChargeOf(exchange);
        if (charge == UnconfirmedCharge.Released && answer?.Usage is null)
        {
            return null;
        }

        return new SpendSettlement
        {
            Usage = AtLeast(answer?.Usage, UnconfirmedUsage(charge, cover, receivedTokens: 0)),
            ResponseModelId = answer?.ModelId,
            IsUnconfirmed = true,
            Outcome = AttemptOutcome.Failed,
        };
    }
}
