using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>The final cost of an attempt, and its amount for each ledger line.</summary>
/// <param name="Cost">The cost.</param>
/// <param name="Amounts">The amount of each ledger line, in the line's unit.</param>
internal readonly record struct SettledAmounts(Cost Cost, long[] Amounts)
{
    // The catalog returns the same resolution for the same id, so its name is derived once and not at each settlement.
    private static readonly ConditionalWeakTable<PriceResolution, string> Names = [];

    public static SettledAmounts Of(SpendReservation reservation, in SpendSettlement settlement, IBudgetSelection selection)
    {
        // A reservation that was added is for the request as it was sent, which may name another model.
        SpendReservation last = settlement.Added is { Count: > 0 } added && added[^1].Request.ModelId != reservation.Request.ModelId ? added[^1] : reservation;
        PriceResolution price = PriceOf(last, settlement.ResponseModelId, selection);
        BillableUsage usage = settlement.Usage;
        Cost cost = price.Price is { } known ? known.CostOf(usage, price.Match)
            : usage.ProviderStatedCost is not null ? ModelPrice.Free.CostOf(usage, price.Match)
            : new Cost(0, CostKind.Unknown, price.Match);
        bool isRouted = ModelRouter.Is(reservation.Price);
        bool isReplaced = !isRouted && !ReferenceEquals(price, reservation.Price) && IsOtherModel(reservation.Price, price);
        cost = isRouted ? ModelRouter.CostOf(reservation.Price, ReferenceEquals(price, reservation.Price) ? null : price, usage) : cost;
        cost = cost.From(price.Entry, isReplaced ? CostFlags.OtherModelAnswered : CostFlags.None);
        bool isCertain = cost.Kind == CostKind.ProviderStated || price.Match is not (PriceMatch.Unknown or PriceMatch.Inferred);

        IReadOnlyList<BudgetLine> lines = (reservation as LedgeredReservation)?.Lines ?? [];
        long[] amounts = new long[lines.Count];

        // A negative count from a provider must not prevent the charge.
        long tokens = SaturatingMath.Add(Math.Max(0, usage.InputTokens), Math.Max(0, usage.OutputTokens));
        for (int i = 0; i < amounts.Length; i++)
        {
            BudgetLine line = lines[i];
            amounts[i] = line.Unit switch
            {
                BudgetUnit.Dollars when !isCertain && line.Assumed is { } assumed => Assume(ref cost, assumed.CostOf(usage, price.Match)),
                BudgetUnit.Dollars => cost.NanoDollars,
                BudgetUnit.Tokens => tokens,
                BudgetUnit.Requests => reservation.Request.Part > 0 ? 0 : 1,
                _ => isCertain ? 0 : tokens,
            };
        }

        return new SettledAmounts(cost, amounts);
    }

    /// <summary>
    /// Moves what exceeds a reservation to those that were added to it, each up to what it holds, the rest to the last one, so that
    /// no overrun is reported where enough was reserved in all.
    /// </summary>
    /// <returns>The amounts of each added reservation.</returns>
    public long[][] Share(LedgeredReservation reservation, IReadOnlyList<LedgeredReservation> added)
    {
        long[][] shares = new long[added.Count][];
        for (int i = 0; i < added.Count; i++)
        {
            LedgerLine[] lines = [.. added[i].Entry.Lines];
            shares[i] = new long[lines.Length];
            for (int k = 0; k < lines.Length; k++)
            {
                int own = IndexOf(reservation.Entry.Lines, lines[k].Account);
                long beyond = own < 0 ? 0 : Amounts[own] - reservation.Entry.Lines[own].Amount;
                if (beyond > 0)
                {
                    shares[i][k] = i == added.Count - 1 ? beyond : Math.Min(beyond, lines[k].Amount);
                    Amounts[own] -= shares[i][k];
                }
            }
        }

        return shares;
    }

    private static int IndexOf(IReadOnlyList<LedgerLine> lines, string account)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].Account == account)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Returns the price of the answering model, unless the application has set one for the requested model.</summary>
    private static PriceResolution PriceOf(SpendReservation reservation, string? responseModelId, IBudgetSelection selection)
    {
        PriceResolution reserved = reservation.Price;
        if (responseModelId is null || reserved.Match is PriceMatch.Override or PriceMatch.Free
            || string.Equals(responseModelId, reservation.Request.ModelId, StringComparison.OrdinalIgnoreCase))
        {
            return reserved;
        }

        PriceResolution answered = selection.Resolve(reservation.Request, responseModelId);
        return answered.Match is PriceMatch.Unknown or PriceMatch.Inferred || IsSameModelOfAHost(reserved, answered) ? reserved : answered;
    }

    /// <summary>Returns whether a host answered with the model's own name, as Bedrock does: the price is that of the host and its region.</summary>
    private static bool IsSameModelOfAHost(PriceResolution asked, PriceResolution answered)
    {
        if (!asked.IsKnown || asked.Provider is null || string.Equals(asked.Provider, answered.Provider, StringComparison.Ordinal))
        {
            return false;
        }

        string own = NameOf(answered);
        string hosted = NameOf(asked);
        return hosted.EndsWith(own, StringComparison.Ordinal) && (hosted.Length == own.Length || hosted[^(own.Length + 1)] is '-' or '/');
    }

    private static string NameOf(PriceResolution price) =>
        Names.GetValue(price, static resolution => ModelIdForms.Normal(ModelIdForms.WithoutDate(resolution.ModelId) ?? resolution.ModelId));

    /// <summary>Returns whether two prices are those of different models. A dated id, or an alias of the same model, is the same model.</summary>
    private static bool IsOtherModel(PriceResolution asked, PriceResolution answered) => asked.IsKnown && answered.IsKnown
        && !string.Equals(NameOf(asked), NameOf(answered), StringComparison.Ordinal);

    private static long Assume(ref Cost cost, Cost assumed)
    {
        if (cost.Kind == CostKind.Unknown)
        {
            cost = new Cost(assumed.NanoDollars, CostKind.Estimated, assumed.Match);
        }

        return assumed.NanoDollars;
    }
}
