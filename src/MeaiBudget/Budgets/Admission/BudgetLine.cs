namespace MeaiBudget;

/// <summary>The budget behind one line of a ledger reservation.</summary>
/// <param name="Book">The budget.</param>
/// <param name="Key">The partition key.</param>
/// <param name="Unit">The line's unit.</param>
/// <param name="IsShadow">True for a shadow account.</param>
/// <param name="Slice">The period.</param>
/// <param name="Assumed">The price that the budget assumes for a model without a known one.</param>
/// <param name="Window">The model's context window in tokens, if it is reserved for an input without a bound; else zero.</param>
internal readonly record struct BudgetLine(
    BudgetBook Book, string Key, BudgetUnit Unit, bool IsShadow, BudgetPeriodSlice Slice, ModelPrice? Assumed, long Window)
{
    /// <summary>Returns whether another line is one of the same account.</summary>
    public bool IsOfSameAccount(in BudgetLine other) =>
        ReferenceEquals(Book, other.Book) && Unit == other.Unit && IsShadow == other.IsShadow && string.Equals(Key, other.Key, StringComparison.Ordinal);

    /// <summary>Computes how many output tokens an amount can pay, beside the request's input; -1 if it cannot pay even that.</summary>
    /// <param name="request">The request.</param>
    /// <param name="price">Its price.</param>
    /// <param name="left">The amount that is left, in the line's unit.</param>
    public long PayableOutputTokens(SpendRequest request, PriceResolution price, Int128 left)
    {
        if (left < 0)
        {
            return -1;
        }

        long input = Math.Max(request.Estimate.InputUpperBound, Window);
        ModelPrice? linePrice = Assumed ?? price.ReservationPrice;
        if (request.Closing is { } closing)
        {
            // The closing answer costs less with a lower output bound. Its cost at the requested bound errs on the safe side.
            long closingInput = closing.InputTokens(input, request.OutputTokens);
            left -= Unit switch
            {
                BudgetUnit.Dollars => linePrice?.WorstCaseNanoDollars(closingInput, closing.OutputTokens, request.ServiceTier) ?? 0,
                BudgetUnit.Tokens => closingInput + closing.OutputTokens,
                _ => 1,
            };
            if (left < 0)
            {
                return -1;
            }
        }

        long amount = left > long.MaxValue ? long.MaxValue : (long)left;
        return Unit switch
        {
            BudgetUnit.Dollars => linePrice?.PayableOutputTokens(amount, input, request.ServiceTier) ?? long.MaxValue,
            BudgetUnit.Tokens => amount < input ? -1 : amount - input,
            _ => amount < 1 ? -1 : long.MaxValue,
        };
    }
}
