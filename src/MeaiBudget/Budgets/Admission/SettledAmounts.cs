namespace MeaiBudget;

/// <summary>The final cost of an attempt, and its amount for each ledger line.</summary>
/// <param name="Cost">The cost.</param>
/// <param name="Amounts">The amount of each ledger line, in the line's unit.</param>
internal readonly record struct SettledAmounts(Cost Cost, long[] Amounts)
{
    public static SettledAmounts Of(SpendReservation reservation, in SpendSettlement settlement, IBudgetSelection selection)
    {
        PriceResolution price = PriceOf(reservation, settlement.ResponseModelId, selection);
        BillableUsage usage = settlement.Usage;
        Cost cost = price.Price is { } known ? known.CostOf(usage, price.Match)
            : usage.ProviderStatedCost is not null ? ModelPrice.Free.CostOf(usage, price.Match)
            : new Cost(0, CostKind.Unknown, price.Match);
        bool isCertain = cost.Kind == CostKind.ProviderStated || price.Match is not (PriceMatch.Unknown or PriceMatch.Inferred);

        IReadOnlyList<BudgetLine> lines = (reservation as LedgeredReservation)?.Lines ?? [];
        var amounts = new long[lines.Count];

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
                BudgetUnit.Requests => 1,
                _ => isCertain ? 0 : tokens,
            };
        }

        return new SettledAmounts(cost, amounts);
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
        return answered.Match is PriceMatch.Unknown or PriceMatch.Inferred ? reserved : answered;
    }

    private static long Assume(ref Cost cost, Cost assumed)
    {
        if (cost.Kind == CostKind.Unknown)
        {
            cost = new Cost(assumed.NanoDollars, CostKind.Estimated, assumed.Match);
        }

        return assumed.NanoDollars;
    }
}
